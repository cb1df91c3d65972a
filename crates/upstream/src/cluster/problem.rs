//! Why a cluster gave no answer.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use crate::Fault;
use crate::outcome::retry_after;

/// How much of a reason is kept.
const REASON_CHARS: usize = 300;

/// Why there is no answer. Reasons are words of the cluster: hostile text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterProblem {
    /// 401 or 403: it does not know who asks, or does not let them.
    #[error("the cluster refuses user or key (status {0})")]
    NotAllowed(u16),
    /// There is no such index.
    #[error("the cluster has no such index")]
    NoIndex,
    /// The question is over a limit of the cluster: clauses, terms, the window of a result.
    #[error("this is over a limit of the cluster: {reason}")]
    TooMuch {
        /// What it says.
        reason: String,
    },
    /// It finds fault with what it was sent.
    #[error("the cluster refuses (status {status}): {reason}")]
    Refused {
        /// The status.
        status: u16,
        /// What kind of fault, as the cluster names it.
        kind: String,
        /// What it says.
        reason: String,
    },
    /// The point in time is gone, so the page behind it cannot be had.
    #[error("the cluster has forgotten where the page before ended")]
    Expired,
    /// It keeps no more points in time; see `search.max_open_pit_context`.
    #[error("the cluster keeps no more points in time")]
    NoMorePoints,
    /// It has too much to do.
    #[error("the cluster is busy (status {status})")]
    Busy {
        /// The status.
        status: u16,
        /// How long to wait, if it was said.
        wait: Option<Duration>,
    },
    /// It takes no writes: its disks are full, or somebody set it so.
    #[error("the cluster takes no writes: {reason}")]
    Blocked {
        /// What it says.
        reason: String,
    },
    /// Some shards did not answer, so the answer would lack messages.
    #[error("{failed} of {total} shards of the cluster did not answer")]
    Partial {
        /// Shards that did not.
        failed: u64,
        /// All shards.
        total: u64,
    },
    /// It failed.
    #[error("the cluster failed: {0}")]
    Failed(Fault),
}

/// Kinds of fault that speak of a limit, whatever the status says.
const LIMITS: [&str; 3] =
    ["too_many_clauses", "too_many_nested_clauses", "too_many_buckets_exception"];
/// Words of the reason that do, where the kind is a general one.
const LIMIT_WORDS: [&str; 5] = [
    "maxClauseCount",
    "Result window is too large",
    "exceeded the allowed maximum",
    "search.max_buckets",
    "has exceeded the maximum",
];
/// Words of the reason where no more points in time are kept.
const POINT_WORDS: [&str; 2] = ["too many Point In Time", "max_open_pit_context"];
/// Kinds that may pass without any change of the question.
const PASSING: [&str; 5] = [
    "es_rejected_execution_exception",
    "rejected_execution_exception",
    "opensearch_rejected_execution_exception",
    "circuit_breaking_exception",
    "search_backpressure_exception",
];

impl ClusterProblem {
    /// What an answer other than success means; what is `secret` is not repeated.
    pub(super) fn of(status: u16, headers: &HeaderMap, body: &[u8], secret: &str) -> Self {
        let said = serde_json::from_slice::<Value>(body).unwrap_or_default();
        Self::of_error(status, said.get("error").unwrap_or(&Value::Null), retry_after(headers))
            .hiding(secret)
    }

    /// What the error of one item, or of a whole request, means.
    pub(super) fn of_error(status: u16, error: &Value, wait: Option<Duration>) -> Self {
        let faults = faults(error);
        let has = |kinds: &[&str]| faults.iter().any(|(kind, _)| kinds.contains(&kind.as_str()));
        let says = |words: &[&str]| {
            faults.iter().any(|(_, reason)| words.iter().any(|word| reason.contains(word)))
        };
        let (kind, reason) = faults.last().cloned().unwrap_or_default();
        match status {
            401 | 403 if !has(&["cluster_block_exception"]) => Self::NotAllowed(status),
            _ if has(&["cluster_block_exception"]) => Self::Blocked { reason },
            _ if says(&POINT_WORDS) => Self::NoMorePoints,
            _ if has(&LIMITS) || says(&LIMIT_WORDS) => Self::TooMuch { reason },
            _ if has(&["search_context_missing_exception"]) => Self::Expired,
            _ if has(&["index_not_found_exception"]) => Self::NoIndex,
            429 => Self::Busy { status, wait },
            _ if has(&PASSING) => Self::Busy { status, wait },
            300..=399 => Self::Failed(Fault::Redirect(status)),
            400..=499 | 501 => Self::Refused { status, kind, reason },
            503 if wait.is_some() => Self::Busy { status, wait },
            _ => Self::Failed(Fault::Status(status)),
        }
    }

