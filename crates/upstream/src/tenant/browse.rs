//! What a tenant has: its locations, mailboxes and drives, and what was collected of them.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;

use super::{Page, Tenant, timestamp};
use crate::answer::Record;
use crate::request::escape;
use crate::{Answer, Failure, Fault};

/// The most that the service puts on a page.
const PAGE_SIZE: u32 = 100;
/// A million mailboxes or runs: what goes on after that is no list.
pub(super) const MOST_PAGES: usize = 10_000;

/// A place of the tenant that mail or files are collected from or to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its id, a GUID.
    pub id: String,
    /// What it is.
    pub kind: LocationKind,
    /// Its name.
    pub name: Option<String>,
}

/// What a location is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationKind {
    /// Live mailboxes.
    Exchange,
    /// Live drives.
    OneDrive,
    /// Where collected data lies.
    Blob,
    /// Something that is not known here, as the service names it.
    Other(String),
}

/// A live mailbox or drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id; its address where the service gives none.
    pub id: String,
    /// Its address.
    pub email: Option<String>,
    /// The name of its owner.
    pub name: Option<String>,
    /// What it is, such as `User` or `SharedMailbox`: the service's word.
    pub kind: Option<String>,
}

/// Which sources are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFilter {
    /// Shared mailboxes too.
    pub shared: bool,
    /// Only those of this name, as the service understands it.
    pub name: Option<String>,
}

/// A folder or an item of what was collected of one mailbox or drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The id of the location with collected data.
    pub location: &'a str,
    /// The id or address of the mailbox or drive.
    pub source: &'a str,
    /// The id of the folder or item, or [`Place::ROOT`].
    pub node: &'a str,
}

/// What of a folder is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The folders of a mailbox.
    Folders,
    /// The messages of a folder that were created within the window.
    Messages(Window),
    /// The files of a drive's folder.
    Files,
    /// The folders of a drive's folder.
    FileFolders,
}

/// A stretch of time. Whether the service counts its ends in is not known: let windows overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

/// A folder, message or file that was collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// What the download of a message asks for besides the id.
    pub fragment: Option<String>,
    /// Its name; of a message presumably the subject.
    pub name: Option<String>,
    /// The service's word for what it is, such as `SentMailboxFolder`.
    pub discriminator: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When a file was last changed, where the service says so.
    pub modified: Option<Timestamp>,
    /// Bytes of a file, where the service says so.
    pub size: Option<i64>,
    /// Where a file lies, for people.
    pub path: Option<String>,
}

impl Tenant {
    /// The locations of the tenant, all on one page.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn locations(&self) -> Result<Page<Location>, Failure> {
        let path = format!("{}/locations", self.root);
        let read = |answer: &Answer| Page::of_answer(answer, "locations", Location::read);
        self.session.get(path, self.session.settings.answer_time, read).await
    }

    /// A page of the mailboxes or drives of a live location.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn users(
        &self,
        location: &str,
        filter: &SourceFilter,
        marker: Option<&str>,
    ) -> Result<Page<Source>, Failure> {
        let path = format!("{}/discovery/{}/users", self.root, segment(location)?);
        let shared = filter.shared.then_some("USERS_AND_SHAREDMAILBOXES");
        let given = [("filter.type", shared), ("filter.name", filter.name.as_deref())];
        let read = |answer: &Answer| Page::of_answer(answer, "sources", Source::read);
        let path = format!("{path}?{}", paged(&given, marker));
        advanced(self.session.get(path, self.session.settings.answer_time, read).await?, marker)
    }

    /// All mailboxes or drives of a live location, page after page.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Fault::TooLarge`] where the pages do not end.
    pub async fn all_users(
        &self,
        location: &str,
        filter: &SourceFilter,
    ) -> Result<Vec<Source>, Failure> {
        let mut all = Vec::new();
        let mut marker: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.users(location, filter, marker.as_deref()).await?;
            all.extend(page.items);
            marker = page.marker;
            if marker.is_none() {
                return Ok(all);
            }
        }
        Err(Failure::Failed(Fault::TooLarge))
    }

    /// A page of what lies in a folder.
    ///
    /// ```no_run
    /// # async fn example(tenant: &postern_upstream::Tenant) -> Result<(), postern_upstream::Failure> {
    /// use postern_upstream::{Listing, Place};
    ///
    /// let place = Place { location: "blob", source: "alice@example.com", node: Place::ROOT };
    /// let folders = tenant.items(place, Listing::Folders, None).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn items(
        &self,
        place: Place<'_>,
        listing: Listing,
        marker: Option<&str>,
    ) -> Result<Page<Item>, Failure> {
        let (from, to) = listing.bounds();
        let given = [
            ("types", Some(listing.types())),
            ("fromDate", from.as_deref()),
            ("toDate", to.as_deref()),
        ];
        let read = |answer: &Answer| Page::of_answer(answer, "items", Item::read);
        let path = format!("{}{}?{}", self.root, place.path()?, paged(&given, marker));
        advanced(self.session.get(path, self.session.settings.answer_time, read).await?, marker)
    }

    /// The bytes of one message, RFC 5322; `fragment` is that of its [`Item`].
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries: a message that was cut off or is larger than
    /// [`Settings::answer_limit`](crate::Settings::answer_limit) is none.
    pub async fn download(
        &self,
        place: Place<'_>,
        fragment: Option<&str>,
    ) -> Result<Bytes, Failure> {
        let given =
            [("dataType", Some("email")), ("fragmentId", fragment), ("format", Some("eml"))];
        let path = format!("{}{}/download?{}", self.root, place.path()?, query(&given));
        self.session.get(path, self.session.settings.download_time, message).await
    }
}

