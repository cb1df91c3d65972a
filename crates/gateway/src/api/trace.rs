//! Who answered and how complete that is: in the headers of an answer, in the log and in the metrics.

use std::time::Instant;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use jiff::Timestamp;
use postern_archive::search::Coverage;
use tracing::info;

use crate::State;
use crate::access::Caller;
use crate::choose::{Ending, Walked};
use crate::config::EngineName;
use crate::engine::{Occasion, Reason};

pub(super) const QUERY_ID: HeaderName = HeaderName::from_static("postern-query-id");
pub(super) const SERVED_BY: HeaderName = HeaderName::from_static("postern-served-by");
pub(super) const REASON: HeaderName = HeaderName::from_static("postern-reason");
pub(super) const COVERAGE: HeaderName = HeaderName::from_static("postern-coverage");

/// Who answered, if anyone, and why the engines before did not.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) engine: Option<EngineName>,
    /// In the order in which they were asked.
    pub(super) passed_over: Vec<Reason>,
}

impl Source {
    pub(super) fn of<T>(walked: &Walked<T>) -> Self {
        let mut passed_over = walked.passed_over.clone();
        let engine = match &walked.ending {
            Ending::Served(name, _)
            | Ending::RefusedKey(name, _)
            | Ending::RefusedQuery(name, _) => Some(*name),
            Ending::Denied(_) => None,
            Ending::Nobody => {
                // Why the last one did not answer stands in the answer itself.
                passed_over.truncate(passed_over.len().saturating_sub(1).max(1));
                None
            }
        };
        Self { engine, passed_over }
    }

    /// Why it was not the first engine.
    pub(super) fn because(&self) -> Option<String> {
        (!self.passed_over.is_empty()).then(|| sentences(&self.passed_over))
    }
}

/// The reasons in one text.
pub(super) fn sentences(reasons: &[Reason]) -> String {
    reasons.iter().map(Reason::to_string).collect::<Vec<_>>().join("; ")
}

/// One search on its way.
#[derive(Debug)]
pub(super) struct Trace {
    id: String,
    /// The trace that it belongs to (W3C Trace Context): the client's, or one of its own.
    trace: String,
    pub(super) start: Instant,
}

impl Trace {
    pub(super) fn start(headers: &HeaderMap) -> Self {
        let id = format!("{:016x}", fastrand::u64(1..));
        let own = || format!("{:016x}{id}", fastrand::u64(1..));
        let trace = headers.get("traceparent").and_then(|value| trace_of(value.to_str().ok()?));
        Self { trace: trace.map_or_else(own, str::to_owned), id, start: Instant::now() }
    }

    /// What goes upstream: the id of the query is that of the span.
    pub(super) fn parent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.id)
    }

    pub(super) fn millis(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }

    /// Writes the headers, one line of log and the metrics; none of them holds text of a query.
    pub(super) fn finish(
        &self,
        state: &State,
        mut response: Response,
        tenant: Option<&str>,
        source: &Source,
        coverage: Option<&Coverage>,
    ) -> Response {
        let headers = response.headers_mut();
        headers.insert(QUERY_ID, value(&self.id));
        if let Some(coverage) = coverage {
            headers.insert(COVERAGE, value(&coverage_text(coverage)));
        }
        if let Some(engine) = source.engine {
            headers.insert(SERVED_BY, HeaderValue::from_static(engine.as_str()));
        }
        if let Some(reason) = source.because() {
            headers.insert(REASON, value(&reason));
        }
        self.count(state, response.status().as_u16(), tenant, source);
        response
    }

    fn count(&self, state: &State, status: u16, tenant: Option<&str>, source: &Source) {
        let engine = source.engine.map_or("none", EngineName::as_str);
        let reason = source.passed_over.first().map(|reason| reason.why.code());
        for reason in &source.passed_over {
            state.metrics().fallback(reason.why.code());
        }
        let took = self.start.elapsed();
        state.metrics().request(engine, reason.unwrap_or("served"), status, took);
        state.history().note(engine, status >= 500, took, state.now());
        info!(
            query_id = self.id,
            trace_id = self.trace,
            tenant,
            engine,
            outcome = reason,
            status,
            ms = self.millis(),
            "search"
        );
    }

    /// What an engine is told of this request.
    pub(super) fn occasion(&self, state: &State, caller: &Caller) -> Occasion {
        Occasion {
            deadline: state.engine_deadline(self.start),
            traceparent: Some(self.parent()),
            allowance: state.allowance(caller, self.start),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

/// The id of the trace in a header of version 00.
fn trace_of(header: &str) -> Option<&str> {
    let mut parts = header.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let is_hex = trace.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_whole = parts.count() == 2 && version == "00" && trace.len() == 32;
    (is_whole && is_hex && trace.bytes().any(|byte| byte != b'0')).then_some(trace)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_the_client_goes_on() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(trace_of(&format!("00-{trace}-b7ad6b7169203331-01")), Some(trace));
        let zero = "0".repeat(32);
        for bad in ["", "00", "00-x-y-01", trace, &format!("00-{zero}-b7ad6b7169203331-01")] {
            assert_eq!(trace_of(bad), None, "{bad}");
        }
    }
}
