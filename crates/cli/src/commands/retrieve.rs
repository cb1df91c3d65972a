//! `postern retrieve`.

use postern_actions::files::{Files, Owners};
use postern_actions::retrieve::{Archives, RetrieveAct, Wanted};
use postern_upstream::veeam::{AzureSpeed, GlacierSpeed, Kind, NewRetrieval};

use super::act::Plan;
use super::files;
use crate::args::{Azure, Common, Glacier, Retrieve};
use crate::clock;
use crate::exit::Exit;
use crate::veeam::{Server, reach};

/// Starts a job that brings mailboxes or drives back from an archive tier.
pub(crate) fn run(common: &Common, arguments: &Retrieve) -> anyhow::Result<Exit> {
    let server = reach(common, arguments.backup.tenant.as_deref())?;
    server.run(async {
        let client = server.sessions.client();
        // Before v6 there is nothing of the kind, and this says so.
        let archives = Archives::ask(client, clock::now()).await?;
        let organization = client.organization().await?;
        let wanted = wanted(&server, arguments).await?;
        let backup = arguments.backup.at.or(organization.last_backup);
        let backup = backup.map_or_else(|| "the last".to_owned(), |at| at.to_string());
        let at = (server.settings.source.as_str(), organization.name.as_str());
        let order = order(arguments, &organization.id);
        let (plan, act) = RetrieveAct::plan(client.clone(), order, &wanted, at, &backup);
        let mut plan = plan.within(arguments.confirm.limit)?;
        plan.notes.extend(wanted.notes(&archives));
        let (proposal, confirm) = (&plan, &arguments.confirm);
        let plan = Plan { common, proposal, data: &server.data, confirm, format: arguments.format };
        if plan.show()? { plan.carry_out(&act).await } else { plan.end() }
    })
}

fn order(arguments: &Retrieve, organization: &str) -> NewRetrieval {
    NewRetrieval {
        name: arguments.name.clone(),
        description: arguments.description.clone(),
        organization: organization.to_owned(),
        repository: arguments.repository.clone(),
        point: arguments.backup.at,
        days: arguments.days,
        glacier: arguments.glacier.map(|speed| match speed {
            Glacier::Expedited => GlacierSpeed::Expedited,
            Glacier::Standard => GlacierSpeed::Standard,
            Glacier::Bulk => GlacierSpeed::Bulk,
        }),
        azure: arguments.azure.map(|speed| match speed {
            Azure::Standard => AzureSpeed::Standard,
            Azure::High => AzureSpeed::High,
        }),
        notify_hours: arguments.notify_hours,
        show_deleted: arguments.deleted,
        show_all_versions: arguments.all_versions,
        ..NewRetrieval::default()
    }
}

async fn wanted(server: &Server, arguments: &Retrieve) -> anyhow::Result<Wanted> {
    if arguments.drives {
        return drives(server, arguments).await;
    }
    let session = server.sessions.session(Kind::Exchange, arguments.backup.at).await?;
    let known = files::mailboxes_of(&session).await?;
    Ok(Wanted::mailboxes(&known, &arguments.mailboxes)?)
}

async fn drives(server: &Server, arguments: &Retrieve) -> anyhow::Result<Wanted> {
    let session = server.sessions.session(Kind::OneDrive, arguments.backup.at).await?;
    let owners = Owners::new(files::mailboxes(server).await?, &server.settings.drives);
    let files = Files::new(session, owners);
    let mut all = Vec::new();
    for owner in &arguments.mailboxes {
        let drive = files.drive(owner).await?;
        all.push((files.owner(&drive).to_owned(), drive));
    }
    Ok(Wanted::Drives(all))
}
