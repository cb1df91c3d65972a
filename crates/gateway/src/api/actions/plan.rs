//! The plan of an act over HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use postern_actions::datatap::JobAct;
use postern_actions::retrieve::RetrieveAct;
use postern_actions::veeam::{FoundDocuments, RestoreFound, count};
use postern_actions::{Proposal, Refused, Verb};
use postern_archive::{Archive, DATATAP, IndexError};
use postern_query::Query;
use postern_upstream::veeam::{Kind, MOST_LISTED, Mailbox, Paged, Problem as Trouble, Session};

use super::body::ActionBody;
use super::documents::ToPut;
use super::mail::{MailToAct, mail};
use super::order::Orders;
use super::{Body, jobs};
use crate::State as Shared;
use crate::access::{Caller, Mailboxes};
use crate::api::params::{BadParam, viewpoint};
use crate::api::problem::Problem;
use crate::engine::told;
use crate::servers::Server;

/// Mailboxes on a page.
const PAGE: u32 = 1_000;

/// A plan, and what carries it out.
pub(super) struct Planned {
    pub(super) proposal: Proposal,
    /// The data folder, which keeps the record.
    pub(super) data: PathBuf,
    pub(super) is_confirmed: bool,
    pub(super) again: bool,
    pub(super) doing: Doing,
}

/// What is done.
pub(super) enum Doing {
    Mail(Box<(MailToAct, Server)>),
    Documents(Box<(ToPut, Server)>),
    Found(Box<(Option<Timestamp>, Server)>),
    Retrieval(Box<RetrieveAct>),
    Job(Box<JobAct>),
}

impl Planned {
    pub(super) fn new(
        proposal: Proposal,
        data: PathBuf,
        orders: &Orders<'_>,
        doing: Doing,
    ) -> Self {
        let (is_confirmed, again) = (orders.confirm.is_some(), orders.again);
        Self { proposal, data, is_confirmed, again, doing }
    }
}

/// Who asks for an act at a source that is no act on mail, and what is known here.
pub(super) struct Asker {
    pub(super) mailboxes: Mailboxes,
    pub(super) now: Timestamp,
    archive: Arc<Archive>,
}

impl Asker {
    fn of(state: &Shared, caller: &Caller) -> Self {
        let archive = Arc::clone(state.local_beside(caller.tenant.as_deref()).archive());
        Self { mailboxes: caller.mailboxes.clone(), now: state.now(), archive }
    }

    /// The mailboxes that are known: those that were synced, else those of the backup.
    pub(super) async fn addresses(&self, server: &Server) -> Result<Vec<String>, Problem> {
        let archive = Arc::clone(&self.archive);
        let status = tokio::task::spawn_blocking(move || archive.status()).await;
        let synced = status.ok().and_then(Result::ok).map(|status| status.mailboxes);
        // A drive whose owner is not known has a name that is nobody's.
        let mut synced = synced.unwrap_or_default();
        synced.retain(|one| !one.holds.is_drive());
        if !synced.is_empty() {
            return Ok(synced.into_iter().map(|mailbox| mailbox.address).collect());
        }
        let session = server.sessions.session(Kind::Exchange, None).await?;
        Ok(mailboxes(&session).await?.into_iter().map(|mailbox| mailbox.email).collect())
    }
}

/// The mailboxes that a backup lists.
pub(super) async fn mailboxes(session: &Session) -> Result<Vec<Mailbox>, Trouble> {
    let page = |page| async move { session.mailboxes(&page).await };
    Ok(Paged::all(PAGE, MOST_LISTED, page).await?.results)
}

/// The plan of what was asked for.
pub(super) async fn make(
    state: &Shared,
    caller: &Caller,
    verb: Verb,
    body: Body,
    start: Instant,
) -> Result<Planned, Problem> {
    let server = || state.server(caller.tenant.as_deref()).cloned().ok_or_else(nowhere);
    let asker = Asker::of(state, caller);
    match body {
        Body::Mail(body) => by_query(state, caller, verb, *body, start).await,
        Body::Documents(body) => body.plan(asker, verb, server()?).await,
        Body::Retrieval(body) => body.plan(asker, server()?).await,
        Body::Collection(body) => body.plan(state, caller).await,
    }
}

