//! One face for everything that answers queries.
//!
//! An engine says what it can do with a query ([`Engine::plan`]), carries a plan out within a deadline
//! ([`Plan::search`]), and what comes of that is one of a few [`Outcome`]s. It knows nothing of the other
//! engines: who is asked first, when to try the next one, and what is remembered of failures is written
//! once, in [`choose`](crate::choose).
//!
//! The next engine is a module here, a name in [`EngineName`](crate::config::EngineName) with its settings,
//! and a line in [`kind`].

mod cluster;
mod local;
mod outcome;
mod places;
mod position;
mod premium;
mod reason;
mod veeam;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use jiff::tz::TimeZone;
use postern_archive::search::{Bars, Counts, Coverage, Facet, Page};
use postern_query::{Direction, Fidelity, Message, Note, Place, direction_of};
use postern_upstream::veeam::Sessions;

use crate::access::{Caller, UpstreamKey};
use crate::config::{BreakerSettings, Config, ConfigError, EngineName, Tenant};
use crate::language::{Reader, Understood};
use crate::local::{Allowance, Local, LocalEngine, Question};
use crate::remembered::Fingerprint;
use crate::wire::{ResultView, Sent};

pub(crate) use local::{LocalIndex, UPGRADING, failed};
pub(crate) use outcome::{Failure, Health, Outcome, Refusal};
pub(crate) use places::Divided;
pub(crate) use premium::{Premium, To};
pub(crate) use reason::{Reason, Why};
pub(crate) use veeam::told;

/// Hits of a page at most.
pub(crate) const PAGE_LIMIT: usize = 1_000;
/// Bytes of JSON that a page of `/v1` has at most, unless one message alone has more.
pub(crate) const PAGE_BYTES: usize = 8 << 20;
/// Hits that may be left out.
pub(crate) const SKIP_LIMIT: usize = 100_000;

/// How an engine is made: the next one is a line in here.
pub(crate) const fn kind(name: EngineName) -> Kind {
    match name {
        EngineName::Premium => Kind::Shared(premium::make),
        EngineName::Veeam => Kind::OfSource(veeam::make),
        EngineName::Cluster => Kind::OfIndex(cluster::make),
        EngineName::Local => Kind::OfTenant(local::make),
    }
}

/// Whether all tenants share one, or each has its own.
pub(crate) enum Kind {
    /// Made once.
    Shared(fn(&Config) -> Result<Made, ConfigError>),
    /// Made for each tenant, beside what is stored for it.
    OfTenant(fn(&Local) -> Made),
    /// Made for each tenant, over an index elsewhere that is named after it.
    OfIndex(fn(&Config, Option<&str>) -> Made),
    /// Made for each tenant that has such a source.
    OfSource(fn(&Config, &Tenant, &Local, &Sessions) -> Made),
}

/// What the cluster of a configuration stores for a tenant, read as what is stored on this machine is. Each call makes
/// a client of its own. Whoever reads waits, on a thread of a runtime where that may be done.
///
/// # Errors
///
/// Why there is none, in words.
pub fn in_cluster(config: &Config, tenant: Option<&str>) -> Result<Arc<dyn LocalEngine>, String> {
    let (engine, _) = cluster::make(config, tenant).map_err(|why| match why {
        Why::Never { text, .. } => text,
        other => format!("{other:?}"),
    })?;
    engine.shelf().ok_or_else(|| "the cluster stores no messages".to_owned())
}

/// An engine that was made, or why there is none.
pub(crate) type Made = Result<(Arc<dyn Engine>, Option<Watching>), Why>;

/// How an engine that may fail is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watching {
    /// When it is left alone, and for how long.
    pub(crate) breaker: BreakerSettings,
    /// For how long "not there" is believed.
    pub(crate) recheck: Duration,
    /// How long it may take to answer, where nothing else is said.
    pub(crate) deadline: Duration,
    /// Whether the next engine begins as well when this one is slower than it usually is.
    pub(crate) hedge: bool,
    /// The share of its answers that the next engine is asked for too, 0 to 1.
    pub(crate) shadow: f64,
}

