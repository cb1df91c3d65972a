//! `postern report`.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postern_archive::Archive;
use postern_archive::report::{
    Begin, Fault, Line, MOST_BYTES, Order, Report as Made, ReportError, ReportProgress, spelt,
    terms,
};
use postern_archive::search::{Asker, Coverage, Scope, Work};
use postern_gateway::config::{Overrides, To};
use postern_gateway::wire::{ReportBounds, ReportView};
use postern_gateway::{LocalEngine, in_cluster};
use postern_query::report;

use crate::args::{Common, Counter, Report, ReportFormat};
use crate::exit::Exit;
use crate::table::Table;
use crate::words::counted;
use crate::{clock, cluster, data, output, settings, terminal};

/// Characters of a query that are shown in a table for people.
const MOST_CHARACTERS: usize = 60;

/// Counts what each query of a list finds.
pub(crate) fn run(common: &Common, arguments: &Report) -> anyhow::Result<Exit> {
    cluster::waiting(|| counted_beside(common, arguments))
}

fn counted_beside(common: &Common, arguments: &Report) -> anyhow::Result<Exit> {
    let terms = terms(&read(&arguments.terms)?)?;
    let archive = Arc::new(Archive::below(&data::folder(common)?));
    let viewpoint = settings::viewpoint(common, &arguments.view)?;
    let engine = engine(common, arguments, &archive)?;
    let coverage = engine.coverage_to_keep(&Asker::unlimited());
    let mailboxes = spelt(&arguments.mailbox, &coverage)?;
    let scope = match mailboxes.as_slice() {
        [] => Scope::All,
        some => Scope::Mailboxes(some.to_vec()),
    };
    let (made, filter) = (clock::now(), arguments.filter.as_deref());
    let context = viewpoint.context(made);
    let versions = arguments.versions;
    let order = Order { terms: &terms, filter, context: &context, versions };
    let asker = Asker { scope, work: Work::limited() };
    let report = match make(common, (&archive, engine.as_ref(), coverage), &order, &asker) {
        Err(ReportError::Filter(refused)) => {
            output::query_errors(&refused.errors, filter.unwrap_or_default());
            return Ok(Exit::Failed);
        }
        made => made?,
    };
    let faults = faults(&report);
    let (engine, zone) = (engine.name(), viewpoint.zone_name());
    let bounds = ReportBounds { engine, made, zone, filter, mailboxes: &mailboxes };
    let view = ReportView::of(report, &bounds);
    match arguments.format {
        ReportFormat::Table => table(&view, &faults)?,
        ReportFormat::Json => output::json(&view)?,
        ReportFormat::Csv => output::exact(view.csv().as_bytes())?,
        ReportFormat::Html => output::exact(view.page().as_bytes())?,
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::SomeUnreadable })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more tells that it is too long.
    let most = MOST_BYTES as u64 + 1;
    if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(most)
            .read_to_end(&mut bytes)
            .context("standard input cannot be read")?;
        return Ok(bytes);
    }
    data::must_exist(path)?;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(bytes)
}

/// Who counts: this machine, or the cluster.
fn engine(
    common: &Common,
    arguments: &Report,
    archive: &Arc<Archive>,
) -> anyhow::Result<Arc<dyn LocalEngine>> {
    let here = Arc::clone(archive);
    if common.config.is_none() && arguments.engine != Some(Counter::Cluster) {
        return Ok(here);
    }
    let config = settings::load(common, &Overrides::default())?;
    let is_elsewhere = match arguments.engine {
        Some(wanted) => wanted == Counter::Cluster,
        None => config.index_to == To::Cluster,
    };
    if !is_elsewhere {
        return Ok(here);
    }
    let own = config.tenants.iter().find(|tenant| tenant.data == archive.data());
    let tenant = arguments.tenant.as_deref().or(own.map(|tenant| tenant.id.as_str()));
    in_cluster(&config, tenant).map_err(anyhow::Error::msg)
}

