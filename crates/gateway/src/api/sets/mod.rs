//! `/v1/sets`: what queries found at one time, kept by name for the tenant, and holds.

pub(super) mod hold;
pub(super) mod ids;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use postern_archive::search::{Asker, Counting, Coverage};
use postern_archive::{Archive, Error, FrozenSet, IndexError, chain, check_name};
use postern_query::Query;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State as Shared;
use crate::access::Right;
use crate::api::native::{Visitor, named, permit};
use crate::api::params::{BadParam, NoParams, viewpoint};
use crate::api::problem::{Problem, Problems};
use crate::api::search::from_json;
use crate::audit::{Noted, who};
use crate::language::{Understood, Versions};
use crate::local::{LocalEngine, LocalError};
use crate::viewpoint::{Addresses, Viewpoint};
use crate::wire::{DiffView, SetView, SetsView};

/// Sets of a tenant.
const MOST_SETS: usize = 1_000;
/// Characters of what is written about a set.
const MOST_NOTE: usize = 10_000;

/// What to freeze.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"q": "subject:lease date:2024"}))]
pub(crate) struct SetBody {
    /// The query.
    q: String,
    /// An OData filter that must hold too.
    filter: Option<String>,
    /// What the set is for.
    note: Option<String>,
    /// Where days of the query begin: an IANA name.
    zone: Option<String>,
    /// The addresses that `me` stands for.
    me: Option<Addresses>,
    /// Whether older versions of files are taken too.
    #[serde(default)]
    versions: Versions,
}

/// What to write about a set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteBody {
    /// The text; nothing takes it away.
    note: Option<String>,
}

/// A key with the right to sets.
struct Keeper {
    visitor: Visitor,
    archive: Arc<Archive>,
}

impl Keeper {
    async fn admit(state: &Shared, headers: &HeaderMap) -> Result<Self, Problem> {
        let visitor = Visitor::admit(state, headers).await?;
        permit(&visitor.caller, Right::Evidence)?;
        let local = state.local_beside(visitor.caller.tenant.as_deref());
        Ok(Self { archive: Arc::clone(local.archive()), visitor })
    }

    /// Works with what is stored, off the threads that talk to clients.
    async fn kept<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Archive) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let archive = Arc::clone(&self.archive);
        let done = tokio::task::spawn_blocking(move || work(&archive)).await;
        done.map_err(|_| Problem::unavailable("it broke off"))?.map_err(told)
    }

    /// The set of that name, and the ids of what the key may see of it.
    async fn named(&self, name: &str) -> Result<(FrozenSet, BTreeSet<String>), Problem> {
        let (name, scope) = (name.to_owned(), self.visitor.caller.mailboxes.scope());
        let found = self.kept(move |archive| {
            let (sets, set) = (archive.sets(), archive.sets().get(&name)?);
            let ids = sets.ids(&name, &scope)?;
            Ok(set.zip(ids))
        });
        found.await?.ok_or_else(unknown_set)
    }

    /// A set as the key may see it: how much mail there is in all is not for one that sees some mailboxes.
    fn shown(&self, set: FrozenSet, count: usize, not_held: Vec<(String, String)>) -> SetView {
        let view = SetView::of(set, count, not_held);
        let sees_all = !self.visitor.caller.mailboxes.is_limited();
        SetView { coverage: view.coverage.filter(|_| sees_all), ..view }
    }

    /// Whether one more set may be kept.
    async fn has_room(&self) -> Result<(), Problem> {
        if self.kept(|archive| archive.sets().list()).await?.len() < MOST_SETS {
            return Ok(());
        }
        let what = format!("a tenant keeps at most {MOST_SETS} sets");
        Err(Problem::new(400, "too_many_sets", what).hint("delete one first"))
    }

    /// A set that is about to be made.
    fn set(
        &self,
        name: &str,
        body: SetBody,
        understood: &Understood,
        viewpoint: &Viewpoint,
        now: Timestamp,
    ) -> FrozenSet {
        FrozenSet {
            name: name.to_owned(),
            query: body.q,
            canonical: understood.canonical.clone(),
            zone: viewpoint.zone_name().to_owned(),
            taken: now,
            taken_by: who(&self.visitor.caller).to_owned(),
            indexed: 0,
            known: 0,
            as_of: None,
            note: body.note,
            held: None,
        }
    }

    /// Freezes what a query finds, with how much was searched.
    async fn freeze(&self, set: FrozenSet, query: Query) -> Result<Option<u64>, LocalError> {
        let (archive, mailboxes) =
            (Arc::clone(&self.archive), self.visitor.caller.mailboxes.clone());
        let freeze = move |engine: &dyn LocalEngine, asker: &Asker| {
            let Coverage { indexed, known, as_of, .. } =
                mailboxes.view(engine.coverage_to_keep(asker));
            archive.freeze(&FrozenSet { indexed, known, as_of, ..set }, &query, engine, asker)
        };
        self.visitor.ask(freeze).await
    }

    async fn view(&self, name: &str) -> Result<SetView, Problem> {
        let (set, ids) = self.named(name).await?;
        let (own, count) = (ids.clone(), ids.len());
        let here = move |engine: &dyn LocalEngine, asker: &Asker| here(engine, ids, asker);
        // Where that cannot be told, the set is shown all the same.
        let here = self.visitor.ask(here).await.ok();
        let name = name.to_owned();
        let not_held = self.kept(move |archive| archive.sets().not_held(&name)).await?;
        let seen = not_held.into_iter().filter(|(id, _)| own.contains(id)).collect();
        Ok(SetView { here, ..self.shown(set, count, seen) })
    }
}

