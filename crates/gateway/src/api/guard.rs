//! What every request passes before it is routed: what is too large, leads elsewhere, comes from a foreign
//! page or from nobody who is known is refused here, so that no handler can forget to.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::audited::Audited;
use super::body::{self, Findings};
use super::dropin::presented_key;
use super::foreign::{self, Foreign};
use super::native;
use super::path;
use super::problem::Problem;
use super::upstream_shape::UpstreamError;
use crate::State as Shared;
use crate::access::{Caller, Denied};
use crate::slots::{Full, Slot};

/// Where assistants are served.
pub(super) const ASSISTANTS: &str = "/mcp";

/// Which of its faces the gateway shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    /// The paths of DataTap.
    DropIn,
    Native,
    /// What a ticket opens, in the place of a key.
    Ticket,
    /// The protocol of assistants. What they ask for passes here again, as native.
    Assistant,
    /// Our pages, which are the same for everybody.
    Page,
    /// What an operator looks at, however busy the gateway is.
    Operation,
}

/// Why a request is not answered.
enum Refusal {
    Limit { status: u16, code: &'static str, why: String, hint: Option<&'static str> },
    Denied(Denied),
}

/// Refuses a request, or runs it; the slot that it takes is held until its answer has ended.
/// What somebody who is known was answered is written down first.
pub(super) async fn guard(
    State(state): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let face = Face::of(request.uri().path());
    let Admitted { slot, caller } = match admit(&state, &request, face) {
        Ok(admitted) => admitted,
        Err(refusal) => return refusal.told(&state, face),
    };
    let audited = caller.filter(|_| state.audits().are_on());
    let audited = audited.map(|caller| Audited::new(caller, &request));
    if let Some(audited) = &audited {
        request.extensions_mut().insert(audited.noted.clone());
    }
    let response = run(&state, request, next, face).await;
    let response = response.unwrap_or_else(|refusal| refusal.told(&state, face));
    let Some(audited) = audited else { return body::holding(response, slot) };
    let (caller, entry) = audited.answered(&response);
    match state.audits().write(&caller, entry).await {
        Ok(()) => body::holding(response, slot),
        Err(error) => told_of(face, Problem::from(error)),
    }
}

/// A request that may be answered.
struct Admitted {
    slot: Option<Slot>,
    /// Who asks, where that matters.
    caller: Option<Caller>,
}

impl Face {
    fn of(path: &str) -> Self {
        match path {
            "/healthz" | "/readyz" | "/metrics" => Self::Operation,
            ASSISTANTS => Self::Assistant,
            path if path.starts_with("/api/") => Self::DropIn,
            path if path.starts_with("/v1/") => Self::Native,
            path if path.starts_with("/ticket/") => Self::Ticket,
            _ => Self::Page,
        }
    }
}

/// Who asks, and the slot of a request that may be answered; our pages and what operators see need none.
fn admit(state: &Shared, request: &Request, face: Face) -> Result<Admitted, Refusal> {
    let nobody = Admitted { slot: None, caller: None };
    if state.access().is_open() {
        foreign::check(request, state.origins()).map_err(Refusal::foreign)?;
    }
    if face == Face::Assistant {
        return admit_assistant(state, request);
    }
    if face == Face::Operation {
        return Ok(nobody);
    }
    check_size(state, request)?;
    let key = match face {
        Face::DropIn => {
            path::check(request.uri().path())
                .map_err(|why| Refusal::limit(400, "unsafe_path", why.why()))?;
            presented_key(request.headers())
        }
        Face::Native => native::presented_key(request.headers()),
        Face::Ticket => return by_ticket(state, request.uri().path()),
        Face::Page | Face::Operation | Face::Assistant => return Ok(nobody),
    };
    // Nobody who is not known holds a slot, or sends a body.
    let mut caller = state.access().caller(key, None).map_err(Refusal::Denied)?;
    if face == Face::DropIn && caller.tenant.is_none() {
        caller.tenant = request.uri().path().split('/').nth(2).map(str::to_owned);
    }
    if face == Face::Native {
        check_kind(request)?;
        check_asked_once(request)?;
    }
    admitted(state, caller)
}

/// Somebody with a key, whom no page of another origin sent. What its tools ask passes the guard again: that is what
/// counts, is audited, and takes a slot of all requests.
fn admit_assistant(state: &Shared, request: &Request) -> Result<Admitted, Refusal> {
    check_size(state, request)?;
    foreign::check_page(request, state.origins()).map_err(Refusal::foreign)?;
    let key = native::presented_key(request.headers());
    let caller = state.access().caller(key, None).map_err(Refusal::Denied)?;
    Ok(Admitted { slot: Some(free(state.slot_to_assist(&caller))?), caller: None })
}

fn admitted(state: &Shared, caller: Caller) -> Result<Admitted, Refusal> {
    Ok(Admitted { slot: Some(free(state.slot(&caller))?), caller: Some(caller) })
}

fn free(slot: Result<Slot, Full>) -> Result<Slot, Refusal> {
    slot.map_err(|full| Refusal::limit(503, "busy", full.why("requests")))
}

/// The one whom a ticket speaks for; nobody without one takes a slot.
fn by_ticket(state: &Shared, path: &str) -> Result<Admitted, Refusal> {
    let secret = path.split('/').nth(2).unwrap_or_default();
    let ticket = state.tickets().of(secret, Instant::now());
    // What was revoked since speaks for nobody.
    let ticket = ticket.filter(|ticket| state.access().knows(&ticket.caller));
    let ticket = ticket.ok_or_else(|| Refusal::limit(404, "not_found", "this link has ended"))?;
    admitted(state, ticket.caller)
}

