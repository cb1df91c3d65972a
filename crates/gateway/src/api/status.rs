//! `/v1/status`: the engines, and how much of the mail is here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use postern_archive::{Archive, Damage, MailboxStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::native::{admit, permit};
use super::params::NoParams;
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::access::{Caller, Mailboxes, Right};
use crate::choose::{BreakerState, Entry, Member};
use crate::doctor::{self, Stored};
use crate::engine::{Outcome, StoreHealth};
use crate::history::Minute;
use crate::local::Local;
use crate::wire::{CoverageView, FindingView, RetrievalsView};

/// All that a key without the right `operate` is told of why the last run ended early.
const ENDED_EARLY: &str = "the last run ended early";

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    version: &'static str,
    key: KeyStatus,
    /// The engines of the tenant by their names.
    engines: BTreeMap<&'static str, EngineStatus>,
    sync: SyncStatus,
    /// What is wrong with what is stored here, as `postern doctor` says it, for a key with the right `operate`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingView>,
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
    /// How the cluster is, for a key that sees all mailboxes; nothing where it gives no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreStatus>,
    /// How far the local index can be trusted to stand in: with `shadow`, what came of asking it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
}

/// A cluster and the index of the tenant there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoreStatus {
    /// `green`, `yellow` or `red`.
    health: String,
    nodes: u64,
    /// Parts of the index, without their copies.
    shards: u64,
    /// Parts and copies of any index that no node has.
    unassigned: u64,
    /// Messages and files.
    documents: u64,
    /// When a machine last ended a run that wrote there.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<String>,
    /// How long ago that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_seconds: Option<i64>,
    /// Documents that were refused in the last run of each machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_writes: Option<u64>,
    /// How often a document was sent again in these runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    retried_writes: Option<u64>,
}

