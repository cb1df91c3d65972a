//! The DataTap search paths: premium's own answers byte for byte, or the same envelope from here.

use std::time::Instant;

use axum::Json;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use postern_local_index::mail::document;
use postern_local_index::search::{self, Page};
use postern_query::{datatap, lucene};
use postern_upstream::{Answer, Outcome, Secret, Target};
use serde_json::{Map, Value, json};

use super::headers::{Served, query_id};
use super::{fields, presented};
use crate::State;
use crate::access::{Caller, Denied};
use crate::choose::{Decision, Question};
use crate::local;

/// Hits of a page when nothing is said, and at most.
const TOP: usize = 50;
const MAX_TOP: usize = 1_000;
/// Hits that may be left out.
const MAX_SKIP: usize = 100_000;

/// An error in the upstream's own shape.
pub(super) struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestParameter", message)
    }
}

impl axum::response::IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        (self.status, Json(body)).into_response()
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Key => Self::new(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "the X-API-Key is missing or not known",
            ),
            Denied::Tenant => {
                Self::new(StatusCode::NOT_FOUND, "NotFound", "there is no such tenant")
            }
        }
    }
}

/// `GET /api/{tenant}/indexes/{index}/documents`
pub(super) async fn documents(
    Shared(state): Shared<State>,
    Path((tenant, index)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let began = Instant::now();
    let id = query_id();
    let caller = state.0.access.caller(presented(&headers), Some(&tenant))?;
    let raw = raw.unwrap_or_default();
    let target = Target { tenant: &tenant, index: &index };
    let decision = ask(&state, target, Question::Raw(&raw), &caller, began).await;
    let (served, response) = match decision {
        Decision::Served(answer) | Decision::BadRequest(answer) | Decision::BadKey(answer) => {
            (Served::premium(&id), pass_on(answer))
        }
        Decision::Local(reason) => {
            let served = Served::local(&id, &reason);
            let answer = from_here(&state, &raw, &caller, &reason).await;
            (served, answer.unwrap_or_else(axum::response::IntoResponse::into_response))
        }
    };
    let status = response.status().as_u16();
    tracing::info!(
        query.id = id,
        tenant,
        engine = served.by,
        status,
        ms = super::wire::milliseconds(began),
        "search"
    );
    Ok(served.mark(response, state.0.local.coverage().as_ref()))
}

/// Asks premium where that is configured and may be done for this caller.
pub(super) async fn ask(
    state: &State,
    target: Target<'_>,
    question: Question<'_>,
    caller: &Caller,
    now: Instant,
) -> Decision {
    let Some(premium) = &state.0.premium else {
        return Decision::Local("no premium endpoint is configured".to_owned());
    };
    if !caller.mailboxes.is_empty() {
        return Decision::Local(
            "this key may see some mailboxes only, which premium cannot be told".to_owned(),
        );
    }
    let none = Secret::new("");
    premium.ask(target, question, caller.upstream.as_ref().unwrap_or(&none), now).await
}

/// Premium's answer as it came.
fn pass_on(answer: Answer) -> Response {
    let mut response = (answer.status, answer.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    let kept = answer.headers.iter().filter(|(name, _)| **name != header::CONTENT_LENGTH);
    response.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    response
}

// ---- from the local index ----

async fn from_here(
    state: &State,
    raw: &str,
    caller: &Caller,
    reason: &str,
) -> Result<Response, Refusal> {
    let parameters = Parameters::parse(raw)?;
    // The service's own sample sends full syntax.
    let query = parameters.request.parse(lucene::Options::default());
    let query = query.map_err(|errors| Refusal::bad(errors.to_string()))?;
    let order = query.service_order();
    let question = local::Question {
        query,
        order,
        offset: parameters.skip,
        limit: parameters.top,
        highlight: false,
    };
    let page = state.0.local.search(question, &caller.mailboxes).await;
    page.map(|page| Json(envelope(&page)).into_response()).map_err(|error| failed(&error, reason))
}

fn failed(error: &search::Error, reason: &str) -> Refusal {
    match error {
        search::Error::TooManyTerms { .. } => Refusal::bad(error.to_string()),
        _ => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            format!("{reason}; and {error}"),
        ),
    }
}

/// The upstream's envelope: `PascalCase` around, `camelCase` inside, the score first.
fn envelope(page: &Page) -> Value {
    let hits = page.hits.iter().map(|hit| {
        let mut fields = Map::new();
        fields.insert("score".to_owned(), json!(hit.score));
        if let Value::Object(document) = document::to_value(&hit.message) {
            fields.extend(document);
        }
        Value::Object(fields)
    });
    json!({"Results": hits.collect::<Vec<_>>(), "Count": page.count})
}

/// The parameters of the search path.
#[derive(Debug, PartialEq, Eq)]
struct Parameters {
    request: datatap::Request,
    top: usize,
    skip: usize,
}

impl Parameters {
    /// Reads a query string; what the service has no parameter for is refused, not ignored.
    fn parse(raw: &str) -> Result<Self, Refusal> {
        let mut seen: Vec<(String, String)> = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name)?;
            if !["query", "filter", "top", "skip", "$orderby"].contains(&name.as_str()) {
                return Err(Refusal::bad(format!(
                    "there is no parameter `{name}`; known: query, filter, top, skip, $orderby"
                )));
            }
            if seen.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::bad(format!("the parameter `{name}` is given twice")));
            }
            seen.push((name, decoded(value)?));
        }
        let mut take = |name: &str| {
            let at = seen.iter().position(|(known, _)| known == name)?;
            Some(seen.swap_remove(at).1)
        };
        Ok(Self {
            top: number("top", take("top"))?.unwrap_or(TOP).min(MAX_TOP),
            skip: number("skip", take("skip"))?.map_or(Ok(0), within_skip)?,
            request: datatap::Request {
                query: take("query"),
                filter: take("filter"),
                order_by: take("$orderby"),
            },
        })
    }
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    let bytes = percent_decode_str(&spaced).decode_utf8();
    bytes.map(std::borrow::Cow::into_owned).map_err(|_| Refusal::bad("a parameter is not UTF-8"))
}

