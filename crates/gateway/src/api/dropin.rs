//! The paths of DataTap: a client that works there works here.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use postern_archive::search::{Asker, Page};
use postern_query::datatap;
use postern_upstream::Answer;

use super::download::STREAMS;
use super::fields::list;
use super::held::{Busy, held};
use super::params::{BadParam, Params};
use super::trace::{Source, Trace, sentences};
use super::upstream_shape::{Envelope, Refusals, UpstreamError, envelope, relay, write_envelope};
use crate::State as Shared;
use crate::access::Caller;
use crate::audit::Noted;
use crate::choose::{Ending, Entry, Face, Turn, Walked, walk};
use crate::config::EngineName;
use crate::engine::{
    Ask, LocalIndex, Outcome, PAGE_LIMIT, Pages, Premium, Refusal, SKIP_LIMIT, To, Why, failed,
};
use crate::local::pipe::Pipe;
use crate::local::{Local, LocalEngine, LocalError, Question};
use crate::shadow::{self, Theirs};

type IndexPath = Result<Path<(String, String)>, PathRejection>;

/// A request by someone who may make it.
#[derive(Clone)]
struct Asked {
    caller: Caller,
    tenant: String,
    index: String,
}

impl Asked {
    /// Where premium is asked for it.
    fn to(&self, state: &Shared, trace: &Trace) -> Result<To, Why> {
        Ok(To {
            tenant: self.tenant.clone(),
            index: self.index.clone(),
            key: Premium::key_of(&self.caller)?.clone(),
            deadline: state.engine_deadline(trace.start),
            traceparent: Some(trace.parent()),
        })
    }

    fn finish(
        &self,
        state: &Shared,
        trace: &Trace,
        response: Response,
        source: &Source,
    ) -> Response {
        let coverage = state.coverage(&self.caller, Some(&self.tenant), source.engine);
        trace.finish(state, response, Some(&self.tenant), source, coverage.as_ref())
    }
}

/// The key that a client of DataTap presents.
pub(super) fn presented_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-api-key")?.to_str().ok()
}

fn admit(state: &Shared, path: IndexPath, headers: &HeaderMap) -> Result<Asked, UpstreamError> {
    let key = presented_key(headers);
    let Ok(Path((tenant, index))) = path else {
        state.caller(key, None)?;
        return Err(UpstreamError::not_found());
    };
    let caller = state.caller(key, Some(&tenant))?;
    Ok(Asked { caller, tenant, index })
}

/// Search as DataTap does
///
/// Premium's answers are passed through byte for byte; where it does not answer, the same filter and
/// text are evaluated over the local index, in the same envelope.
#[utoipa::path(get, path = "/api/{tenant}/indexes/{index}/documents", tag = "DataTap",
    params(
        ("tenant" = String, Path, description = "The tenant of the key"),
        ("index" = String, Path, description = "The name of the index"),
        ("query" = Option<String>, Query, description = "Lucene text over subject and body", example = "invoice AND overdue"),
        ("filter" = Option<String>, Query, description = "OData filter", example = "hasAttachments eq true"),
        ("$orderby" = Option<String>, Query, description = "OData order", example = "receivedDateTime desc"),
        ("top" = Option<usize>, Query, description = "Hits at most: 50, up to 1,000"),
        ("skip" = Option<usize>, Query, maximum = 100_000, description = "Hits to leave out"),
    ),
    responses((status = 200, description = "One page", body = Envelope), Refusals),
    security(("key" = []), ()))]
pub(super) async fn documents(
    State(state): State<Shared>,
    path: IndexPath,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    noted: Noted,
) -> Response {
    let trace = Trace::start(&headers);
    let asked = match admit(&state, path, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let raw = raw.unwrap_or_default();
    noted.put("query", percent_decode_str(&raw).decode_utf8_lossy().into_owned());
    let turn = |entry: &Entry| {
        let ask = documents_of(entry, &state, &asked, &raw, &trace);
        turn(entry, &state, &asked.caller, &trace, ask)
    };
    let turns: Vec<_> = state.engines(Some(&asked.tenant)).iter().map(turn).collect();
    let walked = walk(turns.into_iter(), Face::DropIn, state.metrics()).await;
    let source = Source::of(&walked);
    let response = ended(walked, 503, |engine, documents| {
        if let Documents::Passed(answer) = &documents {
            compare(&state, &asked, engine, answer, &raw, &trace);
        }
        documents.into_response()
    });
    asked.finish(&state, &trace, response, &source)
}

/// An answer to a search.
enum Documents {
    /// That of premium, as it is passed on.
    Passed(Answer),
    /// One of ours, or our refusal.
    Written(Response),
}

impl IntoResponse for Documents {
    fn into_response(self) -> Response {
        match self {
            Self::Passed(answer) => relay(answer),
            Self::Written(response) => response,
        }
    }
}

/// The turn of an engine on the paths of DataTap.
pub(super) fn turn<'a, T: Send + 'a>(
    entry: &Entry,
    state: &'a Shared,
    caller: &'a Caller,
    trace: &Trace,
    ask: Result<Ask<T>, Why>,
) -> Turn<'a, T> {
    entry.turn(state.admits(caller, state.engine_deadline(trace.start)), ask)
}

