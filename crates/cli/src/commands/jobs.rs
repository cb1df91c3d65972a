//! What collecting and restoring have in common: a job that is made, followed and shown.

pub(crate) mod list;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use postern_actions::datatap::{Ends, JobAct, JobError, Made, Side};
use postern_actions::{Act, Acting, Item, Order, Outcome, Proposal, Record, Verb, carry_out};
use postern_upstream::{
    Failure, Job, JobState, Location, Patience, Report, Schedule, Task, Tenant,
};
use serde_json::{Value, json};

use super::act::BY;
use crate::args::{Common, Waiting};
use crate::service::{cannot, cannot_order};
use crate::{clock, output, terminal};

/// Why there is no job, in the words of the command line.
pub(crate) fn no_job(error: JobError) -> anyhow::Error {
    match error {
        JobError::Service { what, source } => cannot(what, &source),
        JobError::Order { what, source } => cannot_order(&what, &source),
        JobError::WhichLocation { side, kind, known } => {
            let flag = match side {
                Side::From => "--from-location",
                Side::Into => "--into-location",
            };
            let known = terminal::safe(&known.join(", "));
            anyhow!("say with {flag} ID which {kind:?} location is meant: {known}")
        }
        JobError::TooMany { what, owners, found, limit } => anyhow!(
            "the {what} are of {found} {owners}, and the limit is {limit}; make the query narrower, or give \
             --limit {found}"
        ),
        JobError::Index(error) => error.into(),
        other => anyhow!(terminal::safe(&other.to_string())),
    }
}

/// How far the act goes that the record tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// The job is made; it waits for its time.
    Made,
    /// It is started.
    Started,
    /// Its run has ended. No other act of this data folder begins before.
    Ended,
}

/// A job that was made, and how far it came.
pub(crate) struct Ran {
    made: Made,
    run: Option<Run>,
}

/// A run of a job, as far as it was followed.
pub(crate) struct Run {
    task: Task,
    state: JobState,
    took: Duration,
    report: Option<Value>,
}

/// A job that is to be made, and how it is followed.
#[derive(Clone, Copy)]
pub(crate) struct ToRun<'a> {
    pub(crate) common: &'a Common,
    pub(crate) tenant: &'a Tenant,
    pub(crate) job: &'a Job,
    pub(crate) waiting: &'a Waiting,
    pub(crate) until: Until,
}

impl ToRun<'_> {
    /// Makes the job and starts it, recorded before and after, and follows it to its end. Each job takes what
    /// there is by then, so one that was run before is no reason to leave another one out.
    pub(crate) async fn recorded(self, plan: &Proposal, data: &Path) -> anyhow::Result<Ran> {
        let running = Running { order: self, verb: plan.verb(), ran: Mutex::default() };
        let (again, stop) = (true, AtomicBool::new(false));
        let order = Order { by: BY, again, clock: clock::now, stop: &stop };
        let record = Record::below(data);
        let report = carry_out(plan, &record, order, &running, &mut |_, _| {}).await?;
        let ran = running.ran.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ran = ran.unwrap_or_else(|| bail!(report.ended.unwrap_or_default()))?;
        self.followed(ran).await
    }

    async fn run(&self) -> anyhow::Result<Ran> {
        let (tenant, job) = (self.tenant.clone(), self.job.clone());
        let act = JobAct { tenant, job, starts: self.until != Until::Made };
        let ran = Ran { made: act.make().await.map_err(no_job)?, run: None };
        if self.until == Until::Ended { self.followed(ran).await } else { Ok(ran) }
    }

    /// The same with its run, where it was started.
    async fn followed(&self, mut ran: Ran) -> anyhow::Result<Ran> {
        if let (Some(task), None) = (&ran.made.task, &ran.run) {
            let run = Run::follow(self.common, self.tenant, task.clone(), self.waiting).await?;
            ran.run = Some(run);
        }
        Ok(ran)
    }
}

/// A job that is run as the one step of a plan.
struct Running<'a> {
    order: ToRun<'a>,
    verb: Verb,
    ran: Mutex<Option<anyhow::Result<Ran>>>,
}

impl Act for Running<'_> {
    fn act<'a>(&'a self, _: &'a [Item]) -> Acting<'a> {
        Box::pin(async {
            let ran = self.order.run().await;
            let outcome = match ran.as_ref().map(|ran| (ran, ran.check(self.verb))) {
                Ok((ran, Ok(()))) => Outcome::Done(Some(ran.made.name())),
                // What was asked for may go on at the service, or may have been done in part.
                Ok((_, Err(error))) => Outcome::NotKnown(error.to_string()),
                Err(error) => Outcome::NotKnown(error.to_string()),
            };
            *self.ran.lock().unwrap_or_else(PoisonError::into_inner) = Some(ran);
            outcome
        })
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        let mut fields = json!({"jobId": self.made.job, "taskId": null, "state": null});
        if let (Some(fields), Some(run)) = (fields.as_object_mut(), &self.run) {
            fields.extend(run.fields());
        }
        fields
    }

    /// Whether it went well, in words otherwise.
    pub(crate) fn check(&self, verb: Verb) -> anyhow::Result<()> {
        self.run.as_ref().map_or(Ok(()), |run| run.check(&format!("the {}", noun(verb))))
    }

    /// The job that waits for its time, where it was not started.
    pub(crate) fn waits(&self) -> Option<&str> {
        self.made.task.is_none().then_some(self.made.job.as_str())
    }
}

