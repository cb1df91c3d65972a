//! Restore sessions that a process before this one opened and could not stop.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::ask::Ask;
use super::journal::{Intent, Journal};
use super::page::{MOST_LISTED, Paged, Paging};
use super::pool::{Sessions, unwritten};
use super::{Problem, Veeam};
use crate::answer::Record;
use crate::tenant::timestamp;

/// Sessions at a time.
const PAGE: u32 = 1_000;
/// How much earlier than its intent a session may seem to be made: clocks are read to the second.
const BEFORE: SignedDuration = SignedDuration::from_secs(2);
/// How much later than the longest wait for an answer a server may make a session.
const AFTER: Duration = Duration::from_secs(60);

/// A session as the server lists it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: String,
    kind: String,
    is_working: bool,
    user: String,
    created: Timestamp,
}

/// What is held against the sessions of the server.
#[derive(Debug)]
struct Known {
    users: Vec<String>,
    /// What running processes, this one among them, have open or are opening.
    running: Vec<Intent>,
    patience: SignedDuration,
}

impl Sessions {
    /// Stops what processes before this one left open in this folder, and returns how many sessions that were:
    /// those that were written down, and those still working whose user, kind and time of creation fit
    /// what was written down just before one was opened. No others are touched. A session that a server may
    /// still be making stays written down, and is looked for again by [`stop_all`](Self::stop_all) and by later
    /// processes.
    ///
    /// # Errors
    ///
    /// When the server or the record cannot be read; what was not stopped stays written down.
    pub async fn stop_leftovers(&self) -> Result<usize, Problem> {
        let left = self.pool.journal().left();
        let (mut gone, running) = self.pool.journal().others().map_err(unwritten)?;
        let none_left = left.is_empty() && gone.iter().all(|journal| journal.left().is_empty());
        if none_left {
            return Ok(0);
        }
        let running = running.into_iter().chain(self.pool.journal().own()).collect();
        let cleaner = Cleaner::new(&self.pool.client, running).await?;
        let mut stopped = 0;
        for (number, intent) in left {
            let found = cleaner.stop(&intent).await?;
            stopped += found;
            if found > 0 || cleaner.is_settled(&intent) {
                self.pool.journal().finished(number).map_err(unwritten)?;
            }
        }
        for journal in &mut gone {
            stopped += cleaner.clean(journal).await?;
        }
        Ok(stopped)
    }
}

#[derive(Debug)]
struct Cleaner<'a> {
    client: &'a Veeam,
    known: Known,
    listed: Vec<Listed>,
    /// When they were listed, by the clock of the server.
    now: Timestamp,
}

impl<'a> Cleaner<'a> {
    async fn new(client: &'a Veeam, running: Vec<Intent>) -> Result<Self, Problem> {
        let now = client.inner.wire.clock.now();
        let listed = client.working_sessions().await?;
        let users = client.user_names().await;
        let patience = client.inner.wire.answer_time() + AFTER;
        let patience = SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
        Ok(Self { client, known: Known { users, running, patience }, listed, now })
    }

    async fn clean(&self, journal: &mut Journal) -> Result<usize, Problem> {
        let mut stopped = 0;
        for (number, intent) in journal.left() {
            let found = self.stop(&intent).await?;
            stopped += found;
            if found > 0 || self.is_settled(&intent) {
                journal.finished(number).map_err(unwritten)?;
            }
        }
        Ok(stopped)
    }

    /// Whether no session can come of it any more. The request of a process that was killed may still be with
    /// the server.
    fn is_settled(&self, intent: &Intent) -> bool {
        intent.session.is_some() || self.now.duration_since(intent.time) > self.known.patience
    }

    async fn stop(&self, intent: &Intent) -> Result<usize, Problem> {
        let fits = self.listed.iter().filter(|listed| self.known.fits(intent, listed));
        let ids: Vec<&str> = fits.map(|listed| listed.id.as_str()).collect();
        for id in &ids {
            self.client.stop(id).await?;
        }
        Ok(ids.len())
    }
}

impl Known {
    /// Whether the session is the one that was meant, and nobody's who still runs.
    fn fits(&self, intent: &Intent, listed: &Listed) -> bool {
        if let Some(id) = &intent.session {
            return listed.is_working && listed.id.eq_ignore_ascii_case(id);
        }
        let is_own = self.users.iter().any(|user| user.eq_ignore_ascii_case(&listed.user));
        let is_others = self.running.iter().any(|other| match &other.session {
            Some(id) => listed.id.eq_ignore_ascii_case(id),
            None => self.is_in_time(other, listed),
        });
        listed.is_working && is_own && !is_others && self.is_in_time(intent, listed)
    }

    fn is_in_time(&self, intent: &Intent, listed: &Listed) -> bool {
        let after = listed.created.duration_since(intent.time);
        let in_time = -BEFORE <= after && after <= self.patience;
        in_time && listed.kind.eq_ignore_ascii_case(&intent.kind)
    }
}

impl Veeam {
    pub(super) async fn working_sessions(&self) -> Result<Vec<Listed>, Problem> {
        let page = |asked: Paging| async move {
            let ask = Ask::get("/RestoreSessions".to_owned()).page(&asked);
            self.ask(ask, |body| Paged::read(body, &asked, Listed::read)).await
        };
        let mut listed = Paged::all(PAGE, MOST_LISTED, page).await?.results;
        listed.retain(|session| session.is_working);
        Ok(listed)
    }
}

impl Listed {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        Some(Self {
            id: record.word("id")?,
            kind: record.word("type")?,
            is_working: record.text("state")?.eq_ignore_ascii_case("Working"),
            user: record.word("initiatedBy").unwrap_or_default(),
            created: record.text("creationTime").and_then(timestamp)?,
        })
    }
}
