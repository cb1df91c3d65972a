//! How far a run is, whether it makes sense to go on, and what it did.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use postern_archive::{Book, Holds, MailboxStatus, Moment, chain};

use super::Run;
use crate::Error;
use crate::collection::{Failure, FailureKind};

/// Calls that fail one after the other, each after its retries, until the service counts as away.
const AWAY: u32 = 8;
/// Messages that failed and are named in a summary.
const NAMED: usize = 1_000;

/// How far a run is; it may be looked at and stopped from elsewhere.
#[derive(Debug, Default)]
pub struct Progress {
    /// Windows that were listed.
    pub windows: AtomicU64,
    /// Messages that were downloaded.
    pub downloaded: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
    /// Messages that are still to be downloaded, as far as that is known.
    pub waiting: AtomicU64,
    /// Messages that were put in the index.
    pub indexed: AtomicU64,
    /// Mailboxes of this run.
    pub mailboxes: AtomicU64,
    /// Drives of this run.
    pub drives: AtomicU64,
    /// Files that were listed in them.
    pub files: AtomicU64,
    /// Files that were downloaded.
    pub files_downloaded: AtomicU64,
    /// Asks the run to end; what is done is kept.
    pub stop: AtomicBool,
}

/// A message that could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Address of its mailbox.
    pub mailbox: String,
    /// Its id upstream; empty for what concerns the mailbox as a whole.
    pub item: String,
    /// Why.
    pub reason: String,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Summary {
    /// Mailboxes that were collected, of those that were asked for.
    pub mailboxes: u64,
    /// Drives that were collected, of those that were asked for.
    pub drives: u64,
    /// Files that are known to lie in all drives.
    pub files: u64,
    /// Of these, those that can be found.
    pub files_here: u64,
    /// Files that were downloaded by this run.
    pub files_downloaded: u64,
    /// Files that are to be downloaded.
    pub files_to_download: u64,
    /// Windows of time that were listed.
    pub windows: u64,
    /// Messages that are upstream or here, in all mailboxes.
    pub known: u64,
    /// Messages that are stored and can be found.
    pub here: u64,
    /// Messages that were downloaded by this run.
    pub downloaded: u64,
    /// The bytes of these messages and files.
    pub bytes: u64,
    /// Messages that were here before.
    pub already_here: u64,
    /// Messages that upstream has no longer.
    pub gone: u64,
    /// What could not be fetched or listed, the first thousand.
    pub failed: Vec<Failed>,
    /// How many messages and mailboxes these are in all.
    pub failures: u64,
    /// Requests that were sent, retries and all.
    pub requests: u64,
    /// The run was asked to stop before its end.
    pub stopped: bool,
    /// Why the run ended early.
    pub ended: Option<Error>,
}

/// Whether the source answers at all.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures_in_a_row: AtomicU32,
    stopped: AtomicBool,
}

impl Health {
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }
}

impl Run {
    /// Whether the run is to end.
    pub(super) fn is_stopped(&self) -> bool {
        if self.progress.stop.load(Relaxed) {
            self.health.stop();
        }
        self.health.is_stopped()
    }

    /// The answer, unless the failure is one after which nothing else can succeed.
    pub(super) fn heed<T>(
        &self,
        what: &str,
        answer: Result<T, Failure>,
    ) -> Result<Result<T, Failure>, Error> {
        let in_a_row = &self.health.failures_in_a_row;
        match answer {
            Err(failure) if failure.kind() == FailureKind::KeyRefused => {
                Err(Error::BadKey { what: self.collection.refused(), source: failure })
            }
            Err(failure) if failure.may_pass() => {
                if in_a_row.fetch_add(1, Relaxed) + 1 >= AWAY {
                    return Err(Error::Away { what: what.to_owned(), source: failure });
                }
                Ok(Err(failure))
            }
            answered => {
                in_a_row.store(0, Relaxed);
                Ok(answered)
            }
        }
    }