    fn hiding(self, secret: &str) -> Self {
        let hide = |text: String| {
            if secret.is_empty() { text } else { text.replace(secret, "***") }
        };
        match self {
            Self::TooMuch { reason } => Self::TooMuch { reason: hide(reason) },
            Self::Blocked { reason } => Self::Blocked { reason: hide(reason) },
            Self::Refused { status, kind, reason } => {
                Self::Refused { status, kind: hide(kind), reason: hide(reason) }
            }
            other @ (Self::NotAllowed(_)
            | Self::NoIndex
            | Self::Expired
            | Self::NoMorePoints
            | Self::Busy { .. }
            | Self::Partial { .. }
            | Self::Failed(_)) => other,
        }
    }

    /// A short stable name, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(_) => "not_allowed",
            Self::NoIndex => "no_index",
            Self::TooMuch { .. } => "too_much",
            Self::Refused { .. } => "refused",
            Self::Expired => "expired",
            Self::NoMorePoints => "no_more_points",
            Self::Busy { .. } => "busy",
            Self::Blocked { .. } => "blocked",
            Self::Partial { .. } => "partial",
            Self::Failed(fault) => fault.code(),
        }
    }

    /// Whether somebody holds writes back, as it is done while two indexes are compared.
    pub(super) fn is_held(&self) -> bool {
        matches!(self, Self::Blocked { reason } if reason.contains("FORBIDDEN/8"))
    }

    /// Whether the same may be answered later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Busy { .. }
            | Self::Blocked { .. }
            | Self::Partial { .. }
            | Self::NoMorePoints => true,
            Self::Failed(fault) => !matches!(
                fault,
                Fault::TooLarge | Fault::Astray | Fault::Certificate | Fault::Redirect(_)
            ),
            Self::NotAllowed(_)
            | Self::NoIndex
            | Self::TooMuch { .. }
            | Self::Refused { .. }
            | Self::Expired => false,
        }
    }

    /// How long the cluster asks to be left alone.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => *wait,
            Self::NotAllowed(_)
            | Self::NoIndex
            | Self::TooMuch { .. }
            | Self::Refused { .. }
            | Self::Expired
            | Self::NoMorePoints
            | Self::Blocked { .. }
            | Self::Partial { .. }
            | Self::Failed(_) => None,
        }
    }
}

/// Kinds and reasons of an error, the outer before the inner ones.
fn faults(error: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(error, 0, &mut found);
    found
}

fn gather(error: &Value, depth: usize, found: &mut Vec<(String, String)>) {
    /// Causes of causes that are looked at.
    const DEEPEST: usize = 8;
    if let Some(text) = error.as_str() {
        found.push((String::new(), short(text)));
        return;
    }
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(short).unwrap_or_default();
    if error.is_object() {
        found.push((text("type"), text("reason")));
    }
    if depth >= DEEPEST {
        return;
    }
    let shards = error.get("failed_shards").and_then(Value::as_array).into_iter().flatten();
    let reasons = shards.filter_map(|shard| shard.get("reason")).take(1);
    let roots = error.get("root_cause").and_then(Value::as_array).into_iter().flatten().take(1);
    for inner in reasons.chain(roots).chain(error.get("caused_by")) {
        gather(inner, depth + 1, found);
    }
}

