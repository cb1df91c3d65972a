//! Data retrieval: jobs that bring data out of archive tiers, and their sessions. From v6 on.

mod keep;

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ask::{Ask, path};
use super::mail::Mailbox;
use super::page::{MOST_LISTED, Paged, Paging};
use super::{Problem, Veeam, Version};
use crate::answer::{Record, read};
use crate::tenant::timestamp;

pub use keep::{RetrievalChange, RetrievalLine};

/// A job that brings data out of an archive tier.
///
/// `state`, `last_status` and `expires` together say whether the data can be read; none of them does alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieval {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Of what: `Exchange`, `OneDrive`, `SharePoint`, `Teams`, or a later word.
    pub kind: String,
    /// Where it lies: `AzureArchive`, `AmazonS3Glacier`, or a later word.
    pub storage: String,
    /// `Retrieving`, `Retrieved`, `ChangingAvailabilityPeriod`, `Removing`, or a later word.
    pub state: String,
    /// How its last session ended: `Success`, `Warning`, `Failed`, `Stopped`, `Running`, or a later word.
    pub last_status: String,
    /// When it began.
    pub started: Option<Timestamp>,
    /// Until when its data can be read, once it is there.
    pub expires: Option<Timestamp>,
    /// The backup that it brings.
    pub point: Option<Timestamp>,
}

/// A run of a retrieval job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrievalSession {
    /// Its own id. The `self` link of the server ends in another one, that of the job.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The job that it is a run of.
    pub retrieval: String,
    /// When it began.
    pub created: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// A count of what is done. It is no percentage: the vendor's example has 7 for a run that succeeded.
    pub progress: Option<u64>,
    /// How many objects were worked on.
    pub objects: Option<u64>,
    /// `Retrieve`, `RetrievalChangeAvailabilityPeriodDays`, `RetrievalRemoving`, or a later word.
    pub kind: String,
    /// `Running`, `Success`, `Warning`, `Failed`, `Stopped`, `NotConfigured`, or a later word.
    pub status: String,
}

/// Something that a job holds: a mailbox or a drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrievedObject {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address, or the URL of a drive; may be empty.
    pub address: String,
}

/// What a new job brings, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRetrieval {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The id of the organization.
    pub organization: String,
    /// The id of the repository that has the archive.
    pub repository: Option<String>,
    /// The backup to bring; the last one where nothing is said.
    pub point: Option<Timestamp>,
    /// For how many days the data can be read.
    pub days: u16,
    /// How fast Amazon S3 Glacier gives it back.
    pub glacier: Option<GlacierSpeed>,
    /// How fast Azure Archive gives it back.
    pub azure: Option<AzureSpeed>,
    /// Have the server send a mail that many hours before the time is over.
    pub notify_hours: Option<u32>,
    /// Also what was deleted before that backup.
    pub show_deleted: bool,
    /// Also older versions.
    pub show_all_versions: bool,
    /// What is brought; a job brings one kind of thing.
    pub what: Retrieved,
}

/// What a new job brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retrieved {
    /// Mailboxes, as they are listed; of one that is not listed the address alone.
    Mailboxes(Vec<Mailbox>),
    /// Drives, by their ids.
    Drives(Vec<String>),
}

impl Default for Retrieved {
    fn default() -> Self {
        Self::Mailboxes(Vec::new())
    }
}

/// How fast Amazon S3 Glacier gives data back; faster costs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlacierSpeed {
    /// The fastest.
    Expedited,
    /// In between.
    Standard,
    /// The cheapest.
    Bulk,
}

/// How fast Azure Archive gives data back; faster costs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AzureSpeed {
    /// The cheapest.
    Standard,
    /// The fastest.
    High,
}

impl GlacierSpeed {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expedited => "Expedited",
            Self::Standard => "Standard",
            Self::Bulk => "Bulk",
        }
    }
}

impl AzureSpeed {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "StandardPriority",
            Self::High => "HighPriority",
        }
    }
}

impl Veeam {
    /// All retrieval jobs of the server.
    ///
    /// See <https://helpcenter.veeam.com/archive/vbo365/60/rest/get_retrievaljobs.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotInVersion`] before v6.
    pub async fn retrievals(&self) -> Result<Vec<Retrieval>, Problem> {
        self.all_listed("/DataRetrievals", Retrieval::read).await
    }

