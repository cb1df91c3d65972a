//! `postern collect`.

use postern_upstream::{Job, JobKind, Policy, Tenant};
use serde_json::json;

use super::jobs::{self, Ends, Ran};
use crate::args::{Collect, Common, TextOrJson};
use crate::exit::Exit;
use crate::service::connect;
use crate::{output, terminal};

/// Collects at the service and says how that ended.
pub(crate) fn run(common: &Common, arguments: &Collect) -> anyhow::Result<Exit> {
    let tenant = connect(common, &arguments.service)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(collect(common, arguments, &tenant))
}

async fn collect(common: &Common, arguments: &Collect, tenant: &Tenant) -> anyhow::Result<Exit> {
    let ends = Ends::find(tenant, JobKind::Backup, &arguments.job).await?;
    let job = job(arguments, tenant, &ends).await?;
    if arguments.job.format == TextOrJson::Text && !common.quiet {
        show(arguments, &job, &ends)?;
    }
    let ran = if arguments.dry_run {
        None
    } else {
        Some(jobs::run(common, tenant, &job, &arguments.job).await?)
    };
    end(arguments, &job, ran.as_ref())
}

async fn job(arguments: &Collect, tenant: &Tenant, ends: &Ends) -> anyhow::Result<Job> {
    let mut job = ends.job(JobKind::Backup, &arguments.job);
    "Collection of mailboxes".clone_into(&mut job.description);
    job.index_files = arguments.index_files;
    if !arguments.mailbox.is_empty() {
        let users = jobs::included(tenant, &ends.from, &arguments.mailbox).await?;
        job.policy = Some(Policy::ExchangeBackup { users });
    }
    Ok(job)
}

fn show(arguments: &Collect, job: &Job, ends: &Ends) -> anyhow::Result<()> {
    jobs::show(job, ends)?;
    let mailboxes = if arguments.mailbox.is_empty() {
        "all mailboxes".to_owned()
    } else {
        terminal::safe(&arguments.mailbox.join(", "))
    };
    output::line(format!("{}  {mailboxes}", output::styled(output::STRONG, " what")))
}

fn end(arguments: &Collect, job: &Job, ran: Option<&Ran>) -> anyhow::Result<Exit> {
    match arguments.job.format {
        TextOrJson::Json => output::json(&json!({"job": job, "run": ran.map(Ran::json)}))?,
        TextOrJson::Text if ran.is_none() => output::line("nothing was done (--dry-run)")?,
        TextOrJson::Text => {}
    }
    ran.map_or(Ok(()), |ran| ran.check("collection"))?;
    Ok(Exit::Done)
}