/// What the client hears: an answer, or a refusal in the shape of the service. `failed` is the status where
/// nobody answers.
pub(super) fn ended<T: IntoResponse>(
    walked: Walked<T>,
    failed: u16,
    served: impl FnOnce(EngineName, T) -> Response,
) -> Response {
    match walked.ending {
        Ending::Served(engine, answer) => served(engine, answer),
        Ending::RefusedKey(_, refusal) | Ending::RefusedQuery(_, refusal) => refused(refusal),
        Ending::Denied(denied) => UpstreamError::from(denied).into_response(),
        Ending::Nobody => {
            let code = if failed == 502 { "BadGateway" } else { "ServiceUnavailable" };
            UpstreamError::new(failed, code, sentences(&walked.passed_over)).into_response()
        }
    }
}

fn refused<T: IntoResponse>(refusal: Refusal<T>) -> Response {
    match refusal {
        Refusal::Words(words) => words.into_response(),
        Refusal::Errors(refused) => UpstreamError::from(refused).into_response(),
        Refusal::Status(_) | Refusal::Text(_) => {
            UpstreamError::new(400, "too_costly", refusal.to_string()).into_response()
        }
    }
}

/// The search as it came, for the service that it was written for; else what it means, asked of what is
/// stored.
fn documents_of(
    entry: &Entry,
    state: &Shared,
    asked: &Asked,
    raw: &str,
    trace: &Trace,
) -> Result<Ask<Documents>, Why> {
    let engine = &entry.member.clone()?.engine;
    if let Some(premium) = engine.datatap() {
        let deadline = state.deadline_of(Some(&asked.tenant), entry.name, trace.start);
        let to = To { deadline, ..asked.to(state, trace)? };
        return Ok(premium.documents(to, raw.to_owned()).map(Documents::Passed));
    }
    let (state, asked, raw, start) = (state.clone(), asked.clone(), raw.to_owned(), trace.start);
    if let Some(pages) = engine.pages() {
        let by = pages.by(&asked.caller);
        return Ok(Ask::new(Some(by), async move {
            elsewhere(&state, &asked, pages.as_ref(), &raw, start).await
        }));
    }
    let archive = engine.archive().ok_or_else(|| not_spoken(entry))?.clone();
    Ok(Ask::new(None, async move { written(&state, &asked, &archive, &raw, start).await }))
}

/// An engine that takes neither the words of DataTap nor lies here.
pub(super) fn not_spoken(entry: &Entry) -> Why {
    Why::never("not_spoken", format!("{} is not asked on this path", entry.name.spoken()))
}

async fn written(
    state: &Shared,
    asked: &Asked,
    archive: &Local,
    raw: &str,
    start: Instant,
) -> Outcome<Documents> {
    let question = match question_for(state, asked, raw, start).await {
        Ok(question) => question,
        Err(NoPage::Refused(why)) => return refused_query(why),
        Err(NoPage::Failed(error)) => return failed(error),
    };
    let slot = match state.slot_to_stream(&asked.caller) {
        Ok(slot) => slot,
        Err(full) => return refused_query(Busy::new(state, full, STREAMS).into()),
    };
    let write = move |engine: &dyn LocalEngine, asker: &Asker, pipe: &mut Pipe| {
        write_envelope(engine, &question.search(), asker, pipe)
    };
    let allowance = state.allowance(&asked.caller, start);
    match archive.stream(&allowance, state.limits().time, slot, write).await {
        Ok(body) => {
            let headers = [(CONTENT_TYPE, "application/json")];
            Outcome::Served(Documents::Written((headers, body).into_response()))
        }
        Err(error) => failed(error),
    }
}

/// The same from an index elsewhere.
async fn elsewhere(
    state: &Shared,
    asked: &Asked,
    pages: &dyn Pages,
    raw: &str,
    start: Instant,
) -> Outcome<Documents> {
    let question = match question_for(state, asked, raw, start).await {
        Ok(question) => question,
        Err(NoPage::Refused(why)) => return refused_query(why),
        Err(NoPage::Failed(error)) => return failed(error),
    };
    let page = pages.page(question, &asked.caller, state.engine_deadline(start)).await;
    page.map(|page| Documents::Written(of_page(state, &asked.caller, page)))
}

