//! A search-term report as JSON, as a table for spreadsheets, and as a page by itself.

mod csv;
mod page;

use jiff::Timestamp;
use postern_archive::IndexError;
use postern_archive::report::{Fault, Line, Reason, Report, Unsearchable, What};
use postern_archive::search::{Counted, Coverage, Extent};
use postern_query::datatap::Refused;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CoverageView, Mistake, ServedBy, Span};

/// What a report was asked for with.
#[derive(Clone, Copy, Debug)]
pub struct ReportBounds<'a> {
    /// Who counted, by the name of the engine.
    pub engine: &'a str,
    /// When it was begun.
    pub made: Timestamp,
    /// Where days begin.
    pub zone: &'a str,
    /// The filter that holds for each query.
    pub filter: Option<&'a str>,
    /// The only mailboxes that it is about; none is all.
    pub mailboxes: &'a [String],
}

/// A search-term report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    /// When it was begun.
    pub made: String,
    /// The version of Postern that made it.
    pub version: &'static str,
    /// Where the days of its queries begin: an IANA name.
    pub zone: String,
    /// The filter that holds for each query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The only mailboxes that it is about; none is all that may be seen.
    pub only: Vec<String>,
    /// The queries, in their order.
    pub lines: Vec<LineView>,
    /// What they find together.
    pub totals: TotalsView,
    /// What no query finds by its words, by reason.
    pub unsearchable: Vec<BlindView>,
    /// How much of the known mail was searched.
    pub coverage: CoverageView,
}

/// A query of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// What the list calls it.
    pub name: Option<String>,
    /// The query as it was written.
    pub query: String,
    /// How it was understood.
    pub canonical: Option<String>,
    /// The values of [`FoundView`]; none of a query with an error, which a schema cannot say of flattened values.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub found: Option<FoundView>,
    /// What is wrong with it.
    pub errors: Vec<Mistake>,
}

/// What a query of a report finds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundView {
    /// Messages that no other query of the report finds.
    pub unique: u64,
    /// How much it is.
    #[serde(flatten)]
    pub extent: ExtentView,
    /// Who answered.
    pub served_by: ServedBy,
    /// Whether the engine that answered says exactly what was asked.
    pub exact: bool,
    /// How much of the known mail was searched.
    pub coverage: SearchedView,
}

/// How much of the known mail was searched.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchedView {
    /// Messages that can be found.
    pub indexed: u64,
    /// Messages that are known to exist.
    pub known: u64,
    /// When what is here was last compared with its sources.
    pub as_of: Option<String>,
}

/// How much something finds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExtentView {
    /// Messages.
    pub matches: u64,
    /// The messages and their attachments, each counted as a document.
    pub family: u64,
    /// The messages and the others of their conversations.
    pub conversation: u64,
    /// The sizes of the messages together.
    pub bytes: u64,
    /// When the oldest arrived.
    pub first: Option<String>,
    /// When the newest arrived.
    pub last: Option<String>,
    /// By mailbox; a message that lies in two counts for both.
    pub mailboxes: Vec<InMailboxView>,
}

/// How many messages of a mailbox match.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InMailboxView {
    /// The mailbox.
    pub name: String,
    /// How many of its messages match.
    pub matches: u64,
}

/// What all queries of a report find together: distinct messages.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotalsView {
    /// Queries.
    pub lines: usize,
    /// Queries with an error.
    pub with_errors: usize,
    /// Queries that find nothing.
    pub without_matches: usize,
    /// How much they find.
    #[serde(flatten)]
    pub extent: ExtentView,
}

/// What cannot be searched for one reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BlindView {
    /// `encrypted`, `tooLarge`, `tooSlow`, `damaged`, `notSupported`, `noText` or `notHere`.
    pub reason: &'static str,
    /// Messages and files.
    pub messages: usize,
    /// Attachments.
    pub attachments: usize,
    /// Each of them.
    pub items: Vec<BlindItem>,
    #[serde(skip)]
    words: &'static str,
}

