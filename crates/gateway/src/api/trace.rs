//! Who answered and how complete that is: in the headers of an answer, and in the log.

use std::time::Instant;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use jiff::Timestamp;
use postern_local_index::search::Coverage;
use tracing::info;

use crate::choose::Reason;

const QUERY_ID: HeaderName = HeaderName::from_static("postern-query-id");
const SERVED_BY: HeaderName = HeaderName::from_static("postern-served-by");
const REASON: HeaderName = HeaderName::from_static("postern-reason");
const COVERAGE: HeaderName = HeaderName::from_static("postern-coverage");

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Premium,
    Local,
}

impl Engine {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Premium => "premium",
            Self::Local => "local",
        }
    }
}

/// Who answered, if anyone, and why it was not premium.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) engine: Option<Engine>,
    pub(super) reason: Option<Reason>,
}

impl Source {
    pub(super) const PREMIUM: Self = Self { engine: Some(Engine::Premium), reason: None };

    pub(super) const fn local(reason: Reason) -> Self {
        Self { engine: Some(Engine::Local), reason: Some(reason) }
    }

    /// Premium did not answer for this reason, and nobody else did.
    pub(super) const fn nobody(reason: Reason) -> Self {
        Self { engine: None, reason: Some(reason) }
    }
}

/// One search on its way.
#[derive(Debug)]
pub(super) struct Trace {
    id: String,
    pub(super) start: Instant,
}

impl Trace {
    pub(super) fn start() -> Self {
        Self { id: format!("{:016x}", fastrand::u64(..)), start: Instant::now() }
    }

    pub(super) fn millis(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }

    /// Writes the headers and one line of log; neither holds text of a query.
    pub(super) fn finish(
        &self,
        mut response: Response,
        tenant: Option<&str>,
        source: &Source,
        coverage: &Coverage,
    ) -> Response {
        let headers = response.headers_mut();
        headers.insert(QUERY_ID, value(&self.id));
        headers.insert(COVERAGE, value(&coverage_text(coverage)));
        if let Some(engine) = source.engine {
            headers.insert(SERVED_BY, HeaderValue::from_static(engine.as_str()));
        }
        if let Some(reason) = &source.reason {
            headers.insert(REASON, value(&reason.to_string()));
        }
        info!(
            query_id = self.id,
            tenant,
            engine = source.engine.map(Engine::as_str),
            outcome = source.reason.as_ref().map(Reason::code),
            status = response.status().as_u16(),
            ms = self.millis(),
            "search"
        );
        response
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

fn coverage_text(coverage: &Coverage) -> String {
    let as_of = coverage.as_of.as_ref().map_or_else(|| "never".to_owned(), Timestamp::to_string);
    format!("{}/{}; as-of={as_of}", coverage.indexed, coverage.known)
}

/// Header values are visible ASCII; anything else, such as typed text in a reason, is masked.
fn value(text: &str) -> HeaderValue {
    let visible = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    let masked: String = text.chars().map(visible).collect();
    HeaderValue::from_str(&masked).unwrap_or(HeaderValue::from_static("?"))
}