/// A page in the envelope of the service.
fn of_page(state: &Shared, caller: &Caller, page: Page) -> Response {
    let body =
        envelope(page).map_err(|_| UpstreamError::unavailable("the answer cannot be written"));
    let body = body.and_then(|bytes| held(state, caller, bytes).map_err(UpstreamError::from));
    match body {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// Asks what is stored here too, if it is this answer's turn.
fn compare(
    state: &Shared,
    asked: &Asked,
    engine: EngineName,
    answer: &Answer,
    raw: &str,
    trace: &Trace,
) {
    let order = state.engines(Some(&asked.tenant));
    let mut from = order.iter().skip_while(|entry| entry.name != engine);
    let share = from.next().map_or(0.0, Entry::shadow);
    let members = from.filter_map(|entry| entry.member.as_ref().ok());
    let archive = members.filter_map(|member| member.engine.archive()).next();
    let Some(archive) = archive.filter(|_| shadow::is_due(share)).cloned() else { return };
    let Some(theirs) = Premium::found(answer).as_ref().and_then(Theirs::of) else { return };
    let (shared, raw) = (state.clone(), raw.to_owned());
    let again = async move {
        let question = question(&shared, &raw, Instant::now()).await.ok()?;
        let allowance = shadow::occasion(&shared).allowance;
        let ask = LocalIndex::of(archive).search(question, allowance);
        Some(ask.answer.await)
    };
    shadow::compare(state, trace.id(), theirs, again);
}

fn refused_query(why: UpstreamError) -> Outcome<Documents> {
    Outcome::RefusedQuery(Refusal::Words(Documents::Written(why.into_response())))
}

/// What the client asks of an index that is ours to answer for.
async fn question_for(
    state: &Shared,
    asked: &Asked,
    raw: &str,
    start: Instant,
) -> Result<Question, NoPage> {
    if !state.datatap().is_none_or(|(_, premium)| premium.is_ours(&asked.index)) {
        return Err(UpstreamError::not_found().into());
    }
    question(state, raw, start).await
}

/// Why there is no question.
enum NoPage {
    Refused(UpstreamError),
    Failed(LocalError),
}

impl<E: Into<UpstreamError>> From<E> for NoPage {
    fn from(refused: E) -> Self {
        Self::Refused(refused.into())
    }
}

/// What the client asks, with what the service does where nothing is said.
async fn question(state: &Shared, raw: &str, start: Instant) -> Result<Question, NoPage> {
    let mut params = Params::parse(raw, &["query", "filter", "top", "skip", "$orderby"])?;
    let limit = params.number("top")?.unwrap_or(50).min(PAGE_LIMIT);
    let offset = params.number("skip")?.unwrap_or(0);
    if offset > SKIP_LIMIT {
        let bad = BadParam::new("skip", "may be 0 to 100000");
        return Err(NoPage::Refused(bad.into()));
    }
    let request = datatap::Request {
        query: params.take("query"),
        filter: params.take("filter"),
        order_by: params.take("$orderby"),
    };
    let language = state.language();
    let reading =
        language.aside(state.deadline(start), move |reader| reader.read_drop_in(&request));
    let query = reading.await.map_err(NoPage::Failed)?.map_err(NoPage::from)?;
    // The index that these clients were written for has mail alone.
    let query = query.mail_only();
    Ok(Question {
        order: query.service_order(),
        query,
        after: None,
        offset,
        limit,
        highlight: false,
        collapse: false,
    })
}

/// The fields of an index
///
/// Those of premium, kept for a while, or those of the local index.
#[utoipa::path(get, path = "/api/{tenant}/indexes/{index}/fields", tag = "DataTap",
    params(
        ("tenant" = String, Path, description = "The tenant of the key"),
        ("index" = String, Path, description = "The name of the index"),
    ),
    responses((status = 200, description = "The fields", body = Vec<serde_json::Value>), Refusals),
    security(("key" = []), ()))]
pub(super) async fn fields(
    State(state): State<Shared>,
    path: IndexPath,
    headers: HeaderMap,
) -> Response {
    let trace = Trace::start(&headers);
    let asked = match admit(&state, path, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let turn = |entry: &Entry| {
        let ask = fields_of(entry, &state, &asked, &trace);
        turn(entry, &state, &asked.caller, &trace, ask)
    };
    let turns: Vec<_> = state.engines(Some(&asked.tenant)).iter().map(turn).collect();
    let walked = walk(turns.into_iter(), Face::DropIn, state.metrics()).await;
    let source = Source::of(&walked);
    let response = ended(walked, 503, |_, response| response);
    asked.finish(&state, &trace, response, &source)
}

/// The fields of premium, kept or asked for; else those of the index here.
fn fields_of(
    entry: &Entry,
    state: &Shared,
    asked: &Asked,
    trace: &Trace,
) -> Result<Ask<Response>, Why> {
    let member = entry.member.clone()?;
    let Some(premium) = member.engine.datatap() else {
        let is_spoken = member.engine.pages().is_some() || member.engine.archive().is_some();
        if !is_spoken {
            return Err(not_spoken(entry));
        }
        return Ok(Ask::new(None, async { Outcome::Served(Json(list()).into_response()) }));
    };
    let to = asked.to(state, trace)?;
    match premium.kept_fields(&to).filter(|_| !member.refuses(&to.key)) {
        Some(answer) => Ok(Ask::new(None, async { Outcome::Served(relay(answer)) })),
        None => Ok(premium.fields(to).map(relay)),
    }
}
