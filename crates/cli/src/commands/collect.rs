//! `postern collect`.

use postern_upstream::{Job, JobKind, Policy, Tenant};
use serde_json::json;

use super::jobs::{self, Places, Ran, Told};
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
    let told = Told {
        live: arguments.source.as_deref(),
        collected: arguments.destination.as_deref(),
        flags: ["--source", "--destination"],
    };
    let places = Places::find(tenant, &told).await?;
    let job = job(arguments, tenant, &places).await?;
    if arguments.format == TextOrJson::Text && !common.quiet {
        show(arguments, &job, &places)?;
    }
    let ran = if arguments.dry_run {
        None
    } else {
        Some(jobs::run(common, tenant, &job, arguments.waiting).await?)
    };
    end(arguments, &job, ran.as_ref())
}

async fn job(arguments: &Collect, tenant: &Tenant, places: &Places) -> anyhow::Result<Job> {
    let (from, to) = (&places.live.id, &places.collected.id);
    let mut job = Job::new(&arguments.name, JobKind::Backup, from, to);
    "Collection of mailboxes".clone_into(&mut job.description);
    job.index_files = arguments.index_files;
    if !arguments.mailbox.is_empty() {
        let users = jobs::included(tenant, &places.live, &arguments.mailbox).await?;
        job.policy = Some(Policy::ExchangeBackup { users });
    }
    Ok(job)
}

fn show(arguments: &Collect, job: &Job, places: &Places) -> anyhow::Result<()> {
    jobs::show(job, &places.live, &places.collected)?;
    let mailboxes = if arguments.mailbox.is_empty() {
        "all mailboxes".to_owned()
    } else {
        terminal::safe(&arguments.mailbox.join(", "))
    };
    output::line(format!("{}  {mailboxes}", output::styled(output::STRONG, " what")))
}

fn end(arguments: &Collect, job: &Job, ran: Option<&Ran>) -> anyhow::Result<Exit> {
    match arguments.format {
        TextOrJson::Json => output::line(json!({"job": job, "run": ran.map(Ran::json)}))?,
        TextOrJson::Text if ran.is_none() => output::line("nothing was done (--dry-run)")?,
        TextOrJson::Text => {}
    }
    ran.map_or(Ok(()), |ran| ran.check("collection"))?;
    Ok(Exit::Done)
}
