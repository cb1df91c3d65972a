//! A restore of documents at Veeam: each that the query finds, to where it was.

use anyhow::ensure;
use postern_actions::veeam::RestoreFound;
use postern_query::Query;
use postern_upstream::veeam::Kind;

use super::log_on;
use crate::args::{Common, Restore};
use crate::commands::act::Plan;
use crate::commands::found;
use crate::exit::Exit;
use crate::veeam::Server;

pub(super) fn restore(
    common: &Common,
    arguments: &Restore,
    server: &Server,
    query: &Query,
) -> anyhow::Result<Exit> {
    let (confirm, at) = (&arguments.confirm, arguments.from.at);
    ensure!(
        arguments.to.is_none(),
        "--to is for mail; `postern files copy` puts documents into another drive"
    );
    let found = found::documents(server, query, at, confirm.limit)?;
    server.run(async {
        let place = server.place().await?;
        let plan = RestoreFound::plan(&server.settings.source, &place, found.items);
        let mut plan = found::of_backup(plan, at).within(confirm.limit)?;
        plan.notes.extend(found.notes);
        plan.notes.extend(log_on::note(server, &arguments.log_on));
        let (proposal, format) = (&plan, arguments.job.format);
        let plan = Plan { common, proposal, data: &server.data, confirm, format };
        if !plan.show()? {
            return plan.end();
        }
        let ready = log_on::Ready::new(server, &arguments.log_on)?;
        let session = server.sessions.session(Kind::OneDrive, at).await?;
        let credentials = ready.credentials(&session).await?;
        plan.carry_out(&RestoreFound { session, credentials }).await
    })
}
