//! Downloading what is not here yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use postern_archive::{MailboxNumber, ToFetch};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use super::discover::Wanted;
use super::take::{Door, Taken};
use super::{Run, joined};
use crate::Error;
use crate::collection::Failure;

/// Messages that are looked up at once.
const CHUNK: usize = 500;

/// The bytes of a message, or why they did not come.
type Answer = Result<Vec<u8>, Failure>;
/// Room for a message on its way to the index.
type Room = Option<OwnedSemaphorePermit>;

/// What became of a download.
#[derive(PartialEq, Eq)]
enum Fetched {
    Here,
    /// It failed, and another try may help.
    MayPass,
    Refused,
}

impl Run {
    /// Downloads what is known of a mailbox and not here; with `again`, of what failed only what may
    /// pass. Says whether nothing of that is left.
    pub(super) async fn fetch(
        self: &Arc<Self>,
        mailbox: &Wanted,
        number: MailboxNumber,
        taker: &Door,
        again: bool,
    ) -> Result<bool, Error> {
        let (mut waiting, mut after) = (VecDeque::new(), String::new());
        let (mut at_work, mut all_here) = (JoinSet::new(), true);
        loop {
            if waiting.is_empty() {
                let from = after.clone();
                let more = self.on_book(move |book| book.to_fetch(number, &from, again, CHUNK));
                waiting = more.await?.into();
                self.progress.waiting.fetch_add(waiting.len() as u64, Relaxed);
            }
            // As many as there are requests are downloaded, and others packed and read meanwhile.
            while at_work.len() < 4 * self.asked.jobs.max(1) && !self.is_stopped() {
                let count = self.collection.at_once().max(1).min(waiting.len());
                let next: Vec<ToFetch> = waiting.drain(..count).collect();
                let Some(last) = next.last() else { break };
                after.clone_from(&last.id);
                let (run, mailbox, taker) = (Arc::clone(self), mailbox.clone(), taker.clone());
                at_work.spawn(async move { run.some(&mailbox, number, next, &taker).await });
            }
            let Some(done) = at_work.join_next().await else { break };
            let done = joined(done)?;
            self.progress.waiting.fetch_sub(done.len() as u64, Relaxed);
            all_here &= !done.contains(&Fetched::MayPass);
        }
        self.progress.waiting.fetch_sub(waiting.len() as u64, Relaxed);
        Ok(all_here)
    }

    /// Downloads some messages, in one request where the source can: what that does not bring is
    /// downloaded one by one.
    async fn some(
        self: &Arc<Self>,
        mailbox: &Wanted,
        number: MailboxNumber,
        messages: Vec<ToFetch>,
        taker: &Door,
    ) -> Result<Vec<Fetched>, Error> {
        let waiting = self.downloads.acquire().await;
        let mut at_once = self.several(mailbox, &messages).await?.into_iter();
        let mut all = Vec::new();
        for message in messages {
            let (bytes, room) = match at_once.next().flatten() {
                Some(bytes) => (Ok(bytes), None),
                None if self.is_stopped() => break,
                None => self.one(mailbox, &message).await?,
            };
            all.push(match bytes {
                Ok(bytes) => self.take(mailbox, number, message, (bytes, room), taker).await?,
                Err(failure) => self.not_fetched(number, message.id, &failure).await?,
            });
        }
        drop(waiting);
        Ok(all)
    }

    /// What one request brings of several messages.
    async fn several(
        &self,
        mailbox: &Wanted,
        messages: &[ToFetch],
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        if messages.len() < 2 {
            return Ok(Vec::new());
        }
        let answer = self.collection.download_several(&mailbox.mailbox, messages).await;
        // Why it failed is told of each message, if that fails by itself as well.
        Ok(self.heed("messages cannot be downloaded", answer)?.unwrap_or_default())
    }

    /// The bytes of a message. A document, which may be long, waits for its room before it is asked for.
    async fn one(&self, mailbox: &Wanted, message: &ToFetch) -> Result<(Answer, Room), Error> {
        let room = match message.length().filter(|_| mailbox.mailbox.holds.is_drive()) {
            Some(length) => self.room(length).await,
            None => None,
        };
        let answer = self.collection.download(&mailbox.mailbox, message).await;
        Ok((self.heed("messages cannot be downloaded", answer)?, room))
    }

    /// Stores a message and hands it in.
    async fn take(
        self: &Arc<Self>,
        mailbox: &Wanted,
        number: MailboxNumber,
        message: ToFetch,
        (bytes, room): (Vec<u8>, Room),
        taker: &Door,
    ) -> Result<Fetched, Error> {
        self.progress.bytes.fetch_add(bytes.len() as u64, Relaxed);
        let room = match room {
            Some(room) => Some(room),
            None => self.room(bytes.len()).await,
        };
        let (run, mailbox) = (Arc::clone(self), mailbox.mailbox.clone());
        let taken = tokio::task::spawn_blocking(move || {
            let arrived = run.intake.store(number, &mailbox, message, &bytes)?;
            Ok(Taken { arrived, room })
        });
        // Without a taker the run has ended, and the reason is told elsewhere.
        if taker.send(joined(taken.await)?).await.is_err() {
            self.health.stop();
        }
        Ok(Fetched::Here)
    }

    async fn not_fetched(
        self: &Arc<Self>,
        mailbox: MailboxNumber,
        id: String,
        failure: &Failure,
    ) -> Result<Fetched, Error> {
        let (why, may_pass) = (failure.to_string(), failure.may_pass());
        self.on_book(move |book| book.failed(mailbox, &id, &why, may_pass)).await?;
        Ok(if may_pass { Fetched::MayPass } else { Fetched::Refused })
    }
}
