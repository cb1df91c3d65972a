//! Terms that count as one term of the commonest frequency, so that a rare misspelling does not
//! weigh more than the word itself.

use tantivy::Term;
use tantivy::query::{Bm25StatisticsProvider, EnableScoring, Query, Weight};
use tantivy::schema::Field;

/// A query over such terms.
#[derive(Debug)]
pub(crate) struct Blended {
    pub(crate) terms: Vec<Term>,
    pub(crate) query: Box<dyn Query>,
}

impl Clone for Blended {
    fn clone(&self) -> Self {
        Self { terms: self.terms.clone(), query: self.query.box_clone() }
    }
}

impl Query for Blended {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let EnableScoring::Enabled { searcher, statistics_provider } = scoring else {
            return self.query.weight(scoring);
        };
        let frequencies = self.terms.iter().map(|term| statistics_provider.doc_freq(term));
        let frequencies = frequencies.collect::<tantivy::Result<Vec<_>>>()?;
        let most = frequencies.into_iter().max().unwrap_or_default();
        let blended = OneFrequency { statistics: statistics_provider, most };
        self.query.weight(EnableScoring::enabled_from_statistics_provider(&blended, searcher))
    }
}

/// Statistics in which every term is in the same number of documents.
struct OneFrequency<'a> {
    statistics: &'a dyn Bm25StatisticsProvider,
    most: u64,
}

impl Bm25StatisticsProvider for OneFrequency<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.statistics.total_num_tokens(field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.statistics.total_num_docs()
    }

    fn doc_freq(&self, _: &Term) -> tantivy::Result<u64> {
        Ok(self.most)
    }
}