fn check_size(state: &Shared, request: &Request) -> Result<(), Refusal> {
    let limits = state.limits();
    let (status, code, why) = if uri_length(request) > limits.uri {
        (414, "uri_too_long", format!("a request URI has at most {} bytes", limits.uri))
    } else if headers_length(request.headers()) > limits.headers {
        (431, "headers_too_large", format!("headers have at most {} bytes", limits.headers))
    } else if content_length(request.headers()) > limits.body {
        return Err(Refusal::too_large(limits.body));
    } else {
        return Ok(());
    };
    Err(Refusal::limit(status, code, why))
}

/// A page can make a browser send any text, but not say that it is JSON without asking first.
fn check_kind(request: &Request) -> Result<(), Refusal> {
    let has_body = !axum::body::HttpBody::is_end_stream(request.body());
    if !has_body || is_json(request.headers()) {
        return Ok(());
    }
    Err(Refusal::Limit {
        status: 415,
        code: "unsupported_media_type",
        why: "a body is JSON, and says so".to_owned(),
        hint: Some("add the header `Content-Type: application/json`"),
    })
}

/// A question stands in the URL or in the body, so that no part of it is left out: with GET in the URL, else
/// in the body.
fn check_asked_once(request: &Request) -> Result<(), Refusal> {
    let has_body = !axum::body::HttpBody::is_end_stream(request.body());
    let has_query = request.uri().query().is_some_and(|query| !query.is_empty());
    let gets = matches!(*request.method(), Method::GET | Method::HEAD);
    let (why, hint) = match (gets, has_query, has_body) {
        (false, true, _) => (
            "this method takes no parameters in the URL",
            "put them into the JSON object of the body",
        ),
        (true, _, true) => {
            ("GET takes no body", "put what it says into parameters of the URL, or use POST")
        }
        (false, false, _) | (true, _, false) => return Ok(()),
    };
    Err(Refusal::Limit {
        status: 400,
        code: "invalid_parameter",
        why: why.to_owned(),
        hint: Some(hint),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// The answers of our own paths begin within a time; premium may take its own for what is passed on.
async fn run(
    state: &Shared,
    request: Request,
    next: Next,
    face: Face,
) -> Result<Response, Refusal> {
    let limits = state.limits();
    let (request, findings) = body::limited(request, limits);
    let answering = next.run(request);
    let response = match face {
        Face::DropIn | Face::Operation => answering.await,
        Face::Native | Face::Ticket | Face::Page | Face::Assistant => {
            timeout(limits.time, answering).await.map_err(|_| Refusal::too_slow(limits.time))?
        }
    };
    whole(response, &findings, state)
}

/// The answer, unless the body of the request was at fault for it.
fn whole(response: Response, findings: &Findings, state: &Shared) -> Result<Response, Refusal> {
    let limits = state.limits();
    match findings.fault() {
        None => Ok(response),
        Some(body::Fault::TooLarge) => Err(Refusal::too_large(limits.body)),
        Some(body::Fault::TooSlow) => Err(Refusal::too_slow(limits.time)),
    }
}

impl Refusal {
    fn limit(status: u16, code: &'static str, why: impl Into<String>) -> Self {
        Self::Limit { status, code, why: why.into(), hint: None }
    }

    fn too_large(most: usize) -> Self {
        Self::limit(413, "body_too_large", format!("a body has at most {most} bytes"))
    }

    fn too_slow(most: Duration) -> Self {
        let why = format!("a request takes at most {} seconds", most.as_secs());
        Self::limit(408, "request_timeout", why)
    }

    fn foreign(foreign: Foreign) -> Self {
        let (code, why, hint) = match foreign {
            Foreign::Host => (
                "foreign_host",
                "without keys only this machine is served, under a loopback name",
                "use http://127.0.0.1 or http://localhost, or configure a key",
            ),
            Foreign::Page => (
                "foreign_page",
                "no page of another origin may ask",
                "add its origin to `cors.origins`",
            ),
        };
        Self::Limit { status: 403, code, why: why.to_owned(), hint: Some(hint) }
    }

    fn told(self, state: &Shared, face: Face) -> Response {
        match (self, face) {
            (Self::Denied(denied), Face::DropIn) => UpstreamError::from(denied).into_response(),
            (
                Self::Denied(denied),
                Face::Native | Face::Ticket | Face::Page | Face::Operation | Face::Assistant,
            ) => Problem::from(denied).into_response(),
            (Self::Limit { status, code, why, hint }, face) => {
                state.metrics().refusal(code);
                told_as(face, status, code, why, hint)
            }
        }
    }
}

fn told_as(
    face: Face,
    status: u16,
    code: &'static str,
    why: String,
    hint: Option<&'static str>,
) -> Response {
    if face == Face::DropIn {
        let message = [Some(why.as_str()), hint].into_iter().flatten().collect::<Vec<_>>();
        return UpstreamError::new(status, code, message.join("; ")).into_response();
    }
    let problem = Problem::new(status, code, why);
    let problem = match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    };
    problem.into_response()
}

/// A problem as that face tells it.
fn told_of(face: Face, problem: Problem) -> Response {
    match face {
        Face::DropIn => UpstreamError::new(503, "not_audited", problem.told()).into_response(),
        Face::Native | Face::Ticket | Face::Page | Face::Operation | Face::Assistant => {
            problem.into_response()
        }
    }
}

fn uri_length(request: &Request) -> usize {
    request.uri().path_and_query().map_or(0, |uri| uri.as_str().len())
}

fn headers_length(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

fn content_length(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).map(HeaderValue::to_str);
    length.and_then(|text| text.ok()?.parse().ok()).unwrap_or_default()
}