fn number(name: &str, text: Option<String>) -> Result<Option<usize>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| Refusal::bad(format!("{name} is a whole number from 0, not `{text}`")))
}

fn within_skip(skip: usize) -> Result<usize, Refusal> {
    if skip <= MAX_SKIP {
        return Ok(skip);
    }
    Err(Refusal::bad(format!("skip may be 0 to {MAX_SKIP}, not {skip}")))
}

// ---- fields ----

/// `GET /api/{tenant}/indexes/{index}/fields`
pub(super) async fn fields(
    Shared(state): Shared<State>,
    Path((tenant, index)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let now = Instant::now();
    let caller = state.0.access.caller(presented(&headers), Some(&tenant))?;
    let id = query_id();
    let Some(premium) = &state.0.premium else {
        let served = Served::local(&id, "no premium endpoint is configured");
        return Ok(
            served.mark(Json(fields::list()).into_response(), state.0.local.coverage().as_ref())
        );
    };
    let none = Secret::new("");
    let key = caller.upstream.as_ref().unwrap_or(&none);
    let target = Target { tenant: &tenant, index: &index };
    let outcome = premium.client.fields(target, key, now + premium.deadline()).await;
    let (served, response) = match outcome {
        Outcome::Served(answer) | Outcome::BadRequest(answer) | Outcome::BadKey(answer) => {
            (Served::premium(&id), pass_on(answer))
        }
        Outcome::NotPremium(_) | Outcome::Busy(..) | Outcome::Failed(_) => {
            let reason = format!("premium did not answer ({})", outcome.code());
            (Served::local(&id, &reason), Json(fields::list()).into_response())
        }
    };
    Ok(served.mark(response, state.0.local.coverage().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Result<(Option<&str>, usize, usize), &str>) {
        let found = Parameters::parse(raw);
        match (&found, expected) {
            (Ok(found), Ok((query, top, skip))) => {
                assert_eq!(
                    (found.request.query.as_deref(), found.top, found.skip),
                    (query, top, skip),
                    "{raw}"
                );
            }
            (Err(refusal), Err(expected)) => {
                assert!(refusal.message.contains(expected), "{raw}: {}", refusal.message);
            }
            _ => panic!("{raw}: {found:?}", found = found.map_err(|refusal| refusal.message)),
        }
    }

    #[test]
    fn parameters() {
        check("", Ok((None, 50, 0)));
        check("query=a+b%20c&top=5&skip=10", Ok((Some("a b c"), 5, 10)));
        check("top=0", Ok((None, 0, 0)));
        check("top=5000", Ok((None, 1000, 0)));
        check("%24orderby=x&query=%2B", Ok((Some("+"), 50, 0)));
        check("top=-1", Err("top is a whole number from 0, not `-1`"));
        check("top=many", Err("not `many`"));
        check("skip=100001", Err("skip may be 0 to 100000"));
        check("$filter=x", Err("there is no parameter `$filter`"));
        check("query=a&query=b", Err("given twice"));
        check("query=%ff", Err("not UTF-8"));
    }
}
