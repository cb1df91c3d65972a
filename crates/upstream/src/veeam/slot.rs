//! A place for one restore session, which is opened when it is first used.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Mutex, OwnedSemaphorePermit};

use super::session::Kind;

/// What one session shows, for all who want to see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) kind: Kind,
    pub(super) view: View,
}

/// The state that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    /// That of the last backup.
    Last,
    /// That of the last backup up to a time.
    At(Timestamp),
    /// What a retrieval job brought back.
    Retrieved(String),
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: Key,
    /// The last backup that there was when the slot was made.
    pub(super) backup: Option<Timestamp>,
    pub(super) open: Arc<Mutex<Option<Open>>>,
    users: AtomicUsize,
    used: StdMutex<Instant>,
}

/// A session that is open at the server.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: String,
    /// The number under which it was written down.
    pub(super) intent: u64,
    /// One of the sessions that may be open at once.
    pub(super) _place: OwnedSemaphorePermit,
}

impl Slot {
    pub(super) fn new(key: Key, backup: Option<Timestamp>) -> Self {
        let (users, used) = (AtomicUsize::new(0), StdMutex::new(Instant::now()));
        Self { key, backup, open: Arc::default(), users, used }
    }

    pub(super) fn enter(&self) {
        self.users.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn leave(&self) {
        self.touch();
        self.users.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn is_free(&self) -> bool {
        self.users.load(Ordering::Acquire) == 0
    }

    /// How long nobody has used it.
    pub(super) fn idle(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
