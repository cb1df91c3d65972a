//! A restore of files at `DataTap`: a job over the owners of drives and extensions, which brings back every
//! file of these owners with these extensions.

use postern_actions::datatap::{Ends, FilesFound, plan};
use postern_actions::{Proposal, Verb};
use postern_upstream::{Job, JobKind, LocationKind, Tenant};
use serde_json::{Value, json};

use crate::args::{Common, Restore, TextOrJson};
use crate::commands::jobs::{self, Ran, ToRun, Until};
use crate::exit::Exit;
use crate::words::counted;
use crate::{data, output, terminal};

/// Builds the job for these files, shows it, and runs it when told to.
pub(super) async fn restore(
    common: &Common,
    arguments: &Restore,
    tenant: &Tenant,
    files: &FilesFound,
) -> anyhow::Result<Exit> {
    let (live, wishes) = (LocationKind::OneDrive, arguments.job.wishes());
    let ends = Ends::find(tenant, JobKind::Restore, live, &wishes).await.map_err(jobs::no_job)?;
    let job = files.job(tenant, &ends, &wishes).await.map_err(jobs::no_job)?;
    let plan = plan(Verb::Restore, &job, &files.names()).with("files", files.digest());
    plan.confirm(arguments.confirm.plan.as_deref())?;
    if arguments.job.format == TextOrJson::Text && !common.quiet {
        show(&job, &ends, files)?;
    }
    let ran = if arguments.confirm.yes {
        let waiting = &arguments.job.waiting;
        let order = ToRun { common, tenant, job: &job, waiting, until: Until::Ended };
        Some(order.recorded(&plan, &data::folder(common)?).await?)
    } else {
        None
    };
    end(arguments, &job, files, &plan, ran.as_ref())
}

fn show(job: &Job, ends: &Ends, files: &FilesFound) -> anyhow::Result<()> {
    jobs::show(job, ends)?;
    let found = counted(files.count() as u64, "file");
    output::line(format!("\n{found} found, by owner:"))?;
    for (owner, count) in &files.owners {
        output::line(format!("{count:>7}  {}", terminal::safe(owner)))?;
    }
    output::line(format!(
        "\nThe service restores by owner and extension, not single files: all files of these owners go back,\n\
         {}.",
        terminal::safe(&files.kinds())
    ))?;
    output::line(match files.others() {
        0 => "No other file that is known here goes back with them.".to_owned(),
        1 => "1 other file that is known here goes back with them:".to_owned(),
        others => format!("{others} other files that are known here go back with them:"),
    })?;
    for name in &files.named {
        output::line(format!("         {}", terminal::safe(name)))?;
    }
    if let more @ 1.. = files.others().saturating_sub(files.named.len()) {
        output::line(format!("         and {more} more"))?;
    }
    Ok(())
}

fn end(
    arguments: &Restore,
    job: &Job,
    files: &FilesFound,
    plan: &Proposal,
    ran: Option<&Ran>,
) -> anyhow::Result<Exit> {
    match arguments.job.format {
        TextOrJson::Json => output::json(&view(job, files, plan, ran))?,
        TextOrJson::Text if ran.is_none() => {
            let id = plan.id();
            output::line(format!("nothing was done; to run this job, add --yes --plan {id}"))?;
        }
        TextOrJson::Text => {}
    }
    ran.map_or(Ok(()), |ran| ran.check(Verb::Restore))?;
    Ok(Exit::Done)
}

fn view(job: &Job, files: &FilesFound, plan: &Proposal, ran: Option<&Ran>) -> Value {
    let owners = files.owners.iter().map(|(name, files)| json!({"name": name, "files": files}));
    json!({
        "plan": plan.id().to_string(),
        "found": files.count(),
        "owners": owners.collect::<Vec<_>>(),
        "extensions": files.extensions,
        "others": {"count": files.others(), "first": files.named},
        "job": job,
        "run": ran.map(Ran::json),
    })
}
