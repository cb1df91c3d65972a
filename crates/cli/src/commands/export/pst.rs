//! A PST, which Veeam makes.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use postern_actions::Proposal;
use postern_actions::veeam::{NotWithin, PstExport, Within};
use postern_archive::Archive;
use postern_query::Query;
use postern_upstream::veeam::{Chosen, Kind, PstOptions, Session};

use super::about;
use crate::args::{Common, Export, TextOrJson};
use crate::commands::act::Plan;
use crate::commands::found::{self, ToAct};
use crate::exit::Exit;
use crate::veeam::{Server, reach};

/// What is exported, and how Veeam is asked for it.
struct What {
    to_act: ToAct,
    /// A mailbox or folder as a whole.
    all_of: Option<Chosen>,
}

pub(super) fn run(
    common: &Common,
    arguments: &Export,
    query: &Query,
    canonical: &str,
) -> anyhow::Result<Exit> {
    let server = reach(common, arguments.tenant.as_deref())
        .context("a PST cannot be made here: Veeam makes it, of mail in its backups")?;
    server.run(async {
        let what = what(&server, arguments, query).await?;
        let options = options(arguments);
        let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from("postern-export.pst"));
        let plan =
            plan(&server, arguments, what.to_act, &options, &out.display().to_string()).await?;
        let (proposal, confirm) = (&plan, &arguments.confirm);
        let plan = Plan { common, proposal, data: &server.data, confirm, format: TextOrJson::Text };
        if !plan.show()? {
            return plan.end();
        }
        let session = server.sessions.session(Kind::Exchange, arguments.from.at).await?;
        let several = proposal.owners().len() > 1;
        let (all_of, over) = (what.all_of, arguments.force);
        let about = Some(about(common, arguments, &Archive::below(&server.data), canonical)?);
        let manifests = Mutex::default();
        let export = PstExport { session, options, all_of, out, several, over, about, manifests };
        let exit = plan.carry_out(&export).await?;
        let manifests = export.manifests.into_inner().unwrap_or_else(PoisonError::into_inner);
        common.noted.put("manifests", manifests);
        Ok(exit)
    })
}

fn options(arguments: &Export) -> PstOptions {
    PstOptions { keyword: arguments.keywords.clone(), size_limit: arguments.pst_size_limit }
}

async fn plan(
    server: &Server,
    arguments: &Export,
    to_act: ToAct,
    options: &PstOptions,
    out: &str,
) -> anyhow::Result<Proposal> {
    let place = server.place().await?;
    let source = &server.settings.source;
    let plan = PstExport::plan(source, &place, to_act.items, options, out);
    let mut plan = found::of_backup(plan, arguments.from.at).within(arguments.confirm.limit)?;
    plan.notes.extend(to_act.notes);
    Ok(plan)
}

/// A keyword is asked of the mailbox or folder that the query names, or of the one item that it finds.
async fn what(server: &Server, arguments: &Export, query: &Query) -> anyhow::Result<What> {
    let limit = arguments.confirm.limit;
    if let (Some(_), Some(within)) = (&arguments.keywords, Within::read(query)) {
        let session = server.sessions.session(Kind::Exchange, arguments.from.at).await?;
        return whole(&session, &within).await;
    }
    let to_act = found::at_veeam(server, query, &arguments.from, limit)?;
    if arguments.keywords.is_some() {
        NotWithin::check(&to_act.items, server.sessions.client().version().await?)?;
    }
    Ok(What { to_act, all_of: None })
}

/// A mailbox or folder stands in the plan as one item.
async fn whole(session: &Session, within: &Within) -> anyhow::Result<What> {
    let (item, chosen) = within.whole(session).await?;
    let to_act = ToAct { items: vec![item], notes: Vec::new() };
    Ok(What { to_act, all_of: Some(chosen) })
}
