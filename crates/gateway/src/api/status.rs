//! `/v1/status`: the engines, and how much of the mail is here.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use postern_archive::{Archive, Damage, MailboxStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::native::admit;
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::access::{Caller, Mailboxes};
use crate::choose::{BreakerState, Entry, Member};
use crate::local::Local;
use crate::wire::{CoverageView, RetrievalsView};

/// All that a key for some mailboxes is told of why the last run ended early.
const ENDED_EARLY: &str = "the last run ended early";

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    version: &'static str,
    /// The engines of the tenant by their names.
    engines: BTreeMap<&'static str, EngineStatus>,
    sync: SyncStatus,
    /// What was retrieved from archive tiers, where the tenant has a server of Veeam.
    #[serde(skip_serializing_if = "Option::is_none")]
    retrievals: Option<RetrievalsView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum EngineStatus {
    Remote(RemoteStatus),
    Local(LocalStatus),
}

/// An engine elsewhere, such as premium.
#[derive(Debug, Default, Serialize, ToSchema)]
struct RemoteStatus {
    configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<&'static str>,
    /// When the breaker opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// How far the local index can be trusted to stand in: with `shadow`, what came of asking it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LocalStatus {
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    coverage: CoverageView,
    /// Files that are not what was written there, so that answers may be wrong; each file is verified
    /// once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedFile>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DamagedFile {
    file: String,
    reason: String,
}

impl From<Damage> for DamagedFile {
    fn from(damage: Damage) -> Self {
        let name = damage.path.file_name().unwrap_or_default();
        Self { file: name.to_string_lossy().into_owned(), reason: damage.reason }
    }
}

