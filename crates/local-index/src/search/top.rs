//! The first documents in an order, and how many there are in all.

use postern_query::schema::{Sort, SortField};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Weight;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::columns::{Candidate, Columns};
use super::merge::merge;
use super::position::{Position, Start};

/// The relevance of a message where no words are looked for.
pub(crate) const UNSCORED: Score = 1.0;

/// How many candidates gather at least. Mail often comes oldest first and is wanted newest first:
/// then every document is a candidate, and dropping few at a time is dear.
const LEAST_ROOM: usize = 1_024;

/// Collects the first `keep` documents in an order.
#[derive(Debug)]
pub(crate) struct Top {
    pub(crate) order: Vec<Sort>,
    /// Where the documents begin that are wanted; all are counted.
    pub(crate) after: Option<Position>,
    pub(crate) keep: usize,
    /// Whether the scores say anything.
    pub(crate) scored: bool,
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
        let columns = Columns::open(reader, &self.order)?;
        let start = self.after.as_ref().map(|after| Start::find(after, &self.order, reader));
        Ok(SegmentTop {
            segment,
            columns,
            start: start.transpose()?,
            has_scores: self.requires_scoring(),
            keep: self.keep,
            room: self.keep.saturating_mul(2).max(LEAST_ROOM),
            count: 0,
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
        weight.for_each_pruning(Score::MIN, reader, &mut |document, score| {
            if reader.alive_bitset().is_none_or(|alive| alive.is_alive(document)) {
                top.offer(top.columns.candidate(document, score));
            }
            top.threshold()
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
    keep: usize,
    room: usize,
    count: usize,
    best: Vec<Candidate>,
    last: Option<Candidate>,
}

impl SegmentTop {
    #[inline]
    fn offer(&mut self, candidate: Candidate) {
        if self.start.as_ref().is_some_and(|start| !self.columns.is_after(&candidate, start)) {
            return;
        }
        let has_chance = |last: &Candidate| self.columns.compare(&candidate, last).is_lt();
        if !self.last.as_ref().is_none_or(has_chance) {
            return;
        }
        self.best.push(candidate);
        if self.best.len() >= self.room {
            self.drop_worse();
        }
    }

    /// What a score must be above to have a chance. Documents with the score of the last one kept
    /// have one: ties fall by what comes next in the order.
    fn threshold(&self) -> Score {
        self.last.as_ref().map_or(Score::MIN, |last| last.score.next_down())
    }

    fn drop_worse(&mut self) {
        let Some(last) = self.keep.checked_sub(1) else { return self.best.clear() };
        if last < self.best.len() {
            self.best.select_nth_unstable_by(last, |a, b| self.columns.compare(a, b));
            self.best.truncate(self.keep);
            self.last = self.best.last().copied();
        }
    }
}

impl SegmentCollector for SegmentTop {
    type Fruit = SegmentFound;

    fn collect(&mut self, document: DocId, score: Score) {
        self.count += 1;
        let score = if self.has_scores { score } else { UNSCORED };
        self.offer(self.columns.candidate(document, score));
    }

    fn collect_block(&mut self, documents: &[DocId]) {
        self.count += documents.len();
        let mut firsts = [None; COLLECT_BLOCK_BUFFER_LEN];
        for block in documents.chunks(COLLECT_BLOCK_BUFFER_LEN) {
            let Some(firsts) = firsts.get_mut(..block.len()) else { continue };
            self.columns.firsts(block, UNSCORED, firsts);
            for (document, first) in block.iter().zip(firsts) {
                self.offer(Candidate { document: *document, score: UNSCORED, first: *first });
            }
        }
    }

    fn harvest(mut self) -> SegmentFound {
        self.drop_worse();
        self.best.sort_unstable_by(|a, b| self.columns.compare(a, b));
        let Self { segment, columns, count, best, .. } = self;
        SegmentFound { segment, count, first: best, columns }
    }
}
