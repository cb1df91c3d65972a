//! Drives, their folders, their documents and the versions of these, as they are listed and found.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::{Ask, path};
use super::mail::{Folder, Under};
use super::page::{Paged, Paging, linked_id};
use super::session::Session;
use super::verb::SEARCH;
use super::{Problem, Version};
use crate::answer::{Record, read};
use crate::tenant::timestamp;

/// A drive in a backup. Nothing says whose it is but its name and its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Its id.
    pub id: String,
    /// Its name, usually that of its owner.
    pub name: String,
    /// Its address, such as `https://contoso-my.sharepoint.com/personal/ann_contoso_com`; may be empty.
    pub url: String,
    listed: Value,
}

/// A folder of a drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriveFolder {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder that it lies in; `None` at the top.
    pub parent: Option<String>,
    /// When it was changed.
    pub modified: Option<Timestamp>,
}

/// Where documents are searched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DriveScope {
    /// All drives.
    Drives,
    /// A drive, by its id.
    Drive(String),
    /// A folder of a drive with those in it, by their ids.
    Folder(String, String),
}

impl DriveScope {
    /// Its path below the session.
    fn path(&self) -> Result<String, Problem> {
        match self {
            Self::Drives => path(&["organization", "OneDrives"]),
            Self::Drive(drive) => path(&["organization", "OneDrives", drive]),
            Self::Folder(drive, folder) => {
                path(&["organization", "OneDrives", drive, "Folders", folder])
            }
        }
    }
}

/// A document in a drive, or one version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id, which all versions share.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The drive that it lies in, where the server says so.
    pub drive: Option<String>,
    /// The folder that it lies in; `None` at the top.
    pub parent: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its version, such as `2.0`.
    pub version: Option<String>,
    /// The id of that version, from v6 on.
    pub version_id: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was changed.
    pub modified: Option<Timestamp>,
    /// Who changed it.
    pub modified_by: Option<String>,
    listed: Value,
}

impl Drive {
    /// A drive that was listed before, by its id: to save what is in it.
    #[must_use]
    pub fn by_id(id: &str) -> Self {
        let (id, listed) = (id.to_owned(), serde_json::json!({ "id": id }));
        Self { id, name: String::new(), url: String::new(), listed }
    }

    /// A drive that is in no backup, by its URL: somewhere to copy to.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let listed = serde_json::json!({ "url": url });
        Self { id: String::new(), name: String::new(), url: url.to_owned(), listed }
    }

    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let word = |name: &str| record.word(name).unwrap_or_default();
        Some(Self {
            id: record.word("id")?,
            name: word("name"),
            url: word("url"),
            listed: value.clone(),
        })
    }

    /// The whole object as the server listed it.
    #[must_use]
    pub const fn listed(&self) -> &Value {
        &self.listed
    }
}

impl DriveFolder {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        Some(Self {
            id: record.word("id")?,
            name: record.word("name").unwrap_or_default(),
            parent: linked_id(&record, "parent"),
            modified: record.text("modificationTime").and_then(timestamp),
        })
    }
}

/// As a folder of mail, of which a drive has no categories.
impl From<DriveFolder> for Folder {
    fn from(folder: DriveFolder) -> Self {
        let DriveFolder { id, name, parent, .. } = folder;
        Self { id, name, parent, category: None }
    }
}

