//! The plan of an act over HTTP.

use std::sync::Arc;
use std::time::Instant;

use postern_actions::veeam::{
    FindError, Found, MailRestore, MailSend, NoMail, PstExport, can_send, find,
};
use postern_actions::{Proposal, Refused, Verb};
use postern_archive::IndexError;
use postern_upstream::veeam::Problem as Trouble;

use super::body::ActionBody;
use crate::State as Shared;
use crate::access::Caller;
use crate::api::problem::Problem;
use crate::local::LocalError;
use crate::servers::Server;

/// A plan, and what carries it out.
pub(super) struct Planned {
    pub(super) proposal: Proposal,
    pub(super) body: ActionBody,
    pub(super) server: Server,
}

pub(super) async fn make(
    state: &Shared,
    caller: &Caller,
    verb: Verb,
    body: ActionBody,
    start: Instant,
) -> Result<Planned, Problem> {
    let tenant = caller.tenant.as_deref();
    let server = state.server(tenant).cloned().ok_or_else(nowhere)?;
    let found = items(state, caller, &server, &body, start).await?;
    if verb == Verb::Send {
        can_send(server.sessions.client()).await?;
    }
    let place = server.sessions.client().organization().await?.name;
    let source = &server.settings.source;
    let several = found.at_one_of_several();
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
    if let Some(at) = body.time()? {
        plan = plan.with("at", at.to_string());
    }
    plan.notes.extend(several);
    if body.at.is_none() && !found.gone.is_empty() {
        let note = "{} more are gone from the last backup; give `at` of a backup that has them";
        plan.notes.push(note.replace("{}", &found.gone.len().to_string()));
    }
    let proposal = plan.within(body.limit())?;
    if let Some(plan) = &body.confirm {
        proposal.confirm(Some(plan))?;
    }
    Ok(Planned { proposal, body, server })
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
    let limit = body.limit();
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
        Self::new(502, "source_failed", "the source does not do it").detail(trouble.to_string())
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
