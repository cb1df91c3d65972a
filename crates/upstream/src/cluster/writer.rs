//! Many documents into a cluster, as fast as it takes them.
//!
//! Documents are sent in batches, several at a time. A cluster that is busy gets fewer at a time and later. A
//! document counts as written when the cluster says so of this one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::bulk::{Done, Write};
use super::lease::free_abandoned;
use super::outgoing::{MEMBERS, Step, Written};
use super::{Cluster, ClusterProblem, Outgoing};
use crate::{Fault, Retry};

/// Bytes of a document at most: a node takes no larger request than 100 MB.
const LARGEST: usize = 90 << 20;

/// How much is sent at a time, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Documents of a batch.
    pub items: usize,
    /// Bytes of a batch; one larger document goes alone.
    pub bytes: usize,
    /// Batches at a time.
    pub batches: usize,
    /// For how long a batch is tried again while nothing of it gets through.
    pub patience: Duration,
    /// The pause after the first failure; it doubles.
    pub first_pause: Duration,
    /// For how long one that fills a new index may say nothing before it counts as gone.
    pub silence: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            items: 500,
            bytes: 4 << 20,
            batches: 4,
            patience: Duration::from_secs(600),
            first_pause: Duration::from_millis(500),
            silence: Duration::from_secs(30),
        }
    }
}

/// What the cluster said of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// Those that were made, or took the place of another.
    pub written: u64,
    /// Those that were there and were changed.
    pub merged: u64,
    /// Those that were there as they should be, or gone as they should be.
    pub unchanged: u64,
    /// Ids of those that were there and are gone.
    pub removed: Vec<String>,
    /// Ids of those that it will never take, and why.
    pub refused: Vec<(String, String)>,
    /// How often a document was sent again after a failure.
    pub again: u64,
}

/// Told of each failure after which documents are sent again.
type Notice = Arc<dyn Fn(&ClusterProblem) + Send + Sync>;

/// Writes documents into the index behind an alias.
pub struct Writer {
    way: Arc<Way>,
    waiting: Vec<Outgoing>,
    bytes: usize,
    batches: JoinSet<Result<Acknowledged, ClusterProblem>>,
    acknowledged: Acknowledged,
}

/// What all batches share.
struct Way {
    cluster: Cluster,
    alias: String,
    pace: Pace,
    /// Batches that may be under way now.
    width: AtomicUsize,
    notice: Notice,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer into the index behind `alias`. `notice` is told of each failure that may pass.
    #[must_use]
    pub fn new(
        cluster: Cluster,
        alias: &str,
        pace: Pace,
        notice: impl Fn(&ClusterProblem) + Send + Sync + 'static,
    ) -> Self {
        let width = AtomicUsize::new(pace.batches.max(1));
        let way = Way { cluster, alias: alias.to_owned(), pace, width, notice: Arc::new(notice) };
        Self {
            way: Arc::new(way),
            waiting: Vec::new(),
            bytes: 0,
            batches: JoinSet::new(),
            acknowledged: Acknowledged::default(),
        }
    }

    /// Takes a document, and waits where too many are under way.
    ///
    /// # Errors
    ///
    /// Why an earlier batch could not be written.
    pub async fn add(&mut self, item: Outgoing) -> Result<(), ClusterProblem> {
        if item.length() > LARGEST {
            let reason = format!("it is larger than {} MiB", LARGEST >> 20);
            self.acknowledged.refused.push((item.id, reason));
            return Ok(());
        }
        let Pace { items, bytes, .. } = self.way.pace;
        if self.waiting.len() >= items || self.bytes + item.length() > bytes {
            self.send().await?;
        }
        self.bytes += item.length();
        self.waiting.push(item);
        Ok(())
    }

    /// Waits until the cluster has said of every document what became of it.
    ///
    /// # Errors
    ///
    /// Why a batch could not be written.
    pub async fn flush(&mut self) -> Result<Acknowledged, ClusterProblem> {
        self.send().await?;
        while !self.batches.is_empty() {
            self.join().await?;
        }
        Ok(self.acknowledged())
    }

    /// What the cluster has said so far of documents since it was last asked for.
    pub(super) fn acknowledged(&mut self) -> Acknowledged {
        std::mem::take(&mut self.acknowledged)
    }

    async fn send(&mut self) -> Result<(), ClusterProblem> {
        while self.batches.len() >= self.way.width.load(Ordering::Relaxed).max(1) {
            self.join().await?;
        }
        let items = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        if !items.is_empty() {
            let way = Arc::clone(&self.way);
            self.batches.spawn(async move { way.write(items).await });
        }
        Ok(())
    }

    async fn join(&mut self) -> Result<(), ClusterProblem> {
        match self.batches.join_next().await {
            Some(Ok(done)) => {
                self.acknowledged += done?;
                Ok(())
            }
            Some(Err(_)) => Err(ClusterProblem::Failed(Fault::CutOff)),
            None => Ok(()),
        }
    }
}

