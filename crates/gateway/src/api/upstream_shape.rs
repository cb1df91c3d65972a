//! Answers and refusals in the shape of the premium service.

use axum::Json;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use postern_local_index::mail::document;
use postern_local_index::search::Page;
use postern_upstream::Answer;
use serde::Serialize;
use serde_json::Value;

use super::params::BadParam;
use crate::access::Denied;
use crate::language::Refused;

/// A refusal: `{"error":{"code","message"}}`.
#[derive(Debug)]
pub(super) struct UpstreamError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl UpstreamError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code, message: message.into() }
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
            Denied::Tenant => Self::not_found(),
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
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Serialize)]
struct ErrorDetail {
    code: &'static str,
    message: String,
}

/// An answer of the service as it came, but for its length, which the server writes itself.
pub(super) fn relay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}

/// A page of local hits in the envelope of the service: the score first, then every field.
pub(super) fn envelope(page: &Page) -> Response {
    let results = page
        .hits
        .iter()
        .map(|hit| Document { score: hit.score, fields: document::to_value(&hit.message) });
    Json(Envelope { results: results.collect(), count: page.count }).into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    results: Vec<Document>,
    count: usize,
}

#[derive(Serialize)]
struct Document {
    score: f32,
    #[serde(flatten)]
    fields: Value,
}
