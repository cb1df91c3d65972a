//! A restore at `DataTap`: a job over whole mailboxes.

use anyhow::ensure;
use postern_actions::datatap::{Ends, MOST_MAILBOXES, MailFound, ToRestore, plan};
use postern_actions::{Proposal, Verb};
use postern_archive::Archive;
use postern_archive::search::{Counting, Facet};
use postern_query::Query;
use postern_upstream::{Job, JobKind, LocationKind, Tenant};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::drives;
use crate::args::{Common, Restore, TextOrJson};
use crate::commands::jobs::{self, Ran, ToRun, Until};
use crate::commands::search::asker;
use crate::exit::Exit;
use crate::service::connect;
use crate::words::counted;
use crate::{data, output, terminal};

/// Builds the job for what a query finds, shows it, and runs it when told to.
pub(super) fn run(common: &Common, arguments: &Restore, query: &Query) -> anyhow::Result<Exit> {
    ensure!(
        arguments.to.is_none() && arguments.from.at.is_none() && !arguments.log_on.device_code,
        "DataTap restores whole mailboxes to where they were: --to, --at and --device-code are for mail of Veeam"
    );
    let limit = arguments.confirm.limit;
    let archive = Archive::below(&data::folder(common)?);
    let (index, asker) = (archive.index()?, asker());
    let counting =
        Counting { facets: &[Facet::Mailbox], most: MOST_MAILBOXES, ..Counting::default() };
    let by_mailbox =
        |mail: &Query| index.counts(mail, &counting, &asker).map(|counts| counts.facets);
    let found = ToRestore::find(&archive, query, &asker, limit, &by_mailbox);
    let found = found.map_err(jobs::no_job)?;
    let (tenant, runtime) = service(common, arguments)?;
    match found {
        ToRestore::Mail(mail) => runtime.block_on(restore(common, arguments, &tenant, &mail)),
        ToRestore::Files(files) => {
            runtime.block_on(drives::restore(common, arguments, &tenant, &files))
        }
    }
}

fn service(common: &Common, arguments: &Restore) -> anyhow::Result<(Tenant, Runtime)> {
    let tenant = connect(common, &arguments.service)?;
    Ok((tenant, tokio::runtime::Builder::new_current_thread().enable_all().build()?))
}

async fn restore(
    common: &Common,
    arguments: &Restore,
    tenant: &Tenant,
    found: &MailFound,
) -> anyhow::Result<Exit> {
    let (live, wishes) = (LocationKind::Exchange, arguments.job.wishes());
    let ends = Ends::find(tenant, JobKind::Restore, live, &wishes).await.map_err(jobs::no_job)?;
    let job = found.job(tenant, &ends, &wishes).await.map_err(jobs::no_job)?;
    let plan = plan(Verb::Restore, &job, &found.names());
    plan.confirm(arguments.confirm.plan.as_deref())?;
    if arguments.job.format == TextOrJson::Text && !common.quiet {
        show(&job, &ends, found)?;
    }
    let ran = if arguments.confirm.yes {
        let waiting = &arguments.job.waiting;
        let order = ToRun { common, tenant, job: &job, waiting, until: Until::Ended };
        Some(order.recorded(&plan, &data::folder(common)?).await?)
    } else {
        None
    };
    end(arguments, &job, found, &plan, ran.as_ref())
}

fn show(job: &Job, ends: &Ends, found: &MailFound) -> anyhow::Result<()> {
    jobs::show(job, ends)?;
    let messages = counted(found.messages as u64, "message");
    output::line(format!("\n{messages} found, by mailbox:"))?;
    for (mailbox, count) in &found.mailboxes {
        output::line(format!("{count:>7}  {}", terminal::safe(mailbox)))?;
    }
    if let homeless @ 1.. = found.homeless() {
        output::line(format!("{homeless:>7}  in no mailbox that is known, not restored"))?;
    }
    output::line(
        "\nThe service restores whole mailboxes, not single messages: everything that was collected of\n\
         them goes back, however few of their messages match.",
    )
}

fn end(
    arguments: &Restore,
    job: &Job,
    found: &MailFound,
    plan: &Proposal,
    ran: Option<&Ran>,
) -> anyhow::Result<Exit> {
    match arguments.job.format {
        TextOrJson::Json => output::json(&json(job, found, plan, ran))?,
        TextOrJson::Text if ran.is_none() => {
            output::line(format!(
                "nothing was done; to run this job, add --yes --plan {}",
                plan.id()
            ))?;
        }
        TextOrJson::Text => {}
    }
    ran.map_or(Ok(()), |ran| ran.check(Verb::Restore))?;
    Ok(Exit::Done)
}

fn json(job: &Job, found: &MailFound, plan: &Proposal, ran: Option<&Ran>) -> Value {
    let mailboxes = found.mailboxes.iter();
    let mailboxes = mailboxes.map(|(name, messages)| json!({"name": name, "messages": messages}));
    json!({
        "plan": plan.id().to_string(),
        "found": found.messages,
        "mailboxes": mailboxes.collect::<Vec<_>>(),
        "job": job,
        "run": ran.map(Ran::json),
    })
}
