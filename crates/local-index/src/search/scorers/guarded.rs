//! A query that may be asked about any later document.
//!
//! The engine asks what is to be left out about every document in turn, also about those before
//! the first it would leave out. Some of its own scorers (that of a phrase is one) must not be
//! asked that. This wrapper knows how far the scorer is and answers such questions itself.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader};

/// The same documents.
#[derive(Debug)]
pub(crate) struct Guarded(pub(crate) Box<dyn Query>);

impl Clone for Guarded {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for Guarded {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(GuardedWeight(self.0.weight(scoring)?)))
    }
}

struct GuardedWeight(Box<dyn Weight>);

impl Weight for GuardedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inner = self.0.scorer(reader, boost)?;
        let reached = inner.doc();
        Ok(Box::new(GuardedScorer { inner, reached }))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, document)
    }
}

struct GuardedScorer {
    inner: Box<dyn Scorer>,
    /// Nothing before this is left in the scorer.
    reached: DocId,
}

impl DocSet for GuardedScorer {
    fn advance(&mut self) -> DocId {
        self.reached = self.inner.advance();
        self.reached
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.reached = self.inner.seek(target);
        self.reached
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target < self.reached {
            return SeekDangerResult::SeekLowerBound(self.reached);
        }
        let result = self.inner.seek_danger(target);
        self.reached = match result {
            SeekDangerResult::Found => target,
            SeekDangerResult::SeekLowerBound(beyond) => beyond,
        };
        result
    }

    fn doc(&self) -> DocId {
        self.inner.doc()
    }

    fn size_hint(&self) -> u32 {
        self.inner.size_hint()
    }

    fn cost(&self) -> u64 {
        self.inner.cost()
    }
}

impl Scorer for GuardedScorer {
    fn score(&mut self) -> Score {
        self.inner.score()
    }
}
