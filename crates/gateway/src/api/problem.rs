//! What goes wrong on the native face, as RFC 9457 says it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{self, ContentBuilder, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::params::BadParam;
use crate::access::Denied;
use crate::language::Refused;
use crate::local::LocalError;
use crate::wire::{Mistake, PartView, Span};

const PROBLEM_JSON: &str = "application/problem+json";

/// When it is worth asking an index again that is being upgraded.
const SOON: Duration = Duration::from_secs(60);

/// A problem: a status, a stable code, what is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// When it is worth asking again.
    retry_after: Option<Duration>,
    body: Box<Body>,
}

/// A problem as RFC 9457 writes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake>,
    /// The text with the fixes of all errors, where it has no fault then.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<String>,
    /// The parts of a typed text that was to be translated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartView>,
}

impl Problem {
    /// It in one text, for people.
    pub(super) fn told(&self) -> String {
        let Body { title, detail, hint, .. } = &*self.body;
        let parts = [Some(title), detail.as_ref(), hint.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("; ")
    }

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
            fixed: None,
            parts: Vec::new(),
        };
        let busy = status == StatusCode::SERVICE_UNAVAILABLE;
        let retry_after = busy.then_some(Duration::from_secs(1));
        Self { status, retry_after, body: Box::new(body) }
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

    /// The index lacks what is asked for until it is upgraded.
    pub(super) fn upgrading(detail: impl Into<String>) -> Self {
        let problem = Self::new(503, "upgrading", "the index is being upgraded").detail(detail);
        let problem = problem.hint("ask again later, or leave this part out");
        Self { retry_after: Some(SOON), ..problem }
    }

    /// There are no bytes of a file.
    pub(super) fn of_file(error: LocalError) -> Self {
        match error {
            LocalError::Gone(why) => {
                Self::new(410, "original_gone", "the content of this file is not there")
                    .detail(why)
                    .hint("what is known of the file is at `/v1/items/{id}`")
            }
            LocalError::TooMuch(_)
            | LocalError::Upgrading(_)
            | LocalError::Late
            | LocalError::Failed(_) => error.into(),
        }
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.body.detail = Some(detail.into());
        self
    }

    pub(super) fn parts(mut self, parts: Vec<PartView>) -> Self {
        self.body.parts = parts;
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.body.hint = Some(hint.into());
        self
    }
}

/// Whole seconds, at least one.
pub(super) fn seconds(wait: Duration) -> HeaderValue {
    let part = u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from(wait.as_secs().saturating_add(part).max(1))
}

/// The problems that every operation of `/v1` may answer with.
pub(super) struct Problems;

/// Their statuses, and what each means.
const STATUSES: [(&str, &str); 16] = [
    ("400", "The request cannot be read; `errors` says where and what to write"),
    ("401", "The key is missing or wrong"),
    (
        "403",
        "The key lacks a right, which the answer names; or there are no keys, and the request comes from elsewhere",
    ),
    ("404", "Not there, or not to be seen with this key"),
    ("405", "Asked in another way"),
    ("408", "The request took too long to arrive or to be answered"),
    ("409", "What was confirmed is another plan now, or something has to be set first"),
    ("410", "The original of the message or the content of the file is gone"),
    ("413", "The body is too large"),
    ("414", "The URI is too long"),
    ("415", "The body is not said to be JSON"),
    ("429", "The key asks too often; `Retry-After` says when to come back"),
    ("431", "The headers are too large"),
    ("500", "A defect of the gateway"),
    ("502", "The source refuses, or does not answer"),
    ("503", "Nobody can answer now; `Retry-After` says when to come back"),
];

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let problem = |what: &str| {
            let schema = openapi::Ref::from_schema_name("Problem");
            let content = ContentBuilder::new().schema(Some(schema)).build();
            ResponseBuilder::new().description(what).content(PROBLEM_JSON, content).build()
        };
        let statuses = STATUSES.iter();
        statuses.map(|(status, what)| ((*status).to_owned(), problem(what).into())).collect()
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Key => Self::unauthorized(),
            Denied::Refused => Self::unauthorized().detail("premium refused the key"),
            Denied::Tenant => Self::not_found("not_found"),
            Denied::TooOften(wait) => {
                let problem = Self::new(429, "too_often", "this key asks too often")
                    .hint("wait as long as `Retry-After` says");
                Self { retry_after: Some(wait), ..problem }
            }
        }
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
        problem.body.errors = errors.iter().map(Mistake::from).collect();
        problem.body.fixed = refused.errors.fixed().map(str::to_owned);
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
            LocalError::TooMuch(why) => Self::new(400, "too_costly", why),
            LocalError::Upgrading(why) => Self::upgrading(why),
            LocalError::Gone(why) => {
                Self::new(410, "original_gone", "the original of this message is not there")
                    .detail(why)
                    .hint("what is known of the message is at `/v1/messages/{id}`")
            }
            LocalError::Late | LocalError::Failed(_) => Self::unavailable(error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds(wait));
        }
        response
    }
}
