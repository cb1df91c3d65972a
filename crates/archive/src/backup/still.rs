//! A data folder that nobody takes mail into for a while. Whoever searches does so meanwhile.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::BackupError;

/// The locks of those who write mail, in the order in which they take them.
const WRITERS: [&str; 3] = ["sync/lock", "index/lock", "held/lock"];
const PAUSE: Duration = Duration::from_millis(200);

/// Keeps writers of mail away for as long as it lives.
pub(super) struct Still(
    #[expect(dead_code, reason = "they are locked while they are open")] Vec<File>,
);

impl Still {
    pub(super) fn hold(data: &Path, wait: Duration) -> Result<Self, BackupError> {
        let until = Instant::now() + wait;
        loop {
            match Self::try_hold(data)? {
                Some(still) => return Ok(still),
                None if Instant::now() >= until => return Err(BackupError::Busy(data.to_owned())),
                None => std::thread::sleep(PAUSE),
            }
        }
    }

    /// All of the locks, or none.
    fn try_hold(data: &Path) -> Result<Option<Self>, BackupError> {
        let mut held = Vec::new();
        for path in WRITERS.map(|name| data.join(name)) {
            // Where the folder is not there, nobody has begun to write in it.
            let Ok(file) = File::options().create(true).truncate(false).write(true).open(&path)
            else {
                continue;
            };
            match file.try_lock() {
                Ok(()) => held.push(file),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(BackupError::io(&path, error)),
            }
        }
        Ok(Some(Self(held)))
    }
}