/// What a query finds is acted on by the source that has it. Only a restore can be done by two.
async fn by_query(
    state: &Shared,
    caller: &Caller,
    verb: Verb,
    body: ActionBody,
    start: Instant,
) -> Result<Planned, Problem> {
    let query = read(state, caller, &body, start).await?;
    let server = state.server(caller.tenant.as_deref()).cloned();
    let has_jobs = verb == Verb::Restore && state.uses_premium(caller.tenant.as_deref());
    let is_job = match (&server, has_jobs, body.source.as_deref()) {
        (_, true, Some(DATATAP)) | (None, true, None) => true,
        (Some(_), false, None) => false,
        (Some(server), _, Some(name)) if server.settings.source == name => false,
        (Some(server), true, None) => {
            is_of_datatap(state, caller, &server.settings.source, query.clone(), start).await?
        }
        (_, _, Some(_)) => return Err(BadParam::new("source", "is none that can do this").into()),
        (None, false, None) => return Err(nowhere()),
    };
    match server {
        Some(server) if !is_job => mail(state, caller, verb, (body, server), query, start).await,
        _ => jobs::restore(state, caller, &body, query, start).await,
    }
}

/// Whether what a query finds is of `DataTap`, and not of that other source.
async fn is_of_datatap(
    state: &Shared,
    caller: &Caller,
    veeam: &str,
    query: Query,
    start: Instant,
) -> Result<bool, Problem> {
    let local = state.local_for(caller, state.engine_deadline(start)).await?.clone();
    let (allowance, name) = (state.allowance(caller, start), veeam.to_owned());
    let counts = local.ask(&allowance, move |engine, asker| {
        let of = |source: &str| count(engine, &query, source, asker);
        Ok::<_, IndexError>([of(DATATAP)?, of(&name)?])
    });
    let [at_datatap, at_veeam] = counts.await?.map(|count| count > 0);
    if at_datatap && at_veeam {
        let why = format!("has to say {DATATAP} or {veeam}: both have what is found");
        return Err(BadParam::new("source", why).into());
    }
    Ok(at_datatap)
}

/// The plan where a query finds documents and no mail.
pub(super) async fn documents(
    state: &Shared,
    caller: &Caller,
    (body, server): (&ActionBody, &Server),
    query: Query,
    start: Instant,
) -> Result<Option<Planned>, Problem> {
    let local = state.local_for(caller, state.engine_deadline(start)).await?.clone();
    let (archive, source) = (Arc::clone(local.archive()), server.settings.source.clone());
    let (allowance, limit) = (state.allowance(caller, start), body.orders().limit());
    let found = local.ask(&allowance, move |engine, asker| {
        let mail = count(engine, &query.clone().mail_only(), &source, asker)?;
        let all = count(engine, &query, &source, asker)?;
        let is_of_files = mail == 0 && all > 0;
        let find =
            || FoundDocuments::find(engine, archive.collected(), &query, &source, asker, limit);
        Ok::<_, IndexError>(is_of_files.then(find))
    });
    let Some(found) = found.await?.transpose()? else { return Ok(None) };
    if body.to.is_some() || body.impersonate.is_some() {
        return Err(BadParam::new("to", "and `impersonate` are for mail").into());
    }
    let place = server.sessions.client().organization().await?.name;
    let mut plan = RestoreFound::plan(&server.settings.source, &place, found.items);
    if found.gone > 0 {
        plan.notes.push(format!("{} more are gone from the last backup", found.gone));
    }
    let (orders, data) = (body.orders(), server.data.clone());
    let doing = Doing::Found(Box::new((orders.time()?, server.clone())));
    Ok(Some(Planned::new(orders.of(plan)?, data, &orders, doing)))
}

async fn read(
    state: &Shared,
    caller: &Caller,
    body: &ActionBody,
    start: Instant,
) -> Result<Query, Problem> {
    let known = state.viewpoint_of(caller);
    let viewpoint = viewpoint(&known, body.zone.as_deref(), body.me.as_ref())?;
    let (q, filter, context) =
        (body.q.clone(), body.filter.clone(), viewpoint.context(state.now()));
    let reading = state.language().aside(state.deadline(start), move |reader| {
        reader.read_here(&q, filter.as_deref(), &context)
    });
    Ok(reading.await??.query)
}

pub(super) fn nowhere() -> Problem {
    Problem::new(404, "no_source", "no source can do this").detail(
        "Veeam does most of what is done over HTTP, DataTap collects and restores; the tenant has neither for this",
    )
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let told = refused.to_string();
        match refused {
            Refused::Nothing(_) => Self::new(404, "nothing_found", told),
            Refused::TooMany { .. } => Self::new(400, "too_many_items", told),
            Refused::OtherPlan { .. } => Self::new(409, "other_plan", told),
        }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        Self::new(502, "source_failed", "the source does not do it").detail(told(&trouble))
    }
}
