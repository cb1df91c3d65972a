//! Signatures, and what lists add below a message.

use postern_query::Whose;

use super::page::{Line, Page};
use super::words::SENT_FROM;

/// Lines of a signature that only one kind of sign sets apart.
const MAX_LOOSE: usize = 15;
/// Lines of a footer.
const MAX_FOOTER: usize = 12;
/// Lines of each footer above another one.
const MAX_MORE: usize = 8;
/// Lines of what lists add.
const MAX_LIST: usize = 24;
/// Signs of a line that sets apart what is below it.
const RULE: [char; 10] = ['-', '_', '=', '~', '*', '#', '+', '.', ':', '|'];
/// How many of them.
const MIN_RULE: usize = 5;

/// Marks them all.
pub(super) fn mark(page: &mut Page<'_>) {
    mark_armour(page);
    mark_delimited(page);
    mark_footer(page);
    mark_last_lines(page);
    mark_sent_from(page);
}

/// What PGP writes around what is signed.
fn mark_armour(page: &mut Page<'_>) {
    let mut until = None;
    for line in 0..page.len() {
        let text = page.text(line);
        if text.starts_with("-----BEGIN ") && text.contains(" SIGNED MESSAGE-") {
            until = Some("");
        } else if text.starts_with("-----BEGIN ") && text.contains(" SIGNATURE-") {
            until = Some("-----END ");
        }
        let Some(end) = until else { continue };
        let is_last = if end.is_empty() { text.is_empty() } else { text.starts_with(end) };
        // What is around an original is not of the original.
        if page.mark(line).is_none() {
            page.set(line..line + 1, Whose::Signature);
        }
        until = until.filter(|_| !is_last);
    }
}

/// What follows a line `-- `, to the end or to the next quotation.
fn mark_delimited(page: &mut Page<'_>) {
    let Some(start) = delimiter(page) else { return };
    page.set_new(start..end_of(page, start), Whose::Signature);
}

/// The line that sets the signature apart.
pub(super) fn delimiter(page: &Page<'_>) -> Option<usize> {
    let may_be = |line: &&Line<'_>| line.is_new() && line.trimmed().starts_with(['-', '=', '—']);
    let most = |line: usize| page.get(line).filter(may_be).and_then(|line| most_lines(line.text));
    (0..page.len()).find(|line| most(*line).is_some_and(|most| has_at_most(page, *line + 1, most)))
}

/// How many lines may follow a line that sets a signature apart.
fn most_lines(line: &str) -> Option<usize> {
    match line.strip_prefix("- ").unwrap_or(line).trim_end_matches('\r') {
        "-- " | "--=20" | "-- =20" => Some(usize::MAX),
        line => matches!(line.trim(), "--" | "---" | "==" | "—").then_some(MAX_LOOSE),
    }
}

/// Where a signature ends at the latest.
fn end_of(page: &Page<'_>, start: usize) -> usize {
    (start..page.len()).find(|line| page.is_quoted(*line)).unwrap_or(page.len())
}

/// Whether few lines with text are left, before the end or a quotation.
fn has_at_most(page: &Page<'_>, start: usize, most: usize) -> bool {
    let mut with_text = (start..page.len())
        .take_while(|line| !page.is_quoted(*line))
        .filter(|line| !page.is_blank(*line));
    with_text.nth(most).is_none()
}

/// A line of signs, which may have a title, that sets apart what is below it.
pub(super) fn is_rule(line: &str) -> bool {
    let is_sign = |c: &char| RULE.contains(c);
    let signs = line.chars().filter(|c| *c != ' ');
    let leading = signs.clone().take_while(is_sign).count();
    let is_whole = leading >= MIN_RULE
        && !line.starts_with('|')
        && signs.clone().all(|c| is_sign(&c) || c == '>');
    is_whole || leading >= 3 * MIN_RULE && line.ends_with(['-', '>', '_', '=', '*'])
}

/// What a line of signs sets apart at the end, if somebody can be reached there; and so on above it.
fn mark_footer(page: &mut Page<'_>) {
    let (mut lines, mut start, mut footer) = (0, None, Footer::Text);
    for line in (0..page.len()).rev() {
        let text = page.text(line);
        let is_rule = is_rule(text);
        footer = footer.max(Footer::of(text));
        let most = if start.is_some() { MAX_MORE } else { footer.most_lines() };
        let ends = lines > most || is_rule && footer == Footer::Text && lines > 0;
        if ends || page.is_quoted(line) && !footer.is_below(page, line) {
            break;
        }
        lines += usize::from(!text.is_empty() && !is_rule);
        if is_rule && lines > 0 {
            (lines, start, footer) = (0, Some(line), Footer::Text);
        }
    }
    if let Some(start) = start {
        page.set(start..page.len(), Whose::Signature);
    }
}

/// What the lines below a line of signs say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Footer {
    Text,
    /// How to reach somebody.
    Contact,
    /// How to leave a list.
    List,
}

impl Footer {
    fn of(line: &str) -> Self {
        let has_phone = || line.bytes().filter(u8::is_ascii_digit).count() >= 7;
        if is_list(line) {
            Self::List
        } else if line.contains('@') || line.contains("://") || line.contains("www.") || has_phone()
        {
            Self::Contact
        } else {
            Self::Text
        }
    }

    const fn most_lines(self) -> usize {
        match self {
            Self::Text | Self::Contact => MAX_FOOTER,
            Self::List => MAX_LIST,
        }
    }

    /// A list adds its footer below an original too.
    fn is_below(self, page: &Page<'_>, line: usize) -> bool {
        self == Self::List && page.mark(line).is_none()
    }
}

fn is_list(line: &str) -> bool {
    line.contains("mailing list") || line.contains("/listinfo/") || line.contains("nsubscribe")
}

/// Single lines that lists and their archives add at the end.
fn mark_last_lines(page: &mut Page<'_>) {
    for line in (0..page.len()).rev() {
        let text = page.text(line);
        let is_added = is_address_of_list(text)
            || text.starts_with("[[alternative HTML version deleted")
            || text.starts_with("--DeathToSpamDeathToSpam")
            || text.ends_with("text was scrubbed...")
            || matches!(text, "Name: not available")
            || text.starts_with("URL: <") && text.contains("/attachments/");
        if !text.is_empty() && !is_added && page.is_new(line) {
            break;
        }
        if is_added {
            page.set_new(line..line + 1, Whose::Signature);
        }
    }
}

fn is_address_of_list(line: &str) -> bool {
    line.starts_with("http") && line.contains("/mailman/listinfo/") && !line.contains(' ')
}

/// Whether the first letter is one with which phones begin: few lines have it, and those have to be read.
fn begins_like_one(text: &str) -> bool {
    let first = text.chars().next().and_then(|first| first.to_lowercase().next());
    SENT_FROM.iter().any(|begin| begin.chars().next() == first)
}

/// What phones add.
fn mark_sent_from(page: &mut Page<'_>) {
    for line in 0..page.len() {
        let text = page.text(line);
        let may_be = text.len() <= 80 && page.is_new(line) && page.mark(line).is_none();
        if may_be && begins_like_one(text) {
            let text = text.to_lowercase();
            if SENT_FROM.iter().any(|begin| text.starts_with(begin)) {
                page.set(line..line + 1, Whose::Signature);
            }
        }
    }
}
