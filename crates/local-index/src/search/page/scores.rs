//! The relevance of documents that were found in another order.

use tantivy::query::Weight as _;
use tantivy::{DocAddress, DocSet as _, Score, Searcher};

use crate::Error;
use crate::search::compile::plan::Plan;
use crate::search::scorers::sparse::sparse;
use crate::search::work::LIST;

/// Sets the score of each document of a page.
///
/// # Errors
///
/// When the index cannot be read.
pub(crate) fn fill_in(
    searcher: &Searcher,
    plan: &Plan,
    page: &mut [(Score, DocAddress)],
) -> Result<(), Error> {
    let weight = plan.weight(searcher, sparse(plan.query.as_ref()).as_ref(), true)?;
    let mut in_order: Vec<_> = page.iter_mut().collect();
    in_order.sort_by_key(|(_, address)| *address);
    for run in in_order.chunk_by_mut(|one, other| one.1.segment_ord == other.1.segment_ord) {
        let Some(segment) = run.first().map(|(_, address)| address.segment_ord) else { continue };
        let mut scorer = weight.scorer(searcher.segment_reader(segment), 1.0)?;
        for (score, address) in run.iter_mut() {
            plan.meter.pay(LIST)?;
            if scorer.doc() < address.doc_id {
                scorer.seek(address.doc_id);
            }
            *score = if scorer.doc() == address.doc_id { scorer.score() } else { 0.0 };
        }
    }
    Ok(())
}
