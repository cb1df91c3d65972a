//! What was brought back from archive tiers.

use jiff::Timestamp;
use postern_actions::retrieve::{Archives, Job, Readiness};
use postern_upstream::veeam::RetrievalSession;
use serde::Serialize;
use utoipa::ToSchema;

/// The retrieval jobs of Veeam and their runs.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetrievalsView {
    /// When the server was asked.
    pub asked: String,
    /// Why the server did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The jobs.
    pub jobs: Vec<RetrievalView>,
    /// The last runs, newest first, also those of jobs that are gone.
    pub runs: Vec<RetrievalRunView>,
}

/// A retrieval job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetrievalView {
    id: String,
    name: String,
    /// `Exchange`, `OneDrive`, `SharePoint` or `Teams`.
    kind: String,
    /// Where it lies.
    storage: String,
    /// What state, last status and time mean together: only `readable` can be read.
    readiness: &'static str,
    /// Until when it can be read, or could.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    data_state: String,
    last_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    /// The backup that it brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
    /// The mailboxes or drives that it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<Vec<String>>,
}

/// A run of a retrieval job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetrievalRunView {
    id: String,
    /// The id of its job.
    retrieval: String,
    name: String,
    kind: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// A count of what is done, not a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<u64>,
}

impl RetrievalsView {
    /// What the server said at that time.
    #[must_use]
    pub fn of(archives: &Archives, asked: Timestamp) -> Self {
        Self {
            asked: asked.to_string(),
            error: None,
            jobs: archives.jobs.iter().map(RetrievalView::of).collect(),
            runs: archives.runs.iter().map(RetrievalRunView::of).collect(),
        }
    }

    /// Why the server did not say anything.
    #[must_use]
    pub fn failed(error: impl Into<String>, asked: Timestamp) -> Self {
        Self { asked: asked.to_string(), error: Some(error.into()), ..Self::default() }
    }

    /// The same for who may see some mailboxes only: jobs that hold one of them, and of a job only those.
    #[must_use]
    pub fn seen(mut self, permits: impl Fn(&str) -> bool) -> Self {
        for job in &mut self.jobs {
            if let Some(holds) = &mut job.holds {
                holds.retain(|address| permits(address));
            }
        }
        self.jobs.retain(|job| job.holds.as_ref().is_some_and(|holds| !holds.is_empty()));
        let jobs = &self.jobs;
        self.runs.retain(|run| jobs.iter().any(|job| job.id == run.retrieval));
        self.error = self.error.map(|_| "Veeam did not say".to_owned());
        self
    }
}

impl RetrievalView {
    fn of(job: &Job) -> Self {
        let (it, text) = (&job.retrieval, |at: Option<Timestamp>| at.map(|at| at.to_string()));
        let until = match &job.readiness {
            Readiness::Readable(until) | Readiness::Expired(until) => Some(until.to_string()),
            Readiness::Retrieving
            | Readiness::Failed(_)
            | Readiness::ChangingTime
            | Readiness::Removing
            | Readiness::Unclear => None,
        };
        let holds =
            job.holds.as_ref().map(|all| all.iter().map(|one| one.address.clone()).collect());
        Self {
            id: it.id.clone(),
            name: it.name.clone(),
            kind: it.kind.clone(),
            storage: it.storage.clone(),
            readiness: job.readiness.as_str(),
            until,
            data_state: it.state.clone(),
            last_status: it.last_status.clone(),
            started: text(it.started),
            backup: text(it.point),
            holds,
        }
    }
}

impl RetrievalRunView {
    fn of(run: &RetrievalSession) -> Self {
        Self {
            id: run.id.clone(),
            retrieval: run.retrieval.clone(),
            name: run.name.clone(),
            kind: run.kind.clone(),
            status: run.status.clone(),
            created: run.created.map(|at| at.to_string()),
            ended: run.ended.map(|at| at.to_string()),
            progress: run.progress,
            objects: run.objects,
        }
    }
}
