//! What was brought back from archive tiers at Veeam, for `postern status`.

use std::time::Duration;

use anyhow::Context as _;
use postern_actions::retrieve::{Archives, Job, Readiness};
use postern_gateway::wire::RetrievalsView;
use postern_upstream::Retry;
use postern_upstream::veeam::{Problem, RetrievalSession, Veeam};
use tokio::time::timeout;

use super::place::Configured;
use crate::{clock, output, terminal};

/// How long somebody waits who only wants to know how things stand.
const DEADLINE: Duration = Duration::from_secs(3);

/// What the server said, or why it did not.
pub(super) enum Told {
    /// All jobs, or the only one that was meant with each of its runs.
    Archives(Archives, Option<String>),
    /// Why the server did not say.
    Nothing(String),
}

/// Asks the server of the tenant, for no longer than a few seconds. Before v6 there is nothing to tell.
pub(super) fn ask(at: &Configured, job: Option<&str>) -> anyhow::Result<Option<Told>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = match at.config.veeam_client(at.tenant.as_deref()) {
        Ok(client) => client.context("no server of Veeam")?,
        Err(error) => return Ok(Some(Told::Nothing(error.to_string()))),
    };
    let once = Retry { attempts: 1, ..Retry::default() };
    let asked = runtime.block_on(answer(client.with_retry(once), job));
    // A name that is still being looked up does not keep anybody waiting.
    runtime.shutdown_background();
    Ok(asked)
}

async fn answer(client: Veeam, job: Option<&str>) -> Option<Told> {
    let asked = async {
        match job {
            Some(job) => Archives::ask_for(&client, job, clock::now()).await,
            None => Archives::ask(&client, clock::now()).await,
        }
    };
    match timeout(DEADLINE, asked).await {
        Ok(Ok(archives)) => Some(Told::Archives(archives, job.map(str::to_owned))),
        // Who names a job wants to know why nothing is said of it.
        Ok(Err(Problem::NotInVersion { .. })) if job.is_none() => None,
        Ok(Err(problem)) => Some(Told::Nothing(problem.to_string())),
        Err(_) => {
            Some(Told::Nothing(format!("Veeam did not answer within {} s", DEADLINE.as_secs())))
        }
    }
}

impl Told {
    pub(super) fn view(&self) -> RetrievalsView {
        match self {
            Self::Archives(archives, _) => RetrievalsView::of(archives, clock::now()),
            Self::Nothing(why) => RetrievalsView::failed(why.as_str(), clock::now()),
        }
    }

    pub(super) fn text(&self) -> anyhow::Result<()> {
        match self {
            Self::Archives(archives, Some(job)) => one(archives, job),
            Self::Archives(archives, None) => all(archives),
            Self::Nothing(why) => {
                let why = terminal::safe(why);
                output::line(format!("\nretrieval from archive tiers is not known: {why}"))
            }
        }
    }
}

/// All jobs, each with its last run, and the runs of jobs that are gone.
fn all(archives: &Archives) -> anyhow::Result<()> {
    if archives.jobs.is_empty() && archives.runs.is_empty() {
        return output::line("\nnothing was retrieved from archive tiers");
    }
    output::line("\nretrieved from archive tiers:")?;
    for job in &archives.jobs {
        output::line(format!("  {}", terminal::safe(&line(job))))?;
        if let Some(last) = archives.last_run(&job.retrieval) {
            output::line(format!("      last run {}", terminal::safe(&run(last))))?;
        }
    }
    let mut others = archives.runs_without_job().peekable();
    if others.peek().is_some() {
        output::line("  runs of jobs that are gone, so that nothing of them can be read:")?;
    }
    for one in others {
        let text = format!("{} {}", one.name, run(one));
        output::line(format!("      {}", terminal::safe(&text)))?;
    }
    Ok(())
}

/// One job with each of its runs, newest first.
fn one(archives: &Archives, id: &str) -> anyhow::Result<()> {
    output::line(format!("\nretrieval {}:", terminal::safe(id)))?;
    for job in &archives.jobs {
        output::line(format!("  {}", terminal::safe(&line(job))))?;
    }
    if archives.jobs.is_empty() {
        output::line("  there is no such job; `postern status` lists those that there are")?;
    }
    for one in &archives.runs {
        output::line(format!("      run {}", terminal::safe(&run(one))))?;
    }
    Ok(())
}

fn line(job: &Job) -> String {
    let it = &job.retrieval;
    let held = job.holds.as_ref().map(|all| {
        let names: Vec<_> = all.iter().map(|one| one.address.as_str()).collect();
        format!(": {}", names.join(", "))
    });
    let backup = it.point.map_or_else(String::new, |at| format!(", backup of {at}"));
    format!(
        "{} {} ({} in {}{backup}) {}{}",
        it.id,
        it.name,
        it.kind,
        it.storage,
        meaning(&job.readiness),
        held.unwrap_or_default()
    )
}

fn meaning(readiness: &Readiness) -> String {
    match readiness {
        Readiness::Readable(until) => format!("can be read until {until}"),
        Readiness::Expired(since) => format!("cannot be read any more since {since}"),
        Readiness::Retrieving => "is being retrieved and cannot be read yet".to_owned(),
        Readiness::Failed(status) => format!("was not retrieved ({status})"),
        Readiness::ChangingTime => {
            "cannot be relied on while the time for which it can be read is changed".to_owned()
        }
        Readiness::Removing => "is being removed".to_owned(),
        Readiness::Unclear => {
            "is in a state that says nothing, so it counts as unreadable".to_owned()
        }
    }
}

/// How a run stands. What is done is a count.
fn run(run: &RetrievalSession) -> String {
    let at = run.created.map_or_else(String::new, |at| format!("of {at}: "));
    let done = run.progress.map_or_else(String::new, |done| format!(", {done} done"));
    let objects = run.objects.map_or_else(String::new, |all| format!(", {all} objects processed"));
    format!("{at}{}{done}{objects}", run.status)
}
