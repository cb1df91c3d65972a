//! Browsing collected mail as DataTap does: passed on, and answered from what is here when that fails.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use postern_local_index::search::{Error as IndexError, Facet, Search};
use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{
    Comparison, Condition, Expr, InstantTest, Located, Message, Predicate, Span, StringTest,
};
use postern_upstream::Fault;
use serde_json::{Value, json};
use tokio::time::timeout_at;

use super::download::{MESSAGE, download};
use super::dropin::presented_key;
use super::forward::forward_for;
use super::native::{by, first};
use super::params::{BadParam, Params};
use super::trace::{Source, Trace};
use super::upstream_shape::UpstreamError;
use crate::State as Shared;
use crate::access::Caller;
use crate::choose::{BreakerState, Reason};
use crate::local::LocalEngine;

/// Entries of a page at most, as upstream.
const PAGE: usize = 100;
/// Folders of a mailbox that are listed.
const MOST_FOLDERS: usize = 10_000;

type ItemPath = Result<Path<(String, String, String, String)>, PathRejection>;

/// What is asked of a mailbox.
struct Asked {
    caller: Caller,
    tenant: String,
    source: String,
    node: String,
}

/// Why there is nothing to answer with.
enum Nothing {
    Refused(UpstreamError),
    /// It was never taken in here.
    NotHere,
    Failed(IndexError),
}

impl From<IndexError> for Nothing {
    fn from(error: IndexError) -> Self {
        Self::Failed(error)
    }
}

impl From<BadParam> for Nothing {
    fn from(bad: BadParam) -> Self {
        Self::Refused(bad.into())
    }
}

/// `GET /api/{tenant}/discovery/{location}/source/{source}/items/{node}`
pub(super) async fn items(
    State(state): State<Shared>,
    path: ItemPath,
    request: Request,
) -> Response {
    let raw = request.uri().query().unwrap_or_default().to_owned();
    answer(&state, path, request, move |engine, asked| {
        let page = Page::read(&raw)?;
        Ok(Json(page.list(engine, asked)?).into_response())
    })
    .await
}

/// `GET /api/{tenant}/discovery/{location}/source/{source}/items/{item}/download`
pub(super) async fn file(
    State(state): State<Shared>,
    path: ItemPath,
    request: Request,
) -> Response {
    answer(&state, path, request, |engine, asked| {
        let message = asked.message(engine)?.ok_or(Nothing::NotHere)?;
        let bytes = engine.original(&message.id)?.map_err(|_| Nothing::NotHere)?;
        let mut response = download(&format!("{}.eml", message.id), bytes);
        response.headers_mut().insert(axum::http::header::CONTENT_TYPE, MESSAGE);
        Ok(response)
    })
    .await
}

async fn answer(
    state: &Shared,
    path: ItemPath,
    request: Request,
    here: impl FnOnce(&dyn LocalEngine, &Asked) -> Result<Response, Nothing> + Send + 'static,
) -> Response {
    let trace = Trace::start(request.headers());
    let asked = match admit(state, path, &request) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let tenant = asked.tenant.clone();
    let coverage = asked.caller.mailboxes.view(state.local(Some(&tenant)).coverage());
    let (response, source) = match ask_premium(state, &asked.caller, request, &trace).await {
        Ok(response) => (response, Source::PREMIUM),
        Err(reason) => from_here(state, asked, &trace, reason, here).await,
    };
    trace.finish(state, response, Some(&tenant), &source, &coverage)
}

fn admit(state: &Shared, path: ItemPath, request: &Request) -> Result<Asked, UpstreamError> {
    let key = presented_key(request.headers());
    let Ok(Path((tenant, _, source, node))) = path else {
        state.caller(key, None)?;
        return Err(UpstreamError::not_found());
    };
    let caller = state.caller(key, Some(&tenant))?;
    Ok(Asked { caller, tenant, source, node })
}

/// The answer of premium, unless it fails.
async fn ask_premium(
    state: &Shared,
    caller: &Caller,
    request: Request,
    trace: &Trace,
) -> Result<Response, Reason> {
    let (premium, _) = state.premium_for(caller)?;
    let now = Instant::now();
    if let BreakerState::Open(since) = premium.breaker(now) {
        return Err(Reason::BreakerOpen(now.duration_since(since)));
    }
    let deadline = state.premium_deadline(trace.start);
    let answer = timeout_at(deadline.into(), forward_for(premium, caller, request)).await;
    let response = answer.unwrap_or(Err(Fault::Timeout)).map_err(Reason::Fault)?;
    let status = response.status();
    if status.is_server_error() || status.is_redirection() {
        return Err(Reason::Fault(Fault::Status(status.as_u16())));
    }
    Ok(response)
}

