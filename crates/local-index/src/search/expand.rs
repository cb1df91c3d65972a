//! Patterns over terms: the terms of a dictionary that begin with the literal beginning of the
//! pattern are walked, never the whole dictionary where there is such a beginning.

use std::collections::HashMap;
use std::sync::Arc;

use postern_query::{Wildcard, WildcardPart};
use tantivy::index::{InvertedIndexReader, SegmentId};
use tantivy::postings::TermInfo;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, Score, Searcher, SegmentReader};

use super::Error;

/// How many different terms the patterns of one search may stand for, in all segments together.
pub const MAX_TERMS: usize = 500_000;

/// What a pattern is looked for in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The field.
    pub(crate) field: Field,
    /// What its terms of interest begin with.
    pub(crate) kind: &'static str,
    /// Whether a term with nothing after that counts.
    pub(crate) may_be_empty: bool,
}

/// The query for every document with a term of that shape.
///
/// # Errors
///
/// When the terms are more than `budget`, which shrinks by their number.
pub(crate) fn expand(
    searcher: &Searcher,
    terms: Terms,
    shape: &Wildcard,
    budget: &mut usize,
) -> Result<Box<dyn Query>, Error> {
    let mut found = HashMap::new();
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(terms.field)?;
        let of_segment = walk(&index, terms, shape, *budget)?;
        let Some(left) = budget.checked_sub(of_segment.len()) else {
            return Err(Error::TooManyTerms { pattern: shape.to_string(), limit: MAX_TERMS });
        };
        *budget = left;
        found.insert(reader.segment_id(), of_segment);
    }
    Ok(Box::new(AnyTerm { field: terms.field, terms: Arc::new(found) }))
}

/// The terms of that shape; one more than `most` when there are more.
fn walk(
    index: &InvertedIndexReader,
    terms: Terms,
    shape: &Wildcard,
    most: usize,
) -> Result<Vec<TermInfo>, Error> {
    let is_prefix = shape.prefix().is_some();
    let start = format!("{}{}", terms.kind, literal_start(shape));
    let mut range = index.terms().range().ge(&start);
    if let Some(end) = after_prefix(start.as_bytes()) {
        range = range.lt(end);
    }
    let mut found = Vec::new();
    let mut stream = range.into_stream()?;
    while found.len() <= most && stream.advance() {
        let text = stream.key().strip_prefix(terms.kind.as_bytes()).unwrap_or_default();
        let wanted = (terms.may_be_empty || !text.is_empty())
            && (is_prefix || std::str::from_utf8(text).is_ok_and(|text| shape.matches(text)));
        if wanted {
            found.push(stream.value().clone());
        }
    }
    Ok(found)
}

fn literal_start(shape: &Wildcard) -> &str {
    match shape.parts().first() {
        Some(WildcardPart::Literal(text)) => text,
        Some(WildcardPart::One | WildcardPart::Many) | None => "",
    }
}

/// The least bytes after everything that begins with `prefix`; `None` when there are none.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix.get(..=keep)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

/// Documents with at least one of these terms.
#[derive(Clone)]
struct AnyTerm {
    field: Field,
    terms: Arc<HashMap<SegmentId, Vec<TermInfo>>>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_ranges() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(after_prefix(b""), None);
    }

    #[test]
    fn beginnings_of_patterns() {
        for (pattern, expected) in [("ab*c", "ab"), ("*ab", ""), ("?a", ""), ("ab", "ab")] {
            assert_eq!(literal_start(&Wildcard::parse(pattern)), expected);
        }
    }
}
