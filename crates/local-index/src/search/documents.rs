//! Some documents of each segment.

use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::{BitSet, DocAddress, DocId, Score, Searcher, SegmentReader};

/// Some documents of a state of an index: a bit for each that is there.
#[derive(Debug)]
pub(crate) struct Documents {
    ids: Vec<SegmentId>,
    segments: Vec<BitSet>,
    count: usize,
}

impl Documents {
    /// None.
    pub(crate) fn none(searcher: &Searcher) -> Self {
        let empty = |reader: &SegmentReader| BitSet::with_max_value(reader.max_doc());
        Self::of(searcher, searcher.segment_readers().iter().map(empty).collect())
    }

    /// These of each segment.
    pub(crate) fn of(searcher: &Searcher, segments: Vec<BitSet>) -> Self {
        let ids = searcher.segment_readers().iter().map(SegmentReader::segment_id).collect();
        let count = segments.iter().map(BitSet::len).sum();
        Self { ids, segments, count }
    }

    pub(crate) fn insert(&mut self, address: DocAddress) {
        if let Some(documents) = self.segments.get_mut(address.segment_ord as usize) {
            self.count += usize::from(documents.insert(address.doc_id));
        }
    }

    pub(crate) fn contains(&self, address: DocAddress) -> bool {
        let segment = self.segments.get(address.segment_ord as usize);
        segment.is_some_and(|documents| documents.contains(address.doc_id))
    }

    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// Those of each segment, in the order of the segments.
    pub(crate) fn segments(&self) -> &[BitSet] {
        &self.segments
    }

    /// Those of a segment.
    pub(crate) fn within(&self, reader: &SegmentReader) -> Option<&BitSet> {
        let place = self.ids.iter().position(|id| *id == reader.segment_id())?;
        self.segments.get(place)
    }
}

/// Some documents as a query.
#[derive(Clone, Debug)]
pub(crate) struct Among(pub(crate) Arc<Documents>);

impl Query for Among {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Among {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(match self.0.within(reader) {
            Some(documents) if documents.len() > 0 => {
                Box::new(ConstScorer::new(BitSetDocSet::from(documents.clone()), boost))
            }
            Some(_) | None => Box::new(EmptyScorer),
        })
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("among these", 1.0))
    }
}
