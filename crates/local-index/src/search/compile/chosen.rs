//! The documents of a query.

use tantivy::query::Weight as _;
use tantivy::{BitSet, Searcher, SegmentReader};

use super::Plan;
use crate::Error;
use crate::search::documents::Documents;

/// The living documents of a query.
///
/// # Errors
///
/// When the work has to end, or the index cannot be read.
pub(crate) fn choose(searcher: &Searcher, plan: &Plan) -> Result<Documents, Error> {
    let weight = plan.weight(searcher, plan.query.as_ref(), false)?;
    let segment = |reader: &SegmentReader| {
        let mut documents = BitSet::with_max_value(reader.max_doc());
        weight.for_each_no_score(reader, &mut |block| {
            for document in block.iter().filter(|document| is_alive(reader, **document)) {
                documents.insert(*document);
            }
        })?;
        Ok(documents)
    };
    let chosen = searcher.segment_readers().iter().map(segment).collect::<Result<_, Error>>()?;
    plan.faults.check()?;
    Ok(Documents::of(searcher, chosen))
}

fn is_alive(reader: &SegmentReader, document: u32) -> bool {
    reader.alive_bitset().is_none_or(|alive| alive.is_alive(document))
}
