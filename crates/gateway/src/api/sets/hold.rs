//! Holding sets, for keys that see all mailboxes: each hold, release and deletion is on the disk before it is done.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use postern_archive::{Archive, AttachmentText, Destination, Error, FrozenSet, Holder, chain};
use postern_audit::What;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Keeper, told};
use crate::State as Shared;
use crate::api::native::named;
use crate::api::params::NoParams;
use crate::api::problem::{Problem, Problems};
use crate::audit::{Begun, Noted};
use crate::local::LocalEngine;
use crate::wire::{NotHeldView, SetView};

/// What came of holding a set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HoldAnswer {
    /// Messages that are held in this data folder. Nothing is held upstream.
    held: u64,
    /// Messages whose originals cannot be stored.
    not_held: Vec<NotHeldView>,
}

/// Somebody who may hold sets, and where that is done.
struct Holding {
    keeper: Keeper,
    name: String,
    set: FrozenSet,
    engine: Arc<dyn LocalEngine>,
    to: Destination,
    attachment_text: AttachmentText,
    now: Timestamp,
}

impl Holding {
    async fn admit(
        state: &Shared,
        headers: &HeaderMap,
        name: Result<Path<String>, PathRejection>,
        noted: &Noted,
    ) -> Result<Self, Problem> {
        let keeper = Keeper::admit(state, headers).await?;
        keeper.must_see_all()?;
        let name: String = named(name)?;
        let (set, _) = keeper.named(&name).await?;
        noted.put("set", name.as_str());
        let (to, attachment_text) = state.holds_in(&keeper.archive).map_err(|error| {
            tracing::warn!(error = chain(&error), "frozen sets");
            Problem::unavailable("the gateway does not know where to hold; the log says why")
        })?;
        let engine = keeper.visitor.local().engine();
        Ok(Self { keeper, name, set, engine, to, attachment_text, now: state.now() })
    }

    /// Does what was written down. It goes on when nobody waits for it any more.
    async fn run<T: Send + 'static>(
        self,
        _: &Begun,
        work: impl FnOnce(&Archive, &str, Holder<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<(Keeper, String, T), Problem> {
        let Self { keeper, name, engine, to, attachment_text, now, .. } = self;
        let (archive, called) = (Arc::clone(&keeper.archive), name.clone());
        let running = tokio::task::spawn_blocking(move || {
            let (shelf, attachment_text) = (engine.as_ref(), &attachment_text);
            let holder = Holder { to: &to, shelf, attachment_text, now };
            work(&archive, &called, holder)
        });
        let done = running.await.map_err(|_| Problem::unavailable("it broke off"))?;
        Ok((keeper, name, done.map_err(told)?))
    }
}

impl Keeper {
    /// A key that sees some mailboxes alone decides nothing for the others of the tenant.
    fn must_see_all(&self) -> Result<(), Problem> {
        if !self.visitor.caller.mailboxes.is_limited() {
            return Ok(());
        }
        let what = "a set is of the whole tenant, and the key sees some mailboxes alone";
        Err(Problem::new(403, "forbidden", "the key may not do this").detail(what))
    }
}

/// Hold a frozen set here
///
/// Stores the original of each message, and names those that cannot be stored. From then on no pruning, no deletion
/// and no index that is made anew removes them from this data folder. Nothing is held upstream. Needs the right
/// `evidence`, and a key that sees all mailboxes.
#[utoipa::path(post, path = "/v1/sets/{name}/hold", tag = "evidence",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "What is held", body = HoldAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn hold(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    _: NoParams,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<HoldAnswer>, Problem> {
    let holding = Holding::admit(&state, &headers, name, &noted).await?;
    let begun =
        state.audits().begin(What::Evidence, &holding.keeper.visitor.caller, &noted).await?;
    let hold = holding.run(&begun, Archive::hold_set).await?.2.unwrap_or_default();
    noted.put("held", hold.held);
    noted.put("notHeld", hold.not_held.len());
    let not_held = hold.not_held.into_iter().map(|(id, why)| NotHeldView { id, why });
    Ok(Json(HoldAnswer { held: hold.held, not_held: not_held.collect() }))
}

/// Hold a frozen set no longer
///
/// Needs the right `evidence`, and a key that sees all mailboxes.
#[utoipa::path(post, path = "/v1/sets/{name}/release", tag = "evidence",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The set", body = SetView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn release(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    _: NoParams,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<SetView>, Problem> {
    let holding = Holding::admit(&state, &headers, name, &noted).await?;
    let begun =
        state.audits().begin(What::Evidence, &holding.keeper.visitor.caller, &noted).await?;
    let (keeper, name, _) = holding.run(&begun, Archive::release_set).await?;
    Ok(Json(keeper.view(&name).await?))
}

/// Forget a frozen set
///
/// Not one that is held: release it first. Needs the right `evidence`, and a key that sees all mailboxes.
#[utoipa::path(delete, path = "/v1/sets/{name}", tag = "evidence",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 204, description = "It is gone"), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn remove(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    _: NoParams,
    name: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let holding = Holding::admit(&state, &headers, name, &noted).await?;
    if holding.set.held.is_some() {
        let problem = Problem::new(409, "set_held", "the set is held");
        return Err(problem.hint("release it first"));
    }
    let begun =
        state.audits().begin(What::Evidence, &holding.keeper.visitor.caller, &noted).await?;
    holding.run(&begun, Archive::delete_set).await?;
    Ok(StatusCode::NO_CONTENT)
}
