//! A plan that is shown, or carried out.

use std::fs::File;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use postern_actions::veeam::{MailRestore, MailSend, PstExport, RestoreFound};
use postern_actions::{Act, Order, Proposal, Record, RecordError, Report, Verb, carry_out};
use postern_archive::{Original, chain};
use postern_audit::What;
use postern_upstream::veeam::{Credentials, Kind};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::mail::{MailToAct, session};
use super::plan::{Doing, Planned};
use crate::State as Shared;
use crate::access::Caller;
use crate::api::download::original;
use crate::api::problem::Problem;
use crate::audit::{Begun, Noted};
use crate::config::variable;
use crate::servers::Server;
use crate::wire::ActionAnswer;

/// Kept of the time of a request, so that it is answered before it is given up.
const RESERVE: Duration = Duration::from_secs(1);
/// What an act that takes longer than a request is answered with.
const GOES_ON: &str =
    "it goes on; ask again with the same `confirm` to see what is done. Nothing is done twice";
/// What a PST is called on its way.
const NAME: &str = "postern-export.pst";

pub(super) async fn answer(
    state: &Shared,
    caller: &Caller,
    plan: Planned,
    noted: &Noted,
    start: Instant,
) -> Result<Response, Problem> {
    let record = Record::below(&plan.data);
    let standings = record.standings(&plan.proposal)?;
    let shown = ActionAnswer::shown(&plan.proposal, &standings);
    noted.put("plan", plan.proposal.id().to_string());
    noted.put("verb", plan.proposal.verb().as_str());
    noted.put("items", plan.proposal.items().len());
    if !plan.is_confirmed {
        return Ok(Json(shown).into_response());
    }
    let begun = state.audits().begin(What::Action, caller, noted).await?;
    let folder = TempDir::new_in(&plan.data).map_err(|_| unwritable())?;
    let Planned { proposal, again, doing, .. } = plan;
    let verb = proposal.verb();
    let act = act(&proposal, doing, &folder).await?;
    let running = carried_out(state, caller, record, (proposal, again), act, &begun);
    let patience = state.limits().time.saturating_sub(start.elapsed() + RESERVE);
    let Ok(report) = tokio::time::timeout(patience, running).await else {
        if verb == Verb::ExportPst {
            return Err(too_long());
        }
        let answer = ActionAnswer { ended: Some(GOES_ON.to_owned()), ..shown };
        return Ok((StatusCode::ACCEPTED, Json(answer)).into_response());
    };
    let report = report?;
    noted.put("done", report.count("done"));
    if verb == Verb::ExportPst && report.is_whole() {
        return file(state, caller, &folder);
    }
    Ok(Json(shown.after(&report)).into_response())
}

/// A PST is for the request that asked for it: nobody else gets it later.
fn too_long() -> Problem {
    let hint = "ask for fewer items, or use `postern export QUERY --format pst`, which waits";
    Problem::new(408, "request_timeout", "the PST takes longer than a request may").hint(hint)
}

/// What does it, with what that needs.
async fn act(proposal: &Proposal, doing: Doing, folder: &TempDir) -> Result<Box<dyn Act>, Problem> {
    match doing {
        Doing::Mail(both) => {
            let (mail, server) = *both;
            act_on_mail(proposal, &server, mail, folder).await
        }
        Doing::Documents(both) => {
            let (to_put, server) = *both;
            let log_on = to_put.needs_credentials().then(|| credentials(&server, None));
            Ok(Box::new(to_put.act(log_on.transpose()?)))
        }
        Doing::Found(both) => {
            let (at, server) = *both;
            let credentials = credentials(&server, None)?;
            let session = server.sessions.session(Kind::OneDrive, at).await?;
            Ok(Box::new(RestoreFound { session, credentials }))
        }
        Doing::Retrieval(act) => Ok(act),
        Doing::Job(act) => Ok(act),
    }
}

async fn act_on_mail(
    proposal: &Proposal,
    server: &Server,
    MailToAct { body, all_of }: MailToAct,
    folder: &TempDir,
) -> Result<Box<dyn Act>, Problem> {
    let session = session(server, &body);
    match proposal.verb() {
        Verb::Send => Ok(Box::new(MailSend { session: session.await?, letter: body.letter() })),
        Verb::ExportPst => {
            if proposal.owners().len() > 1 {
                return Err(Problem::new(400, "several_mailboxes", "a PST is of one mailbox")
                    .hint("name one with mailbox:ADDRESS, or export by the command line"));
            }
            let (session, options) = (session.await?, body.pst());
            let out = folder.path().join(NAME);
            let (several, over) = (false, false);
            let (about, manifests) = (None, Mutex::default());
            Ok(Box::new(PstExport {
                session,
                options,
                all_of,
                out,
                several,
                over,
                about,
                manifests,
            }))
        }
        Verb::Restore | Verb::Copy | Verb::Save | Verb::Retrieve | Verb::Collect => {
            let credentials = credentials(server, body.impersonate.as_deref())?;
            let (session, to) = (session.await?, body.to.clone());
            Ok(Box::new(MailRestore { session, to, credentials }))
        }
    }
}

/// What Veeam logs on to Microsoft 365 with.
fn credentials(server: &Server, impersonate: Option<&str>) -> Result<Credentials, Problem> {
    let found = server.settings.restore.credentials(&variable, impersonate);
    found.map_err(|error| {
        tracing::warn!(error = chain(&error), "a restore has nothing to log on with");
        let what = "the gateway cannot log on to Microsoft 365 for a restore";
        Problem::new(409, "no_credentials", what)
            .hint("its operator has to set [tenants.veeam.restore] or POSTERN_RESTORE_…")
    })
}

/// Runs beside the request: a client that goes away ends nothing that was begun.
async fn carried_out(
    state: &Shared,
    caller: &Caller,
    record: Record,
    (proposal, again): (Proposal, bool),
    act: Box<dyn Act>,
    begun: &Begun,
) -> Result<Report, Problem> {
    let (by, state) = (caller.name.clone(), state.clone());
    let under_way = state.acts().begin(begun).ok_or_else(ending)?;
    let run = tokio::task::spawn_blocking(move || {
        let _under_way = under_way;
        let order = Order { by: &by, again, clock: state.clock(), stop: state.acts().stop() };
        Handle::current().block_on(carry_out(
            &proposal,
            &record,
            order,
            act.as_ref(),
            &mut |_, _| {},
        ))
    });
    let defect = |_| Problem::new(500, "defect", "the gateway failed; this is a defect of it");
    Ok(run.await.map_err(defect)??)
}

/// The one file of an export.
fn file(state: &Shared, caller: &Caller, folder: &TempDir) -> Result<Response, Problem> {
    let written = std::fs::read_dir(folder.path()).map_err(|_| unwritable())?;
    let path = written.flatten().next().ok_or_else(unwritable)?.path();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let file = File::open(&path).map_err(|_| unwritable())?;
    let name = name.unwrap_or_else(|| NAME.to_owned());
    Ok(original(state, caller, &name, Original::Streamed(Box::new(file)))?)
}

fn ending() -> Problem {
    Problem::unavailable("the gateway is ending, so nothing is begun any more")
}

fn unwritable() -> Problem {
    Problem::unavailable("the data folder of the gateway cannot be written")
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Busy => Self::new(503, "busy", error.to_string()),
            RecordError::Io { .. } => {
                tracing::warn!(error = chain(&error), "the record of actions cannot be kept");
                Self::unavailable("nothing can be recorded, so nothing is done; the log says why")
            }
        }
    }
}
