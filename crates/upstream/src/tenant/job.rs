//! What a job is: collecting from a live location, or restoring into one.

use serde::Serialize;

use crate::Source;

/// A job to be made. What the service can do without is left out of the request.
///
/// ```
/// use postern_upstream::{Job, JobKind};
///
/// let job = Job::new("Nightly", JobKind::Backup, "exchange-id", "blob-id");
/// let sent = serde_json::to_value(&job)?;
/// assert_eq!(sent["schedule"], serde_json::json!({"type": "NOW"}));
/// assert_eq!(sent.get("policy"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How urgent it is.
    pub priority: Priority,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: JobKind,
    /// When it runs.
    pub schedule: Schedule,
    /// The id of the location that is read.
    pub source_id: String,
    /// The id of the location that is written.
    pub destination_id: String,
    /// Whether the service is asked to index what it collects; whether it does is not known.
    pub index_files: bool,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What of the source is meant; without it, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// How urgent a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Priority {
    Medium,
    High,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobKind {
    /// From a live location to where collected data lies.
    Backup,
    /// The other way.
    Restore,
}

/// When a job runs. Times and days are the service's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE", rename_all_fields = "camelCase")]
pub enum Schedule {
    /// When it is started.
    Now,
    /// Every day at a time.
    Daily {
        /// The time, such as `02:00`.
        execution_time: String,
    },
    /// On some days at a time.
    Weekly {
        /// The time, such as `02:00`.
        execution_time: String,
        /// The days, such as `Monday`.
        days_of_week: Vec<String>,
    },
}

/// What of the source a job means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "$type", rename_all = "kebab-case")]
pub enum Policy {
    /// Mailboxes to collect.
    ExchangeBackup {
        /// Which ones.
        users: Vec<Rule<User>>,
    },
    /// Mailboxes to restore; not in the service's samples, only to be concluded from them.
    ExchangeRestore {
        /// Which ones.
        users: Vec<Rule<User>>,
    },
    /// Drives to collect.
    #[serde(rename = "onedrive-backup")]
    OneDriveBackup {
        /// Which ones.
        users: Vec<Rule<User>>,
    },
    /// Drives to restore.
    #[serde(rename = "onedrive-restore")]
    OneDriveRestore {
        /// Which ones.
        users: Vec<Rule<User>>,
        /// Only files of these kinds, such as `PDF`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        extensions: Vec<Rule<String>>,
    },
}

/// Something that is taken in or left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "item", rename_all = "UPPERCASE")]
pub enum Rule<T> {
    /// Taken in.
    Include(T),
    /// Left out; not in the service's samples, only to be concluded from them.
    Exclude(T),
}

/// A mailbox or drive as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Its id.
    pub id: String,
    /// The name of its owner.
    pub name: String,
    /// Its address.
    pub email: String,
    /// What it is: the service's word.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Job {
    /// A job that runs when it is started, over everything of its source. A restore is urgent, as in the
    /// service's samples.
    pub fn new(
        name: impl Into<String>,
        kind: JobKind,
        source: impl Into<String>,
        destination: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            priority: match kind {
                JobKind::Backup => Priority::Medium,
                JobKind::Restore => Priority::High,
            },
            kind,
            schedule: Schedule::Now,
            source_id: source.into(),
            destination_id: destination.into(),
            index_files: false,
            owner: None,
            policy: None,
        }
    }
}

impl JobKind {
    /// The service's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "BACKUP",
            Self::Restore => "RESTORE",
        }
    }
}

impl From<&Source> for User {
    /// What the service did not say is left empty.
    fn from(source: &Source) -> Self {
        Self {
            id: source.id.clone(),
            name: source.name.clone().unwrap_or_default(),
            email: source.email.clone().unwrap_or_default(),
            kind: source.kind.clone().unwrap_or_default(),
        }
    }
}
