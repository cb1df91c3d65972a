//! A restore session in use.

use std::sync::Arc;

use bytes::Bytes;

use super::ask::{Ask, Effect, path};
use super::client::{Tries, Veeam, readable};
use super::download::Download;
use super::pool::Held;
use super::wire::Got;
use super::{Problem, Version};
use crate::Retry;

/// What a restore session shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Mailboxes (`Vex`).
    Exchange,
    /// Drives (`Veod`).
    OneDrive,
}

impl Kind {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "Vex",
            Self::OneDrive => "Veod",
        }
    }
}

/// Where mail is searched, exported or restored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All mail of the organization.
    Organization,
    /// All mailboxes.
    Mailboxes,
    /// A mailbox, by its id.
    Mailbox(String),
    /// A folder of a mailbox, by their ids.
    Folder(String, String),
}

impl Scope {
    /// Its path below the session.
    pub(super) fn path(&self) -> Result<String, Problem> {
        match self {
            Self::Organization => path(&["organization"]),
            Self::Mailboxes => path(&["organization", "mailboxes"]),
            Self::Mailbox(mailbox) => path(&["organization", "mailboxes", mailbox]),
            Self::Folder(mailbox, folder) => {
                path(&["organization", "mailboxes", mailbox, "folders", folder])
            }
        }
    }
}

/// A restore session that others may use too; cheap to clone.
///
/// While any clone exists the session is kept. One that the server or an administrator ends is replaced
/// once for a reader; an action is never repeated.
#[derive(Clone, Debug)]
pub struct Session {
    held: Arc<Held>,
    client: Veeam,
}

impl Session {
    pub(super) fn new(held: Held) -> Self {
        let client = held.client().clone();
        Self { held: Arc::new(held), client }
    }

    /// The same session, asked with another patience; few attempts are right where somebody waits.
    #[must_use]
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { client: self.client.with_retry(retry), ..self }
    }

    /// The client that this session belongs to.
    #[must_use]
    pub const fn client(&self) -> &Veeam {
        &self.client
    }

    /// Its id at the server, for now.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub async fn id(&self) -> Result<String, Problem> {
        self.held.id().await
    }

    pub(super) async fn version(&self) -> Result<Version, Problem> {
        self.client().version().await
    }

    /// Asks for something below the session that can be read with `read`.
    pub(super) async fn ask<T>(
        &self,
        ask: Ask,
        read: impl Fn(&Bytes) -> Option<T>,
    ) -> Result<T, Problem> {
        let answer = self.tried(&ask, |got| readable(read(&got.body))).await;
        answer.map_err(in_archive_tier)
    }

    /// Asks for a file that comes piece by piece.
    pub(super) async fn download(&self, ask: Ask) -> Result<Download, Problem> {
        self.tried(&ask, Download::new).await.map_err(in_archive_tier)
    }

    /// Asks until there is an answer, or none to be had.
    pub(super) async fn tried<T>(
        &self,
        ask: &Ask,
        take: impl Fn(Got) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let (mut tries, mut replaced) = (Tries::default(), false);
        loop {
            let id = self.held.id().await?;
            let problem = match self.attempt(&id, ask).await.and_then(&take) {
                Ok(answer) => return Ok(answer),
                Err(problem) => problem,
            };
            if problem.may_mean_a_gone_session() && self.client().is_gone(&id).await {
                self.held.lost(&id).await;
                if replaced || ask.effect == Effect::Some {
                    return Err(Problem::SessionGone);
                }
                replaced = true;
            } else {
                self.client().wait(&mut tries, ask, problem).await?;
            }
        }
    }

    async fn attempt(&self, id: &str, ask: &Ask) -> Result<Got, Problem> {
        let below = path(&["RestoreSessions", id])?;
        let ask = Ask { path: format!("{below}{}", ask.path), ..ask.clone() };
        let got = self.client().attempt(&ask).await;
        self.held.used();
        got
    }
}

/// What is there and cannot be read lies in an archive tier.
fn in_archive_tier(problem: Problem) -> Problem {
    match problem {
        Problem::Refused { status: 409, reason } => Problem::NotRetrieved { reason },
        other => other,
    }
}
