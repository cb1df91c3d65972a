//! A query that is asked about a few documents only.
//!
//! The engine's own union prepares thousands of documents whenever it is moved, which is right for
//! whoever wants them all. For the scores of one page each part is moved to the document itself.

use tantivy::query::{BooleanQuery, EnableScoring, Explanation, Occur, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::metered::Metered;

/// The same documents with the same scores.
pub(crate) fn sparse(query: &dyn Query) -> Box<dyn Query> {
    if let Some(metered) = query.downcast_ref::<Metered>() {
        return Box::new(metered.over(sparse(metered.query.as_ref())));
    }
    let Some(boolean) = query.downcast_ref::<BooleanQuery>() else { return query.box_clone() };
    let parts = boolean.clauses().iter().map(|(occur, part)| (*occur, sparse(part.as_ref())));
    let parts: Vec<_> = parts.collect();
    if parts.iter().all(|(occur, _)| *occur == Occur::Should) {
        Box::new(Union(parts.into_iter().map(|(_, part)| part).collect()))
    } else {
        Box::new(BooleanQuery::new(parts))
    }
}

#[derive(Debug)]
struct Union(Vec<Box<dyn Query>>);

impl Clone for Union {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|part| part.box_clone()).collect())
    }
}

impl Query for Union {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let parts = self.0.iter().map(|part| part.weight(scoring));
        Ok(Box::new(UnionWeight(parts.collect::<tantivy::Result<_>>()?)))
    }
}

struct UnionWeight(Vec<Box<dyn Weight>>);

impl Weight for UnionWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let parts = self.0.iter().map(|part| part.scorer(reader, boost));
        Ok(Box::new(UnionScorer(parts.collect::<tantivy::Result<_>>()?)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("any of these", 1.0))
    }
}

struct UnionScorer(Vec<Box<dyn Scorer>>);

impl DocSet for UnionScorer {
    fn advance(&mut self) -> DocId {
        match self.doc() {
            TERMINATED => TERMINATED,
            document => self.seek(document + 1),
        }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        for part in &mut self.0 {
            if part.doc() < target {
                part.seek(target);
            }
        }
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.0.iter().map(DocSet::doc).min().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.0.iter().map(DocSet::size_hint).max().unwrap_or_default()
    }

    fn cost(&self) -> u64 {
        self.0.iter().map(DocSet::cost).sum()
    }
}

impl Scorer for UnionScorer {
    fn score(&mut self) -> Score {
        let document = self.doc();
        self.0.iter_mut().filter(|part| part.doc() == document).map(Scorer::score).sum()
    }
}
