//! Browsing as DataTap does: passed on, and answered from what is here when that fails.

mod indexed;
mod page;
mod synced;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use postern_archive::search::Asker;
use postern_archive::{Collected, IndexError};
use postern_upstream::Fault;
use tokio::time::timeout_at;

use super::download::{self, MESSAGE};
use super::dropin::{ended, not_spoken, presented_key, turn};
use super::forward::{forward_for, without_body};
use super::params::BadParam;
use super::trace::{Source, Trace};
use super::upstream_shape::UpstreamError;
use crate::State as Shared;
use crate::access::{Caller, Mailboxes};
use crate::choose::{Entry, Face, walk};
use crate::engine::{Ask, Failure, Health, Outcome, Premium, Refusal, Why, failed};
use crate::local::{Allowance, Local, LocalEngine};
use page::{Page, Sources};

type ItemPath = Result<Path<(String, String, String, String)>, PathRejection>;
type UsersPath = Result<Path<(String, String)>, PathRejection>;
type TenantPath = Result<Path<String>, PathRejection>;

/// Somebody who asks, and what there is to answer with.
struct Here<'h> {
    caller: &'h Caller,
    engine: &'h dyn LocalEngine,
    asker: &'h Asker,
    collected: &'h Collected,
}

/// A folder or a message of a mailbox.
#[derive(Clone)]
struct Node {
    location: String,
    source: String,
    node: String,
}

/// Why there is nothing to answer with.
enum Nothing {
    Refused(UpstreamError),
    /// It was never taken in here.
    NotHere,
    Failed(String),
}

impl From<IndexError> for Nothing {
    fn from(error: IndexError) -> Self {
        Self::Failed(crate::local::told(&error))
    }
}

