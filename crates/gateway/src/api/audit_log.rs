//! `/v1/audit`: who did what.

use std::time::Instant;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use postern_audit::{AuditError, Filter, What, newest};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::native::{admit, permit};
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::access::{Caller, Right};
use crate::audit::who;

/// Entries where nothing is said.
const ENTRIES: usize = 100;
/// Entries at most.
const MOST_ENTRIES: usize = 1_000;

/// Entries of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditAnswer {
    /// The entries as they stand there, the newest first.
    entries: Vec<Map<String, Value>>,
    /// Whether time was enough to look at all that could be wanted.
    complete: bool,
}

/// Who did what
///
/// Of the tenant of the key, the newest first. A key that is limited to mailboxes sees what it did itself.
/// `postern audit verify` says whether the log was changed.
#[utoipa::path(get, path = "/v1/audit", tag = "operation",
    params(
        ("who" = Option<String>, Query, description = "Only what this key did"),
        ("what" = Option<String>, Query, description = "Only entries of this kind", example = "export"),
        ("since" = Option<String>, Query, description = "Only entries since then", example = "2024-01-31T00:00:00Z"),
        ("before" = Option<String>, Query, description = "Only entries before then"),
        ("text" = Option<String>, Query, description = "Only entries with this text"),
        ("limit" = Option<usize>, Query, maximum = 1000, description = "Entries at most: 100"),
    ),
    responses((status = 200, description = "The entries", body = AuditAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Json<AuditAnswer>, Problem> {
    let start = Instant::now();
    let caller = admit(&state, &headers)?;
    state.admits(&caller, state.engine_deadline(start)).await?;
    permit(&caller, Right::Audit)?;
    let (filter, limit) = wanted(&raw.unwrap_or_default(), &caller)?;
    let (folder, deadline) = (state.audits().folder(&caller), state.engine_deadline(start));
    let read = move || newest(&folder, &filter, limit, &|| Instant::now() < deadline);
    let read = tokio::task::spawn_blocking(read).await;
    let defect = |_| Problem::new(500, "defect", "the gateway failed; this is a defect of it");
    match read.map_err(defect)? {
        Ok((entries, complete)) => Ok(Json(AuditAnswer { entries, complete })),
        Err(AuditError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(Json(AuditAnswer { entries: Vec::new(), complete: true }))
        }
        Err(error) => Err(error.into()),
    }
}

fn wanted(raw: &str, caller: &Caller) -> Result<(Filter, usize), BadParam> {
    let mut params = Params::parse(raw, &["who", "what", "since", "before", "text", "limit"])?;
    let limit = params.number("limit")?.unwrap_or(ENTRIES);
    if limit > MOST_ENTRIES {
        return Err(BadParam::new("limit", format!("is at most {MOST_ENTRIES}")));
    }
    let what = params.take("what").map(|name| {
        let found = What::ALL.into_iter().find(|what| what.as_str() == name);
        let names = || What::ALL.map(What::as_str).join(", ");
        found.ok_or_else(|| BadParam::new("what", format!("is one of {}", names())))
    });
    let mut time = |name: &'static str| {
        let time = params.take(name).map(|text| text.parse::<Timestamp>());
        let bad = "is a time such as 2024-01-31T00:00:00Z";
        time.transpose().map_err(|_| BadParam::new(name, bad))
    };
    let (since, before) = (time("since")?, time("before")?);
    let own = caller.mailboxes.is_limited().then(|| who(caller).to_owned());
    let filter = Filter {
        who: own.or_else(|| params.take("who")),
        what: what.transpose()?,
        since,
        before,
        text: params.take("text"),
        // The log is of one tenant, and what the command line does for it has no key.
        tenant: None,
    };
    Ok((filter, limit))
}
