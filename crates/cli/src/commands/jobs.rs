//! What collecting and restoring have in common: places, mailboxes, a job and its end.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use postern_upstream::{
    Failure, Job, JobKind, JobState, Location, LocationKind, Patience, Report, Rule, Source,
    SourceFilter, Task, Tenant, User,
};
use serde_json::{Value, json};

use crate::args::{Common, JobFlags};
use crate::service::{cannot, cannot_order};
use crate::{output, terminal};

/// The location that a job reads and the one that it writes.
pub(crate) struct Ends {
    pub(crate) from: Location,
    pub(crate) to: Location,
}

impl Ends {
    pub(crate) async fn find(
        tenant: &Tenant,
        kind: JobKind,
        flags: &JobFlags,
    ) -> anyhow::Result<Self> {
        let known = tenant.locations().await.map_err(|it| cannot("list the locations", &it))?.items;
        let (from, to) = match kind {
            JobKind::Backup => (LocationKind::Exchange, LocationKind::Blob),
            JobKind::Restore => (LocationKind::Blob, LocationKind::Exchange),
        };
        Ok(Self {
            from: one(&known, &from, flags.from_location.as_deref(), "--from-location")?,
            to: one(&known, &to, flags.into_location.as_deref(), "--into-location")?,
        })
    }

    /// A job over everything between them.
    pub(crate) fn job(&self, kind: JobKind, flags: &JobFlags) -> Job {
        Job::new(&flags.name, kind, &self.from.id, &self.to.id)
    }
}

/// The location that was told, or the only one of its kind.
fn one(
    known: &[Location],
    kind: &LocationKind,
    told: Option<&str>,
    flag: &str,
) -> anyhow::Result<Location> {
    let fitting: Vec<_> = known.iter().filter(|location| location.kind == *kind).collect();
    let meant = fitting.iter().filter(|location| told.is_none_or(|id| location.id == id));
    if let [one] = meant.collect::<Vec<_>>().as_slice() {
        return Ok((**one).clone());
    }
    let ids: Vec<_> = fitting.iter().map(|location| name(location)).collect();
    match ids.as_slice() {
        [] => bail!("the tenant has no {kind:?} location; make one at the service"),
        ids => bail!("say with {flag} ID which {kind:?} location is meant: {}", ids.join(", ")),
    }
}

/// `Name (id)`, or the id.
fn name(location: &Location) -> String {
    match &location.name {
        Some(name) => format!("{} ({})", terminal::safe(name), terminal::safe(&location.id)),
        None => terminal::safe(&location.id),
    }
}

/// Rules that take in these mailboxes; each has to be known to the service.
pub(crate) async fn included(
    tenant: &Tenant,
    live: &Location,
    mailboxes: &[String],
) -> anyhow::Result<Vec<Rule<User>>> {
    let filter = SourceFilter { shared: true, name: None };
    let known = tenant.all_users(&live.id, &filter).await;
    let known = known.map_err(|failure| cannot("list the mailboxes", &failure))?;
    let rule = |mailbox: &String| {
        let source = known.iter().find(|source| is_named(source, mailbox));
        let source = source.with_context(|| {
            format!("the service knows no mailbox `{mailbox}` in {}; check its address", name(live))
        })?;
        Ok(Rule::Include(User::from(source)))
    };
    mailboxes.iter().map(rule).collect()
}

/// Addresses have no case here, as in Exchange.
fn is_named(source: &Source, mailbox: &str) -> bool {
    let address = source.email.as_deref().unwrap_or(&source.id);
    address.eq_ignore_ascii_case(mailbox) || source.id == mailbox
}

/// A job that was run, and where it ended.
pub(crate) struct Ran {
    task: Task,
    state: JobState,
    took: Duration,
    report: Option<Value>,
}

/// Makes a job, starts it and follows it.
pub(crate) async fn run(
    common: &Common,
    tenant: &Tenant,
    job: &Job,
    flags: &JobFlags,
) -> anyhow::Result<Ran> {
    let began = Instant::now();
    let id =
        tenant.create_job(job).await.map_err(|failure| cannot_order("make the job", &failure))?;
    let task = tenant.start_job(&id).await;
    let task = task.map_err(|failure| cannot_order(&format!("start the job {id}"), &failure))?;
    let patience = Patience { every: flags.every, deadline: began + flags.wait };
    let state = follow(common, tenant, &task, patience).await;
    let state = state.map_err(|failure| {
        cannot(&format!("follow the job {id}, which goes on at the service"), &failure)
    })?;
    let report = match state {
        JobState::Failed => report(tenant, &task).await,
        _ => None,
    };
    Ok(Ran { task, state, took: began.elapsed(), report })
}

/// What the service reports of a job, if anything. Why a job failed can stand nowhere else.
async fn report(tenant: &Tenant, task: &Task) -> Option<Value> {
    let report = Report { job: Some(task.job.clone()), ..Report::default() };
    let page = tenant.reporting(&report, None).await.ok()?;
    page.items.into_iter().next().map(Value::from)
}

/// Each new state is a line; between them a terminal shows that time passes.
async fn follow(
    common: &Common,
    tenant: &Tenant,
    task: &Task,
    patience: Patience,
) -> Result<JobState, Failure> {
    let quiet = common.quiet;
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut last = None;
    let state = tenant.follow(task, patience, |state| {
        if !quiet && last.as_ref() != Some(state) {
            let line =
                format!("job {}: {}", terminal::safe(&task.job), terminal::safe(state.as_str()));
            bar.suspend(|| output::note(line));
            last = Some(state.clone());
        }
    });
    let state = state.await;
    bar.finish_and_clear();
    state
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        json!({
            "jobId": self.task.job,
            "taskId": self.task.id,
            "state": self.state.as_str(),
            "tookMs": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "report": self.report,
        })
    }

    /// Whether it went well, in words otherwise.
    pub(crate) fn check(&self, what: &str) -> anyhow::Result<()> {
        let (job, state) = (&self.task.job, self.state.as_str());
        match &self.state {
            JobState::Ready => Ok(()),
            JobState::Failed => {
                bail!("the {what} failed: the service says FAILED of the job {job}{}", self.words())
            }
            JobState::Starting | JobState::Running | JobState::Other(_) => bail!(
                "the {what} was not over in time: the job {job} is {state} and goes on at the service; wait longer with --wait"
            ),
        }
    }

    /// The service's report in its own words, short enough to be read.
    fn words(&self) -> String {
        let Some(report) = &self.report else { return " and reports nothing of it".to_owned() };
        let words: String = report.to_string().chars().take(1_000).collect();
        format!("; its report: {words}")
    }
}

/// A job for people, a line for each thing that matters.
pub(crate) fn show(job: &Job, ends: &Ends) -> anyhow::Result<()> {
    for (what, value) in [
        ("job", terminal::safe(&job.name)),
        ("does", job.kind.as_str().to_owned()),
        ("from", name(&ends.from)),
        ("into", name(&ends.to)),
    ] {
        output::line(format!("{}  {value}", output::styled(output::STRONG, format!("{what:>5}"))))?;
    }
    Ok(())
}
