//! The server as one account sees it.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::sleep;

use super::ask::{Ask, Effect};
use super::organization::Known;
use super::token::Tokens;
use super::wire::{Got, Wire};
use super::{Account, Problem, Version};
use crate::answer::{Record, read};
use crate::{Fault, Retry, SetupError};

/// A client of one server with one account; cheap to clone, and all clones share connections, version,
/// token, limits and counts.
///
/// It finds out the version once, logs on once, and renews its token without the caller noticing.
#[derive(Clone, Debug)]
pub struct Veeam {
    pub(super) inner: Arc<Inner>,
    retry: Retry,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) account: Account,
    pub(super) wire: Wire,
    pub(super) tokens: Tokens,
    version: OnceCell<Version>,
    pub(super) organization: Mutex<Option<Known>>,
}

impl Veeam {
    /// A client for this account. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When the address is none, or secure connections cannot be prepared.
    pub fn new(account: Account) -> Result<Self, SetupError> {
        let wire = Wire::new(&account)?;
        let (tokens, organization) = (Tokens::default(), Mutex::default());
        let version = OnceCell::new_with(account.version);
        let inner = Inner { account, wire, tokens, version, organization };
        Ok(Self { inner: Arc::new(inner), retry: Retry::default() })
    }

    /// The same client with another patience; one attempt is right where somebody waits.
    #[must_use]
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// How many requests were sent so far, failed ones and those of all clones among them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.inner.wire.requests()
    }

    /// The version that is spoken: the configured one, or the newest that the server knows.
    ///
    /// # Errors
    ///
    /// When nothing there speaks any, or does not answer.
    pub async fn version(&self) -> Result<Version, Problem> {
        self.inner.version.get_or_try_init(|| self.probe()).await.copied()
    }

    /// Nothing tells which versions a server has. Without a token it answers 401 in a version that it
    /// knows, and 404 in another one.
    async fn probe(&self) -> Result<Version, Problem> {
        for version in Version::PROBED {
            if self.speaks(version).await? {
                return Ok(version);
            }
        }
        Err(Problem::NotVeeam)
    }

    async fn speaks(&self, version: Version) -> Result<bool, Problem> {
        let ask = Ask::get(format!("/{version}/ServiceInstance"));
        let mut tries = Tries::default();
        loop {
            match self.inner.wire.alone(&ask).await {
                Ok(body) if read(&body).and_then(Record::new).is_some() => return Ok(true),
                Ok(_) => return Err(Problem::Failed(Fault::Unparsable)),
                Err(Problem::LoggedOut | Problem::NotAllowed { .. }) => return Ok(true),
                Err(Problem::NotFound { .. }) => return Ok(false),
                Err(problem) => self.wait(&mut tries, &ask, problem).await?,
            }
        }
    }

    /// Asks for something below the version that can be read with `read`.
    pub(super) async fn ask<T>(
        &self,
        ask: Ask,
        read: impl Fn(&Bytes) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut tries = Tries::default();
        loop {
            let answer = self.attempt(&ask).await.and_then(|got| readable(read(&got.body)));
            match answer {
                Ok(answer) => return Ok(answer),
                Err(problem) => self.wait(&mut tries, &ask, problem).await?,
            }
        }
    }

    /// Sends a request once; a token that is not accepted any more is renewed once.
    pub(super) async fn attempt(&self, ask: &Ask) -> Result<Got, Problem> {
        let version = self.version().await?;
        let ask = Ask { path: format!("/{version}{}", ask.path), ..ask.clone() };
        let Inner { account, wire, tokens, .. } = &*self.inner;
        let bearer = tokens.bearer(wire, account, version).await?;
        match wire.send(&ask, &bearer.access, &account.password).await {
            Err(Problem::LoggedOut) => {
                tokens.forget(&bearer).await;
                let bearer = tokens.bearer(wire, account, version).await?;
                wire.send(&ask, &bearer.access, &account.password).await
            }
            answer => answer,
        }
    }

    /// Waits before the next attempt, or gives up. What has an effect is asked again only where it
    /// surely had none.
    pub(super) async fn wait(
        &self,
        tries: &mut Tries,
        ask: &Ask,
        problem: Problem,
    ) -> Result<(), Problem> {
        tries.0 += 1;
        let is_repeatable = ask.effect == Effect::None || problem.is_surely_undone();
        let pause = self.retry.pause_for(problem.may_pass(), problem.retry_after(), tries.0);
        match pause.filter(|_| is_repeatable) {
            Some(pause) => {
                sleep(pause).await;
                Ok(())
            }
            None => Err(problem),
        }
    }

    /// The names under which the server may note that this account did something.
    pub(super) async fn user_names(&self) -> Vec<String> {
        let own = self.inner.account.user.clone();
        self.inner.tokens.user().await.into_iter().chain([own]).collect()
    }
}

/// How many attempts were made.
#[derive(Debug, Default)]
pub(super) struct Tries(u32);

pub(super) fn readable<T>(read: Option<T>) -> Result<T, Problem> {
    read.ok_or(Problem::Failed(Fault::Unparsable))
}
