//! The item search of Veeam Backup for Microsoft 365.
//!
//! Mailboxes and drives are two [parts](part) of a backup, each asked in sessions of its own kind. What a query says
//! of mailbox, folder and source becomes the [areas](areas) that are searched; the rest is [said](said) in the text
//! of item search. Hits are entries and documents of a backup, in the order of the server: mail, then documents.

mod areas;
mod directory;
mod hit;
mod id;
mod original;
mod outcome;
mod page;
mod part;
mod position;
mod said;
mod sorted;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_upstream::Retry;
use postern_upstream::veeam::{Kind, Session, Sessions};
use tokio::time::timeout_at;

use super::places::{Divided, Here};
use super::{
    Ask, By, Engine, Filed, Found, Made, Occasion, Outcome, Plan, Planning, Saved, Wanted,
    Watching, Why,
};
use crate::access::{Caller, Mailboxes};
use crate::config::{BreakerSettings, Config, Tenant};
use crate::local::Local;
use crate::remembered::Fingerprint;
use directory::Directory;
use id::ItemId;
use outcome::Stop;
pub(crate) use outcome::told;
use part::Part;
use position::Position;
use said::Sayings;

/// How often a request is sent where somebody waits for the answer.
const ATTEMPTS: u32 = 2;
/// For how long "not there" is believed.
const RECHECK: Duration = Duration::from_secs(60);

/// The server of a tenant; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Veeam(Arc<Server>);

#[derive(Debug)]
struct Server {
    sessions: Sessions,
    /// What the source is called.
    source: String,
    /// For how long a listing of a mailbox counts as whole; `None` where the order of the engines was told.
    fresh: Option<Duration>,
    archive: Local,
    mailboxes: Directory,
    drives: Directory,
    /// Whose drives are that no URL tells.
    owners: BTreeMap<String, String>,
    sent: Fingerprint,
}

/// A query as this engine asks for it.
#[derive(Clone, Debug)]
struct Question {
    divided: Divided,
    sayings: Sayings,
    /// How the whole result is sorted here; the server has no order of its own.
    order: Vec<Sort>,
    mailboxes: Mailboxes,
}

/// The engine of a tenant over its server.
pub(super) fn make(config: &Config, tenant: &Tenant, archive: &Local, sessions: &Sessions) -> Made {
    let Some(settings) = &tenant.veeam else {
        return Err(Why::never("not_configured", "no server of Veeam is configured"));
    };
    let watching = Watching {
        breaker: BreakerSettings::default(),
        recheck: RECHECK,
        deadline: config.deadline,
        hedge: false,
        shadow: 0.0,
    };
    let server = Server {
        sessions: sessions.clone(),
        source: settings.source.clone(),
        fresh: config.is_own_order(tenant).then_some(settings.fresh),
        archive: archive.clone(),
        mailboxes: Directory::default(),
        drives: Directory::default(),
        owners: settings.drives.clone(),
        sent: Fingerprint::of(&["veeam", &tenant.id]),
    };
    Ok((Arc::new(Veeam(Arc::new(server))), Some(watching)))
}

impl Engine for Veeam {
    fn plan(&self, asked: &Planning<'_>) -> Result<Plan, Why> {
        let query = &asked.understood.query;
        let divided = Divided::of(query);
        let (sayings, notes) = Sayings::of(&divided, asked.understood.versions)?;
        let order = query.order().to_vec();
        order.iter().try_for_each(|sort| can_sort(*sort, &sayings))?;
        let yields = self.yields(&divided, &asked.caller.mailboxes, asked.now);
        let sent = sayings.sent();
        let mailboxes = asked.caller.mailboxes.clone();
        let question = Arc::new(Question { divided, sayings, order, mailboxes });
        let (veeam, by) = (self.clone(), self.by(asked.caller));
        let carry_out = move |wanted: Wanted, occasion: Occasion| {
            let (veeam, question) = (veeam.clone(), Arc::clone(&question));
            Ask::new(Some(by), async move { veeam.search(&question, &wanted, &occasion).await })
        };
        Ok(Plan { notes, sent, yields, carry_out: Box::new(carry_out) })
    }

