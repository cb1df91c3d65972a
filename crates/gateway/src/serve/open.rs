//! The connections that are open: never more than a number, and where one too many comes, the one that
//! has asked nothing for the longest makes room.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::Connection;

/// How long a connection that was told to close may take to do so, before the next one is told.
const CLOSING: Duration = Duration::from_millis(100);

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Open {
    slots: Arc<Semaphore>,
    /// How long a client may keep the gateway waiting.
    time: Duration,
    list: Mutex<(u64, BTreeMap<u64, Arc<Connection>>)>,
}

/// One of them, until it is closed.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) connection: Arc<Connection>,
    open: Arc<Open>,
    number: u64,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Open {
    pub(super) fn new(most: usize, time: Duration) -> Arc<Self> {
        Arc::new(Self { slots: Arc::new(Semaphore::new(most)), time, list: Mutex::default() })
    }

    /// One more connection. Where all are busy, it waits until one is not.
    pub(super) async fn admit(self: &Arc<Self>) -> Admitted {
        let slot = self.slot().await;
        let connection = Connection::new(self.time);
        let mut list = self.lock();
        list.0 += 1;
        let number = list.0;
        list.1.insert(number, Arc::clone(&connection));
        drop(list);
        Admitted { connection, open: Arc::clone(self), number, _slot: slot }
    }

    async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
                return Some(slot);
            }
            self.close_the_longest_silent();
            let free = Arc::clone(&self.slots).acquire_owned();
            match timeout(CLOSING, free).await {
                Ok(Ok(slot)) => return Some(slot),
                // The semaphore is never closed.
                Ok(Err(_)) => return None,
                Err(_) => {}
            }
        }
    }

    fn close_the_longest_silent(&self) {
        let list = self.lock();
        let silent = list.1.values().filter_map(|one| Some((one.silent()?, one)));
        if let Some((_, connection)) = silent.min_by_key(|(since, _)| *since) {
            connection.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Arc<Connection>>)> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.open.lock().1.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_silent_one_makes_room() {
        let open = Open::new(3, Duration::from_secs(30));
        let first = open.admit().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let (second, third) = (open.admit().await, open.admit().await);
        let asking = first.connection.begin();
        // The first is busy, so the second is the one that has been silent for the longest.
        let (fourth, ()) = tokio::join!(open.admit(), async {
            second.connection.ended().await;
            drop(second);
        });
        drop(asking);
        let asking = [third.connection.begin(), fourth.connection.begin()];
        let (_fifth, ()) = tokio::join!(open.admit(), async {
            first.connection.ended().await;
            drop(first);
        });
        drop(asking);
    }

    #[tokio::test]
    async fn where_all_are_busy_the_next_one_waits() {
        let open = Open::new(1, Duration::from_secs(30));
        let only = open.admit().await;
        let asking = only.connection.begin();
        assert!(timeout(CLOSING * 3, open.admit()).await.is_err());
        drop(asking);
        let (_next, ()) = tokio::join!(open.admit(), async {
            only.connection.ended().await;
            drop(only);
        });
    }
}