/// Something that cannot be searched.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlindItem {
    /// The id of the message; nothing of one that is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which of its attachments, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<usize>,
    /// The name of the attachment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The source of an item that is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The mailbox of an item that is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// The id at its source of an item that is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// What else is known of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl ReportView {
    /// A report as it is shown.
    #[must_use]
    pub fn of(report: Report, bounds: &ReportBounds<'_>) -> Self {
        let searched = SearchedView::of(&report.coverage);
        let line = |line: Line| LineView::of(line, &searched, bounds.engine);
        let lines: Vec<_> = report.lines.into_iter().map(line).collect();
        let found = lines.iter().filter_map(|line| line.found.as_ref());
        let totals = TotalsView {
            lines: lines.len(),
            with_errors: lines.iter().filter(|line| !line.errors.is_empty()).count(),
            without_matches: found.filter(|found| found.extent.matches == 0).count(),
            extent: ExtentView::from(report.totals),
        };
        Self {
            made: bounds.made.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            zone: bounds.zone.to_owned(),
            filter: bounds.filter.map(str::to_owned),
            only: bounds.mailboxes.to_vec(),
            lines,
            totals,
            unsearchable: report.unsearchable.0.into_iter().map(BlindView::from).collect(),
            coverage: CoverageView::seen(&report.coverage, &[]),
        }
    }

    /// The queries as a table of comma-separated values, the totals last.
    #[must_use]
    pub fn csv(&self) -> String {
        csv::of(self)
    }

    /// A page by itself, which needs no script and asks nobody for anything.
    #[must_use]
    pub fn page(&self) -> String {
        page::of(self)
    }
}

impl SearchedView {
    fn of(coverage: &Coverage) -> Self {
        let as_of = coverage.as_of.map(|time| time.to_string());
        Self { indexed: coverage.indexed, known: coverage.known, as_of }
    }
}

impl LineView {
    fn of(line: Line, searched: &SearchedView, engine: &str) -> Self {
        let Line { term, canonical, found } = line;
        let (found, errors) = match found {
            Ok(found) => (Some(found), Vec::new()),
            Err(fault) => (None, mistakes(&fault, &term.query)),
        };
        let found = found.map(|found| FoundView {
            unique: found.unique,
            extent: ExtentView::from(found.extent),
            served_by: ServedBy { engine: engine.to_owned(), reason: None },
            exact: true,
            coverage: searched.clone(),
        });
        Self { name: term.name, query: term.query, canonical, found, errors }
    }
}

/// What is wrong with a query.
fn mistakes(fault: &Fault, query: &str) -> Vec<Mistake> {
    let whole = |code, title: &str| Mistake {
        code,
        title: title.to_owned(),
        span: Span { start: 0, end: query.len() },
        label: String::new(),
        hint: None,
        fix: None,
    };
    match fault {
        Fault::Line(why) => vec![whole("bad_line", why)],
        Fault::Unanswered(error @ IndexError::Upgrading { .. }) => {
            vec![whole("upgrading", &error.to_string())]
        }
        Fault::Unanswered(error) => vec![whole("too_costly", &error.to_string())],
        Fault::Refused(Refused { part: "q", errors }) => {
            errors.as_slice().iter().map(Mistake::from).collect()
        }
        // The filter is right by itself, but with this query it is too much.
        Fault::Refused(refused) => vec![whole("too_costly", &refused.to_string())],
    }
}

impl From<Extent> for ExtentView {
    fn from(extent: Extent) -> Self {
        let mailbox = |one: Counted| InMailboxView { name: one.value, matches: one.count as u64 };
        Self {
            matches: extent.messages,
            family: extent.family,
            conversation: extent.conversation,
            bytes: extent.bytes,
            first: extent.first.map(|time| time.to_string()),
            last: extent.last.map(|time| time.to_string()),
            mailboxes: extent.mailboxes.into_iter().map(mailbox).collect(),
        }
    }
}

impl From<(Reason, Vec<Unsearchable>)> for BlindView {
    fn from((reason, all): (Reason, Vec<Unsearchable>)) -> Self {
        let is_attachment = |one: &&Unsearchable| matches!(one.what, What::Attachment { .. });
        let attachments = all.iter().filter(is_attachment).count();
        Self {
            reason: reason.as_str(),
            messages: all.len() - attachments,
            attachments,
            items: all.into_iter().map(BlindItem::from).collect(),
            words: reason.words(),
        }
    }
}

impl From<Unsearchable> for BlindItem {
    fn from(Unsearchable { what, detail }: Unsearchable) -> Self {
        let item = Self { detail, ..Self::default() };
        match what {
            What::Message { id } => Self { id: Some(id), ..item },
            What::Attachment { id, number, name } => {
                Self { id: Some(id), attachment: Some(number), name, ..item }
            }
            What::AtSource { source, mailbox, item: id } => {
                Self { source: Some(source), mailbox: Some(mailbox), item_id: Some(id), ..item }
            }
        }
    }
}

/// One error in one line: its code, the part of the query that it is about, and what to do.
fn told(error: &Mistake, query: &str) -> String {
    let part = query.get(error.span.start..error.span.end).unwrap_or_default();
    let hint = error.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{} at byte {} `{part}`: {}{hint}", error.code, error.span.start, error.title)
}
