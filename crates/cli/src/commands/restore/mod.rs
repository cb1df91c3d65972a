//! `postern restore`: mail of Veeam item by item, mail of DataTap by a job over whole mailboxes, its files
//! by a job over owners and extensions.

mod datatap;
mod documents;
mod drives;
pub(crate) mod log_on;

use anyhow::{bail, ensure};
use postern_actions::veeam::MailRestore;
use postern_actions::{Act, Proposal};
use postern_archive::Archive;
use postern_query::Query;
use postern_upstream::veeam::{Credentials, Kind, Session};

use super::act::Plan;
use super::found::{self, DATATAP};
use crate::args::{Common, Restore};
use crate::exit::Exit;
use crate::veeam::{Server, reach};
use crate::{service, settings};

/// Restores what a query finds, at the source that has it.
pub(crate) fn run(common: &Common, arguments: &Restore) -> anyhow::Result<Exit> {
    let text = arguments.query.join(" ");
    let Some(query) = found::query(common, &text)? else { return Ok(Exit::Failed) };
    match server(common, arguments, &query)? {
        Some(server) => at_veeam(common, arguments, &server, &query),
        None => datatap::run(common, arguments, &query),
    }
}

/// The server of Veeam, where its mail is meant.
fn server(common: &Common, arguments: &Restore, query: &Query) -> anyhow::Result<Option<Server>> {
    let named = arguments.from.source.as_deref();
    if named == Some(DATATAP) || common.config.is_none() {
        ensure!(named.is_none_or(|name| name == DATATAP), NO_SERVER);
        return Ok(None);
    }
    let config = settings::load(common, &service::overrides(common, &arguments.service)?)?;
    let tenant = arguments.service.tenant.as_deref();
    let is_meant = |id: &str| tenant.is_none_or(|tenant| tenant == id);
    let has_veeam = config.tenants.iter().any(|one| is_meant(&one.id) && one.veeam.is_some());
    if !has_veeam {
        ensure!(named.is_none(), NO_SERVER);
        return Ok(None);
    }
    let server = reach(common, tenant)?;
    if named.is_some() || config.premium.is_none() {
        return Ok(Some(server));
    }
    let archive = Archive::below(&server.data);
    let [datatap, veeam] = found::by_source(&archive, query, &server.settings.source)?;
    match (datatap > 0, veeam > 0) {
        (false, true) => Ok(Some(server)),
        (true, true) => bail!(
            "the query finds mail of DataTap and of Veeam; say --source {DATATAP} or --source {}",
            server.settings.source
        ),
        (_, false) => Ok(None),
    }
}

const NO_SERVER: &str = "no server of Veeam is configured, so the only source is `datatap`; write [tenants.veeam] below a \
     [[tenants]] in --config FILE";

fn at_veeam(
    common: &Common,
    arguments: &Restore,
    server: &Server,
    query: &Query,
) -> anyhow::Result<Exit> {
    let [mail, files] = found::mail_and_files(server, query)?;
    if files > 0 {
        ensure!(
            mail == 0,
            "the query finds {mail} messages and {files} files, which are restored apart; say kind:email or kind:file"
        );
        return documents::restore(common, arguments, server, query);
    }
    let found = found::at_veeam(server, query, &arguments.from, arguments.confirm.limit)?;
    let (source, to) = (&server.settings.source, &arguments.to);
    let put = ToPut { common, arguments, server, kind: Kind::Exchange, notes: found.notes };
    put.put(
        |place| MailRestore::plan(source, place, found.items, to.as_deref()),
        |session, credentials| MailRestore { session, to: to.clone(), credentials },
    )
}

/// What is to be put back at Veeam, and what is to be said of it.
struct ToPut<'a> {
    common: &'a Common,
    arguments: &'a Restore,
    server: &'a Server,
    kind: Kind,
    notes: Vec<String>,
}

impl ToPut<'_> {
    /// Shows the plan for a place, and carries it out in a session where that is confirmed.
    fn put<A: Act>(
        self,
        plan: impl FnOnce(&str) -> Proposal,
        act: impl FnOnce(Session, Credentials) -> A,
    ) -> anyhow::Result<Exit> {
        let Self { common, arguments, server, kind, notes } = self;
        let (confirm, at) = (&arguments.confirm, arguments.from.at);
        server.run(async {
            let plan = plan(&server.place().await?);
            let mut plan = found::of_backup(plan, at).within(confirm.limit)?;
            plan.notes.extend(notes);
            plan.notes.extend(log_on::note(server, &arguments.log_on));
            let (proposal, format) = (&plan, arguments.job.format);
            let plan = Plan { common, proposal, data: &server.data, confirm, format };
            if !plan.show()? {
                return plan.end();
            }
            let ready = log_on::Ready::new(server, &arguments.log_on)?;
            let session = server.sessions.session(kind, at).await?;
            let credentials = ready.credentials(&session).await?;
            plan.carry_out(&act(session, credentials)).await
        })
    }
}