/// Something that answers queries.
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// What it can do with a query. It runs aside from the threads that talk to clients.
    fn plan(&self, asked: &Planning<'_>) -> Result<Plan, Why>;

    /// Whether it wrote that position of a page.
    fn is_position(&self, _text: &str) -> bool {
        false
    }

    /// How it counts all that matches, by facets and in bars; nothing where it cannot count.
    fn counts(&self, _counting: Counting) -> Option<Asking<Counts>> {
        None
    }

    /// How much of the known mail it holds, as far as it was learned, where what is stored here does not say so.
    fn coverage(&self) -> Option<Coverage> {
        None
    }

    /// Whether what it found can be counted by an engine that counts.
    fn is_counted_elsewhere(&self) -> bool {
        true
    }

    /// Whether it cuts snippets and marks what was looked for.
    fn has_snippets(&self) -> bool {
        false
    }

    /// Whether it says of a key of a client that it is known. One that does not shows nothing to a key that
    /// another engine refuses.
    fn judges_keys(&self) -> bool {
        false
    }

    /// Asks whether it knows the key. Clients write no part of that question.
    fn probe(&self, _key: &UpstreamKey, _tenant: &str, _deadline: Instant) -> Option<Ask<()>> {
        None
    }

    /// How often it wants to be asked what it can do; nothing for never.
    fn probing(&self) -> Option<Duration> {
        None
    }

    /// The same question, where it is time to ask it again: only one of those who want to know is told so.
    fn due(&self, _key: &UpstreamKey, _tenant: &str) -> Option<Ask<()>> {
        None
    }

    /// The service of DataTap, to which requests below `/api` are passed on as they came.
    fn datatap(&self) -> Option<&Premium> {
        None
    }

    /// Asks for a message that is not stored here, by an id that this engine gave it; nothing where the id is of
    /// another kind.
    fn original(&self, _id: &str, _caller: &Caller, _deadline: Instant) -> Option<Ask<Saved>> {
        None
    }

    /// Asks for a file that is not stored here, by an id that this engine gave it, with its bytes if they are wanted;
    /// nothing where the id is of another kind.
    fn file(
        &self,
        _id: &str,
        _whole: bool,
        _caller: &Caller,
        _deadline: Instant,
    ) -> Option<Ask<Filed>> {
        None
    }

    /// The source that it searches; nothing where it searches what was brought here from all of them.
    fn sole_source(&self) -> Option<&str> {
        None
    }

    /// Whether it holds files beside mail.
    fn has_files(&self) -> bool {
        self.archive().is_some()
    }

    /// How it answers a client of DataTap with whole messages; nothing where it cannot.
    fn pages(&self) -> Option<Arc<dyn Pages>> {
        None
    }

    /// What it stores, to be read as what is stored here; nothing where it stores no whole messages of a tenant.
    fn shelf(&self) -> Option<Arc<dyn LocalEngine>> {
        None
    }

    /// Asks whether it can be asked at all, and how it is; nothing where nobody knows before it is asked.
    fn health(&self, _deadline: Instant) -> Option<Ask<StoreHealth>> {
        None
    }

    /// What is stored here, from which requests below `/api` are answered too.
    fn archive(&self) -> Option<&Local> {
        None
    }
}

/// How a store elsewhere is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreHealth {
    /// `green`, `yellow` or `red`.
    pub(crate) status: String,
    /// Nodes that have joined.
    pub(crate) nodes: u64,
    /// Parts of the index with their copies, and how many of them no node has.
    pub(crate) shards: u64,
    pub(crate) unassigned: u64,
    /// Messages and files of the tenant.
    pub(crate) documents: u64,
    /// What machines say of what they wrote; nothing before it was learned.
    pub(crate) writes: Option<Writes>,
}

/// What machines say of what they wrote into an index elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Writes {
    /// When one of them last ended a run.
    pub(crate) last: Option<Timestamp>,
    /// Documents that were refused in the last run of each.
    pub(crate) rejected: u64,
    /// How often a document was sent again in these runs.
    pub(crate) retried: u64,
}

/// An engine elsewhere that hands over whole messages.
pub(crate) trait Pages: Send + Sync {
    /// On whose behalf it is asked.
    fn by(&self, caller: &Caller) -> By;

    /// Asks for a page.
    fn page(&self, asked: Question, caller: &Caller, deadline: Instant) -> Asking<Page>;
}

/// What an engine has to plan with.
pub(crate) struct Planning<'a> {
    /// What is asked.
    pub(crate) understood: &'a Arc<Understood>,
    /// By whom.
    pub(crate) caller: &'a Caller,
    /// What compiles it.
    pub(crate) reader: &'a Reader,
    /// What is stored for the tenant: it knows people by their addresses.
    pub(crate) archive: &'a Local,
    /// What time it is.
    pub(crate) now: Timestamp,
}

