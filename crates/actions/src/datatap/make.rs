//! Making and starting a job, as the one step of a plan.

use postern_upstream::{Failure, Job, Task, Tenant};

use super::JobError;
use crate::{Act, Acting, Item, Outcome};

/// A job that is to be made.
#[derive(Debug)]
pub struct JobAct {
    /// Where.
    pub tenant: Tenant,
    /// The job.
    pub job: Job,
    /// Whether it is started too. One with a schedule may wait for its time.
    pub starts: bool,
}

/// A job that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its id.
    pub job: String,
    /// Its run, where it was started.
    pub task: Option<Task>,
}

impl JobAct {
    /// Makes the job, and starts it.
    ///
    /// # Errors
    ///
    /// [`JobError::Order`].
    pub async fn make(&self) -> Result<Made, JobError> {
        let job = self.tenant.create_job(&self.job).await;
        let order = |what: String| move |source| JobError::Order { what, source };
        let job = job.map_err(order("make the job".to_owned()))?;
        if !self.starts {
            return Ok(Made { job, task: None });
        }
        let task = self.tenant.start_job(&job).await;
        let task = task.map_err(order(format!("start the job {job}")))?;
        Ok(Made { job, task: Some(task) })
    }
}

impl Made {
    /// The job and its run, for the record.
    #[must_use]
    pub fn name(&self) -> String {
        let run = self.task.as_ref().map(|task| format!(", run {}", task.id));
        format!("job {}{}", self.job, run.unwrap_or_default())
    }
}

impl Act for JobAct {
    fn act<'a>(&'a self, _: &'a [Item]) -> Acting<'a> {
        Box::pin(async {
            match self.make().await {
                Ok(made) => Outcome::Done(Some(made.name())),
                Err(error) => outcome(&error),
            }
        })
    }
}

/// A job that the service refuses was not made. One without an answer may have been.
fn outcome(error: &JobError) -> Outcome {
    let why = error.to_string();
    match error {
        JobError::Order { source, .. } if !is_undone(source) => {
            Outcome::NotKnown(format!("{why}; it may have been done"))
        }
        _ => Outcome::NotDone(why),
    }
}

fn is_undone(failure: &Failure) -> bool {
    let is_answered = failure.status().is_some_and(|status| status < 500);
    is_answered || failure.is_surely_undone()
}
