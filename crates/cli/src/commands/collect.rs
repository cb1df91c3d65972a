//! `postern collect`.

use anyhow::ensure;
use postern_actions::datatap::{Ends, included, plan};
use postern_actions::{Proposal, Verb};
use postern_upstream::{Job, JobKind, LocationKind, Policy, Schedule, Tenant};
use serde_json::json;

use super::jobs::{self, Ran, ToRun, Until};
use crate::args::{Collect, Common, TextOrJson};
use crate::exit::Exit;
use crate::{output, service, terminal};

/// What a job covers that names nobody.
const EVERYTHING: &str = "*";

/// Shows what would be collected, has the service collect it when told to, and says how that ended.
pub(crate) fn run(common: &Common, arguments: &Collect) -> anyhow::Result<Exit> {
    let (place, tenant) = service::open(common, &arguments.service)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let wishes = arguments.job.wishes();
        let ends = Ends::find(&tenant, JobKind::Backup, live(arguments), &wishes).await;
        let ends = ends.map_err(jobs::no_job)?;
        let job = job(arguments, &tenant, &ends).await?;
        let plan = plan(Verb::Collect, &job, &owners(arguments));
        plan.confirm(arguments.confirm.plan.as_deref())?;
        if arguments.job.format == TextOrJson::Text && !common.quiet {
            show(arguments, &job, &ends)?;
        }
        let ran = if arguments.confirm.yes && !arguments.dry_run {
            let starts = job.schedule == Schedule::Now || arguments.now;
            let until = if starts { Until::Started } else { Until::Made };
            let (job, waiting) = (&job, &arguments.job.waiting);
            let order = ToRun { common, tenant: &tenant, job, waiting, until };
            Some(order.recorded(&plan, &place.data).await?)
        } else {
            None
        };
        end(common, arguments, &job, &plan, ran.as_ref())
    })
}

/// The kind of location that is collected from.
fn live(arguments: &Collect) -> LocationKind {
    let is_of_drives = arguments.drives || !arguments.drive.is_empty();
    if is_of_drives { LocationKind::OneDrive } else { LocationKind::Exchange }
}

/// The mailboxes or drives that are named; nothing where all are meant.
fn named(arguments: &Collect) -> &[String] {
    if arguments.drive.is_empty() { &arguments.mailbox } else { &arguments.drive }
}

/// Those, or one word for all of them.
fn owners(arguments: &Collect) -> Vec<String> {
    match named(arguments) {
        [] => vec![EVERYTHING.to_owned()],
        named => named.to_vec(),
    }
}

async fn job(arguments: &Collect, tenant: &Tenant, ends: &Ends) -> anyhow::Result<Job> {
    let (named, limit) = (named(arguments), arguments.confirm.limit);
    ensure!(
        named.len() <= limit,
        "{} are named, and the limit is {limit}; give --limit {}",
        named.len(),
        named.len()
    );
    let is_of_drives = ends.from.kind == LocationKind::OneDrive;
    let what = if is_of_drives { "Collection of drives" } else { "Collection of mailboxes" };
    let mut job = ends.job(JobKind::Backup, &arguments.job.wishes(), what);
    job.index_files = arguments.index_files;
    job.schedule = arguments.schedule();
    if !named.is_empty() {
        let users = included(tenant, &ends.from, named).await.map_err(jobs::no_job)?;
        let drives = |users| Policy::OneDriveBackup { users };
        let mail = |users| Policy::ExchangeBackup { users };
        job.policy = Some(if is_of_drives { drives(users) } else { mail(users) });
    }
    Ok(job)
}

fn show(arguments: &Collect, job: &Job, ends: &Ends) -> anyhow::Result<()> {
    jobs::show(job, ends)?;
    let what = if ends.from.kind == LocationKind::OneDrive { "drives" } else { "mailboxes" };
    let what = match named(arguments) {
        [] => format!("all {what}"),
        named => terminal::safe(&named.join(", ")),
    };
    jobs::line("what", &what)
}

fn end(
    common: &Common,
    arguments: &Collect,
    job: &Job,
    plan: &Proposal,
    ran: Option<&Ran>,
) -> anyhow::Result<Exit> {
    let text = match ran {
        None => Some(format!("nothing was done; to do it, add --yes --plan {}", plan.id())),
        Some(ran) => Some(match ran.waits() {
            Some(job) => format!("the job {} is made and waits for its time", terminal::safe(job)),
            None => "collected; `postern sync` brings it home".to_owned(),
        }),
    };
    let is_well = ran.is_none_or(|ran| ran.check(Verb::Collect).is_ok());
    let text = text.filter(|_| is_well && (ran.is_none() || !common.quiet));
    match (arguments.job.format, text) {
        (TextOrJson::Json, _) => output::json(
            &json!({"plan": plan.id().to_string(), "job": job, "run": ran.map(Ran::json)}),
        )?,
        (TextOrJson::Text, Some(text)) => output::line(text)?,
        (TextOrJson::Text, None) => {}
    }
    ran.map_or(Ok(()), |ran| ran.check(Verb::Collect))?;
    Ok(Exit::Done)
}