impl StoreStatus {
    fn of(store: StoreHealth, now: Timestamp) -> Self {
        let StoreHealth { status: health, nodes, shards, unassigned, documents, writes } = store;
        let written = writes.and_then(|writes| writes.last);
        Self {
            health,
            nodes,
            shards,
            unassigned,
            documents,
            written: written.map(|at| at.to_string()),
            lag_seconds: written.map(|at| now.duration_since(at).as_secs()),
            rejected_writes: writes.map(|writes| writes.rejected),
            retried_writes: writes.map(|writes| writes.retried),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct LocalStatus {
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    coverage: CoverageView,
    /// How large the index is, for a key with the right `operate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Files that are not what was written there, so that answers may be wrong; each file is verified
    /// once. For a key with the right `operate`.
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

/// What the key may do besides searching and reading.
#[derive(Debug, Serialize, ToSchema)]
struct KeyStatus {
    /// `export`, `evidence`, `audit`, `operate`.
    rights: Vec<&'static str>,
    /// What it may have done by `/v1/actions`.
    actions: Vec<&'static str>,
}

impl KeyStatus {
    fn of(caller: &Caller) -> Self {
        let rights = caller.rights.iter().map(|right| right.as_str()).collect();
        Self { rights, actions: caller.actions.iter().map(|verb| verb.as_str()).collect() }
    }
}

/// The searches of the last hour.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryAnswer {
    /// The minutes in which something happened, oldest first.
    minutes: Vec<MinuteView>,
}

/// The searches of a minute.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MinuteView {
    /// When it began.
    at: String,
    searches: u64,
    /// Those that were not answered.
    failed: u64,
    /// By the engine that answered.
    by_engine: BTreeMap<&'static str, u64>,
    /// Milliseconds within which half of them was answered, exact to a factor of two.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<u64>,
    /// The same of 95 of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_ms: Option<u64>,
}

impl From<Minute> for MinuteView {
    fn from(minute: Minute) -> Self {
        Self {
            at: minute.at().to_string(),
            searches: minute.searches(),
            failed: minute.failed,
            p50_ms: minute.within(50),
            p95_ms: minute.within(95),
            by_engine: minute.by_engine,
        }
    }
}

/// The searches of the last hour, minute by minute
///
/// Of all keys, so a key needs the right `operate`.
#[utoipa::path(get, path = "/v1/status/history", tag = "operation",
    responses((status = 200, description = "The last hour", body = HistoryAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn history(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
) -> Result<Json<HistoryAnswer>, Problem> {
    let caller = admit(&state, &headers)?;
    state.admits(&caller, state.engine_deadline(Instant::now())).await?;
    permit(&caller, Right::Operate)?;
    let minutes = state.history().minutes(state.now());
    Ok(Json(HistoryAnswer { minutes: minutes.into_iter().map(MinuteView::from).collect() }))
}

/// The engines, and how much of the mail is here
///
/// The whole gateway for a key with the right `operate`, else what the key may see.
#[utoipa::path(get, path = "/v1/status", tag = "operation",
    responses((status = 200, description = "The state of things", body = StatusAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(State(state): State<Shared>, headers: HeaderMap, _: NoParams) -> Response {
    let caller = match admit(&state, &headers) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let local = match state.local_for(&caller, state.engine_deadline(Instant::now())).await {
        Ok(local) => local,
        Err(denied) => return Problem::from(denied).into_response(),
    };
    let (version, key) = (env!("CARGO_PKG_VERSION"), KeyStatus::of(&caller));
    let view = View::of(&caller);
    let mut engines = BTreeMap::new();
    for entry in state.engines(caller.tenant.as_deref()) {
        engines.insert(entry.name.as_str(), describe(&state, entry, &view).await);
    }
    let sync = synced(&state, local.archive(), &view);
    let findings = if view.is_whole { wrong(&state, local).await } else { Vec::new() };
    let retrievals = retrieved(&state, &caller, &view).await;
    Json(StatusAnswer { version, key, engines, sync, findings, retrievals }).into_response()
}

/// What a key may be told.
struct View {
    /// How the whole gateway is, and not only what there is to search.
    is_whole: bool,
    mailboxes: Mailboxes,
}

impl View {
    fn of(caller: &Caller) -> Self {
        match caller.rights.contains(&Right::Operate) {
            true => Self { is_whole: true, mailboxes: Mailboxes::All },
            false => Self { is_whole: false, mailboxes: caller.mailboxes.clone() },
        }
    }
}

/// What may be told of what was retrieved.
async fn retrieved(state: &Shared, caller: &Caller, view: &View) -> Option<RetrievalsView> {
    let server = state.server(caller.tenant.as_deref())?;
    let retrieved = server.retrievals.view(state.now()).await?;
    Some(match view.mailboxes {
        Mailboxes::All => retrieved,
        Mailboxes::Only(_) => retrieved.seen(|address| view.mailboxes.permits(Some(address))),
    })
}

/// What is wrong with what is stored.
async fn wrong(state: &Shared, local: &Local) -> Vec<FindingView> {
    let (archive, damage) = (Arc::clone(local.archive()), local.damage());
    let (every, now, audit) = (state.syncs_every(), state.now(), state.audit());
    let looking = tokio::task::spawn_blocking(move || {
        let looked_at = Stored { archive: &archive, damage: &damage, audit: &audit, every, now };
        doctor::stored(looked_at).into_iter().map(FindingView::from).collect()
    });
    looking.await.unwrap_or_default()
}

/// What may be told of what was synced.
fn synced(state: &Shared, archive: &Archive, view: &View) -> SyncStatus {
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
    let error =
        status.error().map(|text| if view.is_whole { text } else { ENDED_EARLY }.to_owned());
    let finished = status.finished();
    let now = state.now();
    let sources = status
        .sources
        .into_iter()
        .map(|one| SyncedSource { name: one.name, facts: one.facts.into_iter().collect() });
    let sources = sources.collect();
    let seen = status.mailboxes.into_iter();
    let seen = seen.filter(|one| view.mailboxes.permits(Some(&one.address)));
    SyncStatus {
        finished: finished.map(|at| at.to_string()),
        error: error.map(|text| archive.without_paths(&text)),
        sources,
        mailboxes: seen.map(|one| SyncedMailbox::of(one, now, archive)).collect(),
    }
}

async fn describe(state: &Shared, entry: &Entry, view: &View) -> EngineStatus {
    let Ok(member) = &entry.member else { return EngineStatus::Remote(RemoteStatus::default()) };
    match member.engine.archive() {
        Some(archive) => EngineStatus::Local(LocalStatus::of(archive, view)),
        None => {
            let store = stored(state, member, view).await;
            let status = RemoteStatus::of(state, entry, member, view);
            EngineStatus::Remote(RemoteStatus { store, ..status })
        }
    }
}

/// How much is stored elsewhere. It says so of all mailboxes.
async fn stored(state: &Shared, member: &Member, view: &View) -> Option<StoreStatus> {
    if view.mailboxes != Mailboxes::All {
        return None;
    }
    let ask = member.engine.health(state.engine_deadline(Instant::now()))?;
    match member.ask(ask).await {
        Ok(Outcome::Served(health)) => Some(StoreStatus::of(health, state.now())),
        Ok(_) | Err(_) => None,
    }
}

impl LocalStatus {
    fn of(local: &Local, view: &View) -> Self {
        let reason = local.absent();
        let coverage = CoverageView::seen(&view.mailboxes.view(local.coverage()), &[]);
        let damaged = if view.is_whole { local.damage() } else { Vec::new() };
        let damaged = damaged.into_iter().map(DamagedFile::from).collect();
        let bytes = view.is_whole.then(|| local.archive().index_bytes());
        Self { available: reason.is_none(), reason, coverage, bytes, damaged }
    }
}

impl RemoteStatus {
    fn of(state: &Shared, entry: &Entry, member: &Member, view: &View) -> Self {
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
            store: None,
            since: since.map(|since| since.to_string()),
            // It counts what all keys asked.
            fallback: (entry.shadow() > 0.0 && view.is_whole)
                .then(|| trust(state.metrics().trust())),
        }
    }
}

fn trust((compared, same): (u64, u64)) -> String {
    format!("of {compared} answers that were compared the local index gave {same} the same")
}
