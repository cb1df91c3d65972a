//! `postern retrieve`.

use anyhow::Context as _;
use postern_actions::files::{Files, Owners};
use postern_actions::retrieve::{Archives, Readiness, RetrieveAct, Wanted};
use postern_upstream::veeam::{AzureSpeed, GlacierSpeed, Kind, Mailbox, NewRetrieval};

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
        plan.notes.extend(notes(&archives, &wanted));
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
    let mut all = Vec::new();
    for wanted in &arguments.mailboxes {
        let is_it = |one: &&Mailbox| one.email.eq_ignore_ascii_case(wanted) || one.id == *wanted;
        let before = all.len();
        all.extend(known.iter().filter(is_it).cloned());
        if all.len() == before {
            all.push(unlisted(wanted)?);
        }
    }
    Ok(Wanted::Mailboxes(all))
}

/// A mailbox in an archive tier may be listed nowhere: its address is all that is known of it.
fn unlisted(address: &str) -> anyhow::Result<Mailbox> {
    let hint =
        "the backup lists no such mailbox, and it is no address; check it with `postern status`";
    let address = Some(address).filter(|address| address.contains('@')).context(hint)?;
    Ok(Mailbox {
        id: String::new(),
        name: String::new(),
        email: address.to_owned(),
        is_archive: false,
        is_public: false,
    })
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

/// What was brought back already, or is on its way, and what is known only by its address.
fn notes(archives: &Archives, wanted: &Wanted) -> Vec<String> {
    let Wanted::Mailboxes(mailboxes) = wanted else { return Vec::new() };
    let mut notes = Vec::new();
    for mailbox in mailboxes {
        if mailbox.id.is_empty() {
            notes.push(format!(
                "{} is listed in no backup; Veeam is given its address",
                mailbox.email
            ));
        }
        for job in &archives.jobs {
            let mut held = job.holds.iter().flatten();
            if !held.any(|one| one.address.eq_ignore_ascii_case(&mailbox.email)) {
                continue;
            }
            match &job.readiness {
                Readiness::Readable(until) => notes.push(format!(
                    "the job {} already holds {}, which can be read until {until}",
                    job.retrieval.name, mailbox.email
                )),
                Readiness::Retrieving => notes.push(format!(
                    "the job {} is already bringing back {}",
                    job.retrieval.name, mailbox.email
                )),
                Readiness::Expired(_)
                | Readiness::Failed(_)
                | Readiness::ChangingTime
                | Readiness::Removing
                | Readiness::Unclear => {}
            }
        }
    }
    notes
}
