//! The first documents in an order, and how many there are in all.

use postern_query::schema::{Sort, SortField};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Weight;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::columns::{Candidate, Columns, OpenColumns, score_of_rank};
use super::merge::merge;
use super::position::{Position, Start};
use crate::search::scope::asker::Scope;

/// The relevance of a message where no words are looked for.
pub(crate) const UNSCORED: Score = 1.0;

/// How many candidates gather at least: dropping few at a time is dear.
const LEAST_ROOM: usize = 256;

/// How many documents wait to be looked at. Mail mostly comes oldest first and is wanted newest
/// first: from the last to the first, few are candidates; the other way round, all are.
const MOST_WAITING: usize = 1 << 16;

/// Collects the first `keep` documents in an order.
#[derive(Debug)]
pub(crate) struct Top {
    pub(crate) order: Vec<Sort>,
    pub(crate) columns: OpenColumns,
    /// The places that may be seen.
    pub(crate) scope: Scope,
    /// Where the documents begin that are wanted; all are counted.
    pub(crate) after: Option<Position>,
    pub(crate) keep: usize,
    /// Whether the scores say anything.
    pub(crate) scored: bool,
    /// The greatest rank with a chance, from what other segments have.
    pub(crate) bound: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many documents match.
    pub(crate) count: usize,
    /// The first of them, in order.
    pub(crate) first: Vec<(Score, DocAddress)>,
}

/// What was found in one segment, in order.
#[derive(Debug)]
pub(crate) struct SegmentFound {
    pub(crate) segment: SegmentOrdinal,
    pub(crate) count: usize,
    pub(crate) first: Vec<Candidate>,
    pub(crate) columns: Columns,
}

