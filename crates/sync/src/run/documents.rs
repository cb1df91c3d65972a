//! Listing documents with their versions. Of those that are known as they are listed no versions are asked for.

use std::sync::Arc;

use postern_archive::{Entry, Mailbox, MailboxNumber, Versions};
use tokio::task::JoinSet;

use super::{Run, joined};
use crate::Error;
use crate::collection::Failure;

impl Run {
    /// Notes a page of documents, each with its versions. A document whose versions cannot be listed is left
    /// out, and fails its folder.
    pub(super) async fn documents(
        self: &Arc<Self>,
        drive: &Mailbox,
        number: MailboxNumber,
        folder: String,
        page: Vec<Entry>,
    ) -> Result<Result<(), Failure>, Error> {
        let (known, new) = self.known_and_new(number, &folder, page).await?;
        let (found, failure) = self.with_versions(drive, new).await?;
        let moment = self.shown().moment;
        let noted =
            self.on_book(move |book| book.documents(number, &folder, &known, &found, moment));
        noted.await?;
        Ok(failure.map_or(Ok(()), Err))
    }

    async fn known_and_new(
        self: &Arc<Self>,
        number: MailboxNumber,
        folder: &str,
        page: Vec<Entry>,
    ) -> Result<(Vec<String>, Vec<Entry>), Error> {
        if self.asked.full {
            return Ok((Vec::new(), page));
        }
        let folder = folder.to_owned();
        let sorted = self.on_book(move |book| {
            let known = book.known_documents(number, &folder, &page)?;
            let new = page.into_iter().filter(|entry| !known.contains(&entry.id)).collect();
            Ok((known.into_iter().collect(), new))
        });
        sorted.await
    }

    /// These documents with their versions, a few at a time; and the last failure, if there was one.
    async fn with_versions(
        self: &Arc<Self>,
        drive: &Mailbox,
        newest: Vec<Entry>,
    ) -> Result<(Vec<Versions>, Option<Failure>), Error> {
        let (mut waiting, mut at_work) = (newest.into_iter(), JoinSet::new());
        let (mut found, mut last) = (Vec::new(), None);
        loop {
            while at_work.len() < self.asked.jobs.max(1) && !self.is_stopped() {
                let Some(next) = waiting.next() else { break };
                let (run, drive) = (Arc::clone(self), drive.clone());
                at_work.spawn(async move { run.versions(&drive, next).await });
            }
            let Some(done) = at_work.join_next().await else { break };
            match joined(done)? {
                Ok(document) => found.push(document),
                Err(failure) => last = Some(failure),
            }
        }
        Ok((found, last))
    }

    async fn versions(
        &self,
        drive: &Mailbox,
        newest: Entry,
    ) -> Result<Result<Versions, Failure>, Error> {
        let answer = self.collection.older_versions(drive, &newest).await;
        let older = self.heed("the versions of a document cannot be listed", answer)?;
        Ok(older.map(|older| Versions { newest, older }))
    }
}
