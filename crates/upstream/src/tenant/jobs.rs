//! Making jobs, starting them, and following them to their end.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Tenant;
use super::browse::segment;
use crate::answer::{Record, read};
use crate::{Answer, Failure, Job};

/// A job that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The id of the job.
    pub job: String,
    /// The id of this run of it.
    pub id: String,
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It will run.
    Starting,
    /// It runs.
    Running,
    /// It is done.
    Ready,
    /// It went wrong.
    Failed,
    /// Something that is not known here, in the service's word: it may go on.
    Other(String),
}

/// How long a task is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The pause between two questions.
    pub every: Duration,
    /// Until when.
    pub deadline: Instant,
}

impl Tenant {
    /// Makes a job and returns its id. It is sent again only where it surely was not made.
    ///
    /// # Errors
    ///
    /// Why there is no answer; unless [`Failure::is_surely_undone`], the job may have been made.
    pub async fn create_job(&self, job: &Job) -> Result<String, Failure> {
        let path = format!("{}/jobs", self.root);
        self.session.post(path, Some(job), |answer| record(answer)?.word("id")).await
    }

    /// Starts a job.
    ///
    /// # Errors
    ///
    /// Why there is no answer; unless [`Failure::is_surely_undone`], it may have been started.
    pub async fn start_job(&self, job: &str) -> Result<Task, Failure> {
        let path = format!("{}/jobs/{}/start", self.root, segment(job)?);
        let read = |answer: &Answer| record(answer)?.word("taskid");
        let id = self.session.post(path, None::<&()>, read).await?;
        Ok(Task { job: job.to_owned(), id })
    }

    /// How far a task is.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn job_state(&self, task: &Task) -> Result<JobState, Failure> {
        let (job, id) = (segment(&task.job)?, segment(&task.id)?);
        let path = format!("{}/jobs/{job}/status/{id}", self.root);
        let read = |answer: &Answer| record(answer)?.word("state").map(JobState::from);
        self.session.get(path, self.session.settings.answer_time, read).await
    }

    /// Asks how far a task is until it is over or the deadline has passed, and returns the last
    /// answer; `told` hears each one. A service that fails in between is asked again.
    ///
    /// # Errors
    ///
    /// When the task cannot be asked about, or the service failed at the deadline.
    pub async fn follow(
        &self,
        task: &Task,
        patience: Patience,
        mut told: impl FnMut(&JobState),
    ) -> Result<JobState, Failure> {
        loop {
            let state = self.job_state(task).await;
            if let Ok(state) = &state {
                told(state);
            }
            let may_go_on = match &state {
                Ok(state) => !state.is_over(),
                Err(failure) => failure.may_pass(),
            };
            let left = patience.deadline.saturating_duration_since(Instant::now());
            if !may_go_on || left.is_zero() {
                return state;
            }
            sleep(patience.every.min(left)).await;
        }
    }
}

impl From<String> for JobState {
    /// Reads the service's word in any casing.
    fn from(word: String) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "STARTING" => Self::Starting,
            "RUNNING" => Self::Running,
            "READY" => Self::Ready,
            "FAILED" => Self::Failed,
            _ => Self::Other(word),
        }
    }
}

impl JobState {
    /// Whether nothing will follow. An unknown state is not known to be the last.
    ///
    /// ```
    /// use postern_upstream::JobState;
    ///
    /// assert!(JobState::from("ready".to_owned()).is_over());
    /// assert!(!JobState::from("QUEUED".to_owned()).is_over());
    /// ```
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Ready | Self::Failed)
    }

    /// The service's word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
            Self::Other(word) => word,
        }
    }
}

pub(crate) fn record(answer: &Answer) -> Option<Record> {
    read(&answer.body).and_then(Record::new)
}
