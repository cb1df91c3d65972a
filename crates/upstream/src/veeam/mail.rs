//! Mailboxes, their folders and their items: listed, searched, saved.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::{Ask, Take, path};
use super::page::{Paged, Paging, linked_id};
use super::session::{Scope, Session};
use super::verb::{SAVE_MESSAGE, SEARCH, SEARCH_EXCHANGE};
use super::{Problem, Version};
use crate::answer::{Record, read};
use crate::tenant::timestamp;

/// A mailbox in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its id.
    pub id: String,
    /// The name of its owner.
    pub name: String,
    /// Its address.
    pub email: String,
    /// It is an in-place archive of its owner.
    pub is_archive: bool,
    /// It holds public folders.
    pub is_public: bool,
}

/// A folder of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder that it lies in; `None` at the top.
    pub parent: Option<String>,
    /// What it is for, such as `Inbox` or `Sent`: the server's word, from v5 on.
    pub category: Option<String>,
}

/// An item as it is listed: a message, or an appointment, a contact, a task. It has no body.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The folder that it lies in, where the server says so.
    pub folder: Option<String>,
    /// The mailbox that it lies in, where the server says so.
    pub mailbox: Option<String>,
    /// All that was listed but links, by name in any casing.
    pub values: Record,
}

/// What of a tree is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under<'a> {
    /// All of it; slow where it is large.
    Everything,
    /// What lies at the top.
    Top,
    /// What lies in this folder.
    Folder(&'a str),
}

impl Under<'_> {
    /// Adds the parameter that says so.
    pub(super) fn of(self, ask: Ask, parameter: &str, version: Version) -> Ask {
        match self {
            Self::Everything => ask,
            Self::Top => ask.given(parameter, version.top()),
            Self::Folder(id) => ask.given(parameter, id),
        }
    }
}

impl Session {
    /// A page of the mailboxes.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn mailboxes(&self, page: &Paging) -> Result<Paged<Mailbox>, Problem> {
        let ask = Ask::get(path(&["organization", "mailboxes"])?).page(page);
        self.ask(ask, |body| Paged::read(body, page, Mailbox::read)).await
    }

    /// A page of the folders of a mailbox.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn folders(
        &self,
        mailbox: &str,
        under: Under<'_>,
        page: &Paging,
    ) -> Result<Paged<Folder>, Problem> {
        let ask = Ask::get(path(&["organization", "mailboxes", mailbox, "folders"])?);
        let ask = under.of(ask, "parentId", self.version().await?).page(page);
        self.ask(ask, |body| Paged::read(body, page, Folder::read)).await
    }

    /// A page of the items of a mailbox. Those of a folder are without those of the folders in it.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotRetrieved`] in an archive tier.
    pub async fn items(
        &self,
        mailbox: &str,
        under: Under<'_>,
        page: &Paging,
    ) -> Result<Paged<Entry>, Problem> {
        let version = self.version().await?;
        let ask = Ask::get(path(&["organization", "mailboxes", mailbox, "items"])?);
        let ask = under.of(ask, version.folder_of_items(), version).page(page);
        self.ask(ask, |body| Paged::read(body, page, Entry::read)).await
    }

    /// One item.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotFound`] where it is gone.
    pub async fn item(&self, mailbox: &str, item: &str) -> Result<Entry, Problem> {
        let ask = Ask::get(path(&["organization", "mailboxes", mailbox, "items", item])?);
        self.ask(ask, |body| Entry::read(&read(body)?)).await
    }

    /// A page of what the server finds in `scope`. Pages of one search are asked for with the `next` of the page
    /// before, so that they are of one state.
    ///
    /// See <https://helpcenter.veeam.com/docs/vbo365/rest/searching_items_by_restore_session_and_mailbox_id.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn search(
        &self,
        scope: &Scope,
        query: &str,
        page: &Paging,
    ) -> Result<Paged<Entry>, Problem> {
        let version = self.version().await?;
        if version < Version::V4 {
            let (what, where_it_is, instead) = ("item search", "from v4 on", "");
            return Err(Problem::NotInVersion { what, where_it_is, version, instead });
        }
        let arguments = json!({ "query": query });
        let is_of_all = *scope == Scope::Organization && version.has_own_urls();
        let verb = if is_of_all { SEARCH_EXCHANGE } else { SEARCH };
        let ask = verb.at(version, &scope.path()?, Some(&arguments));
        // This URL knows no results that are kept.
        let sent = Paging { set_id: page.set_id.clone().filter(|_| !is_of_all), ..page.clone() };
        self.ask(ask.page(&sent), |body| Paged::read(body, page, Entry::read)).await
    }

    /// One item as MSG.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn save(&self, mailbox: &str, item: &str) -> Result<Bytes, Problem> {
        let place = path(&["organization", "mailboxes", mailbox, "items", item])?;
        let ask = SAVE_MESSAGE.at(self.version().await?, &place, None).taken(Take::File);
        self.ask(ask, whole_file).await
    }

    /// Several items: a ZIP of MSG files, whose names and order say nothing certain. One item is as
    /// [`Session::save`] gives it.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn save_many(&self, mailbox: &str, items: &[String]) -> Result<Bytes, Problem> {
        let place = path(&["organization", "mailboxes", mailbox, "items"])?;
        let arguments = json!({ "items": listed(items) });
        let ask = SAVE_MESSAGE.at(self.version().await?, &place, Some(&arguments));
        self.ask(ask.taken(Take::File), whole_file).await
    }
}

/// The items of a body.
pub(super) fn listed(items: &[String]) -> Vec<Value> {
    items.iter().map(|id| json!({ "id": id })).collect()
}

/// No file is empty.
fn whole_file(body: &Bytes) -> Option<Bytes> {
    (!body.is_empty()).then(|| body.clone())
}

impl Mailbox {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        Some(Self {
            id: record.word("id")?,
            name: record.word("name").unwrap_or_default(),
            email: record.word("email").unwrap_or_default(),
            is_archive: record.is_set("isArchive"),
            is_public: record.is_set("isPublic"),
        })
    }
}

impl Folder {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        Some(Self {
            id: record.word("id")?,
            name: record.word("name").unwrap_or_default(),
            parent: linked_id(&record, "parent"),
            category: record.word("category"),
        })
    }
}

impl Entry {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        Some(Self {
            id: record.word("id")?,
            folder: linked_id(&record, "parent"),
            mailbox: record.word("mailboxId").or_else(|| linked_id(&record, "mailbox")),
            values: record.without(&["_links", "_actions"]),
        })
    }

    /// What kind of item it is, such as `IPM.Note` for a message.
    #[must_use]
    pub fn class(&self) -> &str {
        self.values.text("itemClass").unwrap_or_default()
    }

    /// Its subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.values.text("subject").unwrap_or_default()
    }

    /// Who sent it: a name, an address, or both.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.values.text("from")
    }

    /// Whom it was sent to, in one text.
    #[must_use]
    pub fn to(&self) -> Option<&str> {
        self.values.text("to")
    }

    /// When it was sent.
    #[must_use]
    pub fn sent(&self) -> Option<Timestamp> {
        self.values.text("sent").and_then(timestamp)
    }

    /// When it was received.
    #[must_use]
    pub fn received(&self) -> Option<Timestamp> {
        self.values.text("received").and_then(timestamp)
    }
}
