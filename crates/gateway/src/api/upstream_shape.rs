//! Answers and refusals in the shape of the premium service.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use postern_archive::search::{Asker, Hit, Page, Search};
use postern_mail::document;
use postern_upstream::Answer;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{self, ContentBuilder, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::from_upstream;
use super::params::BadParam;
use super::problem::seconds;
use crate::access::Denied;
use crate::language::Refused;
use crate::local::LocalEngine;
use crate::local::pipe::Stopped;

/// A refusal: `{"error":{"code","message"}}`.
#[derive(Debug)]
pub(super) struct UpstreamError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

impl UpstreamError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let busy = status == StatusCode::SERVICE_UNAVAILABLE;
        let retry_after = busy.then_some(Duration::from_secs(1));
        Self { status, code, message: message.into(), retry_after }
    }

    /// Other tenants are not forbidden but not there, as upstream.
    pub(super) fn not_found() -> Self {
        Self::new(404, "NotFound", "the resource was not found")
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }
}

impl From<Denied> for UpstreamError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Key => {
                Self::new(401, "Unauthorized", "the header X-API-Key is missing or wrong")
            }
            Denied::Refused => Self::new(401, "Unauthorized", "premium refused the key"),
            Denied::Tenant => Self::not_found(),
            Denied::TooOften(wait) => {
                let refusal = Self::new(429, "TooManyRequests", "this key asks too often");
                Self { retry_after: Some(wait), ..refusal }
            }
        }
    }
}

impl From<BadParam> for UpstreamError {
    fn from(bad: BadParam) -> Self {
        Self::new(400, "InvalidRequestParameter", bad.to_string())
    }
}

impl From<Refused> for UpstreamError {
    fn from(refused: Refused) -> Self {
        let faults = refused.errors.as_slice().iter();
        let texts: Vec<_> = faults
            .map(|error| format!("{error}, at byte {}: {}", error.span.start, error.label))
            .collect();
        let message = format!("Invalid {}: {}", refused.part, texts.join("; "));
        Self::new(400, "InvalidRequestParameter", message)
    }
}

impl IntoResponse for UpstreamError {
    fn into_response(self) -> Response {
        let body = ErrorBody { error: ErrorDetail { code: self.code, message: self.message } };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds(wait));
        }
        response
    }
}

/// A refusal in the shape of the service.
#[derive(Serialize, ToSchema)]
#[schema(as = DataTapError)]
pub(super) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DataTapErrorDetail)]
struct ErrorDetail {
    code: &'static str,
    message: String,
}

/// A whole answer of the service, but for its length, which the server writes itself.
pub(super) fn relay(answer: Answer) -> Response {
    let mut headers = answer.headers;
    headers.remove(CONTENT_LENGTH);
    from_upstream::pass_on(answer.status, &headers, Body::from(answer.body))
}

/// Writes a page of local hits in the envelope of the service: the score first, then every field. One
/// message is in memory at a time.
pub(super) fn write_envelope(
    engine: &dyn LocalEngine,
    search: &Search<'_>,
    asker: &Asker,
    out: &mut impl Write,
) -> Result<(), Stopped> {
    let (mut before, mut written) = ("{\"Results\":[", Ok(()));
    let page = engine.each(search, asker, &mut |hit| {
        written = write_hit(std::mem::replace(&mut before, ","), hit, out);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written?;
    let start = if before == "," { "" } else { before };
    Ok(write!(out, "{start}],\"Count\":{}}}", page.count)?)
}

/// The same of a page that is at hand.
pub(super) fn envelope(page: Page) -> io::Result<Vec<u8>> {
    let (mut out, mut before) = (Vec::new(), "{\"Results\":[");
    for hit in page.hits {
        write_hit(std::mem::replace(&mut before, ","), hit, &mut out)?;
    }
    let start = if before == "," { "" } else { before };
    write!(out, "{start}],\"Count\":{}}}", page.count)?;
    Ok(out)
}

/// What is kept while somebody reads is the text alone.
fn write_hit(before: &str, hit: Hit, out: &mut impl Write) -> io::Result<()> {
    let document = Document { score: hit.score, fields: document::to_value(&hit.there()) };
    drop(hit);
    let text = serde_json::to_vec(&document)?;
    drop(document);
    out.write_all(before.as_bytes())?;
    out.write_all(&text)
}

/// A page in the shape of the service.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is written bit by bit; this describes it")]
#[schema(rename_all = "PascalCase")]
pub(super) struct Envelope {
    results: Vec<Document>,
    count: usize,
}

/// A message with every field of the index.
#[derive(Serialize, ToSchema)]
struct Document {
    score: f32,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    fields: Value,
}

/// What the paths of DataTap may refuse with.
pub(super) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let refusal = |what: &str| {
            let schema = openapi::Ref::from_schema_name("DataTapError");
            let content = ContentBuilder::new().schema(Some(schema)).build();
            ResponseBuilder::new().description(what).content("application/json", content).build()
        };
        let statuses = STATUSES.iter();
        statuses.map(|(status, what)| ((*status).to_owned(), refusal(what).into())).collect()
    }
}

/// Their statuses, and what each means.
const STATUSES: [(&str, &str); 11] = [
    ("400", "A parameter cannot be read, or the path leads elsewhere; the message says where"),
    ("401", "The key is missing or wrong"),
    ("403", "Not with this key, or not under this name"),
    ("404", "Not there, or another tenant's"),
    ("405", "A method that is never passed on"),
    ("408", "The body took too long to arrive"),
    ("413", "The body is too large"),
    ("414", "The URI is too long"),
    ("429", "The key asks too often; `Retry-After` says when to come back"),
    ("431", "The headers are too large"),
    ("503", "Nobody can answer now; `Retry-After` says when to come back"),
];
