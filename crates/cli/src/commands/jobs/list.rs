//! `postern jobs`: what runs and what ran at `DataTap`, and one run followed to its end.

use anyhow::Context as _;
use jiff::Timestamp;
use postern_upstream::{JobKind, JobRun, JobState, Report, Task, Tenant};
use serde_json::{Value, json};

use super::Run;
use crate::args::{Common, JobType, Jobs, TableFormat};
use crate::exit::Exit;
use crate::service::{cannot, connect};
use crate::table::Table;
use crate::{output, terminal};

const COLUMNS: [&str; 7] = ["state", "type", "started", "ended", "job", "task", "name"];

/// Lists runs, or follows one.
pub(crate) fn run(common: &Common, arguments: &Jobs) -> anyhow::Result<Exit> {
    let tenant = connect(common, &arguments.service)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match arguments.job.as_deref().filter(|_| arguments.follow) {
            Some(job) => follow(common, arguments, &tenant, job).await,
            None => list(common, arguments, &tenant).await,
        }
    })
}

// ---- all of them ----

async fn list(common: &Common, arguments: &Jobs, tenant: &Tenant) -> anyhow::Result<Exit> {
    let (running, finished) = (arguments.running, arguments.finished);
    let mut runs = if finished { Vec::new() } else { running_of(arguments, tenant).await? };
    if !running {
        runs.extend(finished_of(arguments, tenant).await?);
    }
    match arguments.format {
        TableFormat::Json => {
            output::json(&json!({"runs": runs.iter().map(view).collect::<Vec<_>>()}))?;
        }
        TableFormat::Csv => table(&runs).csv()?,
        TableFormat::Table if runs.is_empty() && !common.quiet => {
            output::line("the service lists no such run")?;
        }
        TableFormat::Table => table(&runs).text()?,
    }
    Ok(Exit::Done)
}

/// What runs. The service can be asked for kinds of jobs, and not for one job.
async fn running_of(arguments: &Jobs, tenant: &Tenant) -> anyhow::Result<Vec<JobRun>> {
    let kinds: Vec<_> = arguments.kind.map(kind).into_iter().collect();
    let all = tenant.running(&kinds).await;
    let all = all.map_err(|failure| cannot("list what runs", &failure))?;
    Ok(sorted(arguments, all))
}

/// What ran. The service can be asked for one job, and not for kinds of them.
async fn finished_of(arguments: &Jobs, tenant: &Tenant) -> anyhow::Result<Vec<JobRun>> {
    let job = arguments.job.clone();
    let report = Report { job, from: arguments.since, to: arguments.until };
    let all = tenant.ended(&report).await;
    let all = all.map_err(|failure| cannot("list what ran", &failure))?;
    Ok(sorted(arguments, all))
}

/// Those that are meant, the latest first. A record that does not say is not left out.
fn sorted(arguments: &Jobs, mut runs: Vec<JobRun>) -> Vec<JobRun> {
    let is = |said: &Option<String>, wanted: Option<&str>| match (said, wanted) {
        (Some(said), Some(wanted)) => said.eq_ignore_ascii_case(wanted),
        (None, _) | (_, None) => true,
    };
    let wanted = arguments.kind.map(|it| kind(it).as_str());
    runs.retain(|run| is(&run.job, arguments.job.as_deref()) && is(&run.kind, wanted));
    runs.sort_by_key(|run| std::cmp::Reverse(run.started));
    runs
}

const fn kind(kind: JobType) -> JobKind {
    match kind {
        JobType::Backup => JobKind::Backup,
        JobType::Restore => JobKind::Restore,
    }
}

fn table(runs: &[JobRun]) -> Table {
    let mut table = Table::new(&COLUMNS);
    for run in runs {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        let state = run.state.as_ref().map(|state| state.as_str().to_owned());
        table.row([
            word(&state),
            word(&run.kind),
            time(run.started),
            time(run.ended),
            word(&run.job),
            word(&run.task),
            // A record that says nothing under any known name is shown as it came.
            run.name.clone().unwrap_or_else(|| match (&run.job, &state) {
                (None, None) => run.record.to_string(),
                (Some(_), _) | (_, Some(_)) => String::new(),
            }),
        ]);
    }
    table
}

fn time(time: Option<Timestamp>) -> String {
    time.map(|at| at.to_string()).unwrap_or_default()
}

fn view(run: &JobRun) -> Value {
    json!({
        "jobId": run.job, "taskId": run.task, "name": run.name, "type": run.kind,
        "state": run.state.as_ref().map(JobState::as_str),
        "started": run.started.map(|at| at.to_string()),
        "ended": run.ended.map(|at| at.to_string()),
        "record": run.record,
    })
}

// ---- one of them ----

async fn follow(
    common: &Common,
    arguments: &Jobs,
    tenant: &Tenant,
    job: &str,
) -> anyhow::Result<Exit> {
    let task = match &arguments.task {
        Some(task) => task.clone(),
        None => last(arguments, tenant, job).await?,
    };
    let task = Task { job: job.to_owned(), id: task };
    let run = Run::follow(common, tenant, task, &arguments.waiting).await?;
    if arguments.format == TableFormat::Json {
        output::json(&Value::Object(run.fields().into_iter().collect()))?;
    }
    run.check("the run")?;
    Ok(Exit::Done)
}

/// The run of a job that began last: one that still runs, else one that has ended.
async fn last(arguments: &Jobs, tenant: &Tenant, job: &str) -> anyhow::Result<String> {
    let is_of_job =
        |run: &&JobRun| run.job.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(job));
    let running = running_of(arguments, tenant).await?;
    let mut runs: Vec<_> = running.iter().filter(is_of_job).cloned().collect();
    if runs.is_empty() {
        let finished = finished_of(arguments, tenant).await?;
        runs.extend(finished.iter().filter(is_of_job).cloned());
    }
    let first = runs.into_iter().next().with_context(|| {
        let job = terminal::safe(job);
        format!(
            "the service lists no run of the job {job}; check the id, or wait until it has begun"
        )
    })?;
    first.task.with_context(|| {
        format!("the service does not say which run of the job {job} it is; give it with --task ID")
    })
}
