//! One run of a job, as the lists of what runs and what ran have it. Every key of such a record is a
//! guess, so each is looked for under the names that the service uses elsewhere.

use jiff::Timestamp;
use serde_json::Value;

use super::{JobState, timestamp};
use crate::Record;

/// A run of a job.
///
/// ```
/// use postern_upstream::{JobRun, JobState, Record};
///
/// let listed = serde_json::json!({"JobId": "j", "TaskId": "t", "State": "RUNNING", "StartDate": "2024-05-01T02:00:00Z"});
/// let run = JobRun::of(&Record::new(listed).ok_or("no object")?);
/// assert_eq!((run.job.as_deref(), run.task.as_deref()), (Some("j"), Some("t")));
/// assert_eq!(run.state, Some(JobState::Running));
/// assert_eq!(run.started.map(|at| at.to_string()).as_deref(), Some("2024-05-01T02:00:00Z"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct JobRun {
    /// The id of the job.
    pub job: Option<String>,
    /// The id of this run of it.
    pub task: Option<String>,
    /// The name of the job.
    pub name: Option<String>,
    /// What the job does: the service's word, such as `BACKUP`.
    pub kind: Option<String>,
    /// How far it is.
    pub state: Option<JobState>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// The record as it came, its names in lower case.
    pub record: Value,
}

impl JobRun {
    /// Reads a record; what it does not say is left out.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let word = |names: &[&str]| names.iter().find_map(|name| record.word(name));
        let time = |names: &[&str]| names.iter().find_map(|name| timestamp(record.text(name)?));
        Self {
            job: word(&["jobid", "id"]),
            task: word(&["taskid"]),
            name: word(&["jobname", "name"]),
            kind: word(&["jobtype", "type"]),
            state: word(&["state", "status"]).map(JobState::from),
            started: time(&["startdate", "starttime", "started"]),
            ended: time(&["enddate", "endtime", "ended"]),
            record: record.clone().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_record_does_not_say_is_left_out() {
        let record = Record::new(json!({"Percent": 40, "StartDate": "soon"})).unwrap();
        let run = JobRun::of(&record);
        assert_eq!((run.job, run.state, run.started), (None, None, None));
        assert_eq!(run.record, json!({"percent": 40, "startdate": "soon"}));
    }

    #[test]
    fn other_names_and_numbers_are_read() {
        let record =
            Record::new(json!({"id": 7, "status": "ready", "EndTime": "2024-05-01T02:09:00"}));
        let run = JobRun::of(&record.unwrap());
        assert_eq!((run.job.as_deref(), run.state), (Some("7"), Some(JobState::Ready)));
        assert_eq!(run.ended, Some("2024-05-01T02:09:00Z".parse().unwrap()));
    }
}
