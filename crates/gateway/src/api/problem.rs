//! Errors of our own paths: RFC 9457 problems that point and say what to type.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use postern_local_index::search;
use postern_query::Errors;
use serde::Serialize;

use super::wire;

/// A problem; boxed, because it travels in the error of nearly every result.
#[derive(Debug)]
pub(crate) struct Problem(Box<Body>);

/// A problem as it is sent.
#[derive(Debug, Serialize)]
struct Body {
    r#type: String,
    title: String,
    status: u16,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<wire::Fault>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, title: impl Into<String>) -> Self {
        Self(Box::new(Body {
            r#type: format!("urn:postern:problem:{code}"),
            title: title.into(),
            status: status.as_u16(),
            code: code.to_owned(),
            hint: None,
            errors: Vec::new(),
        }))
    }

    /// What is wrong with a query.
    pub(crate) fn of_query(errors: &Errors) -> Self {
        let first = errors.as_slice().first();
        let code = first.map_or("syntax", |error| error.code.as_str());
        let title = first
            .map_or_else(|| "the query is not understood".to_owned(), |error| error.title.clone());
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, title);
        problem.0.hint = first.and_then(|error| error.hint.clone());
        problem.0.errors = errors.as_slice().iter().map(wire::Fault::from).collect();
        problem
    }

    /// Why the local index cannot answer; `reason` says why premium did not.
    pub(crate) fn of_search(error: &search::Error, reason: &str) -> Self {
        match error {
            search::Error::TooManyTerms { .. } => {
                Self::new(StatusCode::BAD_REQUEST, "too_many_terms", error.to_string())
            }
            _ => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                format!("{reason}; and {error}"),
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let kind = header::HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
