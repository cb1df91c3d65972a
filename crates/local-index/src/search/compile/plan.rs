//! A compiled condition, ready to be asked.

use std::sync::Arc;

use tantivy::Searcher;
use tantivy::query::{EnableScoring, Query, Weight as _};

use crate::search::scope::asker::Scope;
use crate::search::scope::visible::{Visible, Weights};
use crate::search::scorers::at_place::AtPlace;
use crate::search::scorers::clause::{Clause, both, unscored};
use crate::search::scorers::verified::Faults;
use crate::search::scorers::watched::Watched;
use crate::search::work::Meter;

/// A condition for the engine.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Which documents.
    pub(crate) query: Box<dyn Query>,
    /// Whether relevance says anything about them.
    pub(crate) scored: bool,
    /// Whether the best are found without scoring every match: for one word in one field or two, and
    /// for what counts the same wherever it is found. With more, the order of adding could show in
    /// the last bit of a score. A file has a name and no body, so that two fields of it count as well.
    pub(crate) is_prunable: bool,
    /// What went wrong while matching, or was left undone.
    pub(crate) faults: Faults,
    /// What the search as a whole spends.
    pub(crate) meter: Meter,
    /// At which place a message matches, where places are asked for and some message has several.
    pub(crate) place: Option<AtPlace>,
    pub(super) visible: Option<Arc<Visible>>,
}

impl Plan {
    /// A query of the plan over the documents of this searcher.
    pub(crate) fn weight(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        scored: bool,
    ) -> tantivy::Result<Watched> {
        let weights = self.visible.as_deref();
        let weights = weights.map(|visible| Weights { searcher, visible, meter: &self.meter });
        let scoring = match &weights {
            _ if !scored => EnableScoring::disabled_from_searcher(searcher),
            Some(weights) => EnableScoring::enabled_from_statistics_provider(weights, searcher),
            None => EnableScoring::enabled_from_searcher(searcher),
        };
        let (inner, meter) = (query.weight(scoring)?, self.meter.clone());
        Ok(Watched { inner, meter, is_counted_fast: self.is_prunable })
    }

    /// Those of its documents that are among these.
    pub(crate) fn among(&self, documents: Box<dyn Query>) -> Box<dyn Query> {
        let documents = Clause::Only(unscored(documents));
        both(vec![documents, Clause::Only(self.query.box_clone())]).query()
    }

    /// The same without these documents.
    pub(crate) fn without(self, documents: Box<dyn Query>) -> Self {
        let query = both(vec![Clause::Only(self.query), Clause::Except(documents)]).query();
        Self { query, is_prunable: false, ..self }
    }

    /// The places that may be seen.
    pub(crate) fn scope(&self) -> Scope {
        self.visible.as_ref().map_or(Scope::All, |visible| visible.scope.clone())
    }

    /// How many documents match.
    pub(crate) fn count(&self, searcher: &Searcher) -> tantivy::Result<usize> {
        let weight = self.weight(searcher, self.query.as_ref(), false)?;
        searcher.segment_readers().iter().map(|reader| Ok(weight.count(reader)? as usize)).sum()
    }
}
