//! The headers that say who answered, why, and how complete that is.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use postern_local_index::search::Coverage;

const SERVED_BY: HeaderName = HeaderName::from_static("postern-served-by");
const REASON: HeaderName = HeaderName::from_static("postern-reason");
const COVERAGE: HeaderName = HeaderName::from_static("postern-coverage");
const QUERY_ID: HeaderName = HeaderName::from_static("postern-query-id");

/// Who answered a search.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) by: &'static str,
    /// Why it was not premium.
    pub(crate) reason: Option<String>,
    pub(crate) query_id: String,
}

impl Served {
    pub(crate) fn premium(query_id: &str) -> Self {
        Self { by: "premium", reason: None, query_id: query_id.to_owned() }
    }

    pub(crate) fn local(query_id: &str, reason: &str) -> Self {
        Self { by: "local", reason: Some(reason.to_owned()), query_id: query_id.to_owned() }
    }

    /// Puts the headers on an answer.
    pub(crate) fn mark(&self, mut response: Response, coverage: Option<&Coverage>) -> Response {
        let headers = response.headers_mut();
        headers.insert(SERVED_BY, HeaderValue::from_static(self.by));
        let texts = [
            (QUERY_ID, Some(self.query_id.clone())),
            (REASON, self.reason.clone()),
            (COVERAGE, coverage.map(text)),
        ];
        for (name, value) in texts {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&ascii(&value)).ok())
            {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// `<indexed>/<known>; as-of=<time>`
fn text(coverage: &Coverage) -> String {
    let as_of = coverage.as_of.map_or_else(|| "never".to_owned(), |time| time.to_string());
    format!("{}/{}; as-of={as_of}", coverage.indexed, coverage.known)
}

/// Header values are visible ASCII.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// An id for a search, in logs and headers.
pub(crate) fn query_id() -> String {
    format!("{:016x}", fastrand::u64(..))
}