impl Way {
    /// Writes a batch: until each document has its answer, or nothing gets through for too long.
    async fn write(&self, items: Vec<Outgoing>) -> Result<Acknowledged, ClusterProblem> {
        let mut done = Acknowledged::default();
        let mut steps: Vec<_> = items.into_iter().map(Step::of).collect();
        let (mut failures, mut since) = (0, Instant::now());
        while !steps.is_empty() {
            let before = steps.len();
            let why = self.round(&mut steps, &mut done).await?;
            if steps.len() < before {
                (failures, since) = (0, Instant::now());
            }
            match why {
                Some(why) => {
                    done.again += steps.len() as u64;
                    failures += 1;
                    self.pause(&why, failures, since).await?;
                }
                None => self.widen(),
            }
        }
        Ok(done)
    }

    /// Sends what is left once, and keeps what has to be sent again; says why, where that is not only because
    /// somebody else wrote.
    async fn round(
        &self,
        steps: &mut Vec<Step>,
        done: &mut Acknowledged,
    ) -> Result<Option<ClusterProblem>, ClusterProblem> {
        let writes: Vec<_> = steps.iter().filter_map(Step::write).collect();
        let deadline = self.cluster.deadline();
        let answers = match self.bulk(&writes, deadline).await {
            Ok(answers) => answers,
            Err(ClusterProblem::Refused { status: 413, reason, .. }) => {
                return Box::pin(self.halves(steps, done, reason)).await;
            }
            Err(problem) if problem.may_pass() => return Ok(Some(problem)),
            Err(problem) => return Err(problem),
        };
        let (ready, mut others): (Vec<_>, Vec<_>) = steps.drain(..).partition(Step::is_ready);
        let (mut left, mut why) = (Vec::new(), None);
        for (step, answer) in ready.into_iter().zip(answers) {
            match answer {
                Done::Written => done.note(step),
                Done::Refused(reason) => done.refused.push((step.item.id, reason)),
                Done::Another => others.push(step),
                Done::Later(problem) => {
                    why = Some(problem);
                    left.push(step);
                }
            }
        }
        if !others.is_empty() {
            why = self.merge(others, &mut left, done).await?.or(why);
        }
        *steps = left;
        Ok(why)
    }

    /// Writes these, if there are any.
    async fn bulk(
        &self,
        writes: &[Write<'_>],
        deadline: Instant,
    ) -> Result<Vec<Done>, ClusterProblem> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.cluster.bulk(&self.alias, writes, deadline).await
    }

    /// Reads what is there of these, and says what to do with it.
    async fn merge(
        &self,
        others: Vec<Step>,
        left: &mut Vec<Step>,
        done: &mut Acknowledged,
    ) -> Result<Option<ClusterProblem>, ClusterProblem> {
        let ids: Vec<_> = others.iter().map(|step| step.item.id.as_str()).collect();
        let stored = self.cluster.stored(&self.alias, &ids, MEMBERS, self.cluster.deadline()).await;
        let stored = match stored {
            Ok(stored) => stored,
            Err(problem) if problem.may_pass() => {
                left.extend(others);
                return Ok(Some(problem));
            }
            Err(problem) => return Err(problem),
        };
        for (step, stored) in others.into_iter().zip(stored) {
            match Step::behind(step.item, stored) {
                Some(next) => left.push(next),
                None => done.unchanged += 1,
            }
        }
        Ok(None)
    }

    /// A batch that is too large for the cluster, in two.
    async fn halves(
        &self,
        steps: &mut Vec<Step>,
        done: &mut Acknowledged,
        reason: String,
    ) -> Result<Option<ClusterProblem>, ClusterProblem> {
        if steps.len() < 2 {
            done.refused.extend(steps.drain(..).map(|step| (step.item.id, reason.clone())));
            return Ok(None);
        }
        let mut rest = steps.split_off(steps.len() / 2);
        let first = self.round(steps, done).await?;
        let second = self.round(&mut rest, done).await?;
        steps.append(&mut rest);
        Ok(second.or(first))
    }

    /// Fewer at a time from now on, and a pause.
    async fn pause(
        &self,
        why: &ClusterProblem,
        failures: u32,
        since: Instant,
    ) -> Result<(), ClusterProblem> {
        if since.elapsed() >= self.pace.patience {
            return Err(why.clone());
        }
        let width = self.width.load(Ordering::Relaxed);
        self.width.store((width / 2).max(1), Ordering::Relaxed);
        (self.notice)(why);
        let silence = self.pace.silence;
        if why.is_held() && since.elapsed() >= silence {
            free_abandoned(&self.cluster, &self.alias, silence).await;
        }
        let retry = Retry {
            attempts: u32::MAX,
            first_pause: self.pace.first_pause,
            longest_pause: Duration::from_secs(30),
        };
        let pause = retry.pause_for(true, why.retry_after(), failures);
        sleep(pause.unwrap_or(retry.longest_pause)).await;
        Ok(())
    }

    fn widen(&self) {
        let width = self.width.load(Ordering::Relaxed);
        self.width.store((width + 1).min(self.pace.batches.max(1)), Ordering::Relaxed);
    }
}

impl Acknowledged {
    fn note(&mut self, step: Step) {
        match step.written() {
            Written::Made => self.written += 1,
            Written::Changed => self.merged += 1,
            Written::Removed => self.removed.push(step.item.id),
        }
    }
}

impl std::ops::AddAssign for Acknowledged {
    fn add_assign(&mut self, other: Self) {
        self.written += other.written;
        self.merged += other.merged;
        self.unchanged += other.unchanged;
        self.again += other.again;
        self.removed.extend(other.removed);
        self.refused.extend(other.refused);
    }
}
