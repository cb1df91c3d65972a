//! What those who ask and the threads of a log hand to each other.

use std::hint;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::append::Appender;
use crate::entry::Entry;
use crate::error::AuditError;

/// How often somebody looks whether the right to write is free: some microseconds.
const SPINS: usize = 200;

/// Is told what goes wrong while nobody waits.
pub type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// What is called when an entry is written, or cannot be.
pub(crate) type Done = Box<dyn FnOnce(Result<(), AuditError>) + Send>;

/// What the thread that writes is asked for.
pub(crate) enum Job {
    /// An entry is to be written.
    Write(Entry, Done),
    /// An entry was written, and is to be signed some time.
    Sign,
}

/// What those who ask and the threads of a log share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) appender: Mutex<Appender>,
    /// What went wrong when something was signed or brought to the disk, until it works again.
    fault: Mutex<Option<AuditError>>,
}

impl Shared {
    pub(crate) fn over(appender: Appender) -> Self {
        Self { appender: Mutex::new(appender), fault: Mutex::default() }
    }

    /// The right to write, if it is free within the time that another entry takes: to wake a thread costs more.
    pub(crate) fn free_appender(&self) -> Option<MutexGuard<'_, Appender>> {
        (0..SPINS).find_map(|spin| {
            if spin > 0 {
                hint::spin_loop();
            }
            self.appender.try_lock().ok()
        })
    }

    pub(crate) fn fault(&self) -> Option<AuditError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_fault(&self, fault: Option<AuditError>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}
