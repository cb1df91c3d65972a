//! Downloading what is not here yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use postern_archive::{MailboxNumber, ToFetch};
use tokio::task::JoinSet;

use super::discover::Wanted;
use super::take::{Door, Taken};
use super::{Run, joined};
use crate::Error;
use crate::collection::Failure;

/// Messages that are looked up at once.
const CHUNK: usize = 500;

/// What became of a download.
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
                let Some(next): Option<ToFetch> = waiting.pop_front() else { break };
                after.clone_from(&next.id);
                let (run, mailbox, taker) = (Arc::clone(self), mailbox.clone(), taker.clone());
                at_work.spawn(async move { run.one(&mailbox, number, next, &taker).await });
            }
            let Some(done) = at_work.join_next().await else { break };
            self.progress.waiting.fetch_sub(1, Relaxed);
            all_here &= !matches!(joined(done)?, Fetched::MayPass);
        }
        self.progress.waiting.fetch_sub(waiting.len() as u64, Relaxed);
        Ok(all_here)
    }

    async fn one(
        self: &Arc<Self>,
        mailbox: &Wanted,
        number: MailboxNumber,
        message: ToFetch,
        taker: &Door,
    ) -> Result<Fetched, Error> {
        let waiting = self.downloads.acquire().await;
        let fragment = message.fragment.as_deref();
        let answer = self.collection.download(&mailbox.mailbox, &message.id, fragment).await;
        let bytes = match self.heed("messages cannot be downloaded", answer)? {
            Ok(bytes) => bytes,
            Err(failure) => return self.not_fetched(number, message.id, &failure).await,
        };
        self.progress.bytes.fetch_add(bytes.len() as u64, Relaxed);
        let room = self.room(bytes.len()).await;
        drop(waiting);
        let (run, address) = (Arc::clone(self), mailbox.mailbox.address.clone());
        let taken = tokio::task::spawn_blocking(move || {
            let arrived = run.intake.store(number, &address, message, &bytes)?;
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
