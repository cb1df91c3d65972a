//! What a listing is asked for, and its envelope.

use jiff::Timestamp;
use postern_archive::{After, Entry};
use serde_json::{Map, Value, json};

use crate::api::params::{BadParam, Params};

/// Entries of a page at most, as upstream.
const PAGE: u32 = 100;

/// What a marker of ours begins with.
const MARKER: &str = "postern-";
/// What stands in it between the time and the id of the last message.
const BEHIND: char = '~';

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Begin {
    /// Behind so many entries.
    Offset(u32),
    /// Behind a message.
    Behind(After),
}

impl Begin {
    /// What a marker of ours says.
    fn read(marker: &str) -> Option<Self> {
        let marker = marker.strip_prefix(MARKER)?;
        Some(match marker.split_once(BEHIND) {
            None => Self::Offset(marker.parse().ok()?),
            Some((arrived, id)) => {
                let arrived = Timestamp::from_microsecond(arrived.parse().ok()?).ok()?;
                Self::Behind(After { arrived, id: id.to_owned() })
            }
        })
    }
}

fn bad_marker() -> BadParam {
    BadParam::new("Marker", "is not one of this list; begin again without")
}

/// Which part of a list is asked for.
#[derive(Clone)]
pub(super) struct Part {
    size: u32,
    begin: Begin,
}

/// What is asked of a folder.
pub(super) struct Page {
    pub(super) part: Part,
    pub(super) kind: Kind,
}

/// What of a folder is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The folders of a mailbox.
    Folders,
    /// The messages of a span of time, both ends included.
    Messages([Timestamp; 2]),
    /// Of a drive the folders, the files, or the folders and then the files.
    InDrive { folders: bool, files: bool },
}

/// What is asked of a live location.
pub(super) struct Sources {
    pub(super) part: Part,
    pub(super) shared: bool,
    /// Part of the name, in lower case.
    pub(super) name: String,
}

impl Page {
    pub(super) fn read(raw: &str) -> Result<Self, BadParam> {
        let known = ["types", "fromDate", "toDate", "PageSize", "Marker"];
        let mut params = Params::parse_with(raw, &known, "types")?;
        let part = Part::read(&mut params)?;
        let (from, to) = (time(&mut params, "fromDate")?, time(&mut params, "toDate")?);
        let types = params.take("types").unwrap_or_default();
        Ok(Self { part, kind: Kind::read(&types, from.zip(to).map(<[_; 2]>::from))? })
    }
}

impl Kind {
    fn read(types: &str, span: Option<[Timestamp; 2]>) -> Result<Self, BadParam> {
        let has = |kind| types.lines().any(|one| one == kind);
        let (folders, files) = (has("OneDriveFolder"), has("OneDriveFile"));
        let of_drives = |one| matches!(one, "OneDriveFolder" | "OneDriveFile");
        match (types, span) {
            ("MailboxFolder", _) => Ok(Self::Folders),
            ("MessageItem", Some(span)) => Ok(Self::Messages(span)),
            ("MessageItem", None) => {
                Err(BadParam::new("fromDate", "and toDate are needed to list messages"))
            }
            _ if (folders || files) && types.lines().all(of_drives) => {
                Ok(Self::InDrive { folders, files })
            }
            _ => Err(BadParam::new(
                "types",
                "is MailboxFolder or MessageItem; of a drive OneDriveFolder, OneDriveFile or both",
            )),
        }
    }
}

impl Sources {
    pub(super) fn read(raw: &str) -> Result<Self, BadParam> {
        let known = ["filter.type", "filter.name", "PageSize", "Marker"];
        let mut params = Params::parse(raw, &known)?;
        let shared = match params.take("filter.type").as_deref() {
            None | Some("USERS") => false,
            Some("USERS_AND_SHAREDMAILBOXES") => true,
            Some(_) => return Err(BadParam::new("filter.type", "is USERS_AND_SHAREDMAILBOXES")),
        };
        let name = params.take("filter.name").unwrap_or_default().to_lowercase();
        Ok(Self { part: Part::read(&mut params)?, shared, name })
    }
}

impl Part {
    fn read(params: &mut Params) -> Result<Self, BadParam> {
        let size = params.number("PageSize")?.unwrap_or(PAGE as usize);
        let size = u32::try_from(size).unwrap_or(PAGE).clamp(1, PAGE);
        let marker = params.take("Marker").unwrap_or_default();
        let begin = match marker.as_str() {
            "" => Begin::Offset(0),
            marker => Begin::read(marker).ok_or_else(bad_marker)?,
        };
        Ok(Self { size, begin })
    }

    /// How many entries there are before it, in a list that is paged so.
    pub(super) fn offset(&self) -> Result<u32, BadParam> {
        match &self.begin {
            Begin::Offset(offset) => Ok(*offset),
            Begin::Behind(_) => Err(bad_marker()),
        }
    }

    /// The message behind which it begins, in a list that is paged so; nothing where it is the first.
    pub(super) fn after(&self) -> Result<Option<&After>, BadParam> {
        match &self.begin {
            Begin::Offset(0) => Ok(None),
            Begin::Behind(after) => Ok(Some(after)),
            Begin::Offset(_) => Err(bad_marker()),
        }
    }

    /// One more than is shown, which tells whether there is a next page.
    pub(super) const fn looked_at(&self) -> u32 {
        self.size + 1
    }

    /// A page of what was looked at, behind so many entries.
    pub(super) fn page(&self, name: &str, offset: u32, entries: Vec<Value>) -> Value {
        let next = offset.saturating_add(self.size);
        self.page_before(name, entries, &format!("{MARKER}{next}"))
    }

    /// A page of messages that were looked at; the next one goes on behind its last.
    pub(super) fn page_of_messages(&self, entries: &[Entry], shown: Vec<Value>) -> Value {
        let shown_last = usize::try_from(self.size).unwrap_or(usize::MAX).checked_sub(1);
        let last = shown_last.and_then(|last| entries.get(last));
        let next = last.and_then(|last| {
            Some(format!("{MARKER}{}{BEHIND}{}", last.created?.as_microsecond(), last.id))
        });
        self.page_before("Items", shown, &next.unwrap_or_default())
    }

    /// A page, and where the next one begins if there is one.
    fn page_before(&self, name: &str, mut entries: Vec<Value>, next: &str) -> Value {
        let has_more = entries.len() > self.size as usize;
        entries.truncate(self.size as usize);
        let marker = has_more.then_some(next);
        let mut page = Map::new();
        page.insert(name.to_owned(), entries.into());
        page.insert("Options".to_owned(), json!({"PageSize": self.size, "Marker": marker}));
        page.into()
    }
}

fn time(params: &mut Params, name: &str) -> Result<Option<Timestamp>, BadParam> {
    let bad = || BadParam::new(name, "is a full timestamp such as 2024-01-31T00:00:00Z");
    params.take(name).map(|text| text.parse().map_err(|_| bad())).transpose()
}
