//! What goes wrong on the native face, as RFC 9457 says it.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::params::BadParam;
use super::wire::{Fault, Place};
use crate::language::Refused;
use crate::local::LocalError;

/// A problem: a status, a stable code, what is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    body: Box<Body>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

impl Problem {
    pub(super) fn new(status: u16, code: &str, title: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Body {
            kind: format!("urn:postern:problem:{code}"),
            title: title.into(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: None,
            span: None,
            hint: None,
            errors: Vec::new(),
        };
        Self { status, body: Box::new(body) }
    }

    pub(super) fn not_found(code: &str) -> Self {
        Self::new(404, code, "not found")
    }

    pub(super) fn unauthorized() -> Self {
        let hint = "send the key as `X-API-Key`, or as `Authorization: Bearer`";
        Self::new(401, "unauthorized", "the key is missing or wrong").hint(hint)
    }

    /// Neither engine can answer.
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", "no engine can answer").detail(detail)
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.body.detail = Some(detail.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.body.hint = Some(hint.into());
        self
    }
}

impl From<Refused> for Problem {
    /// The first fault speaks for all of them.
    fn from(refused: Refused) -> Self {
        let errors = refused.errors.as_slice();
        let Some(first) = errors.first() else {
            return Self::new(400, "invalid_query", "the query cannot be read");
        };
        let mut problem = Self::new(400, first.code.as_str(), first.title.clone())
            .detail(format!("in parameter `{}`", refused.part));
        problem.body.span = Some(first.span.into());
        problem.body.hint.clone_from(&first.hint);
        problem.body.errors = errors.iter().map(Fault::from).collect();
        problem
    }
}

impl From<BadParam> for Problem {
    fn from(bad: BadParam) -> Self {
        Self::new(400, "invalid_parameter", bad.to_string())
    }
}

impl From<LocalError> for Problem {
    fn from(error: LocalError) -> Self {
        match error {
            LocalError::TooMuch(why) => Self::new(400, "too_many_terms", why),
            LocalError::Late | LocalError::Failed(_) => Self::unavailable(error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
