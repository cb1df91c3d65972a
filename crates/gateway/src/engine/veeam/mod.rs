//! The item search of Veeam Backup for Microsoft 365.
//!
//! What a query says of mailbox, folder and source becomes the [areas](areas) that are searched; the rest is
//! compiled to the text of item search. Hits are entries of a backup, in the order of the server.

mod areas;
mod directory;
mod hit;
mod id;
mod outcome;
mod page;
mod position;
mod sorted;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_query::emit::aqs;
use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{Direction, Fidelity, Note, datatap};
use postern_upstream::Retry;
use postern_upstream::veeam::{Kind, Session, Sessions};
use tokio::time::timeout_at;

use super::places::{Divided, Here};
use super::{
    Ask, By, Engine, Found, Made, Occasion, Outcome, Plan, Planning, Saved, Wanted, Watching, Why,
};
use crate::access::{Caller, Mailboxes};
use crate::config::{BreakerSettings, Config, Tenant};
use crate::local::Local;
use crate::remembered::Fingerprint;
use directory::Directory;
use id::ItemId;
use outcome::Stop;
pub(crate) use outcome::told;

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
    directory: Directory,
    sent: Fingerprint,
}

/// A query as this engine asks for it.
#[derive(Clone, Debug)]
struct Question {
    divided: Divided,
    /// The text of item search; `None` where the items are listed.
    text: Option<String>,
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
        directory: Directory::default(),
        sent: Fingerprint::of(&["veeam", &tenant.id]),
    };
    Ok((Arc::new(Veeam(Arc::new(server))), Some(watching)))
}

impl Engine for Veeam {
    fn plan(&self, asked: &Planning<'_>) -> Result<Plan, Why> {
        let query = &asked.understood.query;
        let divided = Divided::of(query);
        let (text, notes) = self.said(&divided)?;
        let order = query.order().to_vec();
        order.iter().copied().try_for_each(can_sort)?;
        let yields = self.yields(&divided, &asked.caller.mailboxes, asked.now);
        let sent = text
            .clone()
            .map(|text| datatap::Request { query: Some(text), ..datatap::Request::default() });
        let mailboxes = asked.caller.mailboxes.clone();
        let question = Arc::new(Question { divided, text, order, mailboxes });
        let (veeam, by) = (self.clone(), self.by(asked.caller));
        let carry_out = move |wanted: Wanted, occasion: Occasion| {
            let (veeam, question) = (veeam.clone(), Arc::clone(&question));
            Ask::new(Some(by), async move { veeam.search(&question, &wanted, &occasion).await })
        };
        Ok(Plan { notes, sent, yields, carry_out: Box::new(carry_out) })
    }

    fn is_position(&self, text: &str) -> bool {
        position::read(text).is_some_and(|position| position::write(&position) == text)
    }

    fn is_counted_elsewhere(&self) -> bool {
        false
    }

    fn original(&self, id: &str, caller: &Caller, deadline: Instant) -> Option<Ask<Saved>> {
        let item = ItemId::parse(id)?;
        let (veeam, mailboxes) = (self.clone(), caller.mailboxes.clone());
        Some(Ask::new(Some(self.by(caller)), async move {
            let saved = async {
                let session = veeam.session().await?;
                page::original(&veeam, &session, &item, &mailboxes).await
            };
            match timeout_at(deadline.into(), saved).await {
                Ok(Ok(saved)) => Outcome::Served(saved),
                Ok(Err(stop)) => stop.into(),
                Err(_) => outcome::late(),
            }
        }))
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

    /// The text of item search for what is not about places, and what it errs in. The items are listed where
    /// there is nothing but places.
    fn said(&self, divided: &Divided) -> Result<(Option<String>, Vec<Note>), Why> {
        if divided.rest.condition().is_everything() {
            let note = Note {
                fidelity: Fidelity::Approximate,
                direction: Some(Direction::Wider),
                span: None,
                message: "Veeam lists all items of the backup, also those that are no messages"
                    .into(),
            };
            return Ok((None, vec![note]));
        }
        let compiled = aqs::compile(&divided.rest);
        match compiled.sent {
            Some(text) => Ok((Some(text), compiled.notes)),
            None => {
                let worst = compiled.notes.iter().max_by_key(|note| note.fidelity);
                let why = worst.map(|note| note.message.as_str()).unwrap_or_default();
                Err(Why::never("cannot_say", format!("Veeam cannot say this: {why}")))
            }
        }
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
            let session = self.session().await?;
            if question.order.is_empty() {
                page::of(self, &session, question, wanted, occasion).await
            } else {
                sorted::of(self, &session, question, wanted, occasion).await
            }
        };
        match timeout_at(occasion.deadline.into(), found).await {
            Ok(Ok(found)) => Outcome::Served(found),
            Ok(Err(stop)) => stop.into(),
            Err(_) => outcome::late(),
        }
    }

    /// The session that all share. Whoever stops waiting for it leaves it to the next one.
    async fn session(&self) -> Result<Session, Stop> {
        let sessions = self.0.sessions.clone();
        let opening = tokio::spawn(async move { sessions.session(Kind::Exchange, None).await });
        let session = opening.await.map_err(|_| Stop::Broken)??;
        Ok(session.with_retry(Retry { attempts: ATTEMPTS, ..Retry::default() }))
    }
}

/// What is listed of an item can be sorted by.
fn can_sort(sort: Sort) -> Result<(), Why> {
    match sort.by {
        SortField::Instant(InstantField::Received | InstantField::Sent)
        | SortField::String(StringField::Subject) => Ok(()),
        SortField::Score
        | SortField::String(_)
        | SortField::Flag(_)
        | SortField::Number(_)
        | SortField::Instant(InstantField::Created | InstantField::Modified) => {
            let what =
                format!("Veeam cannot say this: it lists no `{}` to sort by", sort.by.path());
            Err(Why::never("cannot_sort", what))
        }
    }
}
