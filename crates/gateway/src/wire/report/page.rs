//! A report as a page by itself: no script, nothing from elsewhere, and bars that are drawn in it.

use std::fmt::Write as _;

use super::{BlindItem, BlindView, ExtentView, LineView, Mistake, ReportView};

/// Ids of one reason that stand on the page; JSON has all of them.
const MOST_IDS: usize = 1_000;
/// How long the longest bar is.
const LONGEST: u64 = 160;

const HEAD: &str = include_str!("page.html");

/// The page.
pub(super) fn of(report: &ReportView) -> String {
    let mut out = HEAD.to_owned();
    about(&mut out, report);
    let most =
        report.lines.iter().filter_map(|line| Some(line.found.as_ref()?.extent.matches)).max();
    table(&mut out, report, most.unwrap_or_default().max(1));
    unsearchable(&mut out, &report.unsearchable);
    out.push_str("</main></body></html>\n");
    out
}

// Writing to a string cannot fail.
macro_rules! add {
    ($out:expr, $($text:tt)*) => { let _ = writeln!($out, $($text)*); };
}

fn about(out: &mut String, report: &ReportView) {
    let (made, zone, totals) = (&report.made, escaped(&report.zone), &report.totals);
    add!(
        out,
        "<p>Made {made} with Postern {}. Days begin at midnight of {zone}.</p>",
        report.version
    );
    if let Some(filter) = &report.filter {
        add!(out, "<p>Each query holds within <code>{}</code>.</p>", escaped(filter));
    }
    if !report.only.is_empty() {
        add!(out, "<p>Only these mailboxes: {}.</p>", escaped(&report.only.join(", ")));
    }
    let (indexed, known) = (report.coverage.indexed, report.coverage.known);
    add!(out, "<p>{indexed} of {known} known messages were searched.</p>");
    add!(
        out,
        "<p>{} queries, {} with errors, {} that find nothing. Together they find <strong>{}</strong> \
         messages, each counted once.</p>",
        totals.lines,
        totals.with_errors,
        totals.without_matches,
        totals.extent.matches
    );
}

fn table(out: &mut String, report: &ReportView, most: u64) {
    out.push_str(
        "<table><thead><tr><th scope=\"col\">Query<th scope=\"col\">Matches<th scope=\"col\"><th scope=\"col\">Only \
         here<th scope=\"col\">Family<th scope=\"col\">Conversation<th scope=\"col\">Bytes<th scope=\"col\">First<th \
         scope=\"col\">Last<th scope=\"col\">Mailboxes</tr></thead><tbody>\n",
    );
    report.lines.iter().for_each(|line| row(out, line, most));
    out.push_str("</tbody><tfoot><tr><th scope=\"row\">All, each message once");
    let totals = &report.totals.extent;
    add!(out, "<td class=\"n\">{}<td><td>", totals.matches);
    numbers(out, totals);
    out.push_str("</tr></tfoot></table>\n");
}

fn row(out: &mut String, line: &LineView, most: u64) {
    out.push_str("<tr><th scope=\"row\">");
    if let Some(name) = &line.name {
        add!(out, "<span class=\"name\">{}</span>", escaped(name));
    }
    add!(out, "<code>{}</code>", marked(&line.query, &line.errors));
    if let Some(canonical) = line.canonical.as_ref().filter(|canonical| **canonical != line.query) {
        add!(out, "<small>read as <code>{}</code></small>", escaped(canonical));
    }
    match &line.found {
        Some(found) => {
            let (matches, unique) = (found.extent.matches, found.unique);
            add!(
                out,
                "<td class=\"n\">{matches}<td>{}<td class=\"n\">{unique}",
                bar(matches, unique, most)
            );
            numbers(out, &found.extent);
        }
        None => errors(out, &line.errors),
    }
    out.push_str("</tr>\n");
}

fn errors(out: &mut String, errors: &[Mistake]) {
    out.push_str("<td colspan=\"9\" class=\"error\">");
    for error in errors {
        let hint = error.hint.as_deref().unwrap_or_default();
        add!(out, "<p>{} <em>{}</em></p>", escaped(&error.title), escaped(hint));
    }
}

/// The columns behind those of matches.
fn numbers(out: &mut String, extent: &ExtentView) {
    let day = |time: Option<&str>| {
        time.and_then(|time| time.split('T').next()).unwrap_or_default().to_owned()
    };
    add!(
        out,
        "<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}<td>{}<td>{}<td>",
        extent.family,
        extent.conversation,
        extent.bytes,
        day(extent.first.as_deref()),
        day(extent.last.as_deref())
    );
    if extent.mailboxes.is_empty() {
        return;
    }
    add!(out, "<details><summary>{}</summary><ul>", extent.mailboxes.len());
    for one in &extent.mailboxes {
        add!(out, "<li>{} {}", escaped(&one.name), one.matches);
    }
    out.push_str("</ul></details>");
}

