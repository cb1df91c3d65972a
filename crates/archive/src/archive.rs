//! The one door to what is stored.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use jiff::Timestamp;
use postern_local_index::Error as IndexError;
use postern_local_index::check::{Damage, Pace, Verifier};
use postern_local_index::ledger::Occurrence;
use postern_local_index::search::{Coverage, Index};
use postern_mail::contents::AttachmentText;
use tracing::warn;

use crate::error::chain;
use crate::ingest::{self, Ingest, Progress, Summary};
use crate::original::{Original, from_files};
use crate::sets::Held;
use crate::{
    Collected, Error, Intake, Saved, Sets, Status, Upgraded, WriteOptions, check, coverage,
};

/// Everything that is stored for a tenant: the index, originals, and the books of what was synced.
///
/// Nothing is opened before it is needed, and nothing needs to be there: what is made later, or made
/// anew, is found by the next call.
#[derive(Debug)]
pub struct Archive {
    data: PathBuf,
    opened: RwLock<Option<Index>>,
    collected: Collected,
}

impl Archive {
    /// What is stored below the data folder `data`, now or later.
    ///
    /// ```
    /// use postern_archive::Archive;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let archive = Archive::below(folder.path());
    /// assert_eq!(archive.coverage().known, 0);
    /// assert!(archive.index().is_err(), "nothing was indexed yet");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn below(data: &Path) -> Self {
        let collected = Collected::below(data);
        Self { data: data.to_owned(), opened: RwLock::default(), collected }
    }

    /// The index as it is now. It is opened where that was not done yet, or where another one took its
    /// place, so this may take long.
    ///
    /// # Errors
    ///
    /// When there is none, or one that this version cannot read.
    pub fn index(&self) -> Result<Index, IndexError> {
        let former = self.at_hand();
        if let Some(index) = former.as_ref().filter(|index| !index.is_replaced()) {
            return Ok(index.clone());
        }
        match (Index::open(&self.data), former) {
            (Ok(index), _) => {
                let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
                Ok(opened.insert(index).clone())
            }
            // Half of the new one is there: the former answers until it is whole.
            (Err(_), Some(former)) => Ok(former),
            (Err(error), None) => Err(error),
        }
    }

    fn at_hand(&self) -> Option<Index> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was synced, as the source lists it.
    #[must_use]
    pub const fn collected(&self) -> &Collected {
        &self.collected
    }

    /// The mailboxes that were synced, and how much of each is here; cheap while nothing changes.
    ///
    /// # Errors
    ///
    /// When the books cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        self.collected.status()
    }

    /// When the source of that name last listed all of these mailboxes, and with `files` their drives, to their
    /// ends, if all that it listed is here and indexed; without any mailboxes, all that it lists. Nothing where something is
    /// missing or not known, and where the books cannot be read. Cheap while nothing changes.
    #[must_use]
    pub fn whole(&self, source: &str, mailboxes: &[&str], files: bool) -> Option<Timestamp> {
        let told = self.collected.with_status(|status| status.whole(source, mailboxes, files));
        told.unwrap_or_else(|error| {
            warn!(error = chain(&error), "the book-keeping of sync cannot be read");
            None
        })
    }

    /// Whether a source of that name was ever brought here, in whole or in part. Cheap while nothing changes; what cannot
    /// be read was not.
    #[must_use]
    pub fn has_of(&self, source: &str) -> bool {
        let of_source = |status: &Status| status.mailboxes.iter().any(|one| one.source == source);
        self.collected.with_status(of_source).unwrap_or_default()
    }

    /// The searches that are kept here.
    #[must_use]
    pub fn saved(&self) -> Saved {
        Saved::below(&self.data)
    }

    /// The frozen sets that are kept here.
    #[must_use]
    pub fn sets(&self) -> Sets {
        Sets::below(&self.data)
    }

    /// The data folder, which the record of acts lies in too.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder in which the restore sessions are written down that are open at a Veeam server.
    #[must_use]
    pub fn veeam(&self) -> PathBuf {
        self.data.join("veeam")
    }

    /// Bytes of the files of the index; none where it is not open and cannot be opened.
    #[must_use]
    pub fn index_bytes(&self) -> u64 {
        let index = self.at_hand().or_else(|| self.index().ok());
        index.map_or(0, |index| index.bytes())
    }

    /// How much of the known mail is here: what the index has, and what was listed by sync and is not
    /// in the index yet. Cheap once the index is open. What cannot be read counts as nothing.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let index = self.at_hand().or_else(|| self.index().ok());
        let indexed = index.map(|index| index.coverage()).unwrap_or_default();
        match self.status() {
            Ok(status) => coverage::with_synced(indexed, &status.mailboxes),
            Err(error) => {
                warn!(error = chain(&error), "the book-keeping of sync cannot be read");
                indexed
            }
        }
    }

    /// The original of a message by its id in the index, from where sync stored it, else from the file
    /// that it was read from. That of a file whose bytes are not here is its line.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] where it is not there any more, and when the index cannot be read.
    pub fn original(&self, id: &str) -> Result<Original, Error> {
        match self.collected.original(id) {
            Ok(Some(reader)) => return Ok(Original::Streamed(Box::new(reader))),
            Ok(None) => {}
            Err(error) => warn!(error = chain(&error), "the store of originals cannot be read"),
        }
        if let Some(file) = self.collected.listing(id)? {
            return Ok(Original::Whole(file.to_line().into_bytes()));
        }
        if let Some(held) = Held::below(&self.data).get(id) {
            return Ok(Original::Whole(held));
        }
        from_files(&self.index()?, id)
    }

    /// The files that a message was read from.
    ///
    /// # Errors
    ///
    /// When the ledger of the index cannot be read.
    pub fn occurrences(&self, id: &str) -> Result<Vec<Occurrence>, Error> {
        Ok(self.index()?.occurrences(id)?)
    }

    /// Verifies every file, and says which are not what was written.
    ///
    /// # Errors
    ///
    /// When the system refuses to read a file that is there.
    pub fn check(&self, pace: Pace<'_>) -> Result<Vec<Damage>, Error> {
        let mut damage = postern_local_index::check::index(&self.data, pace)?;
        damage.extend(check::synced(&self.data, pace)?);
        damage.extend(check::held(&self.data, pace)?);
        Ok(damage)
    }

    /// Verifies the files of the index one after the other, beside other work.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::below(&self.data)
    }

    /// Takes in the files that are new or have changed. `clock` says when a commit is made; `progress` is
    /// told of every message and may stop the run.
    ///
    /// # Errors
    ///
    /// When the index cannot be opened or written. Messages that cannot be read are no error.
    pub fn ingest(
        &self,
        ingest: &Ingest,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Summary, Error> {
        ingest::run(&self.data, ingest, clock, progress)
    }

    /// Whether the index has a former format, which answers until it is [upgraded](Self::upgrade).
    #[must_use]
    pub fn is_former(&self) -> bool {
        self.at_hand().or_else(|| self.index().ok()).is_some_and(|index| index.is_former())
    }

    /// Writes an index of a former format again in that of this version, from what is stored, and puts it in the place
    /// of the former one; nothing where that is not due.
    ///
    /// # Errors
    ///
    /// When somebody else writes the index, it cannot be read, or the disk refuses. The former one then stays.
    pub fn upgrade(&self, attachment_text: &AttachmentText) -> Result<Option<Upgraded>, Error> {
        ingest::upgrade(&self.data, attachment_text, &WriteOptions::default())
    }

    /// Opens books and store for what a sync brings from the source of that name.
    ///
    /// # Errors
    ///
    /// When somebody else has them open, they hold the mail of another tenant, or the disk refuses.
    pub fn intake(
        &self,
        tenant: &str,
        source: &str,
        attachment_text: AttachmentText,
    ) -> Result<Intake, Error> {
        Intake::open(&self.data, tenant, source, attachment_text)
    }

    /// The same over a copy of the books, which is gone in the end: to see what there would be to do.
    ///
    /// # Errors
    ///
    /// When the books cannot be read, or are those of another tenant.
    pub fn trial_intake(&self, tenant: &str, source: &str) -> Result<Intake, Error> {
        Intake::trial(&self.data, tenant, source)
    }

    /// A text about what is stored, without the paths of this machine.
    ///
    /// ```
    /// use postern_archive::Archive;
    ///
    /// let archive = Archive::below("/srv/mail".as_ref());
    /// let text = "there is no space in /srv/mail/sync/messages";
    /// assert_eq!(archive.without_paths(text), "there is no space in the data folder/sync/messages");
    /// ```
    #[must_use]
    pub fn without_paths(&self, text: &str) -> String {
        let data = self.data.display().to_string();
        if data.is_empty() { text.to_owned() } else { text.replace(&data, "the data folder") }
    }
}
