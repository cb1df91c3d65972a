//! What the guard writes of a request before it is answered.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method};
use axum::response::Response;
use postern_archive::chain;
use postern_audit::{AuditError, Entry, What};
use postern_mcp::ByAssistant;

use super::problem::Problem;
use super::trace::{COVERAGE, QUERY_ID, REASON, SERVED_BY};
use crate::access::Caller;
use crate::audit::{Noted, entry};

/// What of an answer is in its entry, and as what.
fn told_of_answer() -> [(&'static str, HeaderName); 4] {
    [("queryId", QUERY_ID), ("engine", SERVED_BY), ("reason", REASON), ("coverage", COVERAGE)]
}

/// A request that is audited.
#[derive(Debug)]
pub(super) struct Audited {
    what: What,
    caller: Caller,
    method: Method,
    path: String,
    /// What its handler adds.
    pub(super) noted: Noted,
}

impl Audited {
    pub(super) fn new(caller: Caller, request: &Request) -> Self {
        let (method, path) = (request.method(), request.uri().path());
        let noted = Noted::of_entry();
        if request.extensions().get::<ByAssistant>().is_some() {
            noted.put("how", "mcp");
        }
        let what = what(method, path);
        Self { what, caller, method: method.clone(), path: shown(path), noted }
    }

    /// Who asked, and the entry of what it was answered with.
    pub(super) fn answered(self, response: &Response) -> (Caller, Entry) {
        let Self { what, caller, method, path, noted } = self;
        let mut entry = entry(what, &caller)
            .with("event", "answered")
            .with("method", method.as_str())
            .with("path", path)
            .with("status", response.status().as_u16())
            .with_all(noted.into_fields());
        for (field, name) in told_of_answer() {
            if let Some(value) = value(response.headers(), &name) {
                entry = entry.with(field, value);
            }
        }
        (caller, entry)
    }
}

fn value<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Option<&'r str> {
    headers.get(name)?.to_str().ok()
}

/// What a request does, in the words of the log.
fn what(method: &Method, path: &str) -> What {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let mut parts = path.split('/').skip(1);
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("v1", "search" | "translate" | "complete") => What::Search,
        ("v1", "export") => What::Export,
        ("v1", "actions") => What::Action,
        ("v1", "tickets" | "messages" | "items" | "threads") => What::View,
        ("api", _) if reads && path.ends_with("/documents") => What::Search,
        ("api", _) if !reads => What::Action,
        _ if reads => What::View,
        _ => What::Evidence,
    }
}

/// A path without what opens it to whoever knows it.
fn shown(path: &str) -> String {
    let Some(rest) = path.strip_prefix("/ticket/") else { return path.to_owned() };
    let rest = rest.split_once('/').map(|(_, rest)| format!("/{rest}"));
    format!("/ticket/***{}", rest.unwrap_or_default())
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        tracing::error!(error = chain(&error), "nothing can be audited, so nothing is done");
        let why = match error {
            AuditError::NoSpace { .. } => "there is no space for the audit log",
            _ => "the audit log cannot be written",
        };
        Self::new(503, "not_audited", "what cannot be audited is not done")
            .detail(format!("{why}; the log of the gateway says more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_does() {
        for (method, path, expected) in [
            (Method::GET, "/v1/search", What::Search),
            (Method::POST, "/v1/search", What::Search),
            (Method::GET, "/api/t/indexes/i/documents", What::Search),
            (Method::GET, "/api/t/indexes/i/fields", What::View),
            (Method::POST, "/api/t/jobs", What::Action),
            (Method::GET, "/v1/messages/3f2a/eml", What::View),
            (Method::POST, "/v1/tickets", What::View),
            (Method::GET, "/ticket/s3cret", What::View),
            (Method::POST, "/v1/export", What::Export),
            (Method::POST, "/v1/actions/restore", What::Action),
            (Method::GET, "/v1/saved", What::View),
            (Method::DELETE, "/v1/saved/x", What::Evidence),
            (Method::GET, "/v1/status", What::View),
        ] {
            assert_eq!(what(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_ticket_is_not_told() {
        assert_eq!(shown("/ticket/s3cret"), "/ticket/***");
        assert_eq!(shown("/ticket/s3cret/attachments/1"), "/ticket/***/attachments/1");
        assert_eq!(shown("/v1/messages/3f2a"), "/v1/messages/3f2a");
    }
}