fn short(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status and body as the two lines of the engine write them, what it is, and whether it may pass.
    const ANSWERS: &[(u16, &str, &str, bool)] = &[
        // A status of 500 for too many clauses is as old as it is wrong.
        (
            500,
            r#"{"error":{"root_cause":[{"type":"too_many_clauses","reason":"too_many_clauses: maxClauseCount is set to 1024"}],"type":"search_phase_execution_exception","reason":"all shards failed"}}"#,
            "too_much",
            false,
        ),
        (
            400,
            r#"{"error":{"root_cause":[{"type":"query_shard_exception","reason":"failed to create query: maxClauseCount is set to 1024"}],"type":"search_phase_execution_exception","reason":"all shards failed"}}"#,
            "too_much",
            false,
        ),
        (
            400,
            r#"{"error":{"type":"illegal_argument_exception","reason":"Result window is too large, from + size must be less than or equal to: [10000]"}}"#,
            "too_much",
            false,
        ),
        (
            400,
            r#"{"error":{"type":"x","reason":"failed to create query: The number of terms [70000] used in the Terms Query request has exceeded the allowed maximum of [65536]."}}"#,
            "too_much",
            false,
        ),
        (
            400,
            r#"{"error":{"type":"parsing_exception","reason":"unknown query [x]"}}"#,
            "refused",
            false,
        ),
        (
            404,
            r#"{"error":{"type":"index_not_found_exception","reason":"no such index [zz]"}}"#,
            "no_index",
            false,
        ),
        (
            404,
            r#"{"error":{"type":"search_phase_execution_exception","reason":"all shards failed","root_cause":[{"type":"search_context_missing_exception","reason":"No search context found for id [2]"}]}}"#,
            "expired",
            false,
        ),
        (
            429,
            r#"{"error":{"type":"rejected_execution_exception","reason":"rejected"}}"#,
            "busy",
            true,
        ),
        (
            429,
            r#"{"error":{"type":"search_phase_execution_exception","reason":"all shards failed","root_cause":[{"type":"rejected_execution_exception","reason":"Trying to create too many Point In Time contexts. Must be less than or equal to: [300]. This limit can be set by changing the [search.max_open_pit_context] setting."}]}}"#,
            "no_more_points",
            true,
        ),
        (429, "", "busy", true),
        (
            503,
            r#"{"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large"}}"#,
            "busy",
            true,
        ),
        (
            429,
            r#"{"error":{"type":"cluster_block_exception","reason":"index [m] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"}}"#,
            "blocked",
            true,
        ),
        (
            403,
            r#"{"error":{"type":"cluster_block_exception","reason":"index [m] blocked by: [FORBIDDEN/5/index read-only (api)];"}}"#,
            "blocked",
            true,
        ),
        (401, "Unauthorized", "not_allowed", false),
        (403, r#"{"error":"no"}"#, "not_allowed", false),
        (
            503,
            r#"{"error":{"type":"cluster_manager_not_discovered_exception","reason":null}}"#,
            "status",
            true,
        ),
        (302, "", "redirect", false),
    ];

    #[test]
    fn each_answer_has_its_meaning() {
        for (status, body, code, may_pass) in ANSWERS.iter().copied() {
            let problem = ClusterProblem::of(status, &HeaderMap::new(), body.as_bytes(), "");
            assert_eq!((problem.code(), problem.may_pass()), (code, may_pass), "{status} {body}");
        }
    }

    #[test]
    fn a_secret_that_is_repeated_is_hidden_and_a_reason_is_kept_short() {
        let body = format!(r#"{{"error":{{"type":"a","reason":"s3cret {}"}}}}"#, "ä".repeat(5_000));
        let problem = ClusterProblem::of(400, &HeaderMap::new(), body.as_bytes(), "s3cret");
        let ClusterProblem::Refused { reason, .. } = problem else { panic!("{problem:?}") };
        assert!(reason.starts_with("*** ä") && reason.chars().count() <= REASON_CHARS);
        let deep =
            format!("{}{}", r#"{"caused_by":"#.repeat(100), "{}".to_owned() + &"}".repeat(100));
        let problem = ClusterProblem::of(
            400,
            &HeaderMap::new(),
            format!(r#"{{"error":{deep}}}"#).as_bytes(),
            "",
        );
        assert_eq!(problem.code(), "refused");
    }
}
