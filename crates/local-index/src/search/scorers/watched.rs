//! The loops over all that a query finds.
//!
//! They are those of the engine, and look at the work on the way: what has to end finds nothing more.

use tantivy::query::{Explanation, Scorer, Weight};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet as _, Score, SegmentReader, TERMINATED};

use crate::search::work::Meter;

/// The same documents, one look at the work now and then.
pub(crate) struct Watched {
    pub(crate) inner: Box<dyn Weight>,
    pub(crate) meter: Meter,
    /// Whether the engine counts it fast, or need not look at all.
    pub(crate) is_counted_fast: bool,
}

impl Weight for Watched {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        self.inner.scorer(reader, boost)
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.inner.explain(reader, document)
    }

    fn count(&self, reader: &SegmentReader) -> tantivy::Result<u32> {
        if self.is_counted_fast {
            return self.inner.count(reader);
        }
        let mut count = 0;
        self.for_each_no_score(reader, &mut |block| {
            let is_alive = |document: &&DocId| {
                reader.alive_bitset().is_none_or(|alive| alive.is_alive(**document))
            };
            count += u32::try_from(block.iter().filter(is_alive).count()).unwrap_or(u32::MAX);
        })?;
        Ok(count)
    }

    fn for_each(
        &self,
        reader: &SegmentReader,
        callback: &mut dyn FnMut(DocId, Score),
    ) -> tantivy::Result<()> {
        let (mut scorer, mut counter) = (self.inner.scorer(reader, 1.0)?, self.meter.counter());
        let mut document = scorer.doc();
        while document != TERMINATED && counter.count(1) {
            callback(document, scorer.score());
            document = scorer.advance();
        }
        Ok(())
    }

    fn for_each_no_score(
        &self,
        reader: &SegmentReader,
        callback: &mut dyn FnMut(&[DocId]),
    ) -> tantivy::Result<()> {
        let (mut scorer, mut counter) = (self.inner.scorer(reader, 1.0)?, self.meter.counter());
        let mut block = [0; COLLECT_BLOCK_BUFFER_LEN];
        let mut filled = COLLECT_BLOCK_BUFFER_LEN;
        while filled == COLLECT_BLOCK_BUFFER_LEN && counter.count(filled as u64) {
            filled = scorer.fill_buffer(&mut block);
            callback(block.get(..filled).unwrap_or_default());
        }
        Ok(())
    }

    /// Whatever has to end is not good enough any more.
    fn for_each_pruning(
        &self,
        threshold: Score,
        reader: &SegmentReader,
        callback: &mut dyn FnMut(DocId, Score) -> Score,
    ) -> tantivy::Result<()> {
        let mut counter = self.meter.counter();
        self.inner.for_each_pruning(threshold, reader, &mut |document, score| {
            if counter.count(1) { callback(document, score) } else { Score::MAX }
        })
    }
}