    /// The mailboxes or drives that a job holds.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn retrieved(&self, job: &Retrieval) -> Result<Vec<RetrievedObject>, Problem> {
        let list =
            if job.kind.eq_ignore_ascii_case("OneDrive") { "onedrives" } else { "mailboxes" };
        let place = path(&["DataRetrievals", &job.id, list])?;
        self.all_listed(&place, RetrievedObject::read).await
    }

    /// A page of the runs of all retrieval jobs, or of the job with that id, newest first.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotInVersion`] before v6.
    pub async fn retrieval_sessions(
        &self,
        job: Option<&str>,
        page: &Paging,
    ) -> Result<Paged<RetrievalSession>, Problem> {
        self.must_retrieve().await?;
        let ask = Ask::get("/DataRetrievalSessions".to_owned());
        let ask = job.into_iter().fold(ask, |ask, job| ask.given("dataRetrievalId", job));
        self.ask(ask.page(page), |body| Paged::read(body, page, RetrievalSession::read)).await
    }

    /// Makes and starts a job.
    ///
    /// See <https://helpcenter.veeam.com/docs/vbo365/rest/post_retrievaljobs.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer. It is tried again only where the server surely did nothing.
    pub async fn start_retrieval(&self, new: &NewRetrieval) -> Result<Retrieval, Problem> {
        self.must_retrieve().await?;
        let ask = Ask::order(Method::POST, "/DataRetrievals".to_owned(), Some(&new.body()));
        self.ask(ask, |body| Retrieval::read(&read(body)?)).await
    }

    async fn must_retrieve(&self) -> Result<Version, Problem> {
        let version = self.version().await?;
        if version.has_own_urls() {
            return Ok(version);
        }
        let (what, where_it_is) = ("data retrieval", "from v6 on");
        Err(Problem::NotInVersion { what, where_it_is, version, instead: "" })
    }

    /// Every entry of a list, which has pages from v8 on only.
    async fn all_listed<T>(
        &self,
        place: &str,
        entry: fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Problem> {
        let is_paged = self.must_retrieve().await? >= Version::V8;
        let page = |asked: Paging| async move {
            let ask = Ask::get(place.to_owned());
            let ask = if is_paged { ask.page(&asked) } else { ask };
            self.ask(ask, |body| Paged::read(body, &asked, entry)).await
        };
        Ok(Paged::all(1_000, MOST_LISTED, page).await?.results)
    }
}

impl Retrieval {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let word = |name: &str| record.word(name).unwrap_or_default();
        let time = |name: &str| record.text(name).and_then(timestamp);
        Some(Self {
            id: record.word("id")?,
            name: word("name"),
            kind: word("type"),
            storage: word("storageType"),
            state: word("dataState"),
            last_status: word("lastStatus"),
            started: time("startTime"),
            expires: time("expirationTime"),
            point: time("pointInTime"),
        })
    }
}

impl RetrievalSession {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let word = |name: &str| record.word(name).unwrap_or_default();
        let time = |name: &str| record.text(name).and_then(timestamp);
        let count = |name: &str| record.word(name).and_then(|word| word.parse().ok());
        Some(Self {
            id: record.word("id")?,
            name: word("name"),
            retrieval: word("retrievalId"),
            created: time("creationTime"),
            ended: time("endTime"),
            progress: count("progress"),
            objects: count("processedObjects"),
            kind: word("type"),
            status: word("status"),
        })
    }
}

impl RetrievedObject {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let first = |names: [&str; 2]| names.iter().find_map(|name| record.word(name));
        let name = first(["displayName", "title"]).or_else(|| record.word("name"));
        Some(Self {
            id: record.word("id")?,
            name: name.unwrap_or_default(),
            address: first(["email", "url"]).unwrap_or_default(),
        })
    }
}

impl NewRetrieval {
    /// The body of the request. What is not told is left to the server.
    fn body(&self) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        put("name", Some(json!(self.name)));
        put("description", self.description.as_ref().map(|text| json!(text)));
        put("organizationId", Some(json!(self.organization)));
        put("repositoryId", self.repository.as_ref().map(|id| json!(id)));
        put("pointInTime", self.point.map(|at| json!(at.to_string())));
        put("availabilityPeriodDays", Some(json!(self.days)));
        put("amazonS3GlacierRetrievalPolicy", self.glacier.map(|speed| json!(speed.as_str())));
        put("azureArchiveRetrievalPolicy", self.azure.map(|speed| json!(speed.as_str())));
        put("enableExpirationNotification", self.notify_hours.map(|_| json!(true)));
        put("expirationHoursThreshold", self.notify_hours.map(|hours| json!(hours)));
        put("showDeleted", self.show_deleted.then(|| json!(true)));
        put("showAllVersions", self.show_all_versions.then(|| json!(true)));
        let (name, objects) = self.what.listed(&self.organization);
        put(name, Some(objects));
        Value::Object(body)
    }
}

impl Retrieved {
    fn listed(&self, organization: &str) -> (&'static str, Value) {
        match self {
            Self::Mailboxes(mailboxes) => {
                let each = mailboxes.iter().map(|mailbox| object(mailbox, organization));
                ("mailboxes", each.collect())
            }
            Self::Drives(ids) => ("oneDrives", ids.iter().map(|id| json!({"id": id})).collect()),
        }
    }
}

fn object(mailbox: &Mailbox, organization: &str) -> Value {
    let Mailbox { id, email, is_archive, .. } = mailbox;
    if id.is_empty() {
        return json!({"email": email});
    }
    json!({"id": id, "email": email, "isArchive": is_archive, "organizationId": organization})
}

#[cfg(test)]
mod tests;