impl From<postern_archive::Error> for Nothing {
    fn from(error: postern_archive::Error) -> Self {
        match crate::LocalError::from(error) {
            crate::LocalError::Gone(_) => Self::NotHere,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<BadParam> for Nothing {
    fn from(bad: BadParam) -> Self {
        Self::Refused(bad.into())
    }
}

/// `GET /api/{tenant}/locations`
pub(super) async fn locations(
    State(state): State<Shared>,
    path: TenantPath,
    request: Request,
) -> Response {
    let tenant = path.ok().map(|Path(tenant)| tenant);
    answer(&state, tenant, request, |here| {
        here.sees_all()?;
        Ok(Json(synced::locations(here)?).into_response())
    })
    .await
}

/// `GET /api/{tenant}/discovery/{location}/users`
pub(super) async fn users(
    State(state): State<Shared>,
    path: UsersPath,
    request: Request,
) -> Response {
    let (tenant, location) = path.ok().map(|Path(parts)| parts).unzip();
    let location = location.unwrap_or_default();
    let raw = query_of(&request);
    answer(&state, tenant, request, move |here| {
        here.sees_all()?;
        Ok(Json(synced::sources(here, &location, &Sources::read(&raw)?)?).into_response())
    })
    .await
}

/// `GET /api/{tenant}/discovery/{location}/source/{source}/items/{node}`
pub(super) async fn items(
    State(state): State<Shared>,
    path: ItemPath,
    request: Request,
) -> Response {
    let (tenant, node) = Node::of(path).unzip();
    let raw = query_of(&request);
    answer(&state, tenant, request, move |here| {
        let (page, node) = (Page::read(&raw)?, node.ok_or(Nothing::NotHere)?);
        let synced = synced::list(here, &node, &page)?;
        let list = synced.map_or_else(|| indexed::list(here, &node, &page), Ok)?;
        Ok(Json(list).into_response())
    })
    .await
}

/// `GET /api/{tenant}/discovery/{location}/source/{source}/items/{item}/download`
pub(super) async fn file(
    State(state): State<Shared>,
    path: ItemPath,
    request: Request,
) -> Response {
    let (tenant, node) = Node::of(path).unzip();
    let shared = state.clone();
    answer(&state, tenant, request, move |here| {
        let node = node.ok_or(Nothing::NotHere)?;
        let synced = synced::original(here, &node)?;
        let original = synced.map_or_else(|| indexed::original(here, &node), Ok)?;
        let sent = download::original(&shared, here.caller, "message.eml", original);
        let mut response = sent.map_err(|busy| Nothing::Refused(busy.into()))?;
        response.headers_mut().insert(CONTENT_TYPE, MESSAGE);
        Ok(response)
    })
    .await
}

fn query_of(request: &Request) -> String {
    request.uri().query().unwrap_or_default().to_owned()
}

impl Node {
    fn of(path: ItemPath) -> Option<(String, Self)> {
        let Path((tenant, location, source, node)) = path.ok()?;
        Some((tenant, Self { location, source, node }))
    }
}

impl Here<'_> {
    /// What concerns all mailboxes is nothing for a key that opens some of them.
    fn sees_all(&self) -> Result<(), Nothing> {
        if self.caller.mailboxes == Mailboxes::All {
            return Ok(());
        }
        let why = "this key opens some mailboxes only; it can search, and nothing else";
        Err(Nothing::Refused(UpstreamError::new(403, "Forbidden", why)))
    }
}

/// The answer of premium, or of this machine. Without a tenant the path was no text.
async fn answer(
    state: &Shared,
    tenant: Option<String>,
    request: Request,
    here: impl FnOnce(&Here<'_>) -> Result<Response, Nothing> + Clone + Send + 'static,
) -> Response {
    let trace = Trace::start(request.headers());
    let key = presented_key(request.headers());
    let admitted = state.caller(key, tenant.as_deref()).map_err(UpstreamError::from);
    let (caller, tenant) = match (admitted, tenant) {
        (Err(refusal), _) => return refusal.into_response(),
        (Ok(_), None) => return UpstreamError::not_found().into_response(),
        (Ok(caller), Some(tenant)) => (caller, tenant),
    };
    let coverage = caller.mailboxes.view(state.local_beside(Some(&tenant)).coverage());
    let mut request = Some(without_body(request));
    let mut turns = Vec::new();
    for entry in state.engines(Some(&tenant)) {
        let ask = ask_of(entry, state, &caller, &trace, (&mut request, &here));
        turns.push(turn(entry, state, &caller, &trace, ask));
    }
    let walked = walk(turns.into_iter(), Face::DropIn, state.metrics()).await;
    let source = Source::of(&walked);
    let response = ended(walked, 502, |_, response| response);
    trace.finish(state, response, Some(&tenant), &source, Some(&coverage))
}

/// The request as it came, for the one service that it was written for; else what is stored, here or elsewhere.
fn ask_of<F>(
    entry: &Entry,
    state: &Shared,
    caller: &Caller,
    trace: &Trace,
    (request, here): (&mut Option<Request>, &F),
) -> Result<Ask<Response>, Why>
where
    F: FnOnce(&Here<'_>) -> Result<Response, Nothing> + Clone + Send + 'static,
{
    let engine = &entry.member.clone()?.engine;
    if let Some(premium) = engine.datatap() {
        let key = Premium::key_of(caller)?;
        let request = request.take().ok_or_else(|| not_spoken(entry))?;
        let (premium, caller) = (premium.clone(), caller.clone());
        let deadline = state.engine_deadline(trace.start);
        return Ok(Premium::pass_on(
            key,
            |response: &Response| response.status().as_u16(),
            async move {
                let answer =
                    timeout_at(deadline.into(), forward_for(&premium, &caller, request)).await;
                answer.unwrap_or(Err(Fault::Timeout))
            },
        ));
    }
    let beside = state.local_beside(caller.tenant.as_deref());
    let elsewhere = || Some(beside.read_from(vec![Some(engine.shelf()?)]));
    let archive = engine.archive().cloned().or_else(elsewhere);
    let (archive, here) = (archive.ok_or_else(|| not_spoken(entry))?, here.clone());
    let (allowance, caller) = (state.allowance(caller, trace.start), caller.clone());
    Ok(Ask::new(None, async move { from_here(archive, allowance, caller, here).await }))
}

async fn from_here(
    archive: Local,
    allowance: Allowance,
    caller: Caller,
    here: impl FnOnce(&Here<'_>) -> Result<Response, Nothing> + Send + 'static,
) -> Outcome<Response> {
    let stored = Arc::clone(archive.archive());
    let work = move |engine: &dyn LocalEngine, asker: &Asker| {
        let collected = stored.collected();
        Ok::<_, IndexError>(here(&Here { caller: &caller, engine, asker, collected }))
    };
    match archive.ask(&allowance, work).await {
        Ok(Ok(response)) => Outcome::Served(response),
        Ok(Err(Nothing::Refused(refusal))) => {
            Outcome::RefusedQuery(Refusal::Words(refusal.into_response()))
        }
        Ok(Err(Nothing::NotHere)) => not_here("not_here", "it was not taken in here".to_owned()),
        Ok(Err(Nothing::Failed(text))) => not_here("local_failed", text),
        Err(error) => failed(error),
    }
}

fn not_here(code: &'static str, text: String) -> Outcome<Response> {
    Outcome::Failed(Failure { code, health: Health::Alive, text })
}