/// What a job that does this is called.
fn noun(verb: Verb) -> &'static str {
    if verb == Verb::Collect { "collection" } else { verb.as_str() }
}

impl Run {
    /// Follows a run to its end, or as long as that is waited for.
    pub(crate) async fn follow(
        common: &Common,
        tenant: &Tenant,
        task: Task,
        waiting: &Waiting,
    ) -> anyhow::Result<Self> {
        let began = Instant::now();
        let patience = Patience { every: waiting.every, deadline: began + waiting.wait };
        let state = follow(common, tenant, &task, patience).await;
        let state = state.map_err(|failure| {
            cannot(&format!("follow the job {}, which goes on at the service", task.job), &failure)
        })?;
        let report = match state {
            JobState::Failed => report(tenant, &task).await,
            _ => None,
        };
        Ok(Self { task, state, took: began.elapsed(), report })
    }

    pub(crate) fn fields(&self) -> [(String, Value); 5] {
        let took = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        [
            ("jobId", json!(self.task.job)),
            ("taskId", json!(self.task.id)),
            ("state", json!(self.state.as_str())),
            ("tookMs", json!(took)),
            ("report", json!(self.report)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// Whether it went well, in words otherwise.
    pub(crate) fn check(&self, what: &str) -> anyhow::Result<()> {
        let (job, state) = (&self.task.job, self.state.as_str());
        match &self.state {
            JobState::Ready => Ok(()),
            JobState::Failed => {
                bail!("{what} failed: the service says FAILED of the job {job}{}", self.words())
            }
            JobState::Starting | JobState::Running | JobState::Other(_) => bail!(
                "{what} was not over in time: the job {job} is {state} and goes on at the service; wait longer \
                 with --wait, or look later with `postern jobs {job} --follow`"
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

/// What the service reports of a run, if anything. Why it failed can stand nowhere else.
async fn report(tenant: &Tenant, task: &Task) -> Option<Value> {
    let report = Report { job: Some(task.job.clone()), ..Report::default() };
    let mut runs = tenant.ended(&report).await.ok()?;
    let at = runs.iter().position(|run| run.task.as_ref() == Some(&task.id)).unwrap_or(0);
    (at < runs.len()).then(|| runs.swap_remove(at).record)
}

/// Shows on a terminal that time passes.
pub(crate) fn spinner(common: &Common) -> ProgressBar {
    let target =
        if common.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Each new state is a line; between them a terminal shows that time passes.
async fn follow(
    common: &Common,
    tenant: &Tenant,
    task: &Task,
    patience: Patience,
) -> Result<JobState, Failure> {
    let quiet = common.quiet;
    let bar = spinner(common);
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

/// `Name (id)`, or the id.
fn name(location: &Location) -> String {
    match &location.name {
        Some(name) => format!("{} ({})", terminal::safe(name), terminal::safe(&location.id)),
        None => terminal::safe(&location.id),
    }
}

/// A job for people, a line for each thing that matters.
pub(crate) fn show(job: &Job, ends: &Ends) -> anyhow::Result<()> {
    let words = [("for", job.owner.clone()), ("when", when(&job.schedule))];
    let words = words.into_iter().filter_map(|(what, value)| Some((what, terminal::safe(&value?))));
    let always = [
        ("job", terminal::safe(&format!("{}: {}", job.name, job.description))),
        ("does", format!("{}, priority {:?}", job.kind.as_str(), job.priority)),
        ("from", name(&ends.from)),
        ("into", name(&ends.to)),
    ];
    for (what, value) in always.into_iter().chain(words) {
        line(what, &value)?;
    }
    Ok(())
}

/// A line about a job: the word for it in front.
pub(crate) fn line(what: &str, value: &str) -> anyhow::Result<()> {
    output::line(format!("{}  {value}", output::styled(output::STRONG, format!("{what:>5}"))))
}

/// When it runs, where it runs again and again.
fn when(schedule: &Schedule) -> Option<String> {
    match schedule {
        Schedule::Now => None,
        Schedule::Daily { execution_time } => Some(format!("every day at {execution_time}")),
        Schedule::Weekly { execution_time, days_of_week } => {
            Some(format!("every {} at {execution_time}", days_of_week.join(", ")))
        }
    }
}
