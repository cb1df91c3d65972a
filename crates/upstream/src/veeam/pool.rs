//! The restore sessions of this process: shared, limited, and stopped.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::client::{Tries, readable};
use super::explore::session_id;
use super::journal::Journal;
use super::session::{Kind, Session};
use super::slot::{Key, Open, Slot, View};
use super::{Problem, Veeam};

/// How long a session that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(300);
/// How long the time of the last backup is believed.
pub(super) const BACKUP_AGE: Duration = Duration::from_secs(60);

/// The restore sessions of a process.
///
/// One session is shared by all who ask for the same kind and point in time. At most as many as the
/// account says are open; who asks for a further one waits until one is free. A session is stopped after
/// five minutes without use, when a newer backup is there, and by [`Sessions::stop_all`]. Each is written
/// down before it is opened, so that the next process stops what this one could not.
///
/// ```no_run
/// # async fn example(client: postern_upstream::veeam::Veeam) -> Result<(), Box<dyn std::error::Error>> {
/// use postern_upstream::veeam::{Kind, Paging, Sessions};
///
/// let sessions = Sessions::open(client, "/srv/postern/contoso/veeam".as_ref())?;
/// sessions.stop_leftovers().await?;
/// let session = sessions.session(Kind::Exchange, None).await?;
/// for mailbox in session.mailboxes(&Paging::first(100)).await?.results {
///     println!("{}", mailbox.email);
/// }
/// sessions.stop_all().await;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(super) pool: Arc<Pool>,
}

#[derive(Debug)]
pub(super) struct Pool {
    pub(super) client: Veeam,
    journal: Mutex<Journal>,
    idle: Duration,
    places: Arc<Semaphore>,
    slots: Mutex<Slots>,
    released: Notify,
}

#[derive(Debug, Default)]
struct Slots {
    current: HashMap<Key, Arc<Slot>>,
    /// Those of an older backup, for who began with them.
    retired: Vec<Arc<Slot>>,
    is_ending: bool,
    is_watched: bool,
}

/// A user of a slot.
#[derive(Debug)]
pub(super) struct Held {
    slot: Arc<Slot>,
    pool: Arc<Pool>,
}

impl Sessions {
    /// Sessions that are written down in this folder, which is made where it is missing. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When nothing can be written there.
    pub fn open(client: Veeam, folder: &Path) -> Result<Self, Problem> {
        Self::with_idle(client, folder, IDLE)
    }

    /// The same, where sessions are stopped after another time without use.
    pub(super) fn with_idle(client: Veeam, folder: &Path, idle: Duration) -> Result<Self, Problem> {
        let journal = Journal::claim(folder).map_err(unwritten)?;
        let places = client.inner.account.sessions.max(1);
        let pool = Pool {
            client,
            journal: Mutex::new(journal),
            idle,
            places: Arc::new(Semaphore::new(places)),
            slots: Mutex::default(),
            released: Notify::new(),
        };
        Ok(Self { pool: Arc::new(pool) })
    }

    /// The client that the sessions belong to.
    #[must_use]
    pub fn client(&self) -> &Veeam {
        &self.pool.client
    }

    /// A session that shows the last backup, or the last one up to a time.
    ///
    /// # Errors
    ///
    /// When it cannot be opened. While as many are open as may be, this waits.
    pub async fn session(&self, kind: Kind, at: Option<Timestamp>) -> Result<Session, Problem> {
        self.of(Key { kind, view: at.map_or(View::Last, View::At) }).await
    }

    /// A session that shows what a retrieval job brought back from an archive tier.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, as before the job is done and after it has expired.
    pub async fn retrieved(&self, kind: Kind, retrieval: &str) -> Result<Session, Problem> {
        self.of(Key { kind, view: View::Retrieved(retrieval.to_owned()) }).await
    }

    async fn of(&self, key: Key) -> Result<Session, Problem> {
        let organization = self.pool.client.organization_within(BACKUP_AGE).await?;
        let held = Pool::hold(&self.pool, &key, organization.last_backup)?;
        held.id().await?;
        Ok(Session::new(held))
    }

    /// Stops all sessions. No more are opened afterwards. Those that cannot be stopped within the time of one answer are
    /// left to the next process.
    pub async fn stop_all(&self) {
        let slots = self.pool.slots().end();
        let mut stopping = JoinSet::new();
        for slot in slots {
            let pool = Arc::clone(&self.pool);
            let time = pool.client.inner.wire.answer_time();
            stopping.spawn(async move { timeout(time, pool.stop(&slot)).await });
        }
        while stopping.join_next().await.is_some() {}
        // Sessions whose opening had no answer, which seemed to be gone, or which a server was still making when
        // this process began.
        self.pool.journal().disown();
        let time = self.pool.client.inner.wire.answer_time();
        drop(timeout(time, self.stop_leftovers()).await);
    }
}

impl Slots {
    /// The slot of a key. One that shows an older backup than there is makes room for a new one.
    fn of(&mut self, key: &Key, backup: Option<Timestamp>) -> Arc<Slot> {
        let is_old = |slot: &Arc<Slot>| slot.key.view == View::Last && slot.backup < backup;
        if let Some(old) = self.current.get(key).filter(|slot| is_old(slot)) {
            self.retired.push(Arc::clone(old));
            self.current.remove(key);
        }
        let made = || Arc::new(Slot::new(key.clone(), backup));
        Arc::clone(self.current.entry(key.clone()).or_insert_with(made))
    }

