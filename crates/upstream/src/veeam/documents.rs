//! Which documents are acted on; documents saved and sent.
//!
//! The vendor's page of these actions is of v2: `(POST)
//! /RestoreSessions/{ID}/Organization/OneDrives/{ID}/Documents/Action`.

use serde_json::{Map, Value, json};

use super::ask::{Take, path};
use super::download::Download;
use super::drive::{Document, Drive};
use super::restore::answer;
use super::session::Session;
use super::verb::{SAVE_DOCUMENTS, SEND_DOCUMENTS};
use super::{Letter, Problem, Version};

/// Which documents of a drive are acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Documents {
    /// One, in its newest version.
    One(Document),
    /// One, in the version that it was listed with; from v6 on.
    InVersion(Document),
    /// Several in one request.
    Several(Vec<Document>),
}

impl Documents {
    /// Their path below the session.
    pub(super) fn place(&self, drive: &Drive, version: Version) -> Result<String, Problem> {
        match self {
            Self::One(document) => {
                path(&["Organization", "OneDrives", &drive.id, "Documents", &document.id])
            }
            Self::InVersion(document) => {
                let Some(id) = document.version_id.as_deref().filter(|_| version.has_own_urls())
                else {
                    let (what, where_it_is) = ("an older version of a document", "from v6 on");
                    return Err(Problem::NotInVersion { what, where_it_is, version, instead: "" });
                };
                let parts = [
                    "Organization",
                    "OneDrives",
                    &drive.id,
                    "Documents",
                    &document.id,
                    "Versions",
                    id,
                ];
                path(&parts)
            }
            // Without a list this would be about all documents of the drive.
            Self::Several(documents) if documents.is_empty() => {
                Err(Problem::Invalid("no document is chosen"))
            }
            Self::Several(_) => path(&["Organization", "OneDrives", &drive.id, "Documents"]),
        }
    }

    /// The arguments that name them: up to v5 whole objects, as the vendor's examples have them.
    pub(super) fn arguments(&self, version: Version) -> Map<String, Value> {
        let Self::Several(documents) = self else { return Map::new() };
        let (name, list): (_, Vec<Value>) = if version.has_own_urls() {
            ("documents", documents.iter().map(|document| json!({"id": document.id})).collect())
        } else {
            ("Documents", documents.iter().map(|document| document.listed().clone()).collect())
        };
        [(name.to_owned(), list.into())].into_iter().collect()
    }
}

impl Session {
    /// Sends documents as attachments of one mail.
    ///
    /// # Errors
    ///
    /// Why it was not done, or why nobody knows: [`Problem::is_surely_undone`].
    pub async fn send_documents(
        &self,
        drive: &Drive,
        documents: &Documents,
        letter: &Letter,
    ) -> Result<(), Problem> {
        let version = self.version().await?;
        let mut arguments = documents.arguments(version);
        letter.put(&mut arguments);
        let place = documents.place(drive, version)?;
        let ask = SEND_DOCUMENTS.at(version, &place, Some(&Value::Object(arguments)));
        self.ask(ask.taken(Take::Done), answer).await.map(|_| ())
    }

    /// Saves documents: one as it is or as a ZIP, several as a ZIP. Without `as_zip` the server decides.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn save_documents(
        &self,
        drive: &Drive,
        documents: &Documents,
        as_zip: Option<bool>,
    ) -> Result<Download, Problem> {
        let version = self.version().await?;
        let mut arguments = documents.arguments(version);
        // From v6 on several are always a ZIP, and nothing says so.
        let is_several = matches!(documents, Documents::Several(_));
        if let Some(as_zip) = as_zip.filter(|_| !(is_several && version.has_own_urls())) {
            arguments.insert("asZip".to_owned(), as_zip.into());
        }
        let place = documents.place(drive, version)?;
        let ask = SAVE_DOCUMENTS.at(version, &place, Some(&Value::Object(arguments)));
        self.download(ask.taken(Take::Stream)).await
    }
}
