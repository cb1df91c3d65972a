//! Jobs from making them to their end.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{start, tenant};
use crate::fake::{Fake, Misbehaviour};
use crate::{
    Failure, Fault, Job, JobKind, JobState, Patience, Policy, Rule, Schedule, Settings, Task,
    Tenant, User,
};

fn job() -> Job {
    Job::new("Nightly", JobKind::Backup, "exchange", "blob")
}

fn patience(time: Duration) -> Patience {
    Patience { every: Duration::from_millis(1), deadline: Instant::now() + time }
}

async fn with_states(states: &[&str]) -> (Fake, Tenant, Task) {
    let fake = Fake::start().await.unwrap();
    fake.job_states(states);
    let tenant = tenant(&fake, Settings::default());
    let id = tenant.create_job(&job()).await.unwrap();
    let task = tenant.start_job(&id).await.unwrap();
    (fake, tenant, task)
}

async fn followed(states: &[&str]) -> (Vec<String>, JobState) {
    let (_fake, tenant, task) = with_states(states).await;
    let mut told = Vec::new();
    let patience = patience(Duration::from_millis(500));
    let last = tenant.follow(&task, patience, |state| told.push(state.as_str().to_owned())).await;
    told.dedup();
    (told, last.unwrap())
}

#[tokio::test]
async fn a_job_is_made_started_and_followed_to_its_end() {
    let (told, last) = followed(&["STARTING", "RUNNING", "READY"]).await;
    assert_eq!((told.join(" ").as_str(), last), ("STARTING RUNNING READY", JobState::Ready));
    let (told, last) = followed(&["Starting", "failed"]).await;
    assert_eq!((told.join(" ").as_str(), last), ("STARTING FAILED", JobState::Failed));
    let (told, last) = followed(&["QUEUED", "RUNNING", "READY"]).await;
    assert_eq!((told.join(" ").as_str(), last), ("QUEUED RUNNING READY", JobState::Ready));
}

#[tokio::test]
async fn an_unknown_state_is_not_the_last_until_the_deadline() {
    let (told, last) = followed(&["CANCELLING"]).await;
    assert_eq!(
        (told.join(" ").as_str(), last),
        ("CANCELLING", JobState::Other("CANCELLING".into()))
    );
}

#[tokio::test]
async fn what_is_sent_for_a_job() {
    let (fake, ..) = with_states(&["READY"]).await;
    let seen = fake.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("POST", "/api/t%201/jobs"));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    let sent: Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(sent, serde_json::to_value(job()).unwrap());
    let start = ("POST", "/api/t%201/jobs/job-1/start");
    assert_eq!((seen[1].method.as_str(), seen[1].target.as_str()), start);
    assert_eq!(seen[1].body, b"");
}

#[test]
fn policies_and_schedules() {
    let [id, name, email, kind] = ["1", "Ann", "ann@x.example", "OneDriveUser"].map(str::to_owned);
    let user = json!({"id": "1", "name": "Ann", "email": "ann@x.example", "type": "OneDriveUser"});
    let users = vec![Rule::Exclude(User { id, name, email, kind })];
    let left_out = json!([{"item": user, "type": "EXCLUDE"}]);
    let drive = Policy::OneDriveRestore {
        users: users.clone(),
        extensions: vec![Rule::Include("PDF".to_owned())],
    };
    let expected = json!({
        "$type": "onedrive-restore", "users": left_out,
        "extensions": [{"item": "PDF", "type": "INCLUDE"}],
    });
    assert_eq!(serde_json::to_value(drive).unwrap(), expected);
    let drive = Policy::OneDriveBackup { users: users.clone() };
    let expected = json!({"$type": "onedrive-backup", "users": left_out});
    assert_eq!(serde_json::to_value(drive).unwrap(), expected);
    let mailbox = Policy::ExchangeRestore { users };
    let expected = json!({"$type": "exchange-restore", "users": left_out});
    assert_eq!(serde_json::to_value(mailbox).unwrap(), expected);

    let weekly = Schedule::Weekly {
        execution_time: "02:00".to_owned(),
        days_of_week: vec!["Monday".to_owned()],
    };
    let expected = json!({"type": "WEEKLY", "executionTime": "02:00", "daysOfWeek": ["Monday"]});
    assert_eq!(serde_json::to_value(weekly).unwrap(), expected);
}

/// Two jobs are worse than none: only what surely was not done is done again.
#[tokio::test]
async fn a_job_is_never_made_twice() {
    let (fake, tenant) = start(r#"{"Id":"j"}"#).await;
    for how in [
        Misbehaviour::CutOff,
        Misbehaviour::Hang,
        Misbehaviour::Status(500),
        Misbehaviour::Status(503),
    ] {
        let before = tenant.requests();
        fake.misbehave_times(how, 1);
        let failure = tenant.create_job(&job()).await.unwrap_err();
        assert_eq!((tenant.requests() - before, failure.is_surely_undone()), (1, false), "{how:?}");
    }
    let before = tenant.requests();
    fake.misbehave_times(Misbehaviour::Busy(None), 1);
    assert_eq!(tenant.create_job(&job()).await.as_deref(), Ok("j"));
    assert_eq!(tenant.requests() - before, 2);
}

#[tokio::test]
async fn a_job_that_runs_cannot_be_started() {
    let (fake, tenant, task) = with_states(&["RUNNING"]).await;
    fake.misbehave_at("/start", Misbehaviour::Status(409));
    let failure = tenant.start_job(&task.job).await.unwrap_err();
    assert_eq!((failure.status(), failure.code()), (Some(409), "refused"));
}

/// A long job outlives a moment in which the service cannot be asked.
#[tokio::test]
async fn a_failing_service_is_asked_again_until_the_deadline() {
    let (fake, tenant, task) = with_states(&["READY"]).await;
    fake.misbehave_at_times("/status/", Misbehaviour::Status(500), 7);
    let last = tenant.follow(&task, patience(Duration::from_secs(5)), |_| {}).await;
    assert_eq!(last, Ok(JobState::Ready));
    fake.misbehave_at("/status/", Misbehaviour::Status(500));
    let last = tenant.follow(&task, patience(Duration::from_millis(50)), |_| {}).await;
    assert_eq!(last, Err(Failure::Failed(Fault::Status(500))));
    fake.misbehave_at("/status/", Misbehaviour::Status(404));
    let last = tenant.follow(&task, patience(Duration::from_secs(60)), |_| {}).await;
    assert_eq!(last, Err(Failure::NotFound), "it will not come to be");
}