impl Document {
    /// Reads a document; a list may have folders among them.
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let time = |name: &str| record.text(name).and_then(timestamp);
        let size = record.word("sizeBytes").or_else(|| record.word("size"));
        Some(Self {
            id: record.word("id").filter(|_| !record.is_set("isFolder"))?,
            name: record.word("name").unwrap_or_default(),
            drive: record.word("oneDriveId").or_else(|| linked_id(&record, "onedrive")),
            parent: linked_id(&record, "parent"),
            size: size.and_then(|size| size.parse().ok()),
            version: record.word("version"),
            version_id: record.word("versionId"),
            created: time("creationTime"),
            modified: time("modificationTime"),
            modified_by: record.word("modifiedBy"),
            listed: value.clone(),
        })
    }

    /// A document that was listed before, by its id: to be saved. Without an id of its version it is the newest.
    #[must_use]
    pub fn by_id(id: &str, name: &str, version_id: Option<&str>) -> Self {
        let listed = serde_json::json!({ "id": id, "name": name });
        let (id, name, version_id) =
            (id.to_owned(), name.to_owned(), version_id.map(str::to_owned));
        Self {
            id,
            name,
            drive: None,
            parent: None,
            size: None,
            version: None,
            version_id,
            created: None,
            modified: None,
            modified_by: None,
            listed,
        }
    }

    /// The whole object as the server listed it.
    #[must_use]
    pub const fn listed(&self) -> &Value {
        &self.listed
    }
}

impl Session {
    /// A page of the drives.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn drives(&self, page: &Paging) -> Result<Paged<Drive>, Problem> {
        let ask = Ask::get(path(&["Organization", "OneDrives"])?).page(page);
        self.ask(ask, |body| Paged::read(body, page, Drive::read)).await
    }

    /// A page of the folders of a drive.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn drive_folders(
        &self,
        drive: &str,
        under: Under<'_>,
        page: &Paging,
    ) -> Result<Paged<DriveFolder>, Problem> {
        let ask = Ask::get(path(&["Organization", "OneDrives", drive, "Folders"])?);
        let ask = under.of(ask, "parentId", self.version().await?).page(page);
        self.ask(ask, |body| Paged::read(body, page, DriveFolder::read)).await
    }

    /// A page of the documents of a drive, each in its newest version.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotRetrieved`] in an archive tier.
    pub async fn documents(
        &self,
        drive: &str,
        under: Under<'_>,
        page: &Paging,
    ) -> Result<Paged<Document>, Problem> {
        let ask = Ask::get(path(&["Organization", "OneDrives", drive, "Documents"])?);
        let ask = under.of(ask, "parentId", self.version().await?).page(page);
        self.ask(ask, |body| Paged::read(body, page, Document::read)).await
    }

    /// One document in its newest version.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotFound`] where it is gone.
    pub async fn document(&self, drive: &str, document: &str) -> Result<Document, Problem> {
        let ask = Ask::get(path(&["Organization", "OneDrives", drive, "Documents", document])?);
        self.ask(ask, |body| Document::read(&read(body)?)).await
    }

    /// A page of the documents that the server finds in `scope`, each in its newest version; from v6 on. Pages of
    /// one search are asked for with the `next` of the page before, so that they are of one state.
    ///
    /// See <https://helpcenter.veeam.com/references/vbo365/8/rest/tag/OneDrive>.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn search_documents(
        &self,
        scope: &DriveScope,
        query: &str,
        page: &Paging,
    ) -> Result<Paged<Document>, Problem> {
        let version = self.version().await?;
        if version < Version::V6 {
            let (what, where_it_is, instead) = ("the search of drives", "from v6 on", "");
            return Err(Problem::NotInVersion { what, where_it_is, version, instead });
        }
        let ask = SEARCH.at(version, &scope.path()?, Some(&json!({ "query": query })));
        // Folders have no content that could be brought home.
        let ask = ask.given("itemType", "Documents").page(page);
        self.ask(ask, |body| Paged::read(body, page, Document::read)).await
    }

    /// A page of the versions of a document.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn versions(
        &self,
        drive: &str,
        document: &str,
        page: &Paging,
    ) -> Result<Paged<Document>, Problem> {
        let parts = ["Organization", "OneDrives", drive, "Documents", document, "Versions"];
        let ask = Ask::get(path(&parts)?).page(page);
        self.ask(ask, |body| Paged::read(body, page, Document::read)).await
    }
}