impl Collector for Top {
    type Fruit = Found;
    type Child = SegmentTop;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentTop> {
        let columns = self.columns.of(reader, &self.order, &self.scope)?;
        let start = self.after.as_ref().map(|after| Start::find(after, &self.order, reader));
        Ok(SegmentTop {
            segment,
            columns,
            start: start.transpose()?,
            has_scores: self.requires_scoring(),
            bound: self.bound,
            is_by_score: self.is_by_score(),
            keep: self.keep,
            room: self.keep.saturating_mul(2).max(LEAST_ROOM),
            count: 0,
            waiting: Vec::new(),
            best: Vec::new(),
            last: None,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.scored && self.order.iter().any(|sort| sort.by == SortField::Score)
    }

    fn merge_fruits(&self, segments: Vec<SegmentFound>) -> tantivy::Result<Found> {
        let count = segments.iter().map(|segment| segment.count).sum();
        Ok(Found { count, first: merge(&segments, &self.order, self.keep)? })
    }
}

impl Top {
    /// Whether the best scores come first, so that whatever cannot be among them may be passed over.
    pub(crate) fn is_by_score(&self) -> bool {
        let is_best_first = |sort: &Sort| sort.by == SortField::Score && sort.descending;
        self.scored && self.order.first().is_some_and(is_best_first)
    }

    /// Whoever stands behind a whole page of one segment has no chance in another.
    pub(crate) fn learn(&mut self, found: &SegmentFound) {
        let last = self.keep.checked_sub(1).and_then(|last| found.first.get(last));
        if let Some(last) = last.filter(|_| found.columns.are_ranks_shared()) {
            self.bound = self.bound.min(last.rank);
        }
    }

    /// The best of one segment. Only those that have a chance are looked at, so the count, which
    /// needs no scores, is taken by itself.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub(crate) fn collect_best(
        &self,
        weight: &dyn Weight,
        unscored: &dyn Weight,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentFound> {
        let mut top = self.for_segment(segment, reader)?;
        // The sooner the worse ones go, the more is passed over.
        top.room = self.keep.saturating_mul(2);
        weight.for_each_pruning(top.least().next_down(), reader, &mut |document, score| {
            if reader.alive_bitset().is_none_or(|alive| alive.is_alive(document)) {
                top.offer(top.columns.candidate(document, score));
            }
            // Equal scores have a chance: ties fall by what comes next in the order.
            top.least().next_down()
        })?;
        top.count = unscored.count(reader)? as usize;
        Ok(top.harvest())
    }
}

/// Collects the first documents of one segment.
///
/// Candidates gather until there are many more than wanted; then the worse ones go, and the last
/// one kept says what still has a chance. Memory grows with what is found, never with what
/// is asked for.
#[derive(Debug)]
pub(crate) struct SegmentTop {
    segment: SegmentOrdinal,
    columns: Columns,
    start: Option<Start>,
    has_scores: bool,
    is_by_score: bool,
    /// What a rank must not exceed to have a chance.
    bound: u64,
    keep: usize,
    room: usize,
    count: usize,
    waiting: Vec<DocId>,
    best: Vec<Candidate>,
    last: Option<Candidate>,
}

impl SegmentTop {
    #[inline]
    fn offer(&mut self, candidate: Candidate) {
        if candidate.rank > self.bound {
            return;
        }
        let is_before_last = |last: &Candidate| self.columns.compare(&candidate, last).is_lt();
        let is_after_start = |start: &Start| self.columns.is_after(&candidate, start);
        if self.last.as_ref().is_none_or(is_before_last)
            && self.start.as_ref().is_none_or(is_after_start)
        {
            self.best.push(candidate);
            if self.best.len() >= self.room {
                self.drop_worse();
            }
        }
    }

    /// Looks at those that wait, from the last to the first.
    fn sift(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut waiting = waiting.into_iter().rev().peekable();
        let mut block = Vec::with_capacity(COLLECT_BLOCK_BUFFER_LEN);
        while waiting.peek().is_some() {
            let hopeful = waiting.by_ref().filter(|one| self.columns.may_reach(*one, self.bound));
            block.clear();
            block.extend(hopeful.take(COLLECT_BLOCK_BUFFER_LEN));
            self.offer_block(&block);
        }
    }

    fn offer_block(&mut self, documents: &[DocId]) {
        let mut ranks = [0; COLLECT_BLOCK_BUFFER_LEN];
        let ranks = ranks.get_mut(..documents.len()).unwrap_or_default();
        self.columns.ranks(documents, ranks);
        for (document, rank) in documents.iter().zip(ranks) {
            self.offer(Candidate { rank: *rank, document: *document, score: UNSCORED });
        }
    }

    /// What a score must reach to have a chance, where the best come first.
    fn least(&self) -> Score {
        if self.is_by_score { score_of_rank(self.bound) } else { Score::MIN }
    }

    fn drop_worse(&mut self) {
        let Some(last) = self.keep.checked_sub(1) else { return self.best.clear() };
        if last < self.best.len() {
            self.best.select_nth_unstable_by(last, |a, b| self.columns.compare(a, b));
            self.best.truncate(self.keep);
            self.last = self.best.last().copied();
            self.bound = self.last.map_or(self.bound, |last| self.bound.min(last.rank));
        }
    }
}

impl SegmentCollector for SegmentTop {
    type Fruit = SegmentFound;

    fn collect(&mut self, document: DocId, score: Score) {
        self.count += 1;
        let score = if self.has_scores { score } else { UNSCORED };
        if score >= self.least() {
            self.offer(self.columns.candidate(document, score));
        }
    }

    fn collect_block(&mut self, documents: &[DocId]) {
        self.count += documents.len();
        self.waiting.extend_from_slice(documents);
        if self.waiting.len() >= MOST_WAITING {
            self.sift();
        }
    }

    fn harvest(mut self) -> SegmentFound {
        self.sift();
        self.drop_worse();
        self.best.sort_unstable_by(|a, b| self.columns.compare(a, b));
        let Self { segment, columns, count, best, .. } = self;
        SegmentFound { segment, count, first: best, columns }
    }
}
