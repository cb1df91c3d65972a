//! Documents with at least one of many terms.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::index::{InvertedIndexReader, SegmentId};
use tantivy::postings::TermInfo;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, Score, SegmentReader};

/// Documents with at least one of these terms.
#[derive(Clone)]
pub(super) struct AnyTerm {
    pub(super) field: Field,
    pub(super) terms: Arc<HashMap<SegmentId, Vec<TermInfo>>>,
}

impl std::fmt::Debug for AnyTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count: usize = self.terms.values().map(Vec::len).sum();
        write!(f, "AnyTerm({:?}, {count} terms)", self.field)
    }
}

impl Query for AnyTerm {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for AnyTerm {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let terms = self.terms.get(&reader.segment_id()).map(Vec::as_slice).unwrap_or_default();
        let index = reader.inverted_index(self.field)?;
        match terms {
            [] => Ok(Box::new(EmptyScorer)),
            [single] => {
                let postings =
                    index.read_postings_from_terminfo(single, IndexRecordOption::Basic)?;
                Ok(Box::new(ConstScorer::new(postings, boost)))
            }
            several => {
                let documents = union(&index, several, reader.max_doc())?;
                Ok(Box::new(ConstScorer::new(BitSetDocSet::from(documents), boost)))
            }
        }
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("any of these terms", 1.0))
    }
}

fn union(index: &InvertedIndexReader, terms: &[TermInfo], end: DocId) -> tantivy::Result<BitSet> {
    let mut documents = BitSet::with_max_value(end);
    for term in terms {
        let mut blocks = index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
        while !blocks.docs().is_empty() {
            for document in blocks.docs() {
                documents.insert(*document);
            }
            blocks.advance();
        }
    }
    Ok(documents)
}
