//! `/v1/saved`: the searches that a key keeps, how many each finds, and what is new since it was last opened.

use std::collections::HashSet;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use postern_archive::search::Asker;
use postern_archive::{Compared, Error, IndexError, Saved, SavedSearch, Watch};
use postern_query::Query;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::native::Visitor;
use super::params::NoParams;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::access::Mailboxes;
use crate::local::LocalEngine;
use crate::watch::{self, VERSION};

/// Searches of one key.
const MOST_SEARCHES: usize = 100;

/// The saved searches of the key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedAnswer {
    /// By name.
    searches: Vec<SavedView>,
}

/// A saved search.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedView {
    name: String,
    /// The query as it was typed.
    q: String,
    /// Its one canonical text when it was saved.
    canonical: String,
    /// When it was saved.
    saved: String,
    /// When it was last opened.
    opened: String,
    /// How many messages and files it finds here now.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// How many arrived since it was last opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<usize>,
    /// Why it cannot be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A search to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"q": "invoice overdue"}))]
pub(super) struct SavedBody {
    /// The query.
    q: String,
}

/// What is new.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewAnswer {
    /// The ids of what arrived since it was last opened.
    new: Vec<String>,
}

/// A key and what it keeps.
struct Keeper {
    visitor: Visitor,
    saved: Saved,
    owner: String,
}

impl Keeper {
    async fn admit(state: &Shared, headers: &HeaderMap) -> Result<Self, Problem> {
        let visitor = Visitor::admit(state, headers).await?;
        let local = state.local_beside(visitor.caller.tenant.as_deref());
        Ok(Self { saved: local.archive().saved(), owner: visitor.caller.owner(), visitor })
    }

    /// The query of a text, as it is read today.
    async fn read(&self, state: &Shared, q: &str) -> Result<(Query, String), Problem> {
        let (q, context) =
            (q.to_owned(), state.viewpoint_of(&self.visitor.caller).context(state.now()));
        let reading = state.language().aside(state.deadline(Instant::now()), move |reader| {
            reader.read_here(&q, None, &context)
        });
        let understood = reading.await??;
        let canonical = understood.canonical.clone();
        Ok((understood.here(), canonical))
    }

    /// The ids of all that a query finds, and the state of the index.
    async fn find(&self, query: Query) -> Result<Found, Problem> {
        let work = move |engine: &dyn LocalEngine, asker: &Asker| {
            // What is taken in meanwhile is found next time.
            let state = engine.state();
            Ok::<_, IndexError>(Found { ids: engine.ids(&query, asker)?, state })
        };
        Ok(self.visitor.ask(work).await?)
    }

    /// The mailboxes that its owner may see, if not all.
    fn mailboxes(&self) -> Option<Vec<String>> {
        match &self.visitor.caller.mailboxes {
            Mailboxes::All => None,
            Mailboxes::Only(names) => Some(names.clone()),
        }
    }

    /// The search of that name.
    async fn named(&self, name: &str) -> Result<SavedSearch, Problem> {
        let (owner, name) = (self.owner.clone(), name.to_owned());
        let found = self.kept(move |saved| saved.get(&owner, &name)).await?;
        found.ok_or_else(|| Problem::not_found("unknown_search").detail("no search is saved so"))
    }

    /// Reads or writes what is kept, off the threads that talk to clients.
    async fn kept<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Saved) -> Result<T, postern_archive::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let saved = self.saved.clone();
        let done = tokio::task::spawn_blocking(move || work(&saved)).await;
        done.map_err(|_| Problem::unavailable("it broke off"))?.map_err(|error| {
            tracing::warn!(error = postern_archive::chain(&error), "saved searches");
            Problem::unavailable(error.to_string())
        })
    }

    async fn view(&self, state: &Shared, one: SavedSearch) -> SavedView {
        let told = self.tally(state, &one).await;
        let (count, new, error) = match told {
            Ok((count, new)) => (Some(count), Some(new.len()), None),
            Err(problem) => (None, None, Some(problem.told())),
        };
        let SavedSearch { name, query: q, canonical, saved, opened, .. } = one;
        let (saved, opened) = (saved.to_string(), opened.to_string());
        SavedView { name, q, canonical, saved, opened, count, new, error }
    }

    /// How many a search finds, and the ids of its new hits that were not seen and are still found.
    async fn tally(
        &self,
        state: &Shared,
        one: &SavedSearch,
    ) -> Result<(usize, Vec<String>), Problem> {
        let (query, _) = self.read(state, &one.query).await?;
        let found = self.find(query).await?;
        let (owner, name, now) = (self.owner.clone(), one.name.clone(), state.now());
        let mailboxes = self.mailboxes();
        let count = found.ids.len();
        let new = self
            .kept(move |saved| found.unseen(saved, &owner, &name, mailboxes.as_deref(), now))
            .await?;
        Ok((count, new))
    }
}