    fn end(&mut self) -> Vec<Arc<Slot>> {
        self.is_ending = true;
        let current = self.current.drain().map(|(_, slot)| slot);
        current.chain(self.retired.drain(..)).collect()
    }

    /// Takes out the slots that nobody uses, and has not for so long.
    fn unused(&mut self, idle: Duration) -> Vec<Arc<Slot>> {
        let (kept, mut unused): (Vec<_>, Vec<_>) =
            self.retired.drain(..).partition(|slot| !slot.is_free());
        self.retired = kept;
        let is_unused = |slot: &Arc<Slot>| slot.is_free() && slot.idle() >= idle;
        unused.extend(self.current.extract_if(|_, slot| is_unused(slot)).map(|(_, slot)| slot));
        unused
    }

    /// Takes out the slot that nobody has used for longest.
    fn longest_unused(&mut self) -> Option<Arc<Slot>> {
        if let Some(at) = self.retired.iter().position(|slot| slot.is_free()) {
            return Some(self.retired.swap_remove(at));
        }
        let free = self.current.values().filter(|slot| slot.is_free());
        let key = free.max_by_key(|slot| slot.idle())?.key.clone();
        self.current.remove(&key)
    }
}

impl Pool {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(pool: &Arc<Self>, key: &Key, backup: Option<Timestamp>) -> Result<Held, Problem> {
        let mut slots = pool.slots();
        if slots.is_ending {
            return Err(Problem::Ending);
        }
        let slot = slots.of(key, backup);
        slot.enter();
        if !slots.is_watched {
            slots.is_watched = true;
            // Detached: it ends with the pool, or with the runtime.
            drop(tokio::spawn(Self::watch(Arc::downgrade(pool), pool.idle / 10)));
        }
        Ok(Held { slot, pool: Arc::clone(pool) })
    }

    /// Stops what nobody uses any more, until nobody has the pool.
    async fn watch(pool: Weak<Self>, every: Duration) {
        loop {
            sleep(every).await;
            let Some(pool) = pool.upgrade() else { return };
            let unused = pool.slots().unused(pool.idle);
            for slot in unused {
                pool.stop(&slot).await;
            }
        }
    }

    /// Waits until one more session may be open; one that nobody uses makes room.
    async fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Ok(place);
            }
            let unused = self.slots().longest_unused();
            if let Some(unused) = unused {
                self.stop(&unused).await;
                continue;
            }
            tokio::select! {
                place = Arc::clone(&self.places).acquire_owned() => {
                    return place.map_err(|_| Problem::Ending);
                }
                () = self.released.notified() => {}
            }
        }
    }

    /// Opens the session of a slot, whoever stops waiting for it meanwhile.
    async fn open(pool: &Arc<Self>, slot: &Slot) -> Result<String, Problem> {
        let mut open = Arc::clone(&slot.open).lock_owned().await;
        if let Some(open) = &*open {
            return Ok(open.id.clone());
        }
        let place = pool.place().await?;
        if pool.slots().is_ending {
            return Err(Problem::Ending);
        }
        let (pool, key) = (Arc::clone(pool), slot.key.clone());
        let opening = tokio::spawn(async move {
            let (intent, id) = pool.explore(&key).await?;
            *open = Some(Open { id: id.clone(), intent, _place: place });
            Ok(id)
        });
        opening.await.unwrap_or(Err(Problem::Ending))
    }

    /// Opens a session that was written down before. An attempt whose end is not known stays written down.
    async fn explore(&self, key: &Key) -> Result<(u64, String), Problem> {
        let ask = self.client.explore_ask(key).await?;
        let mut tries = Tries::default();
        loop {
            let now = self.client.inner.wire.clock.now();
            let intent = self.journal().intend(key.kind, now).map_err(unwritten)?;
            let opened = self.client.attempt(&ask).await;
            let opened = opened.and_then(|got| readable(session_id(&got.body)));
            match opened {
                Ok(id) => {
                    // Not written, the session would still be found by kind, user and time.
                    drop(self.journal().opened(intent, &id));
                    return Ok((intent, id));
                }
                Err(problem) => {
                    if problem.is_surely_undone() || problem.is_refusal() {
                        drop(self.journal().finished(intent));
                    }
                    self.client.wait(&mut tries, &ask, problem).await?;
                }
            }
        }
    }

    async fn stop(&self, slot: &Slot) {
        let open = slot.open.lock().await.take();
        if let Some(open) = open
            && self.client.stop(&open.id).await.is_ok()
        {
            drop(self.journal().finished(open.intent));
        }
        self.released.notify_one();
    }
}

impl Held {
    pub(super) fn client(&self) -> &Veeam {
        &self.pool.client
    }

    pub(super) async fn id(&self) -> Result<String, Problem> {
        Pool::open(&self.pool, &self.slot).await
    }

    /// Notes that the session was used.
    pub(super) fn used(&self) {
        self.slot.touch();
    }

    /// Notes that the server has ended this session; the next use opens another one.
    pub(super) async fn lost(&self, id: &str) {
        let mut open = self.slot.open.lock().await;
        // It stays written down, and in the end it is seen whether it is still listed.
        drop(open.take_if(|open| open.id == id));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.slot.leave();
        self.pool.released.notify_one();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unwritten(error: std::io::Error) -> Problem {
    Problem::Record(error.to_string())
}