    fn is_position(&self, text: &str) -> bool {
        position::read::<Position>(text).is_some_and(|position| position::write(&position) == text)
    }

    fn is_counted_elsewhere(&self) -> bool {
        false
    }

    fn sole_source(&self) -> Option<&str> {
        Some(&self.0.source)
    }

    fn has_files(&self) -> bool {
        true
    }

    fn original(&self, id: &str, caller: &Caller, deadline: Instant) -> Option<Ask<Saved>> {
        let item = ItemId::parse(id).filter(|item| item.part == Part::Mail)?;
        let (veeam, mailboxes) = (self.clone(), caller.mailboxes.clone());
        let saved = async move { original::saved(&veeam, &item, &mailboxes).await };
        Some(Ask::new(Some(self.by(caller)), in_time(saved, deadline)))
    }

    fn file(
        &self,
        id: &str,
        whole: bool,
        caller: &Caller,
        deadline: Instant,
    ) -> Option<Ask<Filed>> {
        let item = ItemId::parse(id).filter(|item| item.part == Part::Files)?;
        let (veeam, mailboxes) = (self.clone(), caller.mailboxes.clone());
        let file = async move { original::file(&veeam, &item, &mailboxes, whole).await };
        Some(Ask::new(Some(self.by(caller)), in_time(file, deadline)))
    }
}

impl Veeam {
    /// What the source is called.
    pub(crate) fn source(&self) -> &str {
        &self.0.source
    }

    fn by(&self, caller: &Caller) -> By {
        let asker = Fingerprint::of(&[&caller.name]);
        By { sent: self.0.sent, asker, index: Some(self.0.sent) }
    }

    /// Why what is stored here answers first: it has all of the mailboxes that are asked for, as they were
    /// listed not long ago.
    fn yields(&self, divided: &Divided, mailboxes: &Mailboxes, now: Timestamp) -> Option<Why> {
        let here = Here { archive: self.0.archive.archive(), source: self.source() };
        here.is_whole(divided, mailboxes, self.0.fresh?, now).then_some(Why::Whole)
    }

    async fn search(
        &self,
        question: &Question,
        wanted: &Wanted,
        occasion: &Occasion,
    ) -> Outcome<Found> {
        let found = async {
            if question.order.is_empty() {
                page::of(self, question, wanted, occasion).await
            } else {
                sorted::of(self, question, wanted, occasion).await
            }
        };
        in_time(found, occasion.deadline).await
    }

    /// The session of a kind, which all share. Whoever stops waiting for it leaves it to the next one.
    async fn session(&self, kind: Kind) -> Result<Session, Stop> {
        let sessions = self.0.sessions.clone();
        let opening = tokio::spawn(async move { sessions.session(kind, None).await });
        let session = opening.await.map_err(|_| Stop::Broken)??;
        Ok(session.with_retry(Retry { attempts: ATTEMPTS, ..Retry::default() }))
    }
}

/// An answer, where it comes before the deadline.
async fn in_time<T>(
    answer: impl Future<Output = Result<T, Stop>>,
    deadline: Instant,
) -> Outcome<T> {
    match timeout_at(deadline.into(), answer).await {
        Ok(Ok(answer)) => Outcome::Served(answer),
        Ok(Err(stop)) => stop.into(),
        Err(_) => outcome::late(),
    }
}

/// What is listed of an item can be sorted by.
fn can_sort(sort: Sort, sayings: &Sayings) -> Result<(), Why> {
    match sort.by {
        SortField::Instant(
            InstantField::Received
            | InstantField::Sent
            | InstantField::Created
            | InstantField::Modified,
        )
        | SortField::String(StringField::Subject) => Ok(()),
        // Of documents the size is listed.
        SortField::Number(_) if sayings.mail.is_none() => Ok(()),
        SortField::Score | SortField::String(_) | SortField::Flag(_) | SortField::Number(_) => {
            let what =
                format!("Veeam cannot say this: it lists no `{}` to sort by", sort.by.path());
            Err(Why::never("cannot_sort", what))
        }
    }
}