fn unknown_set() -> Problem {
    Problem::not_found("unknown_set").detail("no set is called so")
}

/// What a client is told of an error, without paths.
fn told(error: Error) -> Problem {
    tracing::warn!(error = chain(&error), "frozen sets");
    match error {
        Error::Index(error) => LocalError::from(error).into(),
        Error::Busy(_) => Problem::unavailable("mail is taken in now; ask again when that is done"),
        Error::NoSpace { .. } | Error::NoSpaceForBook(_) => {
            Problem::unavailable("there is no space")
        }
        _ => Problem::unavailable("what is stored cannot be read or written; the log says why"),
    }
}

/// What may be written about a set.
fn checked_note(note: Option<&str>) -> Result<(), Problem> {
    if note.is_none_or(|note| note.chars().count() <= MOST_NOTE) {
        return Ok(());
    }
    let what = format!("has at most {MOST_NOTE} characters");
    Err(BadParam::new("note", what).into())
}

/// How many of some messages are here.
fn here(
    engine: &dyn LocalEngine,
    ids: BTreeSet<String>,
    asker: &Asker,
) -> Result<usize, IndexError> {
    let (query, counting) = (Query::of_ids(ids), Counting::default());
    Ok(engine.counts(&query, &counting, asker)?.count)
}

/// The frozen sets
///
/// Each with how many of its messages the key may see. Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/sets", tag = "evidence",
    responses((status = 200, description = "The sets", body = SetsView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
) -> Result<Json<SetsView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let scope = keeper.visitor.caller.mailboxes.scope();
    let counted = keeper.kept(move |archive| {
        let sets = archive.sets();
        let count = |set: FrozenSet| {
            let ids = sets.ids(&set.name, &scope)?;
            Ok((set, ids.unwrap_or_default().len()))
        };
        sets.list()?.into_iter().map(count).collect::<Result<Vec<_>, Error>>()
    });
    let counted = counted.await?.into_iter();
    let sets = counted.map(|(set, count)| keeper.shown(set, count, Vec::new())).collect();
    Ok(Json(SetsView { sets }))
}

/// Freeze what a query finds
///
/// A set does not change: where one of that name is there, nothing is done. Needs the right `evidence`.
#[utoipa::path(put, path = "/v1/sets/{name}", tag = "evidence", request_body = SetBody,
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The set", body = SetView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn put(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    name: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<SetView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let body: SetBody = from_json(body)?;
    let name: String = named(name)?;
    check_name(&name).map_err(|bad| Problem::new(400, "invalid_parameter", bad.to_string()))?;
    checked_note(body.note.as_deref())?;
    noted.put("query", body.q.as_str());
    noted.put("filter", body.filter.as_deref());
    keeper.has_room().await?;
    let known = state.viewpoint_of(&keeper.visitor.caller);
    let viewpoint = viewpoint(&known, body.zone.as_deref(), body.me.as_ref())?;
    let (q, filter, context) =
        (body.q.clone(), body.filter.clone(), viewpoint.context(state.now()));
    let reading = state.language().aside(state.deadline(Instant::now()), move |reader| {
        reader.read_here(&q, filter.as_deref(), &context)
    });
    let understood = Understood { versions: body.versions, ..reading.await?? };
    noted.put("canonical", understood.canonical.as_str());
    let set = keeper.set(&name, body, &understood, &viewpoint, state.now());
    if keeper.freeze(set, understood.here()).await?.is_none() {
        let problem = Problem::new(409, "set_exists", "there is a set of that name already");
        return Err(problem.hint("a set does not change: take another name, or delete it first"));
    }
    Ok(Json(keeper.view(&name).await?))
}

/// A frozen set
///
/// Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/sets/{name}", tag = "evidence",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The set", body = SetView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<SetView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    Ok(Json(keeper.view(&named::<String>(name)?).await?))
}

/// Compare two frozen sets
///
/// Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/sets/{name}/diff/{other}", tag = "evidence",
    params(
        ("name" = String, Path, description = "One set"),
        ("other" = String, Path, description = "The other set"),
    ),
    responses((status = 200, description = "What only one of them has", body = DiffView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn diff(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<DiffView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let (one, other) = named::<(String, String)>(names)?;
    let (_, first) = keeper.named(&one).await?;
    let (_, second) = keeper.named(&other).await?;
    Ok(Json(DiffView::of((&one, &first), (&other, &second))))
}

/// Write something about a frozen set
///
/// Needs the right `evidence`.
#[utoipa::path(post, path = "/v1/sets/{name}/note", tag = "evidence", request_body = NoteBody,
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The set", body = SetView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn note(
    State(state): State<Shared>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<SetView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let NoteBody { note } = from_json(body)?;
    checked_note(note.as_deref())?;
    let name: String = named(name)?;
    keeper.named(&name).await?;
    let of = name.clone();
    keeper.kept(move |archive| archive.sets().note(&of, note.as_deref())).await?;
    Ok(Json(keeper.view(&name).await?))
}