/// A bar as long as its part of the most; what no other query finds is darker.
fn bar(matches: u64, unique: u64, most: u64) -> String {
    let length = |count: u64| (count.saturating_mul(LONGEST)).div_ceil(most).min(LONGEST);
    format!(
        "<svg width=\"{LONGEST}\" height=\"12\" aria-hidden=\"true\"><rect class=\"all\" width=\"{}\" \
         height=\"12\"/><rect class=\"only\" width=\"{}\" height=\"12\"/></svg>",
        length(matches),
        length(unique)
    )
}

fn unsearchable(out: &mut String, all: &[BlindView]) {
    out.push_str("<h2>What no query finds by its words</h2>\n");
    if all.is_empty() {
        out.push_str("<p>Nothing.</p>\n");
    }
    for one in all {
        add!(
            out,
            "<details><summary>{}: {} messages, {} attachments</summary><ul>",
            one.words,
            one.messages,
            one.attachments
        );
        one.items.iter().take(MOST_IDS).for_each(|item| blind(out, item));
        if let more @ 1.. = one.items.len().saturating_sub(MOST_IDS) {
            add!(out, "<li>and {more} more; the JSON of the report has them");
        }
        out.push_str("</ul></details>\n");
    }
}

fn blind(out: &mut String, item: &BlindItem) {
    let texts = [&item.id, &item.name, &item.mailbox, &item.item_id, &item.detail];
    let texts: Vec<_> = texts.into_iter().flatten().map(|text| escaped(text)).collect();
    add!(out, "<li>{}", texts.join(" · "));
}

/// A query with the parts underlined that errors are about.
fn marked(query: &str, errors: &[Mistake]) -> String {
    let mut spans: Vec<_> = errors.iter().map(|error| (error.span.start, error.span.end)).collect();
    spans.sort_unstable();
    let (mut out, mut at) = (String::new(), 0);
    for (start, end) in spans {
        let Some(before) = query.get(at..start) else { continue };
        let part = query.get(start..end).unwrap_or_default();
        // Something is missing at a place that has no text.
        let part = if part.is_empty() { "‸" } else { part };
        add_marked(&mut out, before, part);
        at = end;
    }
    out + &escaped(query.get(at..).unwrap_or_default())
}

fn add_marked(out: &mut String, before: &str, part: &str) {
    let _ = write!(out, "{}<mark>{}</mark>", escaped(before), escaped(part));
}

/// Text that is nothing but text, in the page and in its attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Nothing turns the direction of what comes behind it, and nothing hides.
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                out.push('\u{fffd}');
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Span;

    fn error(start: usize, end: usize) -> Mistake {
        let (title, label) = (String::new(), String::new());
        let span = Span { start, end };
        Mistake { code: "x", title, span, label, hint: None, fix: None }
    }

    #[test]
    fn faults_are_marked_in_hostile_text() {
        for (query, spans, expected) in [
            ("a <b>", &[][..], "a &lt;b&gt;"),
            ("form:a", &[(0, 4)][..], "<mark>form</mark>:a"),
            ("(a", &[(2, 2)][..], "(a<mark>‸</mark>"),
            ("<é>", &[(1, 3)][..], "&lt;<mark>é</mark>&gt;"),
            // Places that overlap, lie outside, or within a character, mark what they can.
            ("abc", &[(0, 2), (1, 3)][..], "<mark>ab</mark>c"),
            ("é", &[(1, 9)][..], "é"),
            ("\u{202e}\"'&", &[][..], "\u{fffd}&quot;&#39;&amp;"),
        ] {
            let errors: Vec<_> = spans.iter().map(|(start, end)| error(*start, *end)).collect();
            assert_eq!(marked(query, &errors), expected);
        }
    }

    #[test]
    fn bars_are_parts_of_the_longest() {
        for (matches, unique, most, expected) in [
            (10, 5, 10, (160, 80)),
            (1, 0, 1_000, (1, 0)),
            (0, 0, 1, (0, 0)),
            (u64::MAX, 1, u64::MAX, (1, 1)),
        ] {
            let drawn = bar(matches, unique, most);
            let (all, only) = expected;
            let all = format!("class=\"all\" width=\"{all}\"");
            assert!(drawn.contains(&format!("class=\"only\" width=\"{only}\"")), "{drawn}");
            assert!(drawn.contains(&all) || matches == u64::MAX, "{drawn}");
        }
    }
}
