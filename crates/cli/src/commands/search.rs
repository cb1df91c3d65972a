//! `postern search`.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Instant;

use jiff::tz::TimeZone;
use postern_archive::Archive;
use postern_archive::search::{Asker, Coverage, Hit, Row, Scope, Search as Request, Work};
use postern_gateway::Viewpoint;
use postern_gateway::wire::{self, CoverageView, Remark, SearchAnswer, ServedBy, Understood};
use postern_query::emit::english;
use postern_query::schema::TextField;
use postern_query::{
    Attachment, Budget, Capabilities, Errors, Fidelity, Message, Parsed, Predicate, Query,
    Recipient, datatap, parse_filtered, parse_within,
};

use crate::args::{Common, Engine, Search, SearchFormat};
use crate::commands::rows::Found;
use crate::commands::{batch, matches, remote, rows, show};
use crate::exit::Exit;
use crate::{clock, data, output, settings, terminal};

/// Files of a hit that are named.
const MOST_FILES: usize = 20;
/// Characters of a subject or a name that are shown.
const MOST_CHARACTERS: usize = 1_000;

/// Searches the local index.
pub(crate) fn run(common: &Common, arguments: &Search) -> anyhow::Result<Exit> {
    if arguments.engine == Engine::Veeam {
        return remote::run(common, arguments, &typed(arguments));
    }
    let archive = Archive::below(&data::folder(common)?);
    if let Some(requests) = &arguments.requests {
        let viewpoint = settings::viewpoint(common, &arguments.view)?;
        return batch::run(&archive.index()?, requests, arguments, &viewpoint);
    }
    let text = typed(arguments);
    let viewpoint = settings::viewpoint(common, &arguments.view)?;
    let read = understood(common, &text, arguments.filter.as_deref(), &viewpoint);
    let Some(parsed) = read else { return Ok(Exit::Failed) };
    if arguments.explain {
        explain(&parsed)?;
    }
    answer(&archive, arguments, &parsed, &viewpoint)?;
    Ok(Exit::Done)
}

/// Whoever types sees everything, and may cause as much work as a request of the gateway.
pub(crate) fn asker() -> Asker {
    Asker { scope: Scope::All, work: Work::limited() }
}

/// The words as one query, with the order of `--sort` behind them.
fn typed(arguments: &Search) -> String {
    let mut text = arguments.query.join(" ");
    if let Some(sort) = &arguments.sort {
        text.push_str(" sort:");
        text.push_str(sort);
    }
    text
}

/// The query and the filter that must hold too. Faults and advice are shown, with the text they point into.
pub(crate) fn understood(
    common: &Common,
    text: &str,
    filter: Option<&str>,
    viewpoint: &Viewpoint,
) -> Option<Parsed> {
    match read(text, filter, viewpoint) {
        Ok(parsed) => {
            if !common.quiet {
                output::advice(&parsed.advice, text);
            }
            common.noted.put("canonical", parsed.canonical.as_str());
            Some(parsed)
        }
        Err((errors, source)) => {
            output::query_errors(&errors, source);
            None
        }
    }
}

fn read<'a>(
    text: &'a str,
    filter: Option<&'a str>,
    viewpoint: &Viewpoint,
) -> Result<Parsed, (Errors, &'a str)> {
    let read = parse_filtered(text, filter, &viewpoint.context(clock::now()));
    read.map_err(|refused| match (refused.part, filter) {
        ("filter", Some(filter)) => (refused.errors, filter),
        _ => (refused.errors, text),
    })
}

/// What was typed, to be answered here within a budget.
pub(crate) fn typed_here(
    text: &str,
    viewpoint: &Viewpoint,
    budget: &mut Budget,
) -> Result<Parsed, Errors> {
    let parsed = parse_within(text, &viewpoint.context(clock::now()), budget)?;
    budget.compile(&parsed.query, text)?;
    Ok(parsed)
}

fn explain(parsed: &Parsed) -> anyhow::Result<()> {
    let compiled = datatap::compile(&parsed.query, &Capabilities::default());
    output::line(format!("{:>10}  {}", "canonical", terminal::safe(&parsed.canonical)))?;
    output::line(format!(
        "{:>10}  {}",
        "means",
        terminal::safe(&english::describe(&parsed.query))
    ))?;
    let order: Vec<_> = parsed
        .query
        .natural_order()
        .iter()
        .map(|sort| {
            let direction = if sort.descending { "desc" } else { "asc" };
            format!("{} {direction}", sort.by.path())
        })
        .collect();
    output::line(format!("{:>10}  {}, id asc", "order", order.join(", ")))?;
    output::line(format!("{:>10}  {}", "premium", compiled.fidelity().as_str()))?;
    for note in &compiled.notes {
        output::line(format!("{:>10}  {}", "", terminal::safe(&note.message)))?;
    }
    output::line("")
}

