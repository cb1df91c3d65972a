//! What a listing is asked for, and its envelope.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::params::{BadParam, Params};

/// Entries of a page at most, as upstream.
const PAGE: u32 = 100;

/// Which part of a list is asked for.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) size: u32,
    pub(super) offset: u32,
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
        let offset = match marker.strip_prefix("postern-") {
            Some(offset) => offset.parse().ok(),
            None => marker.is_empty().then_some(0),
        };
        let offset = offset.ok_or_else(|| {
            BadParam::new("Marker", "is not one of this list; begin again without")
        })?;
        Ok(Self { size, offset })
    }

    /// One more than is shown, which tells whether there is a next page.
    pub(super) const fn looked_at(self) -> u32 {
        self.size + 1
    }

    /// A page of what was looked at.
    pub(super) fn page(self, name: &str, mut entries: Vec<Value>) -> Value {
        let has_more = entries.len() > self.size as usize;
        entries.truncate(self.size as usize);
        let next = self.offset.saturating_add(self.size);
        let marker = has_more.then(|| format!("postern-{next}"));
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
