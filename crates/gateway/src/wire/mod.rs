//! The JSON of `/v1`, which `postern search --format json` prints too.

mod action;
mod facets;
mod finding;
mod message;
mod report;
mod retrievals;
mod set;

use std::collections::BTreeMap;

use postern_archive::search::Coverage;
use postern_query::parts::Part;
use postern_query::{Advice, Error, Fix, datatap};
use serde::Serialize;
use utoipa::ToSchema;

pub use action::{ActionAnswer, ItemResult, PlanItem, PlanView};
pub use facets::{BarView, FacetName, FacetView, HistogramView, ValueCount, ValuesView};
pub use finding::FindingView;
pub use message::{MessageView, ResultView};
pub use report::{
    BlindItem, BlindView, ExtentView, FoundView, InMailboxView, LineView, ReportBounds, ReportView,
    SearchedView, TotalsView,
};
pub use retrievals::{RetrievalRunView, RetrievalView, RetrievalsView};
pub use set::{DiffView, NotHeldView, SetView, SetsView};

/// The answer of a search.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchAnswer {
    /// The messages of this page.
    #[schema(value_type = Vec<MessageView>)]
    pub results: Vec<ResultView>,
    /// How many match in all.
    pub count: Count,
    /// With `collapse`, whether equal messages are in one row: not every engine can do that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapsed: Option<bool>,
    /// Asks for the next page; nothing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What matches, counted: by the names of the facets that were asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<&'static str, FacetView>,
    /// The engine that counted them, which may be another one than that of the results. `coverage` says how complete
    /// the local index is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets_by: Option<&'static str>,
    /// The facets that could not be counted, by name, each with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facets_missing: BTreeMap<&'static str, String>,
    /// Why nothing is highlighted, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlight_missing: Option<String>,
    /// Why there are no files among the results, where the tenant has some and the query may find them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_missing: Option<String>,
    /// Who answered.
    pub served_by: ServedBy,
    /// How complete the local index is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageView>,
    /// How the query was understood.
    pub query: Understood,
    /// Milliseconds.
    pub took_ms: u64,
}

/// How many messages match.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Count {
    /// The number.
    pub value: u64,
    /// Whether it is exact.
    pub exact: bool,
    /// In how many rows they are, where equal messages are in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Who answered, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServedBy {
    /// `premium`, `veeam` or `local`.
    pub engine: String,
    /// Why it was not the first of the tenant's.
    #[serde(flatten)]
    pub reason: Option<Because>,
}

/// Why it was not the first of the tenant's, and since when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Because {
    /// The reason; not there where it was the first.
    #[schema(required = false)]
    pub reason: String,
    /// When that began, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// How a query was understood and what was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Understood {
    /// Its one canonical text.
    pub canonical: String,
    /// Where its days begin: an IANA name.
    pub zone: String,
    /// What the engine elsewhere was sent that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// How faithfully the engine that answered says it.
    pub fidelity: &'static str,
    /// `wider`, `narrower` or `either`: which way the answer errs, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Remarks.
    pub advice: Vec<Remark>,
}

/// A request to an engine elsewhere.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Sent {
    /// Lucene text; for Veeam the text of the search for mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// For Veeam the text of the search for documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<String>,
    /// OData filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// OData order.
    #[serde(rename = "$orderby", skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

impl From<datatap::Request> for Sent {
    fn from(request: datatap::Request) -> Self {
        let datatap::Request { query, filter, order_by } = request;
        Self { query, documents: None, filter, order_by }
    }
}

/// A place in the typed text.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

impl From<postern_query::Span> for Span {
    fn from(span: postern_query::Span) -> Self {
        Self { start: span.start, end: span.end }
    }
}

/// A part of a typed text.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PartView {
    /// `word`, `phrase`, `operator`, `joiner` or `bracket`.
    pub kind: &'static str,
    /// Its bytes.
    pub span: Span,
}

impl From<Part> for PartView {
    fn from(part: Part) -> Self {
        Self { kind: part.kind.as_str(), span: part.span.into() }
    }
}

/// What is wrong with a query.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mistake {
    code: &'static str,
    title: String,
    span: Span,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The hint as a change of the text, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixView>,
}

/// A change that mends a fault. Those of one answer do not overlap.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FixView {
    /// The bytes to replace; empty where something is to be inserted.
    span: Span,
    /// The text to put there.
    replacement: String,
}

impl From<&Fix> for FixView {
    fn from(fix: &Fix) -> Self {
        Self { span: fix.span.into(), replacement: fix.replacement.clone() }
    }
}

impl From<&Error> for Mistake {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code.as_str(),
            title: error.title.clone(),
            span: error.span.into(),
            label: error.label.clone(),
            hint: error.hint.clone(),
            fix: error.fix.as_deref().map(FixView::from),
        }
    }
}

/// Advice about a query.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Remark {
    /// What kind of remark it is.
    pub code: &'static str,
    /// The text it speaks of.
    pub span: Span,
    /// What was noticed.
    pub message: String,
}

impl From<&Advice> for Remark {
    fn from(advice: &Advice) -> Self {
        Self {
            code: advice.code.as_str(),
            span: advice.span.into(),
            message: advice.message.clone(),
        }
    }
}

/// How much of the known mail the local index holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoverageView {
    indexed: u64,
    known: u64,
    as_of: Option<String>,
    /// Files whose content is not here, so that `contents:` does not find them.
    #[serde(skip_serializing_if = "is_zero")]
    files_without_content: u64,
    /// Sources of the tenant that were not asked, and may have more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_asked: Vec<String>,
    mailboxes: Vec<Mailbox>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Mailbox {
    name: String,
    indexed: u64,
    known: u64,
    /// When it was last compared with the service that collected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    newest: Option<String>,
    /// It lies in an archive tier, so that nobody knows how many more messages it has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_archive_tier: bool,
    /// Its files whose content is not here, so that `contents:` does not find them.
    #[serde(skip_serializing_if = "is_none")]
    files_without_content: u64,
}

/// Whether it is none of them, which is not worth a word.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

impl CoverageView {
    /// The coverage as a caller may see it: with `mailboxes`, only those.
    #[must_use]
    pub fn seen(coverage: &Coverage, mailboxes: &[String]) -> Self {
        let time = |time: jiff::Timestamp| time.to_string();
        let coverage = match mailboxes {
            [] => coverage.clone(),
            some => coverage.clone().of(|name| some.iter().any(|one| one == name)),
        };
        let seen = coverage.mailboxes.into_iter().map(|mailbox| Mailbox {
            name: mailbox.name,
            indexed: mailbox.indexed,
            known: mailbox.known,
            as_of: mailbox.as_of.map(time),
            newest: mailbox.newest.map(time),
            in_archive_tier: mailbox.in_archive_tier,
            files_without_content: mailbox.without_content,
        });
        let mailboxes = seen.collect();
        let (indexed, known) = (coverage.indexed, coverage.known);
        let (as_of, files_without_content) = (coverage.as_of.map(time), coverage.without_content);
        let not_asked = Vec::new();
        Self { indexed, known, as_of, files_without_content, not_asked, mailboxes }
    }

    /// The same for an answer for which these sources were not asked.
    pub(crate) fn without(self, not_asked: Vec<String>) -> Self {
        Self { not_asked, ..self }
    }

    /// The sources of the tenant that were not asked, and may have more.
    #[must_use]
    pub fn not_asked(&self) -> &[String] {
        &self.not_asked
    }
}

/// A whole number of milliseconds.
#[must_use]
pub fn milliseconds(since: std::time::Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
