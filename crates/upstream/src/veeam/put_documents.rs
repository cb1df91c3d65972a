//! Documents put somewhere: back where they were, or into another drive.

use serde_json::{Map, Value};

use super::ask::{Ask, Take};
use super::documents::Documents;
use super::drive::Drive;
use super::restore::answer;
use super::verb::{COPY_DOCUMENTS, RESTORE_DOCUMENTS, Verb};
use super::{Credentials, Kind, Problem, Restored, Session};

/// Which versions of a document are put somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// The last one.
    Last,
    /// All of them.
    All,
}

/// What happens to a document that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays.
    Keep,
    /// It is written over.
    Overwrite,
}

/// What happens to the last version of a document that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastVersion {
    /// It gets the new versions.
    Merge,
    /// It is written over.
    Overwrite,
}

/// How documents are put back where they were. What is not told is left to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreDocuments {
    /// Which versions.
    pub versions: Option<Versions>,
    /// What happens to what is there.
    pub existing: Option<Existing>,
}

/// Where documents are copied to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyDocuments {
    /// The drive.
    pub into: Drive,
    /// The folder in it.
    pub folder: Option<String>,
    /// Which versions.
    pub versions: Option<Versions>,
    /// What happens to what is there.
    pub existing: Option<LastVersion>,
}

/// Adds what was told.
fn put(arguments: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        arguments.insert(name.to_owned(), value.into());
    }
}

impl Session {
    /// Puts documents back where they were.
    ///
    /// # Errors
    ///
    /// Why it was not done, or why nobody knows: [`Problem::is_surely_undone`].
    pub async fn restore_documents(
        &self,
        drive: &Drive,
        documents: &Documents,
        how: RestoreDocuments,
        credentials: &Credentials,
    ) -> Result<Restored, Problem> {
        let more = |arguments: &mut Map<String, Value>| {
            put(arguments, "documentVersion", how.versions.map(Versions::as_str));
            put(arguments, "documentAction", how.existing.map(Existing::as_str));
        };
        self.put_documents(RESTORE_DOCUMENTS, drive, documents, credentials, more).await
    }

    /// Copies documents into another drive.
    ///
    /// # Errors
    ///
    /// Why it was not done, or why nobody knows: [`Problem::is_surely_undone`].
    pub async fn copy_documents(
        &self,
        drive: &Drive,
        documents: &Documents,
        how: &CopyDocuments,
        credentials: &Credentials,
    ) -> Result<Restored, Problem> {
        let more = |arguments: &mut Map<String, Value>| {
            put(arguments, "oneDrive", Some(how.into.listed().clone()));
            put(arguments, "folder", how.folder.as_deref());
            put(arguments, "documentVersion", how.versions.map(Versions::as_str));
            put(arguments, "documentLastVersionAction", how.existing.map(LastVersion::as_str));
        };
        self.put_documents(COPY_DOCUMENTS, drive, documents, credentials, more).await
    }

    async fn put_documents(
        &self,
        verb: Verb,
        drive: &Drive,
        documents: &Documents,
        credentials: &Credentials,
        more: impl Fn(&mut Map<String, Value>),
    ) -> Result<Restored, Problem> {
        let version = self.version().await?;
        let mut arguments = documents.arguments(version);
        credentials.put(&mut arguments, Kind::OneDrive, version)?;
        more(&mut arguments);
        let place = documents.place(drive, version)?;
        let ask = verb.at(version, &place, Some(&Value::Object(arguments)));
        let ask = Ask { secrets: credentials.secrets(), ..ask.taken(Take::Done) };
        let answer = self.ask(ask, answer).await?;
        self.restored(answer, version).await
    }
}

impl Versions {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::All => "all",
        }
    }
}

impl Existing {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Overwrite => "overwrite",
        }
    }
}

impl LastVersion {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Overwrite => "overwrite",
        }
    }
}
