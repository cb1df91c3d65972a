//! A restore at `DataTap`: a job over whole mailboxes.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use anyhow::{bail, ensure};
use jiff::tz::TimeZone;
use postern_actions::{
    Act, Acting, Item, Order, Outcome, Proposal, Record, Steps, Verb, carry_out,
};
use postern_archive::Archive;
use postern_archive::search::{Facet, Index, Search};
use postern_query::Query;
use postern_upstream::{Job, JobKind, Policy, Priority, Tenant};
use serde_json::{Value, json};

use crate::args::{Common, JobFlags, Restore, TextOrJson};
use crate::commands::act;
use crate::commands::found::DATATAP;
use crate::commands::jobs::{self, Ends, Ran};
use crate::exit::Exit;
use crate::service::connect;
use crate::{clock, data, output, terminal};

/// More mailboxes than one job should name.
const MOST_MAILBOXES: usize = 1_000;

/// What a query found.
struct Found {
    messages: usize,
    /// Each mailbox, and how many of the messages are of it.
    mailboxes: Vec<(String, usize)>,
}

/// Builds the job for what a query finds, shows it, and runs it when told to.
pub(super) fn run(common: &Common, arguments: &Restore, query: &Query) -> anyhow::Result<Exit> {
    ensure!(
        arguments.to.is_none() && arguments.from.at.is_none() && !arguments.log_on.device_code,
        "DataTap restores whole mailboxes to where they were: --to, --at and --device-code are for mail of Veeam"
    );
    let limit = arguments.confirm.limit;
    let found = find(&Archive::below(&data::folder(common)?).index()?, query, limit)?;
    let tenant = connect(common, &arguments.service)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(restore(common, arguments, &tenant, &found))
}

fn find(index: &Index, query: &Query, limit: usize) -> anyhow::Result<Found> {
    let all = Search { query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
    let asker = crate::commands::search::asker();
    let messages = index.ids(&all, &asker)?.count;
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
    let ends = Ends::find(tenant, JobKind::Restore, &arguments.job).await?;
    let job = job(arguments, tenant, &ends, found).await?;
    let plan = plan(&ends, found);
    plan.confirm(arguments.confirm.plan.as_deref())?;
    if arguments.job.format == TextOrJson::Text && !common.quiet {
        show(&job, &ends, found)?;
    }
    let ran = if arguments.confirm.yes {
        Some(recorded(common, arguments, tenant, &job, &plan).await?)
    } else {
        None
    };
    end(arguments, &job, found, &plan, ran.as_ref())
}

/// The mailboxes are what is acted on, all of them by one job.
fn plan(ends: &Ends, found: &Found) -> Proposal {
    let item = |mailbox: &String| Item {
        at: mailbox.clone(),
        id: mailbox.clone(),
        owner: mailbox.clone(),
        folder: None,
        title: String::new(),
        message: None,
    };
    let items = found.mailboxes.iter().map(|(mailbox, _)| item(mailbox)).collect();
    Proposal::new(Verb::Restore, DATATAP, "DataTap", Steps::Whole, items)
        .with("from", &ends.from.id)
        .with("into", &ends.to.id)
}

/// A job that is run, and how that ended.
struct Running<'a> {
    common: &'a Common,
    tenant: &'a Tenant,
    job: &'a Job,
    flags: &'a JobFlags,
    ran: Mutex<Option<anyhow::Result<Ran>>>,
}

impl Act for Running<'_> {
    fn act<'a>(&'a self, _: &'a [Item]) -> Acting<'a> {
        Box::pin(async {
            let ran = jobs::run(self.common, self.tenant, self.job, self.flags).await;
            let outcome = match ran.as_ref().map(|ran| ran.check("restore")) {
                Ok(Ok(())) => Outcome::Done(None),
                // What was asked for may go on at the service, or may have been done in part.
                Ok(Err(error)) => Outcome::NotKnown(error.to_string()),
                Err(error) => Outcome::NotKnown(error.to_string()),
            };
            *self.ran.lock().unwrap_or_else(PoisonError::into_inner) = Some(ran);
            outcome
        })
    }
}

/// Runs the job, recorded before and after. Each job restores what was collected by then, so one that was
/// run before is no reason to leave another one out.
async fn recorded(
    common: &Common,
    arguments: &Restore,
    tenant: &Tenant,
    job: &Job,
    plan: &Proposal,
) -> anyhow::Result<Ran> {
    let flags = &arguments.job;
    let running = Running { common, tenant, job, flags, ran: Mutex::default() };
    let (again, stop) = (true, AtomicBool::new(false));
    let order = Order { by: act::BY, again, clock: clock::now, stop: &stop };
    let record = Record::below(&data::folder(common)?);
    let report = carry_out(plan, &record, order, &running, &mut |_, _| {}).await?;
    let ran = running.ran.into_inner().unwrap_or_else(PoisonError::into_inner);
    ran.unwrap_or_else(|| bail!(report.ended.unwrap_or_default()))
}

async fn job(
    arguments: &Restore,
    tenant: &Tenant,
    ends: &Ends,
    found: &Found,
) -> anyhow::Result<Job> {
    let mailboxes: Vec<_> = found.mailboxes.iter().map(|(name, _)| name.clone()).collect();
    let users = jobs::included(tenant, &ends.to, &mailboxes).await?;
    let mut job = ends.job(JobKind::Restore, &arguments.job);
    "Restore of mailboxes".clone_into(&mut job.description);
    job.priority = Priority::High;
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
    ran.map_or(Ok(()), |ran| ran.check("restore"))?;
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
