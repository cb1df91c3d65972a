//! What collecting and restoring have in common: places, mailboxes and drives, a job and its end.

pub(crate) mod list;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use postern_actions::{
    Act, Acting, Item, Order, Outcome, Proposal, Record, Steps, Verb, carry_out,
};
use postern_upstream::{
    Failure, Job, JobKind, JobState, Location, LocationKind, Patience, Report, Rule, Schedule,
    Source, SourceFilter, Task, Tenant, User,
};
use serde_json::{Value, json};

use super::act::BY;
use super::found::DATATAP;
use crate::args::{Common, JobFlags, Waiting};
use crate::service::{cannot, cannot_order};
use crate::{clock, output, terminal};

/// The location that a job reads and the one that it writes.
pub(crate) struct Ends {
    pub(crate) from: Location,
    pub(crate) to: Location,
}

impl Ends {
    /// Those of a job between live mailboxes or drives and where collected data lies.
    pub(crate) async fn find(
        tenant: &Tenant,
        kind: JobKind,
        live: LocationKind,
        flags: &JobFlags,
    ) -> anyhow::Result<Self> {
        let known = tenant.locations().await.map_err(|it| cannot("list the locations", &it))?.items;
        let (from, to) = match kind {
            JobKind::Backup => (live, LocationKind::Blob),
            JobKind::Restore => (LocationKind::Blob, live),
        };
        Ok(Self {
            from: one(&known, &from, flags.from_location.as_deref(), "--from-location")?,
            to: one(&known, &to, flags.into_location.as_deref(), "--into-location")?,
        })
    }

    /// A job over everything between them. What the flags do not say of it is said here.
    pub(crate) fn job(&self, kind: JobKind, flags: &JobFlags, description: &str) -> Job {
        let mut job = Job::new(&flags.name, kind, &self.from.id, &self.to.id);
        flags.description.as_deref().unwrap_or(description).clone_into(&mut job.description);
        if let Some(priority) = flags.priority {
            job.priority = priority.into();
        }
        job.owner.clone_from(&flags.owner);
        job
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

/// Rules that take in these mailboxes or drives, as the location has them; each has to be known to the
/// service.
pub(crate) async fn included(
    tenant: &Tenant,
    live: &Location,
    owners: &[String],
) -> anyhow::Result<Vec<Rule<User>>> {
    // Only mailboxes can be shared ones.
    let shared = live.kind == LocationKind::Exchange;
    let what = if shared { "mailbox" } else { "drive of" };
    let known = tenant.all_users(&live.id, &SourceFilter { shared, name: None }).await;
    let known = known.map_err(|failure| cannot("list what there is to collect", &failure))?;
    let rule = |owner: &String| -> anyhow::Result<_> {
        let source = known.iter().find(|source| is_named(source, owner));
        let source = source.with_context(|| {
            format!(
                "the service knows no {what} `{owner}` in {}; `postern sources` lists what there is",
                name(live)
            )
        })?;
        Ok(Rule::Include(User::from(source)))
    };
    let mut rules: Vec<Rule<User>> = Vec::new();
    for rule in owners.iter().map(rule) {
        let rule = rule?;
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// Addresses have no case here, as in Exchange.
fn is_named(source: &Source, owner: &str) -> bool {
    let address = source.email.as_deref().unwrap_or(&source.id);
    address.eq_ignore_ascii_case(owner) || source.id == owner
}

/// The plan of a job over these mailboxes or drives. Its id covers all that is sent.
///
/// # Errors
///
/// When the job cannot be written as JSON.
pub(crate) fn plan(verb: Verb, job: &Job, owners: &[String]) -> anyhow::Result<Proposal> {
    let item = |owner: &String| Item {
        at: owner.clone(),
        id: owner.clone(),
        owner: owner.clone(),
        folder: None,
        title: String::new(),
        message: None,
    };
    let items = owners.iter().map(item).collect();
    let plan = Proposal::new(verb, DATATAP, "DataTap", Steps::Whole, items);
    Ok(plan.with("job", serde_json::to_string(job)?))
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
    job: String,
    task: Option<Task>,
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
        let job = self.tenant.create_job(self.job).await;
        let job = job.map_err(|failure| cannot_order("make the job", &failure))?;
        if self.until == Until::Made {
            return Ok(Ran { job, task: None, run: None });
        }
        let task = self.tenant.start_job(&job).await;
        let what = format!("start the job {job}");
        let task = task.map_err(|failure| cannot_order(&what, &failure))?;
        let ran = Ran { job, task: Some(task), run: None };
        if self.until == Until::Ended { self.followed(ran).await } else { Ok(ran) }
    }

    /// The same with its run, where it was started.
    async fn followed(&self, mut ran: Ran) -> anyhow::Result<Ran> {
        if let (Some(task), None) = (&ran.task, &ran.run) {
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
                Ok((ran, Ok(()))) => Outcome::Done(Some(ran.name())),
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
        let mut fields = json!({"jobId": self.job, "taskId": null, "state": null});
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
        self.task.is_none().then_some(self.job.as_str())
    }

    /// The job and its run, for the record.
    fn name(&self) -> String {
        let run = self.task.as_ref().map(|task| format!(", run {}", task.id));
        format!("job {}{}", self.job, run.unwrap_or_default())
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
