//! The files of an index, each verified once beside the requests.
//!
//! A search reads only what it needs of a file and verifies nothing, so that a flipped byte could change
//! an answer without a word.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use postern_archive::{Damage, Verifier, chain};
use tracing::{error, warn};

/// Between two looks for files that a commit added.
const PAUSE: Duration = Duration::from_secs(60);
/// How soon it is noticed that nobody wants to know any more.
const TICK: Duration = Duration::from_secs(1);
/// Bytes that are read a second at most, so that the disk stays free for searches.
const BYTES_A_SECOND: u64 = 32 << 20;

/// The damage that was found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verified(Arc<Mutex<Vec<Damage>>>);

impl Verified {
    pub(crate) fn damage(&self) -> Vec<Damage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Verifies an index on a thread of its own, for as long as this lives. Nobody waits
    /// for that thread at the end.
    pub(crate) fn keep_looking(&self, verifier: Verifier) {
        let found = Arc::downgrade(&self.0);
        let looking =
            thread::Builder::new().name("verify".into()).spawn(move || look(verifier, &found));
        if let Err(error) = looking {
            warn!(%error, "the files of the index are not verified");
        }
    }
}

fn look(mut verifier: Verifier, found: &Weak<Mutex<Vec<Damage>>>) {
    while found.strong_count() > 0 {
        match verifier.look(&mut |_, bytes| thread::sleep(time_for(bytes))) {
            Ok(new) => note(found, new),
            Err(error) => warn!(error = chain(&error), "the files of the index cannot be verified"),
        }
        let mut waited = Duration::ZERO;
        while waited < PAUSE && found.strong_count() > 0 {
            thread::sleep(TICK);
            waited += TICK;
        }
    }
}

fn time_for(bytes: u64) -> Duration {
    Duration::from_micros(bytes.saturating_mul(1_000_000) / BYTES_A_SECOND)
}

/// Damage goes away with its file, such as in an index that was made anew.
fn note(found: &Weak<Mutex<Vec<Damage>>>, new: Vec<Damage>) {
    let Some(found) = found.upgrade() else { return };
    let mut known = found.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|one| one.path.exists() && !new.iter().any(|other| other.path == one.path));
    for one in &new {
        let (path, reason) = (one.path.display(), &one.reason);
        error!(%path, reason, "a file of the index is damaged; `postern check` says what to do");
    }
    known.extend(new);
}