fn answer(
    archive: &Archive,
    arguments: &Search,
    parsed: &Parsed,
    viewpoint: &Viewpoint,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let order = parsed.query.natural_order();
    let limit = if arguments.count { 0 } else { arguments.limit };
    let query = parsed.query.clone();
    let query = if arguments.versions { query } else { query.newest_only() };
    let request = Request {
        query: &query,
        order: &order,
        after: None,
        offset: 0,
        limit,
        highlight: matches!(
            arguments.format,
            SearchFormat::Table | SearchFormat::Json | SearchFormat::Jsonl
        ),
    };
    let (index, asker) = (archive.index()?, asker());
    if !arguments.collapse && (arguments.count || arguments.format == SearchFormat::Ids) {
        let found = index.ids(&request, &asker)?;
        return if arguments.count { output::line(found.count) } else { output::lines(&found.ids) };
    }
    let find = if arguments.collapse { Found::rows } else { Found::each };
    let found = find(&index, &request, &asker)?;
    match arguments.format {
        _ if arguments.count => output::line(found.all()),
        SearchFormat::Table => table(&found, &archive.coverage(), &query, viewpoint),
        SearchFormat::Ids => output::lines(&found.ids()),
        SearchFormat::Json => {
            let zone = viewpoint.zone_name();
            output::json(&wire(&archive.coverage(), parsed, zone, &found, began))
        }
        SearchFormat::Jsonl => found.results().iter().try_for_each(output::json),
    }
}

/// The same object as the answer of `/v1/search`.
fn wire(
    coverage: &Coverage,
    parsed: &Parsed,
    zone: &str,
    found: &Found,
    began: Instant,
) -> SearchAnswer {
    SearchAnswer {
        results: found.results(),
        count: found.count(),
        collapsed: found.rows.map(|_| true),
        next_cursor: None,
        facets: std::collections::BTreeMap::new(),
        facets_missing: std::collections::BTreeMap::new(),
        facets_by: None,
        highlight_missing: None,
        files_missing: None,
        served_by: ServedBy { engine: "local".to_owned(), reason: None },
        coverage: Some(CoverageView::seen(coverage, &[])),
        query: Understood {
            canonical: parsed.canonical.clone(),
            zone: zone.to_owned(),
            sent: None,
            fidelity: Fidelity::Exact.as_str(),
            direction: None,
            notes: Vec::new(),
            advice: parsed.advice.iter().map(Remark::from).collect(),
        },
        took_ms: wire::milliseconds(began),
    }
}

// ---- for people ----

fn table(
    found: &Found,
    coverage: &Coverage,
    query: &Query,
    viewpoint: &Viewpoint,
) -> anyhow::Result<()> {
    // Written at once: a page has hundreds of lines.
    let row = |(number, row): (usize, &Row)| {
        rows::with_copies(one(number, &row.hit, &viewpoint.zone), row)
    };
    let hits: Vec<_> = (1..).zip(&found.page).map(row).collect();
    let shown = found.page.len();
    let in_rows = found.rows.map(|rows| format!(" in {rows} rows")).unwrap_or_default();
    let rest = if found.all() > shown {
        format!(", the first {shown} shown (--limit N for more)")
    } else {
        String::new()
    };
    output::line(format!("{}{} found{in_rows}{rest}", hits.concat(), found.messages))?;
    if coverage.indexed < coverage.known {
        let missing = coverage.known - coverage.indexed;
        output::note(format!(
            "{missing} known messages are not in the index, so there may be more"
        ));
    }
    if coverage.without_content > 0 && asks_for_contents(query) {
        let files = coverage.without_content;
        output::note(format!("the content of {files} files is not here, so there may be more"));
    }
    Ok(())
}

fn asks_for_contents(query: &Query) -> bool {
    let mut asks = false;
    query.condition().for_each_leaf(&mut |leaf| {
        let Predicate::Text(test) = &leaf.value else { return };
        asks |= test.fields.contains(&TextField::AttachmentText);
    });
    asks
}

/// The lines of one hit.
fn one(number: usize, hit: &Hit, zone: &TimeZone) -> String {
    match hit.message.file() {
        Some(file) => of_file(number, hit, file, zone),
        None => of_mail(number, hit, zone),
    }
}

