//! The whole router without a socket, before a small real upstream.

mod access;
mod assistants;
mod at_home;
mod audited;
mod cluster;
mod cluster_people;
mod cluster_reports;
mod cluster_rows;
mod collapsed;
mod configuration;
mod connections;
mod costs;
mod counted;
mod dropin;
mod files;
mod hostile;
mod indexed;
mod isolation;
mod keys;
mod large;
mod limits;
mod native;
mod operation;
mod order;
mod outcomes;
mod refused;
mod reports;
mod saved;
mod scenario;
mod serving;
mod sets;
mod slots;
mod veeam;
mod veeam_files;

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicUsize};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::Timestamp;
use postern_archive::export::Shelf;
use postern_archive::search::{
    AddressBook, Asker, Completion, Counting, Counts, Coverage, Hit, MailboxCoverage, Page, Row,
    Rows, Search, Snippet, Suggestion, Thread,
};
use postern_archive::{Error, IndexError, Lost, Original};
use postern_query::{Message, Place, Query, evaluate};
use postern_upstream::Secret;
use postern_upstream::fake::Fake;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::access::{Access, Key, Right};
use crate::api::app;
use crate::config::{Config, Level, Overrides, Premium};
use crate::{Local, LocalEngine, Locals, State};

pub(crate) const TENANT: &str = "t1";
pub(crate) const KEY: &str = "outer-key";
pub(crate) const DOCUMENTS: &str = "/api/t1/indexes/dg-search-index/documents";

/// Messages in memory, judged by what a query means.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    messages: Vec<Message>,
    pause: Duration,
    /// Pages that were asked for so far.
    asked: Arc<AtomicUsize>,
    /// Messages that were handed over so far.
    handed: Arc<AtomicUsize>,
    /// Nothing can be read behind so many messages of a page.
    breaks_after: Option<usize>,
}

impl Shelf for Memory {
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        self.asked.fetch_add(1, atomic::Ordering::SeqCst);
        std::thread::sleep(self.pause);
        let query = asker.scope.restrict(search.query.clone());
        let mut found: Vec<_> =
            self.messages.iter().filter(|mail| evaluate(query.condition(), mail)).collect();
        found.sort_by(|a, b| newest_first(a, b));
        let count = found.len();
        if let Some(after) = search.after {
            let place = found.iter().position(|mail| mail.id == after.id);
            found.drain(..place.map_or(0, |place| place + 1));
        }
        for mail in found.into_iter().skip(search.offset).take(search.limit) {
            let snippet = Snippet { text: "a piece".into(), ..Snippet::default() };
            let snippet = search.highlight.then_some(snippet);
            let handed = self.handed.fetch_add(1, atomic::Ordering::SeqCst);
            if self.breaks_after.is_some_and(|most| handed >= most) {
                return Err(IndexError::Corrupt("it breaks here".into()));
            }
            if take(Hit { score: 1.0, message: mail.clone(), place: 0, snippet }).is_break() {
                break;
            }
        }
        Ok(Page { count, ..Page::default() })
    }

    fn original(&self, id: &str) -> Result<Original, Error> {
        let mut files = self.messages.iter().filter(|one| one.is_file());
        match files.find(|one| one.id == id).map(|one| one.newest.is_none()) {
            Some(true) => Ok(Original::Whole(b"From: the bytes".to_vec())),
            // The newest version lies where it lay.
            Some(false) => Err(Lost::Changed.into()),
            None => Err(Lost::Unknown.into()),
        }
    }
}