fn make(
    common: &Common,
    (archive, engine, coverage): (&Archive, &dyn LocalEngine, Coverage),
    order: &Order<'_>,
    asker: &Asker,
) -> Result<Made, ReportError> {
    let bar = progress_bar(common.quiet);
    let (messages, queries) = (coverage.indexed, order.terms.len() as u64);
    let mut tell = |progress: ReportProgress| {
        let (done, all, what) = match progress {
            ReportProgress::Looked(done) => (done, messages, "messages looked at"),
            ReportProgress::Counted(done) => (done as u64, queries, "queries counted"),
        };
        bar.set_length(all);
        bar.set_position(done);
        bar.set_message(what);
        ControlFlow::Continue(())
    };
    let begin: &Begin<'_> = &|within, asker, look| engine.survey(within, asker, look);
    let made = archive.report_over(begin, coverage, order, asker, &mut tell);
    bar.finish_and_clear();
    made
}

fn progress_bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos} of {len} {msg}  {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

// ---- for people ----

/// The queries with a fault, each with its number and what is wrong, with carets.
fn faults(report: &Made) -> Vec<(usize, String)> {
    let fault = |(number, line): (usize, &Line)| {
        let drawn = match line.found.as_ref().err()? {
            Fault::Line(why) => format!("{}: {why}", terminal::safe(&line.term.query)),
            Fault::Unanswered(error) => {
                format!("{}: {error}", terminal::safe(&line.term.query))
            }
            Fault::Refused(refused) if refused.part == "q" => {
                report::errors(&refused.errors, &line.term.query, false)
            }
            Fault::Refused(refused) => format!("{}: {refused}", terminal::safe(&line.term.query)),
        };
        Some((number, drawn))
    };
    (1..).zip(&report.lines).filter_map(fault).collect()
}

fn table(view: &ReportView, faults: &[(usize, String)]) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        "#",
        "QUERY",
        "MATCHES",
        "UNIQUE",
        "FAMILY",
        "CONVERSATION",
        "BYTES",
        "FIRST",
        "LAST",
        "MAILBOXES",
    ]);
    for (number, line) in (1..).zip(&view.lines) {
        let called = line.name.as_deref().unwrap_or(&line.query);
        let mut row = vec![number.to_string(), short(called)];
        match &line.found {
            None => {
                row.extend(["error".to_owned()].into_iter().chain((0..7).map(|_| String::new())));
            }
            Some(found) => {
                let extent = &found.extent;
                let day = |time: Option<&str>| {
                    time.and_then(|time| time.split('T').next()).unwrap_or_default().to_owned()
                };
                row.extend([
                    extent.matches.to_string(),
                    found.unique.to_string(),
                    extent.family.to_string(),
                    extent.conversation.to_string(),
                    extent.bytes.to_string(),
                    day(extent.first.as_deref()),
                    day(extent.last.as_deref()),
                    extent.mailboxes.len().to_string(),
                ]);
            }
        }
        table.row(row);
    }
    table.text()?;
    foot(view)?;
    faults
        .iter()
        .try_for_each(|(number, drawn)| output::line(format!("\nquery {number}:\n{drawn}")))
}

fn foot(view: &ReportView) -> anyhow::Result<()> {
    let extent = &view.totals.extent;
    output::line(format!(
        "\n{} found by at least one query, {} documents with attachments, {} with their conversations, {} bytes",
        counted(extent.matches, "message"),
        extent.family,
        extent.conversation,
        extent.bytes
    ))?;
    let coverage = view.lines.iter().find_map(|line| Some(&line.found.as_ref()?.coverage));
    if let Some(coverage) = coverage.filter(|coverage| coverage.indexed < coverage.known) {
        let (indexed, known) = (coverage.indexed, coverage.known);
        output::line(format!(
            "{indexed} of {known} known messages were searched, so there may be more"
        ))?;
    }
    if !view.unsearchable.is_empty() {
        output::line("no query finds by its words; --format json has the ids:")?;
    }
    for one in &view.unsearchable {
        let attachments = counted(one.attachments as u64, "attachment");
        output::line(format!(
            "  {}: {}, {attachments}",
            one.reason,
            counted(one.messages as u64, "message")
        ))?;
    }
    Ok(())
}

/// The text, or the beginning of a long one.
fn short(text: &str) -> String {
    let end = text.char_indices().nth(MOST_CHARACTERS).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).map_or(text.to_owned(), |start| format!("{start}…"))
}