/// A file: when it was changed and whose it is, its name and title, its id and where it lies.
fn of_file(number: usize, hit: &Hit, file: &Attachment, zone: &TimeZone) -> String {
    let (message, place) = (&hit.message, hit.place());
    let snippet = hit.snippet.clone().unwrap_or_default();
    let owner = place.mailbox.as_deref().or(place.source.as_deref()).unwrap_or_default();
    let head = format!("{number:>3}. {}  {}", date(message, zone), terminal::safe(&short(owner)));
    let name = short(file.name.as_deref().unwrap_or("(no name)"));
    let ranges = snippet.attachments.first().map_or(&[][..], Vec::as_slice);
    let mut lines =
        vec![output::styled(output::FAINT, head), format!("     {}", marked(&name, ranges, true))];
    if let Some(title) = message.subject.as_deref().filter(|title| !title.is_empty()) {
        lines.push(format!("     {}", marked(&short(title), &snippet.subject_ranges, false)));
    }
    lines.extend(matching(hit));
    let size = message.size.map(|size| format!("{size} bytes"));
    let version = message.version.as_ref().map(|version| format!("version {version}"));
    let newest = message.newest.as_ref().map(|newest| format!("newest: {newest}"));
    let folder = place.folder.as_ref().map(|folder| format!("in {folder}"));
    let foot = [Some(message.id.clone()), Some("file".to_owned()), size, folder, version, newest];
    let foot: Vec<_> =
        foot.into_iter().flatten().map(|part| terminal::safe(&short(&part))).collect();
    lines.push(output::styled(output::FAINT, format!("     {}", foot.join("  "))));
    lines.join("\n") + "\n\n"
}

fn date(message: &Message, zone: &TimeZone) -> String {
    let here = message.received.map(|moment| zone.to_datetime(moment));
    here.map_or_else(|| "no date".to_owned(), |date| date.strftime("%Y-%m-%d %H:%M").to_string())
}

fn of_mail(number: usize, hit: &Hit, zone: &TimeZone) -> String {
    let message = &hit.message;
    let snippet = hit.snippet.clone().unwrap_or_default();
    let sender =
        Recipient { name: message.from_name.clone(), address: message.from_address.clone() };
    let subject =
        message.subject.as_deref().filter(|subject| !subject.is_empty()).unwrap_or("(no subject)");
    let subject = short(subject);
    let sender = show::person(&sender);
    let head = format!("{number:>3}. {}  {}", date(message, zone), terminal::safe(&short(&sender)));
    let mut lines = vec![
        output::styled(output::FAINT, head),
        format!("     {}", marked(&subject, &snippet.subject_ranges, true)),
    ];
    if !snippet.text.is_empty() {
        lines.push(format!("     {}", marked(&snippet.text, &snippet.ranges, false)));
    }
    lines.extend(matching(hit));
    let mut foot = vec![terminal::safe(&message.id)];
    foot.extend(files(message));
    lines.push(output::styled(output::FAINT, format!("     {}", foot.join("  "))));
    lines.join("\n") + "\n\n"
}

/// Where the clauses of the query match.
fn matching(hit: &Hit) -> Option<String> {
    let line = matches::of_hit(hit)?;
    Some(output::styled(output::FAINT, format!("     {line}")))
}

/// The names of the first files, and how many there are beside them.
fn files(message: &Message) -> Option<String> {
    let mut named = message.attachments.iter().map(Attachment::shown_name);
    let first: Vec<_> = named.by_ref().take(MOST_FILES).map(short).collect();
    let more = match named.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!first.is_empty()).then(|| format!("files: {}{more}", terminal::safe(&first.join(", "))))
}

/// The text, or the beginning of one that nobody reads as a whole.
fn short(text: &str) -> Cow<'_, str> {
    let end = text.char_indices().nth(MOST_CHARACTERS).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).map_or(text.into(), |start| format!("{start}…").into())
}

/// Text with the words that were looked for in colour.
fn marked(text: &str, ranges: &[Range<usize>], strong: bool) -> String {
    let plain = |text: &str| {
        let text = terminal::safe(text);
        if strong && !text.is_empty() { output::styled(output::STRONG, text) } else { text }
    };
    let mut out = String::new();
    let mut at = 0;
    for range in ranges {
        out += &plain(text.get(at..range.start).unwrap_or_default());
        out += &output::styled(
            output::MATCH,
            terminal::safe(text.get(range.clone()).unwrap_or_default()),
        );
        at = range.end;
    }
    out + &plain(text.get(at..).unwrap_or_default())
}