async fn from_here(
    state: &Shared,
    asked: Asked,
    trace: &Trace,
    reason: Reason,
    here: impl FnOnce(&dyn LocalEngine, &Asked) -> Result<Response, Nothing> + Send + 'static,
) -> (Response, Source) {
    let local = state.local(Some(&asked.tenant)).clone();
    let found =
        local.ask(state.deadline(trace.start), move |engine| Ok(here(engine, &asked))).await;
    let why = match found {
        Ok(Ok(response)) => return (response, Source::local(reason)),
        Ok(Err(Nothing::Refused(refusal))) => {
            return (refusal.into_response(), Source::local(reason));
        }
        Ok(Err(Nothing::NotHere)) => "it was not taken in here".to_owned(),
        Ok(Err(Nothing::Failed(error))) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let refusal = UpstreamError::new(502, "BadGateway", format!("{reason}; {why}"));
    (refusal.into_response(), Source::nobody(reason))
}

fn is(predicate: Predicate) -> Condition {
    Expr::Leaf(Located::new(predicate, Span::default()))
}

impl Asked {
    /// What lies in the mailbox, as far as it may be seen.
    fn mailbox(&self) -> Condition {
        let same = StringTest::Same(self.source.clone());
        let of = is(Predicate::String(StringField::Mailbox, same));
        self.caller.mailboxes.restrict(of)
    }

    /// The folders of the mailbox; one without any was not taken in.
    fn folders(&self, engine: &dyn LocalEngine) -> Result<Vec<String>, Nothing> {
        let counts = engine.facets(&self.mailbox(), &[Facet::Folder], MOST_FOLDERS)?;
        let values = counts.into_iter().flat_map(|counts| counts.values);
        let mut names: Vec<_> = values.map(|one| one.value).collect();
        names.sort();
        if names.is_empty() { Err(Nothing::NotHere) } else { Ok(names) }
    }

    /// The message of that item id, or of that id of ours.
    fn message(&self, engine: &dyn LocalEngine) -> Result<Option<Message>, IndexError> {
        let either = [StringField::ItemId, StringField::Id].map(|field| by(field, &self.node));
        let condition = Expr::And(vec![self.mailbox(), Expr::Or(either.to_vec())]);
        let found = engine.search(&first(&condition))?;
        Ok(found.hits.into_iter().next().map(|hit| hit.message))
    }
}

/// A page of a list.
struct Page {
    folders: bool,
    from: Option<jiff::Timestamp>,
    to: Option<jiff::Timestamp>,
    size: usize,
    offset: usize,
}

impl Page {
    fn read(raw: &str) -> Result<Self, BadParam> {
        let mut params =
            Params::parse(raw, &["types", "fromDate", "toDate", "PageSize", "Marker"])?;
        let folders = match params.take("types").as_deref() {
            Some("MailboxFolder") => true,
            Some("MessageItem") => false,
            _ => return Err(BadParam::new("types", "is MailboxFolder or MessageItem")),
        };
        let size = params.number("PageSize")?.unwrap_or(PAGE).clamp(1, PAGE);
        let marker = params.take("Marker").unwrap_or_default();
        let offset = match marker.strip_prefix("postern-") {
            Some(offset) => offset.parse().map_err(|_| ()),
            None if marker.is_empty() => Ok(0),
            None => Err(()),
        };
        let offset = offset.map_err(|()| {
            BadParam::new("Marker", "is not one of this list; begin again without")
        })?;
        let (from, to) = (time(&mut params, "fromDate")?, time(&mut params, "toDate")?);
        if !folders && (from.is_none() || to.is_none()) {
            return Err(BadParam::new("fromDate", "and toDate are needed to list messages"));
        }
        Ok(Self { folders, from, to, size, offset })
    }

    fn list(&self, engine: &dyn LocalEngine, asked: &Asked) -> Result<Value, Nothing> {
        let folders = asked.folders(engine)?;
        if self.folders {
            let shown = folders.iter().skip(self.offset).take(self.size).map(|name| folder(name));
            return Ok(self.page(&shown.collect::<Vec<_>>(), folders.len()));
        }
        let mut parts = vec![asked.mailbox()];
        if asked.node != "-" {
            let name = folders.into_iter().find(|name| folder_id(name) == asked.node);
            let name = name.ok_or(Nothing::NotHere)?;
            parts.push(by(StringField::Folder, &name));
        }
        for (comparison, time) in [(Comparison::AtLeast, self.from), (Comparison::AtMost, self.to)]
        {
            let compared = time.map(|time| InstantTest::Compare(comparison, time));
            parts.extend(compared.map(|test| is(Predicate::Instant(InstantField::Received, test))));
        }
        let found = engine.search(&Search {
            condition: &Expr::And(parts),
            order: &[Sort::ascending(SortField::Instant(InstantField::Received))],
            after: None,
            offset: self.offset,
            limit: self.size,
            highlight: false,
        })?;
        let items: Vec<_> = found.hits.iter().map(|hit| item(&hit.message)).collect();
        Ok(self.page(&items, found.count))
    }

    fn page(&self, items: &[Value], count: usize) -> Value {
        let next = self.offset + items.len();
        let marker = (next < count).then(|| format!("postern-{next}"));
        json!({"Items": items, "Options": {"PageSize": self.size, "Marker": marker}})
    }
}

fn time(params: &mut Params, name: &str) -> Result<Option<jiff::Timestamp>, BadParam> {
    let bad = || BadParam::new(name, "is a full timestamp such as 2024-01-31T00:00:00Z");
    params.take(name).map(|text| text.parse().map_err(|_| bad())).transpose()
}

/// An id that stands in a path as it is.
fn folder_id(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn folder(name: &str) -> Value {
    let kind = match name.to_lowercase().as_str() {
        "inbox" => "InboxMailboxFolder",
        "sent" | "sent items" | "sent mail" => "SentMailboxFolder",
        _ => "MailboxFolder",
    };
    json!({
        "ItemId": folder_id(name),
        "FragmentId": null,
        "Name": name,
        "Discriminator": kind,
        "CreatedDate": null,
    })
}

fn item(message: &Message) -> Value {
    json!({
        "ItemId": message.item_id.as_ref().unwrap_or(&message.id),
        "FragmentId": message.fragment_id,
        "Name": message.subject,
        "Discriminator": "MessageItem",
        "CreatedDate": message.received.map(|at| at.to_string()),
    })
}