/// What was collected by the service, and what of it is here.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SyncStatus {
    /// When a run last went to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<String>,
    /// Why the last run ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What each source said of itself when it was last synced, such as the time of its backup.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SyncedSource>,
    mailboxes: Vec<SyncedMailbox>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SyncedSource {
    name: String,
    #[serde(flatten)]
    facts: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SyncedMailbox {
    name: String,
    source: String,
    /// `mail`, or `files` of a drive, which are told of below as messages.
    holds: &'static str,
    folders: u64,
    /// Spans of time that were listed.
    windows: u64,
    /// Messages that are upstream or here.
    known: u64,
    /// Messages that are stored and can be found.
    here: u64,
    /// Messages that could not be fetched.
    failed: u64,
    /// Messages that are here, and upstream no longer.
    gone: u64,
    /// When all of it was last listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<String>,
    /// How long ago that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_seconds: Option<i64>,
    /// Why it could not be listed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// It lies in an archive tier, so that nobody knows how many messages it has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_archive_tier: bool,
    /// When the source was first seen without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone_since: Option<String>,
}

impl SyncedMailbox {
    fn of(one: MailboxStatus, now: Timestamp, archive: &Archive) -> Self {
        Self {
            name: one.address,
            holds: one.holds.what(),
            folders: one.folders,
            windows: one.windows,
            known: one.known,
            here: one.here,
            failed: one.failed,
            gone: one.gone,
            listed: one.listed.map(|at| at.to_string()),
            lag_seconds: one.listed.map(|at| now.duration_since(at).as_secs()),
            error: one.error.map(|text| archive.without_paths(&text)),
            source: one.source,
            in_archive_tier: one.is_cold,
            gone_since: one.gone_at.map(|at| at.to_string()),
        }
    }
}

/// The engines, and how much of the mail is here
#[utoipa::path(get, path = "/v1/status", tag = "operation",
    responses((status = 200, description = "The state of things", body = StatusAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(State(state): State<Shared>, headers: HeaderMap) -> Response {
    let caller = match admit(&state, &headers) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let local = match state.local_for(&caller, state.engine_deadline(Instant::now())).await {
        Ok(local) => local,
        Err(denied) => return Problem::from(denied).into_response(),
    };
    let order = state.engines(caller.tenant.as_deref()).iter();
    let engines = order.map(|entry| (entry.name.as_str(), describe(&state, entry, &caller)));
    let engines = engines.collect();
    let sync = synced(&state, local.archive(), &caller);
    let retrievals = retrieved(&state, &caller).await;
    let version = env!("CARGO_PKG_VERSION");
    Json(StatusAnswer { version, engines, sync, retrievals }).into_response()
}

/// What may be told of what was retrieved.
async fn retrieved(state: &Shared, caller: &Caller) -> Option<RetrievalsView> {
    let server = state.server(caller.tenant.as_deref())?;
    let view = server.retrievals.view(state.now()).await?;
    Some(match caller.mailboxes {
        Mailboxes::All => view,
        Mailboxes::Only(_) => view.seen(|address| caller.mailboxes.permits(Some(address))),
    })
}

/// What may be told of what was synced.
fn synced(state: &Shared, archive: &Archive, caller: &Caller) -> SyncStatus {
    let status = match archive.status() {
        Ok(status) => status,
        Err(error) => {
            tracing::warn!(
                error = postern_archive::chain(&error),
                "what was synced cannot be read"
            );
            let error = Some("what was synced cannot be read; the log says why".to_owned());
            return SyncStatus { error, ..SyncStatus::default() };
        }
    };
    // What ended a run may name any mailbox of the tenant.
    let all = caller.mailboxes == Mailboxes::All;
    let error = status.error().map(|text| if all { text } else { ENDED_EARLY }.to_owned());
    let finished = status.finished();
    let now = state.now();
    let sources = status
        .sources
        .into_iter()
        .map(|one| SyncedSource { name: one.name, facts: one.facts.into_iter().collect() });
    let sources = sources.collect();
    let seen = status.mailboxes.into_iter();
    let seen = seen.filter(|one| caller.mailboxes.permits(Some(&one.address)));
    SyncStatus {
        finished: finished.map(|at| at.to_string()),
        error: error.map(|text| archive.without_paths(&text)),
        sources,
        mailboxes: seen.map(|one| SyncedMailbox::of(one, now, archive)).collect(),
    }
}

fn describe(state: &Shared, entry: &Entry, caller: &Caller) -> EngineStatus {
    let Ok(member) = &entry.member else { return EngineStatus::Remote(RemoteStatus::default()) };
    match member.engine.archive() {
        Some(archive) => EngineStatus::Local(LocalStatus::of(archive, caller)),
        None => EngineStatus::Remote(RemoteStatus::of(state, entry, member, caller)),
    }
}

impl LocalStatus {
    fn of(local: &Local, caller: &Caller) -> Self {
        let reason = local.absent();
        let coverage = CoverageView::seen(&caller.mailboxes.view(local.coverage()), &[]);
        let damaged = local.damage().into_iter().map(DamagedFile::from).collect();
        Self { available: reason.is_none(), reason, coverage, damaged }
    }
}

impl RemoteStatus {
    fn of(state: &Shared, entry: &Entry, member: &Member, caller: &Caller) -> Self {
        let now = Instant::now();
        let (name, opened) = match member.breaker(now) {
            None => (None, None),
            Some(BreakerState::Closed) => (Some("closed"), None),
            Some(BreakerState::Open(since)) => (Some("open"), Some(since)),
            Some(BreakerState::HalfOpen(since)) => (Some("half-open"), Some(since)),
        };
        let ago = opened.and_then(|since| SignedDuration::try_from(now.duration_since(since)).ok());
        let since = ago.and_then(|ago| state.now().checked_sub(ago).ok());
        Self {
            configured: true,
            breaker: name,
            since: since.map(|since| since.to_string()),
            // It counts what all keys asked.
            fallback: (entry.shadow() > 0.0 && caller.mailboxes == Mailboxes::All)
                .then(|| trust(state.metrics().trust())),
        }
    }
}

fn trust((compared, same): (u64, u64)) -> String {
    format!("of {compared} answers that were compared the local index gave {same} the same")
}
