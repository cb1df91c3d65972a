//! The plan of an act over HTTP.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use postern_actions::retrieve::RetrieveAct;
use postern_actions::veeam::{
    FindError, Found, MailRestore, MailSend, NoMail, PstExport, can_send, find,
};
use postern_actions::{Proposal, Refused, Verb};
use postern_archive::{Archive, IndexError};
use postern_upstream::veeam::{Kind, MOST_LISTED, Mailbox, Paged, Problem as Trouble, Session};

use super::Body;
use super::body::ActionBody;
use super::documents::ToPut;
use super::order::Orders;
use crate::State as Shared;
use crate::access::{Caller, Mailboxes};
use crate::api::problem::Problem;
use crate::engine::told;
use crate::local::LocalError;
use crate::servers::Server;

/// Mailboxes on a page.
const PAGE: u32 = 1_000;

/// A plan, and what carries it out.
pub(super) struct Planned {
    pub(super) proposal: Proposal,
    pub(super) server: Server,
    pub(super) is_confirmed: bool,
    pub(super) again: bool,
    pub(super) doing: Doing,
}

/// What is done.
pub(super) enum Doing {
    Mail(ActionBody),
    Documents(Box<ToPut>),
    Retrieval(RetrieveAct),
}

impl Planned {
    pub(super) fn new(
        proposal: Proposal,
        server: Server,
        orders: &Orders<'_>,
        doing: Doing,
    ) -> Self {
        let (is_confirmed, again) = (orders.confirm.is_some(), orders.again);
        Self { proposal, server, is_confirmed, again, doing }
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
    let server = state.server(caller.tenant.as_deref()).cloned().ok_or_else(nowhere)?;
    let asker = Asker::of(state, caller);
    match body {
        Body::Mail(body) => mail(state, caller, verb, (body, server), start).await,
        Body::Documents(body) => body.plan(asker, verb, server).await,
        Body::Retrieval(body) => body.plan(asker, server).await,
    }
}

async fn mail(
    state: &Shared,
    caller: &Caller,
    verb: Verb,
    (body, server): (ActionBody, Server),
    start: Instant,
) -> Result<Planned, Problem> {
    let found = items(state, caller, &server, &body, start).await?;
    if verb == Verb::Send {
        can_send(server.sessions.client()).await?;
    }
    let place = server.sessions.client().organization().await?.name;
    let source = &server.settings.source;
    let notes = [found.at_one_of_several(), found.without_files()];
    let mut items = found.items;
    if body.at.is_some() {
        items.extend(found.gone.iter().cloned());
    }
    let to = body.to.as_deref();
    let mut plan = match verb {
        Verb::Send => MailSend::plan(source, &place, items, body.letter().as_ref()),
        Verb::ExportPst => PstExport::plan(source, &place, items, &body.pst(), "the answer"),
        Verb::Restore | Verb::Copy | Verb::Save | Verb::Retrieve | Verb::Collect => {
            MailRestore::plan(source, &place, items, to)
        }
    };
    plan.notes.extend(notes.into_iter().flatten());
    if body.at.is_none() && !found.gone.is_empty() {
        let note = "{} more are gone from the last backup; give `at` of a backup that has them";
        plan.notes.push(note.replace("{}", &found.gone.len().to_string()));
    }
    let proposal = body.orders().of(plan)?;
    let (is_confirmed, again) = (body.confirm.is_some(), body.again);
    Ok(Planned { proposal, server, is_confirmed, again, doing: Doing::Mail(body) })
}

async fn items(
    state: &Shared,
    caller: &Caller,
    server: &Server,
    body: &ActionBody,
    start: Instant,
) -> Result<Found, Problem> {
    let (q, filter, now) = (body.q.clone(), body.filter.clone(), state.now());
    let reading = state
        .language()
        .aside(state.deadline(start), move |reader| reader.read_here(&q, filter.as_deref(), now));
    let query = reading.await??.query;
    let local = state.local_for(caller, state.engine_deadline(start)).await?.clone();
    if let Some(why) = local.absent() {
        return Err(Problem::unavailable(why));
    }
    let (archive, source) = (Arc::clone(local.archive()), server.settings.source.clone());
    let limit = body.orders().limit();
    let allowance = state.allowance(caller, start);
    let found = local.ask(&allowance, move |engine, asker| {
        Ok::<_, IndexError>(find(engine, archive.collected(), &query, &source, asker, limit))
    });
    Ok(found.await??)
}

fn nowhere() -> Problem {
    Problem::new(404, "no_source", "no source can do this")
        .detail("the tenant has no server of Veeam, and what is done over HTTP is done by one")
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

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Refused(refused) => refused.into(),
            FindError::Index(error) => LocalError::from(error).into(),
            FindError::Stored(error) => LocalError::from(error).into(),
        }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        Self::new(502, "source_failed", "the source does not do it").detail(told(&trouble))
    }
}

impl From<NoMail> for Problem {
    fn from(error: NoMail) -> Self {
        match error {
            NoMail::NotSetUp => Self::new(409, "no_mail_settings", "the source cannot send mail")
                .detail(error.to_string()),
            NoMail::Problem(trouble) => trouble.into(),
        }
    }
}
