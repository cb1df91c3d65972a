//! Ids of documents, read from their column.

use std::collections::BTreeMap;

use postern_query::schema::StringField;
use tantivy::columnar::StrColumn;
use tantivy::{DocAddress, DocId, Searcher};

use crate::Error;
use crate::format::schema;

/// The ids of these documents, in their order.
///
/// # Errors
///
/// When they cannot be read.
pub(crate) fn read(searcher: &Searcher, addresses: &[DocAddress]) -> Result<Vec<String>, Error> {
    let mut by_segment: BTreeMap<u32, Vec<(DocId, usize)>> = BTreeMap::new();
    for (place, address) in addresses.iter().enumerate() {
        by_segment.entry(address.segment_ord).or_default().push((address.doc_id, place));
    }
    let mut ids = vec![String::new(); addresses.len()];
    for (segment, documents) in by_segment {
        let columns = searcher.segment_reader(segment).fast_fields();
        if let Some(column) = columns.str(&schema::whole_name(StringField::Id))? {
            read_segment(&column, &documents, &mut ids)?;
        }
    }
    Ok(ids)
}

/// The dictionary is read once from its beginning to its end, not once for each id.
fn read_segment(
    column: &StrColumn,
    documents: &[(DocId, usize)],
    ids: &mut [String],
) -> Result<(), Error> {
    let entry =
        |(document, place): &(DocId, usize)| Some((column.ords().first(*document)?, *place));
    let mut entries: Vec<_> = documents.iter().filter_map(entry).collect();
    entries.sort_unstable();
    let ordinals: Vec<_> = entries.iter().map(|(ordinal, _)| *ordinal).collect();
    let mut next = entries.iter();
    column.dictionary().sorted_ords_to_term_cb(&ordinals, |text| {
        if let Some(id) = next.next().and_then(|(_, place)| ids.get_mut(*place)) {
            *id = String::from_utf8_lossy(text).into_owned();
        }
    })?;
    Ok(())
}