/// What a query finds.
struct Found {
    ids: Vec<String>,
    state: Option<String>,
}

impl Found {
    /// The new hits that were not seen, after these were compared with what was found before.
    fn unseen(
        &self,
        saved: &Saved,
        owner: &str,
        name: &str,
        mailboxes: Option<&[String]>,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        let mut watches = saved.watches(VERSION)?.into_iter();
        let of = |watch: &Watch| watch.owner == owner && watch.name == name;
        let Some(mut watch) = watches.find(of) else { return Ok(Vec::new()) };
        if watch.mailboxes.as_deref() != mailboxes {
            saved.limit(owner, mailboxes)?;
            watch.is_based = false;
        }
        let is_same = watch.is_based && watch.state.is_some() && watch.state == self.state;
        if !is_same && !watch.is_rebuilding {
            saved.compare(owner, name, &self.compared(now))?;
        }
        let found: HashSet<_> = self.ids.iter().collect();
        let unread = saved.unread(owner, name)?;
        Ok(unread.into_iter().filter(|id| found.contains(id)).collect())
    }

    fn compared(&self, at: Timestamp) -> Compared<'_> {
        Compared { found: &self.ids, state: self.state.as_deref(), version: VERSION, at }
    }
}

/// The saved searches of the key
///
/// Each with how many it finds here now, and how many of them are new since it was last opened.
#[utoipa::path(get, path = "/v1/saved", tag = "saved",
    responses((status = 200, description = "The searches", body = SavedAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
) -> Result<Json<SavedAnswer>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let owner = keeper.owner.clone();
    let mut searches = Vec::new();
    for one in keeper.kept(move |saved| saved.list(&owner)).await? {
        searches.push(keeper.view(&state, one).await);
    }
    Ok(Json(SavedAnswer { searches }))
}

/// Keep a search under a name
///
/// In the place of one of the same name. What it finds now is not new.
#[utoipa::path(put, path = "/v1/saved/{name}", tag = "saved", request_body = SavedBody,
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The search", body = SavedView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn put(
    State(state): State<Shared>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<SavedView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let SavedBody { q } = from_json(body)?;
    let name = checked(name)?;
    let owner = keeper.owner.clone();
    let others = keeper.kept(move |saved| saved.list(&owner)).await?;
    if others.len() >= MOST_SEARCHES && others.iter().all(|one| one.name != name) {
        let what = format!("a key keeps at most {MOST_SEARCHES} searches");
        return Err(Problem::new(400, "too_many_searches", what).hint("remove one first"));
    }
    let (query, canonical) = keeper.read(&state, &q).await?;
    let found = keeper.find(query).await?;
    let (saved, version) = (state.now(), VERSION.to_owned());
    let one = SavedSearch { name, query: q, canonical, version, saved, opened: saved };
    let (owner, kept, mailboxes) = (keeper.owner.clone(), one.clone(), keeper.mailboxes());
    let now = saved;
    keeper
        .kept(move |saved| {
            saved.put(&owner, &kept, mailboxes.as_deref())?;
            saved.compare(&owner, &kept.name, &found.compared(now)).map(|_| ())
        })
        .await?;
    Ok(Json(keeper.view(&state, one).await))
}

/// Forget a saved search
#[utoipa::path(delete, path = "/v1/saved/{name}", tag = "saved",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 204, description = "It is gone"), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn remove(
    State(state): State<Shared>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let name = keeper.named(&checked(name)?).await?.name;
    let owner = keeper.owner.clone();
    keeper.kept(move |saved| saved.remove(&owner, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open a saved search
///
/// Says what is new, which is not new any more from then on.
#[utoipa::path(post, path = "/v1/saved/{name}/open", tag = "saved",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "What is new", body = NewAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn open(
    State(state): State<Shared>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<NewAnswer>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let one = keeper.named(&checked(name)?).await?;
    let (_, new) = keeper.tally(&state, &one).await?;
    let (owner, now, seen) = (keeper.owner.clone(), state.now(), new.clone());
    keeper.kept(move |saved| saved.open(&owner, &one.name, now, &seen)).await?;
    Ok(Json(NewAnswer { new }))
}

/// A name that a search may have.
fn checked(name: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    watch::name(&name).map_err(|what| Problem::new(400, "invalid_parameter", what))
}
