//! What was brought back from archive tiers, as the server tells it now.

use jiff::Timestamp;
use postern_upstream::veeam::{
    Paging, Problem, Retrieval, RetrievalSession, RetrievedObject, Veeam,
};

use super::Readiness;

/// Jobs whose mailboxes are asked for; of more only the state is told.
const ASKED: usize = 20;
/// Runs that are told.
const RUNS: Paging = Paging::first(100);

/// The retrieval jobs of a server and their runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archives {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The last runs, newest first, also those of jobs that are gone.
    pub runs: Vec<RetrievalSession>,
}

/// A retrieval job, and what its fields mean together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// As the server lists it.
    pub retrieval: Retrieval,
    /// Whether its data can be read.
    pub readiness: Readiness,
    /// The mailboxes or drives that it holds; `None` where they were not asked for, or cannot be told.
    pub holds: Option<Vec<RetrievedObject>>,
}

impl Job {
    fn of(retrieval: Retrieval, holds: Option<Vec<RetrievedObject>>, now: Timestamp) -> Self {
        let (state, status) = (&retrieval.state, &retrieval.last_status);
        let readiness = Readiness::of(state, status, retrieval.expires, now);
        Self { retrieval, readiness, holds }
    }
}

impl Archives {
    /// Asks the server.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotInVersion`] before v6.
    pub async fn ask(client: &Veeam, now: Timestamp) -> Result<Self, Problem> {
        let mut archives = Self::default();
        for retrieval in client.retrievals().await? {
            let holds = if archives.jobs.len() < ASKED {
                client.retrieved(&retrieval).await.ok()
            } else {
                None
            };
            archives.jobs.push(Job::of(retrieval, holds, now));
        }
        archives.runs = client.retrieval_sessions(None, &RUNS).await?.results;
        Ok(archives)
    }

    /// Asks the server for one job, and for its runs alone. The job may be gone while its runs are listed.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub async fn ask_for(client: &Veeam, job: &str, now: Timestamp) -> Result<Self, Problem> {
        let mut archives = Self::default();
        let mut all = client.retrievals().await?;
        all.retain(|one| one.id.eq_ignore_ascii_case(job));
        for retrieval in all {
            let holds = client.retrieved(&retrieval).await.ok();
            archives.jobs.push(Job::of(retrieval, holds, now));
        }
        archives.runs = client.retrieval_sessions(Some(job), &RUNS).await?.results;
        Ok(archives)
    }

    /// The last run of a job. A run names its job in `retrieval`; its link to itself does not name the run.
    #[must_use]
    pub fn last_run(&self, job: &Retrieval) -> Option<&RetrievalSession> {
        self.runs.iter().find(|run| run.retrieval.eq_ignore_ascii_case(&job.id))
    }

    /// The runs of jobs that are listed no longer.
    pub fn runs_without_job(&self) -> impl Iterator<Item = &RetrievalSession> {
        let is_known = |run: &&RetrievalSession| {
            let mut jobs = self.jobs.iter();
            jobs.any(|job| job.retrieval.id.eq_ignore_ascii_case(&run.retrieval))
        };
        self.runs.iter().filter(move |run| !is_known(run))
    }
}