    /// What the run did, in the book as well.
    pub(super) fn summary(&self, outcome: Result<(), Error>) -> Result<Summary, Error> {
        let book = self.intake.book();
        let ended = outcome.err();
        // On a full disk even this cannot be noted.
        let noted = self.note_end(&book, ended.as_ref());
        let source = self.collection.name();
        let mut status = book.status()?;
        status.mailboxes.retain(|one| one.source == source);
        let all = |drives: bool, each: fn(&MailboxStatus) -> u64| {
            let such = status.mailboxes.iter().filter(|one| one.holds.is_drive() == drives);
            such.map(each).sum::<u64>()
        };
        let sum = |each| all(false, each);
        let count = |count: &AtomicU64| count.load(Relaxed);
        let mut unlisted = self.unlisted();
        // What the book says of a mailbox is not said twice.
        let told = status.mailboxes.iter().filter(|one| one.error.is_some());
        told.for_each(|one| drop(unlisted.remove(&one.name())));
        let mut failed = failed(&book.failures(source, NAMED)?, &status.mailboxes, &unlisted);
        let refused = std::mem::take(&mut *self.refused());
        let refusals = refused.len() as u64;
        failed.extend(refused);
        failed.truncate(NAMED);
        let (here, downloaded) = (sum(|one| one.here), count(&self.progress.downloaded));
        let listing = status.mailboxes.iter().filter(|one| one.error.is_some()).count() as u64;
        Ok(Summary {
            mailboxes: count(&self.progress.mailboxes),
            drives: count(&self.progress.drives),
            files: all(true, |one| one.known),
            files_here: all(true, |one| one.here),
            files_downloaded: count(&self.progress.files_downloaded),
            files_to_download: all(true, |one| match one.holds {
                Holds::Documents => one.known.saturating_sub(one.here),
                Holds::Listings | Holds::Mail => 0,
            }),
            windows: count(&self.progress.windows),
            known: sum(|one| one.known),
            here,
            downloaded,
            bytes: count(&self.progress.bytes),
            already_here: here.saturating_sub(downloaded),
            gone: sum(|one| one.gone),
            failed,
            failures: sum(|one| one.failed)
                + all(true, |one| one.failed)
                + listing
                + refusals
                + unlisted.len() as u64,
            requests: self.collection.requests(),
            stopped: self.is_stopped() && ended.is_none(),
            ended: ended.or(noted.err()),
        })
    }

    fn note_end(&self, book: &Book, ended: Option<&Error>) -> Result<(), Error> {
        let note = |fact: &str, value: &str| {
            book.set_fact(&format!("{} {fact}", self.collection.name()), value)
        };
        if ended.is_none() && !self.is_stopped() {
            note("finished", &self.now().to_string())?;
            let shown = self.shown();
            let newest = shown.facts.iter().filter(|_| shown.moment == Moment::Newest);
            newest.clone().try_for_each(|(fact, value)| note(fact, value))?;
        }
        Ok(note("error", &ended.map(|error| chain(error)).unwrap_or_default())?)
    }
}

/// Mailboxes that could not be listed, and messages that could not be fetched.
fn failed(
    messages: &[(String, String, String)],
    mailboxes: &[MailboxStatus],
    unlisted: &BTreeMap<String, String>,
) -> Vec<Failed> {
    let of_unknown = unlisted.iter().map(|(mailbox, reason)| Failed {
        mailbox: mailbox.clone(),
        item: String::new(),
        reason: reason.clone(),
    });
    let of_mailbox = mailboxes.iter().filter_map(|one| {
        let (mailbox, reason) = (one.name(), one.error.clone()?);
        Some(Failed { mailbox, item: String::new(), reason })
    });
    let of_message = messages.iter().cloned();
    let of_message = of_message.map(|(mailbox, item, reason)| Failed { mailbox, item, reason });
    of_unknown.chain(of_mailbox).chain(of_message).collect()
}
