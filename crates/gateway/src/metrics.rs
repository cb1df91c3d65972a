//! What an operator can count: Prometheus text at `/metrics`.

mod stores;

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use stores::Stores;

/// Seconds between which answers are counted.
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    engine: &'static str,
    outcome: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Who {
    engine: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Compared {
    result: Comparison,
}

/// What came of asking the local index what premium had answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Comparison {
    /// The same.
    Same,
    /// Another number of messages.
    Count,
    /// The same number, but other messages.
    Ids,
    /// The local index could not answer.
    Failed,
}

#[derive(Clone, Copy, Debug)]
struct InSeconds;

impl MetricConstructor<Histogram> for InSeconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// Everything that is counted. Labels are short stable names, never text of a query or a person.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    fallbacks: Family<Why, Counter>,
    refusals: Family<Why, Counter>,
    latency: Family<Who, Histogram, InSeconds>,
    compile: Histogram,
    hedges: Counter,
    audit_faults: Counter,
    shadow: Family<Compared, Counter>,
    breaker: Gauge,
    messages: Gauge,
    bytes: Gauge,
    lag: Gauge,
    stores: stores::Shown,
}

/// What is looked up when it is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    /// 0 closed, 1 half open, 2 open.
    pub(crate) breaker: i64,
    /// Messages that can be found.
    pub(crate) messages: u64,
    /// Bytes of the files of the indexes.
    pub(crate) bytes: u64,
    /// Seconds since the index was last brought up to date.
    pub(crate) lag: Option<i64>,
    /// How the clusters are; nothing where there are none.
    pub(crate) stores: Option<Stores>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("postern"),
            requests: Family::default(),
            fallbacks: Family::default(),
            refusals: Family::default(),
            latency: Family::new_with_constructor(InSeconds),
            compile: Histogram::new([0.00001, 0.0001, 0.001, 0.01, 0.1]),
            hedges: Counter::default(),
            audit_faults: Counter::default(),
            shadow: Family::default(),
            breaker: Gauge::default(),
            messages: Gauge::default(),
            bytes: Gauge::default(),
            lag: Gauge::default(),
            stores: stores::Shown::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let (registry, seconds) = (&mut self.registry, || Unit::Seconds);
        registry.register("requests", "Searches by engine and outcome", self.requests.clone());
        registry.register("fallbacks", "Why premium did not answer", self.fallbacks.clone());
        registry.register("refusals", "Requests over a limit", self.refusals.clone());
        let latency = self.latency.clone();
        registry.register_with_unit("latency", "Time of a search", seconds(), latency);
        let compile = self.compile.clone();
        registry.register_with_unit("compile", "Time to read and compile", seconds(), compile);
        registry.register(
            "hedges",
            "Searches begun here while premium was slow",
            self.hedges.clone(),
        );
        let (faults, help) = (self.audit_faults.clone(), "Heads that were not taken, and the like");
        registry.register("audit_faults", help, faults);
        let shadow = self.shadow.clone();
        registry.register("shadow_comparisons", "Answers of premium compared with ours", shadow);
        let breaker = self.breaker.clone();
        registry.register("breaker_state", "0 closed, 1 half open, 2 open", breaker);
        registry.register("index_messages", "Messages that can be found", self.messages.clone());
        let bytes = self.bytes.clone();
        registry.register_with_unit("index_size", "Files of the indexes", Unit::Bytes, bytes);
        let lag = self.lag.clone();
        registry.register_with_unit(
            "sync_lag",
            "Since the index was brought up to date",
            seconds(),
            lag,
        );
        registry.register_collector(Box::new(self.stores.clone()));
    }

    pub(crate) fn request(
        &self,
        engine: &'static str,
        outcome: &'static str,
        status: u16,
        took: Duration,
    ) {
        self.requests.get_or_create(&Request { engine, outcome, status }).inc();
        self.latency.get_or_create(&Who { engine }).observe(took.as_secs_f64());
    }

    pub(crate) fn fallback(&self, reason: &'static str) {
        self.fallbacks.get_or_create(&Why { reason }).inc();
    }

    pub(crate) fn refusal(&self, reason: &'static str) {
        self.refusals.get_or_create(&Why { reason }).inc();
    }

    /// Counts what goes wrong with audit logs while nobody waits.
    pub(crate) fn audit_faults(&self) -> Counter {
        self.audit_faults.clone()
    }

    pub(crate) fn compiled(&self, took: Duration) {
        self.compile.observe(took.as_secs_f64());
    }

    pub(crate) fn hedge(&self) {
        self.hedges.inc();
    }

    pub(crate) fn shadow(&self, result: Comparison) {
        self.shadow.get_or_create(&Compared { result }).inc();
    }

    /// How many answers were compared, and how many of them were the same.
    pub(crate) fn trust(&self) -> (u64, u64) {
        let count = |result| self.shadow.get_or_create(&Compared { result }).get();
        let same = count(Comparison::Same);
        (same + count(Comparison::Count) + count(Comparison::Ids), same)
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self, levels: Levels) -> String {
        self.breaker.set(levels.breaker);
        self.messages.set(i64::try_from(levels.messages).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(levels.bytes).unwrap_or(i64::MAX));
        self.lag.set(levels.lag.unwrap_or(-1));
        self.stores.set(levels.stores);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
