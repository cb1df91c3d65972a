//! The messages of all segments, counted through.

use tantivy::query::BitSetDocSet;
use tantivy::{DocAddress, DocId, DocSet as _, Searcher, SegmentReader, TERMINATED};

use crate::search::documents::Documents;

/// The number of each message of a state of the index, from 0.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The number of the first message of each segment.
    starts: Vec<usize>,
    /// How many there are, with those that are gone.
    pub(super) all: usize,
}

impl Numbers {
    pub(super) fn of(searcher: &Searcher) -> Self {
        let mut all = 0;
        let start = |reader: &SegmentReader| {
            let start = all;
            all += reader.max_doc() as usize;
            start
        };
        let starts = searcher.segment_readers().iter().map(start).collect();
        Self { starts, all }
    }

    pub(super) fn number(&self, segment: usize, document: DocId) -> usize {
        self.starts.get(segment).copied().unwrap_or_default() + document as usize
    }

    /// Tells of each of these documents where it lies and its number.
    pub(super) fn each(&self, documents: &Documents, mut tell: impl FnMut(DocAddress, usize)) {
        for (segment, here) in (0..).zip(documents.segments()) {
            let mut here = BitSetDocSet::from(here.clone());
            while here.doc() != TERMINATED {
                let address = DocAddress::new(segment, here.doc());
                tell(address, self.number(segment as usize, here.doc()));
                here.advance();
            }
        }
    }
}
