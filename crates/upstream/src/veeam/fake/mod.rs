//! A small server of Veeam on loopback, for tests.
//!
//! It speaks the versions that it is told to, each in its own form: what another version would say it does
//! not understand. It holds mail in mailboxes and folders, opens and stops restore sessions, searches by a
//! part of the subject, and notes what it was told to do. Faults are ordered at its [`FakeVeeam::http`].

mod answers;
mod mail;
mod world;
mod zip;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use self::world::World;
use super::{Account, Version};
use crate::fake::{Fake, Reply, Seen, Service};
use crate::{Secret, Trust};

pub use self::mail::BackedUp;

/// The user and the password that are right.
pub(super) const USER: (&str, &str) = (r"CONTOSO\postern", "s3cret pass");

/// The server; it stops when dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use postern_upstream::veeam::fake::{BackedUp, FakeVeeam};
/// use postern_upstream::veeam::{Veeam, Version};
///
/// let fake = FakeVeeam::start(&[Version::V7]).await?;
/// fake.hold([BackedUp { subject: "Hello".into(), ..BackedUp::new("alice@contoso.com", "Inbox", "i1") }]);
/// let client = Veeam::new(fake.account()).expect("a client");
/// assert_eq!(client.version().await, Ok(Version::V7));
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FakeVeeam {
    http: Fake,
    world: Arc<Mutex<World>>,
}

/// A restore session of the fake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeSession {
    /// Its id.
    pub id: String,
    /// `Vex` or `Veod`.
    pub kind: String,
    /// Who opened it.
    pub user: String,
    /// Whether it is open.
    pub is_working: bool,
}

impl FakeVeeam {
    /// Starts on a free port with one organization, `contoso`, that was backed up once.
    ///
    /// # Errors
    ///
    /// When loopback cannot be listened on.
    pub async fn start(versions: &[Version]) -> io::Result<Self> {
        let http = Fake::start().await?;
        let world = Arc::new(Mutex::new(World::new(versions.to_vec())));
        http.serve(Shared(Arc::clone(&world)));
        Ok(Self { http, world })
    }

    /// The server as plain HTTP: what was sent, and what goes wrong.
    #[must_use]
    pub fn http(&self) -> &Fake {
        &self.http
    }

    /// An account that the server accepts.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            url: self.http.url(),
            user: USER.0.to_owned(),
            password: Secret::new(USER.1),
            organization: None,
            version: None,
            trust: Trust::System,
            sessions: 2,
            answer_time: Duration::from_secs(10),
        }
    }

    /// Holds this too in sessions that are opened from now on; an item of the same id is replaced.
    pub fn hold(&self, mail: impl IntoIterator<Item = BackedUp>) {
        let mut world = self.world();
        for item in mail {
            world.hold(item);
        }
    }

    /// Holds this item no more in sessions that are opened from now on.
    pub fn remove(&self, id: &str) {
        self.world().remove(id);
    }

    /// Makes a backup at this time; it is the last one from now on.
    pub fn back_up(&self, time: Timestamp) {
        self.world().last_backup = time;
    }

    /// The address of a mailbox that lies in an archive tier from now on.
    pub fn archive(&self, mailbox: &str) {
        self.world().archived.push(mailbox.to_owned());
    }

    /// The sessions that were opened, oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<FakeSession> {
        self.world().sessions.iter().map(|session| session.shown.clone()).collect()
    }

    /// How many of them are open.
    #[must_use]
    pub fn working(&self) -> usize {
        self.sessions().iter().filter(|session| session.is_working).count()
    }

    /// Ends all sessions, as an administrator does.
    pub fn stop_sessions(&self) {
        self.world().stop_all();
    }

    /// Opens a session of somebody, as at the console of the server, and returns its id.
    #[must_use]
    pub fn open_session(&self, kind: &str, user: &str, created: Timestamp) -> String {
        self.world().open(kind, user, created)
    }

    /// No token that was given out is good any more.
    pub fn expire_tokens(&self) {
        self.world().tokens.clear();
    }

    /// No pair of tokens that was given out is good any more: the server has been restarted.
    pub fn restart(&self) {
        self.world().restart();
    }

    /// Answers requests on sessions that have ended with this status; it is 500 until then.
    pub fn ended_session(&self, status: u16) {
        self.world().ended_status = status;
    }

    /// The most that is put on a page, whatever is asked for.
    pub fn page_size(&self, size: usize) {
        self.world().page_size = size;
    }

    /// What it was told to do beside listing, searching and saving: path and body, oldest first.
    #[must_use]
    pub fn actions(&self) -> Vec<(String, Value)> {
        self.world().actions.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

#[derive(Debug)]
struct Shared(Arc<Mutex<World>>);

impl Service for Shared {
    fn reply(&mut self, seen: &Seen, works: bool) -> Option<Reply> {
        Some(lock(&self.0).reply(seen, works))
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
