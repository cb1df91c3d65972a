//! A query that looks, whenever it is moved, whether it has to end.
//!
//! The loops of the engine know no budget. One that moves several parts side by side asks this one
//! among them, and finds nothing more once the work is over; whoever asked looks at the work before
//! the answer counts.

use tantivy::query::{
    AllScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, TermQuery, Weight,
};
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED};

use super::clause::Clause;
use crate::search::work::{Counter, Meter};

/// How parts of a query look at the work.
pub(crate) struct Metering {
    pub(crate) meter: Meter,
    pub(crate) keeps_place: bool,
}

impl Metering {
    /// The same documents. The list of one word needs no look: it is soon at its end.
    pub(crate) fn of(&self, clause: Clause) -> Clause {
        match clause {
            Clause::Only(query) if self.keeps_place || !query.is::<TermQuery>() => {
                Clause::Only(self.metered(query))
            }
            Clause::Except(query) => Clause::Except(self.metered(query)),
            other @ (Clause::All | Clause::Nothing | Clause::Only(_)) => other,
        }
    }

    fn metered(&self, query: Box<dyn Query>) -> Box<dyn Query> {
        let (meter, keeps_place) = (self.meter.clone(), self.keeps_place);
        Box::new(Metered { query, meter, keeps_place })
    }
}

/// The same documents.
#[derive(Debug)]
pub(crate) struct Metered {
    pub(crate) query: Box<dyn Query>,
    pub(crate) meter: Meter,
    /// Whether it stands in an intersection where it was put. The engine begins with the rarest part,
    /// and the order in which scores are added up shows in their last bit: how rare a word is among
    /// messages that may not be seen must not.
    pub(crate) keeps_place: bool,
}

impl Metered {
    /// Another query in its place.
    pub(crate) fn over(&self, query: Box<dyn Query>) -> Self {
        Self { query, meter: self.meter.clone(), keeps_place: self.keeps_place }
    }
}

impl Clone for Metered {
    fn clone(&self) -> Self {
        self.over(self.query.box_clone())
    }
}

impl Query for Metered {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let inner = self.query.weight(scoring)?;
        let (meter, keeps_place) = (self.meter.clone(), self.keeps_place);
        Ok(Box::new(MeteredWeight { inner, meter, keeps_place }))
    }
}

struct MeteredWeight {
    inner: Box<dyn Weight>,
    meter: Meter,
    keeps_place: bool,
}

impl MeteredWeight {
    /// What the engine knows by its type stays as it is.
    fn wrap(&self, inner: Box<dyn Scorer>) -> Box<dyn Scorer> {
        if inner.is::<EmptyScorer>() || inner.is::<AllScorer>() {
            return inner;
        }
        let (counter, keeps_place) = (self.meter.counter(), self.keeps_place);
        Box::new(MeteredScorer { inner, counter, keeps_place, is_over: false })
    }
}

impl Weight for MeteredWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(self.wrap(self.inner.scorer(reader, boost)?))
    }

    fn scorer_danger(
        &self,
        reader: &SegmentReader,
        target: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        let (result, inner) = self.inner.scorer_danger(reader, target, boost)?;
        Ok((result, self.wrap(inner)))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.inner.explain(reader, document)
    }
}

struct MeteredScorer {
    inner: Box<dyn Scorer>,
    counter: Counter,
    keeps_place: bool,
    is_over: bool,
}

impl MeteredScorer {
    /// Counts one step; `false` when there are no more.
    #[inline]
    fn may_move(&mut self) -> bool {
        self.is_over = self.is_over || !self.counter.count(1);
        !self.is_over
    }
}

impl DocSet for MeteredScorer {
    fn advance(&mut self) -> DocId {
        if self.may_move() { self.inner.advance() } else { TERMINATED }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.may_move() { self.inner.seek(target) } else { TERMINATED }
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if self.may_move() {
            self.inner.seek_danger(target)
        } else {
            SeekDangerResult::SeekLowerBound(TERMINATED)
        }
    }

    fn doc(&self) -> DocId {
        if self.is_over { TERMINATED } else { self.inner.doc() }
    }

    fn size_hint(&self) -> u32 {
        self.inner.size_hint()
    }

    fn cost(&self) -> u64 {
        if self.keeps_place { 0 } else { self.inner.cost() }
    }
}

impl Scorer for MeteredScorer {
    fn score(&mut self) -> Score {
        self.inner.score()
    }
}
