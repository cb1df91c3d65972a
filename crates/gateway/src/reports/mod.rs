//! Search-term reports that are made beside the requests: one at a time for each key, the others wait.

pub(crate) mod store;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use postern_archive::report::{Begin, Order, ReportError, ReportProgress, Term};
use postern_archive::search::{Asker, Scope, Work};
use postern_archive::{Archive, IndexError, chain};
use tokio::sync::{Mutex as Turn, Semaphore};

use crate::local::{LocalEngine, told};
use crate::viewpoint::Viewpoint;
use crate::wire::{ReportBounds, ReportView};
use store::{Record, Store};

/// Reports of a key that wait or are being made.
pub(crate) const MOST_WAITING: usize = 10;

/// The reports that wait or are being made.
#[derive(Debug)]
pub(crate) struct Reports {
    open: Mutex<HashMap<String, Arc<Making>>>,
    /// By owner: one is made at a time.
    turns: Mutex<HashMap<String, Arc<Turn<()>>>>,
    /// How many are made at the same time, for all.
    room: Semaphore,
}

impl Default for Reports {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let room = Semaphore::new((cores / 2).max(1));
        Self { open: Mutex::default(), turns: Mutex::default(), room }
    }
}

/// What a report is made of.
pub(crate) struct Wish {
    pub(crate) terms: Vec<Term>,
    pub(crate) filter: Option<String>,
    pub(crate) versions: bool,
    pub(crate) viewpoint: Viewpoint,
    /// What may be seen.
    pub(crate) scope: Scope,
    /// The only mailboxes that it is about, as they were asked for.
    pub(crate) only: Vec<String>,
    /// Where it is kept, with what sources listed.
    pub(crate) archive: Arc<Archive>,
    /// Who counts.
    pub(crate) engine: Arc<dyn LocalEngine>,
}

/// A report that waits or is being made.
#[derive(Debug)]
pub(crate) struct Making {
    owner: String,
    work: Work,
    has_begun: AtomicBool,
    messages: AtomicU64,
    looked: AtomicU64,
    counted: AtomicU64,
}

/// How far a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HowFar {
    pub(crate) has_begun: bool,
    /// Messages in all.
    pub(crate) messages: u64,
    pub(crate) looked: u64,
    pub(crate) counted: u64,
}

impl Reports {
    /// Begins to make a report; nothing where the owner has too many under way.
    pub(crate) fn begin(
        self: &Arc<Self>,
        record: Record,
        wish: Wish,
        clock: fn() -> Timestamp,
    ) -> Option<()> {
        let making = Arc::new(Making {
            owner: record.owner.clone(),
            work: Work::limited(),
            has_begun: AtomicBool::new(false),
            messages: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            counted: AtomicU64::new(0),
        });
        let mut open = lock(&self.open);
        if open.values().filter(|one| one.owner == record.owner).count() >= MOST_WAITING {
            return None;
        }
        open.insert(record.id.clone(), Arc::clone(&making));
        drop(open);
        let turn = Arc::clone(lock(&self.turns).entry(record.owner.clone()).or_default());
        let reports = Arc::clone(self);
        drop(tokio::spawn(async move {
            let _turn = turn.lock().await;
            let _room = reports.room.acquire().await;
            let id = record.id.clone();
            let task = tokio::task::spawn_blocking(move || making.carry_out(&record, &wish, clock));
            // One that panics leaves a record without an end, which tells so.
            drop(task.await);
            lock(&reports.open).remove(&id);
        }));
        Some(())
    }

    /// How far a report is that waits or is being made.
    pub(crate) fn how_far(&self, id: &str) -> Option<HowFar> {
        let open = lock(&self.open);
        let one = open.get(id)?;
        Some(HowFar {
            has_begun: one.has_begun.load(Relaxed),
            messages: one.messages.load(Relaxed),
            looked: one.looked.load(Relaxed),
            counted: one.counted.load(Relaxed),
        })
    }

    /// Ends a report.
    pub(crate) fn stop(&self, id: &str) {
        if let Some(one) = lock(&self.open).get(id) {
            one.work.stop();
        }
    }
}

impl Making {
    fn carry_out(&self, record: &Record, wish: &Wish, clock: fn() -> Timestamp) {
        if self.work.is_stopped() {
            return;
        }
        self.has_begun.store(true, Relaxed);
        let store = Store::below(wish.archive.data());
        let made = self.make(wish, clock());
        if self.work.is_stopped() {
            return;
        }
        let kept = made.and_then(|report| {
            store.put_result(&record.id, &report).map_err(|error| {
                tracing::warn!(error = chain(&error), "a report cannot be kept");
                "the result cannot be kept; the log says why".to_owned()
            })
        });
        let written = store.put(&record.clone().at_end(kept.err(), clock()));
        written.unwrap_or_else(|error| tracing::warn!(%error, "a report cannot be noted"));
        // It was removed while its result was written.
        if self.work.is_stopped() {
            store.remove(&record.id);
        }
    }

    fn make(&self, wish: &Wish, made: Timestamp) -> Result<ReportView, String> {
        let (filter, context) = (wish.filter.as_deref(), wish.viewpoint.context(made));
        let versions = wish.versions;
        let order = Order { terms: &wish.terms, filter, context: &context, versions };
        let asker = Asker { scope: wish.scope.clone(), work: self.work.clone() };
        let coverage = wish.engine.coverage_to_keep(&asker);
        self.messages.store(coverage.indexed, Relaxed);
        let begin: &Begin<'_> = &|within, asker, look| wish.engine.survey(within, asker, look);
        let report = wish.archive.report_over(begin, coverage, &order, &asker, &mut |progress| {
            match progress {
                ReportProgress::Looked(messages) => self.looked.store(messages, Relaxed),
                ReportProgress::Counted(queries) => self.counted.store(queries as u64, Relaxed),
            }
            ControlFlow::Continue(())
        });
        let zone = wish.viewpoint.zone_name();
        let engine = wish.engine.name();
        let bounds = ReportBounds { engine, made, zone, filter, mailboxes: &wish.only };
        report.map(|report| ReportView::of(report, &bounds)).map_err(why)
    }
}

/// What a client is told of a report that cannot be made.
fn why(error: ReportError) -> String {
    match error {
        ReportError::Filter(refused) => refused.to_string(),
        ReportError::Index(IndexError::Stopped) => "it was stopped".to_owned(),
        ReportError::Index(error) => told(&error),
        ReportError::Stored(error) => {
            tracing::warn!(error = chain(&error), "what is stored cannot be read");
            "what is stored cannot be read; the log says why".to_owned()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
