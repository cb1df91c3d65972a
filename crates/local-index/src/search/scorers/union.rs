//! Documents with at least one of many terms.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use postern_query::Whose;
use tantivy::index::{InvertedIndexReader, SegmentId};
use tantivy::postings::{Postings as _, TermInfo};
use tantivy::query::{
    BitSetDocSet, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED};

use crate::format::passages::Passages;
use crate::search::work::{LIST, Meter};

/// Documents with at least one of these terms; each field with one adds 1 to the score.
#[derive(Clone)]
pub(crate) struct AnyTerm(pub(crate) Vec<FieldTerms>);

/// Terms of one field, by segment.
#[derive(Clone)]
pub(crate) struct FieldTerms {
    pub(crate) field: Field,
    /// Whose words they have to be in a body.
    pub(crate) whose: Option<Whose>,
    pub(crate) terms: Arc<HashMap<SegmentId, SegmentTerms>>,
    pub(crate) meter: Meter,
}

/// Terms of one segment, and once they were asked for the documents that have one.
pub(crate) struct SegmentTerms {
    terms: Vec<TermInfo>,
    documents: OnceLock<Arc<BitSet>>,
}

impl From<Vec<TermInfo>> for SegmentTerms {
    fn from(terms: Vec<TermInfo>) -> Self {
        Self { terms, documents: OnceLock::new() }
    }
}

impl std::fmt::Debug for AnyTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = self.0.iter().flat_map(|field| field.terms.values());
        let count: usize = counts.map(|segment| segment.terms.len()).sum();
        write!(f, "AnyTerm({count} terms)")
    }
}

impl Query for AnyTerm {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for AnyTerm {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let (fields, all) = self.documents(reader)?;
        if all.len() == 0 {
            return Ok(Box::new(EmptyScorer));
        }
        Ok(Box::new(AnyScorer { documents: BitSetDocSet::from(all), fields, boost }))
    }

    /// Those with the most fields come first: if they are enough, the others are passed over.
    fn for_each_pruning(
        &self,
        mut threshold: Score,
        reader: &SegmentReader,
        callback: &mut dyn FnMut(DocId, Score) -> Score,
    ) -> tantivy::Result<()> {
        let (fields, all) = self.documents(reader)?;
        for wanted in (1..=fields.len()).rev() {
            let score: Score = (0..wanted).map(|_| 1.0).sum();
            let mut documents = BitSetDocSet::from(all.clone());
            while documents.doc() != TERMINATED && score > threshold {
                let document = documents.doc();
                if fields.iter().filter(|field| field.contains(document)).count() == wanted {
                    threshold = callback(document, score);
                }
                documents.advance();
            }
        }
        Ok(())
    }

    fn count(&self, reader: &SegmentReader) -> tantivy::Result<u32> {
        let (_, all) = self.documents(reader)?;
        let mut documents = BitSetDocSet::from(all);
        Ok(match reader.alive_bitset() {
            Some(alive) => documents.count(alive),
            None => documents.count_including_deleted(),
        })
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("any of these terms", 1.0))
    }
}

impl AnyTerm {
    /// The documents of each field, those of the largest first, and of all.
    fn documents(&self, reader: &SegmentReader) -> tantivy::Result<(Vec<Arc<BitSet>>, BitSet)> {
        let fields = self.0.iter().map(|field| field.documents(reader));
        let mut fields = fields.collect::<tantivy::Result<Vec<_>>>()?;
        fields.sort_by_key(|documents| Reverse(documents.len()));
        let all = in_any(&fields, reader.max_doc());
        Ok((fields, all))
    }
}

impl FieldTerms {
    /// The terms of a segment.
    pub(crate) fn in_segment(&self, segment: SegmentId) -> &[TermInfo] {
        self.terms.get(&segment).map(|segment| segment.terms.as_slice()).unwrap_or_default()
    }

    fn documents(&self, reader: &SegmentReader) -> tantivy::Result<Arc<BitSet>> {
        let Some(segment) = self.terms.get(&reader.segment_id()) else {
            return Ok(Arc::new(BitSet::with_max_value(reader.max_doc())));
        };
        if let Some(known) = segment.documents.get() {
            return Ok(Arc::clone(known));
        }
        let index = reader.inverted_index(self.field)?;
        let documents = match self.whose {
            None => union(&index, &segment.terms, reader.max_doc(), &self.meter)?,
            Some(whose) => {
                let passages = Passages::of(reader)?;
                let theirs = |document: DocId| passages.of_body(document, whose);
                union_within(&index, &segment.terms, reader.max_doc(), &self.meter, &theirs)?
            }
        };
        Ok(Arc::clone(segment.documents.get_or_init(|| Arc::new(documents))))
    }
}

/// The documents of the smaller ones are added to those of the first.
fn in_any(fields: &[Arc<BitSet>], end: DocId) -> BitSet {
    let Some((first, rest)) = fields.split_first() else { return BitSet::with_max_value(end) };
    let mut all = BitSet::clone(first);
    for field in rest {
        let mut documents = BitSetDocSet::from(BitSet::clone(field));
        while documents.doc() != TERMINATED {
            all.insert(documents.doc());
            documents.advance();
        }
    }
    all
}

/// The documents of all the terms, or of some of them when the work has to end.
fn union(
    index: &InvertedIndexReader,
    terms: &[TermInfo],
    end: DocId,
    meter: &Meter,
) -> tantivy::Result<BitSet> {
    let (mut documents, mut counter) = (BitSet::with_max_value(end), meter.counter());
    // A bit for each message is kept: this bounds how many patterns are held in memory at once.
    counter.count(u64::from(end));
    for term in terms {
        if !counter.count(LIST + u64::from(term.doc_freq)) {
            break;
        }
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

/// The same of the documents that have a term within some positions.
fn union_within(
    index: &InvertedIndexReader,
    terms: &[TermInfo],
    end: DocId,
    meter: &Meter,
    within: &dyn Fn(DocId) -> Vec<Range<usize>>,
) -> tantivy::Result<BitSet> {
    let (mut documents, mut counter) = (BitSet::with_max_value(end), meter.counter());
    let mut places = Vec::new();
    counter.count(u64::from(end));
    for term in terms {
        let option = IndexRecordOption::WithFreqsAndPositions;
        let mut postings = index.read_postings_from_terminfo(term, option)?;
        if !counter.count(LIST) {
            break;
        }
        while postings.doc() != TERMINATED {
            let document = postings.doc();
            postings.positions(&mut places);
            if !counter.count(20 + 2 * places.len() as u64) {
                return Ok(documents);
            }
            let is_here = |range: &Range<usize>| {
                places.iter().any(|place| range.contains(&(*place as usize)))
            };
            if within(document).iter().any(is_here) {
                documents.insert(document);
            }
            postings.advance();
        }
    }
    Ok(documents)
}

struct AnyScorer {
    documents: BitSetDocSet,
    fields: Vec<Arc<BitSet>>,
    boost: Score,
}

impl DocSet for AnyScorer {
    #[inline]
    fn advance(&mut self) -> DocId {
        self.documents.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.documents.seek(target)
    }

    fn doc(&self) -> DocId {
        self.documents.doc()
    }

    fn size_hint(&self) -> u32 {
        self.documents.size_hint()
    }
}

impl Scorer for AnyScorer {
    fn score(&mut self) -> Score {
        let document = self.doc();
        let has = |field: &&Arc<BitSet>| field.contains(document);
        self.fields.iter().filter(has).map(|_| self.boost).sum()
    }
}
