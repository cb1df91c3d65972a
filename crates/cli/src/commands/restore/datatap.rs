//! A restore at `DataTap`: a job over whole mailboxes.

use anyhow::{bail, ensure};
use jiff::tz::TimeZone;
use postern_actions::{Proposal, Verb};
use postern_archive::Archive;
use postern_archive::search::{Facet, Index, Search};
use postern_query::Query;
use postern_upstream::{Job, JobKind, LocationKind, Policy, Tenant};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::drives::{self, Files};
use crate::args::{Common, Restore, TextOrJson};
use crate::commands::jobs::{self, Ends, Ran, ToRun, Until};
use crate::exit::Exit;
use crate::service::connect;
use crate::{data, output, terminal};

/// More mailboxes than one job should name.
const MOST_MAILBOXES: usize = 1_000;

/// What a query found.
struct Found {
    messages: usize,
    /// Each mailbox, and how many of the messages are of it.
    mailboxes: Vec<(String, usize)>,
}

impl Found {
    fn names(&self) -> Vec<String> {
        self.mailboxes.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Builds the job for what a query finds, shows it, and runs it when told to.
pub(super) fn run(common: &Common, arguments: &Restore, query: &Query) -> anyhow::Result<Exit> {
    ensure!(
        arguments.to.is_none() && arguments.from.at.is_none() && !arguments.log_on.device_code,
        "DataTap restores whole mailboxes to where they were: --to, --at and --device-code are for mail of Veeam"
    );
    let limit = arguments.confirm.limit;
    let index = Archive::below(&data::folder(common)?).index()?;
    let (mail, files) = (query.clone().mail_only(), Files::find(&index, query)?);
    let Some(files) = files else {
        let found = find(&index, &mail, limit)?;
        let (tenant, runtime) = service(common, arguments)?;
        return runtime.block_on(restore(common, arguments, &tenant, &found));
    };
    let messages = count(&index, &mail)?;
    ensure!(
        messages == 0,
        "the query finds {messages} messages and {} files, which DataTap restores by two jobs; say kind:email or kind:file",
        files.count()
    );
    let (tenant, runtime) = service(common, arguments)?;
    runtime.block_on(drives::restore(common, arguments, &tenant, &files))
}

fn service(common: &Common, arguments: &Restore) -> anyhow::Result<(Tenant, Runtime)> {
    let tenant = connect(common, &arguments.service)?;
    Ok((tenant, tokio::runtime::Builder::new_current_thread().enable_all().build()?))
}

fn count(index: &Index, query: &Query) -> anyhow::Result<usize> {
    let all = Search { query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
    Ok(index.ids(&all, &crate::commands::search::asker())?.count)
}

fn find(index: &Index, query: &Query, limit: usize) -> anyhow::Result<Found> {
    let asker = crate::commands::search::asker();
    let messages = count(index, query)?;
    ensure!(messages > 0, "no message of the local index matches; there is nothing to restore");
    let counts = index.facets(query, &[Facet::Mailbox], MOST_MAILBOXES, &TimeZone::UTC, &asker)?;
    let others: usize = counts.iter().map(|counts| counts.others).sum();
    ensure!(
        others == 0,
        "the messages are of more than {MOST_MAILBOXES} mailboxes; make the query narrower, such as with mailbox:ADDR"
    );
    let mailboxes: Vec<(String, usize)> = counts
        .into_iter()
        .flat_map(|counts| counts.values)
        .map(|counted| (counted.value, counted.count))
        .collect();
    if mailboxes.is_empty() {
        bail!(
            "the {messages} messages that match lie in no mailbox that is known; there is nowhere to restore them to"
        );
    }
    let found = mailboxes.len();
    ensure!(
        found <= limit,
        "the messages are of {found} mailboxes, and the limit is {limit}; make the query narrower, or give \
         --limit {found}"
    );
    Ok(Found { messages, mailboxes })
}

async fn restore(
    common: &Common,
    arguments: &Restore,
    tenant: &Tenant,
    found: &Found,
) -> anyhow::Result<Exit> {
    let live = LocationKind::Exchange;
    let ends = Ends::find(tenant, JobKind::Restore, live, &arguments.job).await?;
    let job = job(arguments, tenant, &ends, found).await?;
    let plan = jobs::plan(Verb::Restore, &job, &found.names())?;
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

async fn job(
    arguments: &Restore,
    tenant: &Tenant,
    ends: &Ends,
    found: &Found,
) -> anyhow::Result<Job> {
    let users = jobs::included(tenant, &ends.to, &found.names()).await?;
    let mut job = ends.job(JobKind::Restore, &arguments.job, "Restore of mailboxes");
    job.policy = Some(Policy::ExchangeRestore { users });
    Ok(job)
}

fn show(job: &Job, ends: &Ends, found: &Found) -> anyhow::Result<()> {
    jobs::show(job, ends)?;
    let s = if found.messages == 1 { "" } else { "s" };
    output::line(format!("\n{} message{s} found, by mailbox:", found.messages))?;
    for (mailbox, count) in &found.mailboxes {
        output::line(format!("{count:>7}  {}", terminal::safe(mailbox)))?;
    }
    let known: usize = found.mailboxes.iter().map(|(_, count)| count).sum();
    if let homeless @ 1.. = found.messages.saturating_sub(known) {
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
    found: &Found,
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

fn json(job: &Job, found: &Found, plan: &Proposal, ran: Option<&Ran>) -> Value {
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