impl LocalEngine for Memory {
    /// None of the messages has a Message-ID.
    fn rows(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Rows, IndexError> {
        let alone = &mut |hit| take(Row { hit, copies: Vec::new(), more: 0 });
        let count = self.each(search, asker, alone)?.count;
        Ok(Rows { messages: count, rows: count, snapshot: 0 })
    }

    fn counts(&self, _: &Query, _: &Counting<'_>, _: &Asker) -> Result<Counts, IndexError> {
        Ok(Counts { count: 0, facets: Vec::new(), histogram: None })
    }

    fn complete(
        &self,
        _: &Query,
        _: Completion<'_>,
        _: &str,
        _: usize,
        _: &Asker,
    ) -> Result<Vec<Suggestion>, IndexError> {
        Ok(Vec::new())
    }

    fn thread(&self, id: &str, _: &Asker) -> Result<Thread, IndexError> {
        let one = self.messages.iter().find(|mail| mail.id == id);
        let belongs = |mail: &&Message| {
            mail.id == id
                || one.is_some_and(|one| {
                    one.conversation_id.is_some() && one.conversation_id == mail.conversation_id
                })
        };
        let ids = self.messages.iter().filter(belongs).map(|mail| mail.id.clone()).collect();
        Ok(Thread { ids, complete: true })
    }

    fn address_book(&self, _: &Asker) -> Result<AddressBook, IndexError> {
        Ok(AddressBook::default())
    }

    fn coverage(&self) -> Coverage {
        let mailbox = |name: &str| MailboxCoverage {
            name: name.into(),
            indexed: 2,
            known: 2,
            ..MailboxCoverage::default()
        };
        Coverage {
            indexed: 4,
            known: 5,
            as_of: Some(now()),
            files: self.messages.iter().filter(|one| one.is_file()).count() as u64,
            mailboxes: ["alice", "bob"].map(mailbox).to_vec(),
            ..Coverage::default()
        }
    }
}

fn newest_first(a: &Message, b: &Message) -> Ordering {
    b.received.cmp(&a.received).then_with(|| a.id.cmp(&b.id))
}

pub(crate) fn now() -> Timestamp {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

/// Four messages: two of Alice's, two of Bob's, each with its own day.
pub(crate) fn mail() -> Memory {
    let message = |day: i64, mailbox: &str, subject: &str| Message {
        id: format!("m{day}"),
        places: vec![Place { mailbox: Some(mailbox.into()), ..Place::NOWHERE }],
        subject: Some(subject.into()),
        body: Some(format!("body of {subject}")),
        from_address: Some(format!("{mailbox}@contoso.com")),
        received: Some(Timestamp::from_second(1_704_067_200 + day * 86_400).unwrap()),
        has_attachments: Some(day % 2 == 0),
        ..Message::default()
    };
    Memory {
        messages: vec![
            message(1, "alice", "invoice one"),
            message(2, "alice", "invoice two, overdue"),
            message(3, "bob", "invoice three"),
            message(4, "bob", "holiday"),
        ],
        ..Memory::default()
    }
}

pub(crate) fn slow_mail(pause: Duration) -> Memory {
    Memory { pause, ..mail() }
}

/// One key that opens all of the tenant, as the flags would make it.
pub(crate) fn one_key(premium: Option<&Fake>) -> Config {
    let mut config = nobody(premium);
    let rights = Right::ALL.to_vec();
    config.access = Access::new(vec![Key { rights, ..key("main", KEY, TENANT) }]);
    config
}

/// No key: the one user of this machine.
pub(crate) fn nobody(premium: Option<&Fake>) -> Config {
    let mut config = Config::load(None, &Overrides::default(), "/nowhere".into()).unwrap();
    // Where premium hangs, a test waits for three quarters of this, and the local index has the rest of
    // it: time enough on a machine that is busy.
    config.deadline = Duration::from_secs(4);
    // There is no data folder.
    config.audit.level = Level::Off;
    let deadline = config.deadline;
    let premium = premium.map(|fake| Premium::at(fake.url()));
    config.premium = premium.map(|premium| Premium { probe: None, deadline, ..premium });
    config
}

pub(crate) fn key(name: &str, text: &str, tenant: &str) -> Key {
    let upstream = Some(Secret::new("inner-key"));
    Key { name: name.into(), upstream, ..Key::same(tenant, text) }
}

pub(crate) fn gateway(config: &Config) -> Router {
    gateway_over(config, Local::answering(Arc::new(mail())))
}

pub(crate) fn gateway_over(config: &Config, local: Local) -> Router {
    app(State::over(config, Locals::common(local), now).unwrap().having_asked())
}

/// What a client sees.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// The subjects or ids of what was found, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let json = self.json();
        let list = json.get("Results").or(json.get("results")).and_then(Value::as_array);
        list.unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) async fn get(router: &Router, uri: &str) -> Seen {
    send(router, Method::GET, uri, Some(KEY), "").await
}

pub(crate) async fn send(
    router: &Router,
    method: Method,
    uri: &str,
    key: Option<&str>,
    body: &str,
) -> Seen {
    let mut request = Request::builder().method(method).uri(uri);
    if !body.is_empty() {
        request = request.header("Content-Type", "application/json");
    }
    if let Some(key) = key {
        request = request.header("X-API-Key", key);
    }
    exchange(router, request.body(Body::from(body.to_owned())).unwrap()).await
}

pub(crate) async fn exchange(router: &Router, request: Request<Body>) -> Seen {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Seen { status: head.status, headers: head.headers, body }
}