/// What an engine said it can do with a query.
pub(crate) struct Plan {
    /// What differs from what was asked; with none it is exact.
    pub(crate) notes: Vec<Note>,
    /// What it is sent, where a client may see that.
    pub(crate) sent: Option<Sent>,
    /// Why what is stored here answers first, if it does.
    pub(crate) yields: Option<Why>,
    carry_out: CarryOut,
}

/// What carries a plan out.
type CarryOut = Box<dyn Fn(Wanted, Occasion) -> Ask<Found> + Send + Sync>;

impl Plan {
    /// How faithfully it answers.
    pub(crate) fn fidelity(&self) -> Fidelity {
        self.notes.iter().map(|note| note.fidelity).max().unwrap_or(Fidelity::Exact)
    }

    /// Which way the answer errs, where that is known.
    pub(crate) fn direction(&self) -> Option<Direction> {
        direction_of(&self.notes)
    }

    /// Asks for one page.
    pub(crate) fn search(&self, wanted: Wanted, occasion: Occasion) -> Ask<Found> {
        (self.carry_out)(wanted, occasion)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("notes", &self.notes).finish_non_exhaustive()
    }
}

/// Which page is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Where it begins.
    pub(crate) start: Start,
    /// Messages at most; 0 only counts.
    pub(crate) limit: usize,
    /// Whether snippets are wanted.
    pub(crate) highlight: bool,
    /// Whether files are left out, for an answer beside that of an engine that has none.
    pub(crate) mail_only: bool,
    /// Whether equal messages are wanted in one row, of an engine that can do that.
    pub(crate) collapse: bool,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Behind so many hits, which every engine understands.
    Offset(usize),
    /// At a position that only the engine that wrote it can read.
    Position(String),
}

/// What an engine is told of the request beside the query.
#[derive(Clone, Debug)]
pub(crate) struct Occasion {
    /// Until when it is waited for, so that the next one can still answer in time.
    pub(crate) deadline: Instant,
    /// The trace that the request belongs to, as W3C Trace Context writes it.
    pub(crate) traceparent: Option<String>,
    /// What may be seen, and how much work it may cause here.
    pub(crate) allowance: Allowance,
}

/// All that matches, to be counted by facets.
pub(crate) struct Counting {
    pub(crate) understood: Arc<Understood>,
    pub(crate) facets: Vec<Facet>,
    pub(crate) bars: Option<Bars>,
    /// Where days, months and years begin.
    pub(crate) zone: TimeZone,
    /// Whether files are left out.
    pub(crate) mail_only: bool,
    /// Values of a facet at most.
    pub(crate) most: usize,
    pub(crate) allowance: Allowance,
}

/// What an engine returned: one page.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) messages: Vec<ResultView>,
    /// How many match in all, if it was said.
    pub(crate) count: Option<u64>,
    /// Whether that is exact.
    pub(crate) exact: bool,
    /// In how many rows, where equal messages are in one.
    pub(crate) rows: Option<u64>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Start>,
    /// Why files were not asked for, where they should have been.
    pub(crate) files_missing: Option<String>,
}

/// The bytes of a message and where it lies; `None` where there is no such message that the caller may see.
pub(crate) type Saved = Option<(Vec<u8>, Place)>;

/// A file and its bytes, none where they were not wanted; `None` where there is no such file that the caller may see.
pub(crate) type Filed = Option<(Message, Vec<u8>)>;

/// An answer on its way. Nothing is sent before it is polled.
pub(crate) type Asking<T> = Pin<Box<dyn Future<Output = Outcome<T>> + Send>>;

/// A question that is ready to be asked.
pub(crate) struct Ask<T> {
    /// On whose behalf, as the engine sees it; nothing where nothing is to be learnt from the outcome.
    pub(crate) by: Option<By>,
    pub(crate) answer: Asking<T>,
}

/// On whose behalf an engine is asked; what it answers is known of that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    /// The key that is sent.
    pub(crate) sent: Fingerprint,
    /// Who writes the requests.
    pub(crate) asker: Fingerprint,
    /// The index that is asked with this key; nothing where a request names none, which a client writes as a
    /// whole and which therefore says less.
    pub(crate) index: Option<Fingerprint>,
}

impl<T> Ask<T> {
    pub(crate) fn new(
        by: Option<By>,
        answer: impl Future<Output = Outcome<T>> + Send + 'static,
    ) -> Self {
        Self { by, answer: Box::pin(answer) }
    }

    /// The same with the answer in another form.
    pub(crate) fn map<U>(self, form: impl FnOnce(T) -> U + Send + 'static) -> Ask<U>
    where
        T: 'static,
    {
        Ask::new(self.by, async move { self.answer.await.map(form) })
    }
}
