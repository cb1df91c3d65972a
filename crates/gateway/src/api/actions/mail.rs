//! Mail that an act is about: what a query finds, or the mailbox or folder in which a keyword is looked for.

use std::sync::Arc;
use std::time::Instant;

use postern_actions::Verb;
use postern_actions::veeam::{
    FindError, Found, MailRestore, MailSend, NoMail, NotWithin, PstExport, Within, can_send, find,
};
use postern_archive::IndexError;
use postern_query::Query;
use postern_upstream::veeam::{Chosen, Kind, Session};

use super::body::ActionBody;
use super::plan::{Doing, Planned, documents};
use crate::State as Shared;
use crate::access::Caller;
use crate::api::problem::Problem;
use crate::local::LocalError;
use crate::servers::Server;

/// Mail, and how it is asked for where that is not by its ids.
pub(super) struct MailToAct {
    pub(super) body: ActionBody,
    /// A mailbox or folder as a whole, in which a keyword is looked for.
    pub(super) all_of: Option<Chosen>,
}

/// The plan of an act on the mail that a query finds, or on the documents where it finds no mail.
pub(super) async fn mail(
    state: &Shared,
    caller: &Caller,
    verb: Verb,
    (body, server): (ActionBody, Server),
    query: Query,
    start: Instant,
) -> Result<Planned, Problem> {
    if verb == Verb::Restore
        && let Some(plan) = documents(state, caller, (&body, &server), query.clone(), start).await?
    {
        return Ok(plan);
    }
    let (found, all_of) = find_mail(state, caller, &server, (&body, query), start).await?;
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
    let (data, is_confirmed, again) = (server.data.clone(), body.confirm.is_some(), body.again);
    let doing = Doing::Mail(Box::new((MailToAct { body, all_of }, server)));
    Ok(Planned { proposal, data, is_confirmed, again, doing })
}

/// The items that the query finds, or with a keyword the one mailbox or folder that it names.
async fn find_mail(
    state: &Shared,
    caller: &Caller,
    server: &Server,
    (body, query): (&ActionBody, Query),
    start: Instant,
) -> Result<(Found, Option<Chosen>), Problem> {
    if let (Some(_), Some(within)) = (&body.keywords, Within::read(&query)) {
        return whole(caller, server, body, &within).await;
    }
    let found = items(state, caller, server, (body, query), start).await?;
    if body.keywords.is_some() {
        NotWithin::check(&found.items, server.sessions.client().version().await?)?;
    }
    Ok((found, None))
}

/// A mailbox that the caller may not see looks like one that is not there.
async fn whole(
    caller: &Caller,
    server: &Server,
    body: &ActionBody,
    within: &Within,
) -> Result<(Found, Option<Chosen>), Problem> {
    if !caller.mailboxes.permits(Some(&within.mailbox)) {
        return Err(NotWithin::NoMailbox(within.mailbox.clone()).into());
    }
    let (item, chosen) = within.whole(&session(server, body).await?).await?;
    Ok((Found { items: vec![item], ..Found::default() }, Some(chosen)))
}

async fn items(
    state: &Shared,
    caller: &Caller,
    server: &Server,
    (body, query): (&ActionBody, Query),
    start: Instant,
) -> Result<Found, Problem> {
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

/// The session in which it is acted on.
pub(super) async fn session(server: &Server, body: &ActionBody) -> Result<Session, Problem> {
    Ok(server.sessions.session(Kind::Exchange, body.orders().time()?).await?)
}

impl From<NotWithin> for Problem {
    fn from(error: NotWithin) -> Self {
        match error {
            NotWithin::Problem(trouble) => trouble.into(),
            NotWithin::NoMailbox(_) | NotWithin::NoFolder { .. } => {
                Self::new(404, "nothing_found", error.to_string())
            }
            NotWithin::NotForItems { .. } | NotWithin::NotOne(_) => {
                Self::new(400, "keyword_scope", error.to_string())
            }
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

impl From<NoMail> for Problem {
    fn from(error: NoMail) -> Self {
        match error {
            NoMail::NotSetUp => Self::new(409, "no_mail_settings", "the source cannot send mail")
                .detail(error.to_string()),
            NoMail::Problem(trouble) => trouble.into(),
        }
    }
}