impl Place<'_> {
    /// The node that holds everything of a mailbox or drive.
    pub const ROOT: &'static str = "-";

    fn path(&self) -> Result<String, Failure> {
        let (location, source) = (segment(self.location)?, segment(self.source)?);
        Ok(format!("/discovery/{location}/source/{source}/items/{}", segment(self.node)?))
    }
}

impl Listing {
    const fn types(self) -> &'static str {
        match self {
            Self::Folders => "MailboxFolder",
            Self::Messages(_) => "MessageItem",
            Self::Files => "OneDriveFile",
            Self::FileFolders => "OneDriveFolder",
        }
    }

    /// Always full timestamps: the service's own samples do not agree on bare dates.
    fn bounds(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Messages(Window { from, to }) => (Some(from.to_string()), Some(to.to_string())),
            Self::Folders | Self::Files | Self::FileFolders => (None, None),
        }
    }
}

impl LocationKind {
    /// The kind that the service calls so, in any case.
    ///
    /// ```
    /// use postern_upstream::LocationKind;
    ///
    /// assert_eq!(LocationKind::named("Blob"), LocationKind::Blob);
    /// assert_eq!(LocationKind::named("S3").name(), "S3");
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "EXCHANGE" => Self::Exchange,
            "ONEDRIVE" => Self::OneDrive,
            "BLOB" => Self::Blob,
            _ => Self::Other(name.to_owned()),
        }
    }

    /// The service's word for it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Exchange => "EXCHANGE",
            Self::OneDrive => "ONEDRIVE",
            Self::Blob => "BLOB",
            Self::Other(name) => name,
        }
    }
}

impl Location {
    fn read(record: &Record) -> Option<Self> {
        let kind = LocationKind::named(&record.word("type").unwrap_or_default());
        Some(Self { id: record.word("id")?, kind, name: record.word("name") })
    }
}

impl Source {
    fn read(record: &Record) -> Option<Self> {
        let email = record.word("email");
        let id = record.word("id").or_else(|| email.clone())?;
        Some(Self { id, email, name: record.word("name"), kind: record.word("type") })
    }
}

impl Item {
    /// Whether it is a folder, by the service's word for it.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.discriminator.as_deref().is_some_and(|word| word.to_lowercase().ends_with("folder"))
    }

    fn read(record: &Record) -> Option<Self> {
        Some(Self {
            id: record.word("itemid").or_else(|| record.word("id"))?,
            fragment: record.word("fragmentid"),
            name: record.word("name"),
            discriminator: record.word("discriminator"),
            created: record.text("createddate").and_then(timestamp),
            modified: record.text("modifieddate").and_then(timestamp),
            size: record.word("size").and_then(|size| size.parse().ok()),
            path: record.word("readablepath"),
        })
    }
}

/// A page that leads to itself would be read for ever.
pub(super) fn advanced<T>(page: Page<T>, marker: Option<&str>) -> Result<Page<T>, Failure> {
    let is_stuck = marker.is_some() && page.marker.as_deref() == marker;
    if is_stuck { Err(Failure::Failed(Fault::Unparsable)) } else { Ok(page) }
}

/// A sign-in page, an error in JSON or nothing at all is no message.
fn message(answer: &Answer) -> Option<Bytes> {
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let is_other = ["text/html", "application/json"].iter().any(|other| kind.starts_with(other));
    (!answer.body.is_empty() && !is_other).then(|| answer.body.clone())
}

/// An id as a part of a path. An empty one or one of dots would lead to another path.
pub(super) fn segment(id: &str) -> Result<String, Failure> {
    if matches!(id, "" | "." | "..") { Err(Failure::NotFound) } else { Ok(escape(id)) }
}

pub(super) fn paged(given: &[(&str, Option<&str>)], marker: Option<&str>) -> String {
    let size = PAGE_SIZE.to_string();
    let paging = [("PageSize", Some(size.as_str())), ("Marker", marker)];
    query(&[given, &paging].concat())
}

/// A query string of what is given.
pub(super) fn query(given: &[(&str, Option<&str>)]) -> String {
    let given = given.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let pairs = given.map(|(name, value)| format!("{name}={}", escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}
