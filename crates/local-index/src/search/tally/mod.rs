//! How many documents have each term of a range.

pub(crate) mod best;
pub(crate) mod book;
pub(crate) mod complete;
pub(crate) mod facets;
pub(crate) mod histogram;
pub(crate) mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use postern_query::evaluate::string_at;
use postern_query::schema::StringField;
use postern_query::{Message, Place};
use tantivy::index::InvertedIndexReader;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::termdict::{TermMerger, TermStreamer};
use tantivy::{BitSet, Searcher};

use super::work::{LIST, Meter, TERM};
use crate::Error;
use crate::format::places::Places;
use crate::format::terms::cut;
use crate::search::compile::expand::after_prefix;
use crate::search::scope::asker::Scope;

/// Units to see whether a document lies in several places, and to count one that does.
const PLACES: u64 = 5;

/// Tells of each term of a field that begins with `kind`, in their order and without it, how many of
/// the chosen documents have it, where there are any.
///
/// The dictionaries of all segments are walked side by side: no term is kept.
///
/// # Errors
///
/// When the index cannot be read.
pub(crate) fn tally(
    searcher: &Searcher,
    (field, kind): (Field, &str),
    chosen: &[BitSet],
    meter: &Meter,
    each: &mut dyn FnMut(&str, usize),
) -> Result<(), Error> {
    let readers = searcher.segment_readers().iter();
    let indexes: Vec<Arc<InvertedIndexReader>> =
        readers.map(|reader| reader.inverted_index(field)).collect::<Result<_, _>>()?;
    let streams = indexes.iter().map(|index| range(index, kind)).collect::<Result<_, _>>()?;
    let mut terms = TermMerger::new(streams);
    while terms.advance() {
        meter.pay(TERM)?;
        let mut total = 0;
        for (segment, term) in terms.current_segment_ords_and_term_infos() {
            let (Some(index), Some(here)) = (indexes.get(segment), chosen.get(segment)) else {
                continue;
            };
            total += count(index, &term, here, meter)?;
        }
        let text = std::str::from_utf8(terms.key()).ok().and_then(|key| key.strip_prefix(kind));
        if let Some(text) = text.filter(|_| total > 0) {
            each(text, total);
        }
    }
    Ok(())
}

/// What is counted apart where not every place may be seen, for a term does not say at which place of a message it is.
pub(crate) struct Apart {
    /// The chosen documents that lie in one place: terms say all of them.
    pub(crate) in_one_place: Vec<BitSet>,
    /// The values of the others at places that may be seen, and how many documents have each.
    pub(crate) counts: BTreeMap<String, usize>,
}

/// Counts the values of a field of places.
///
/// # Errors
///
/// When the work has to end, or the places cannot be read.
pub(crate) fn apart(
    searcher: &Searcher,
    field: StringField,
    chosen: &[BitSet],
    scope: &Scope,
    meter: &Meter,
) -> Result<Apart, Error> {
    let mut apart = Apart { in_one_place: chosen.to_vec(), counts: BTreeMap::new() };
    let nothing = Message::default();
    let value = |place: &Place| {
        let value = string_at(field, &nothing, place).filter(|_| scope.shows(place));
        value.map(|value| Arc::<str>::from(cut(value)))
    };
    for (reader, documents) in searcher.segment_readers().iter().zip(&mut apart.in_one_place) {
        let Some(mut places) = Places::of(reader)? else { continue };
        meter.pay(u64::from(reader.max_doc()) * PLACES)?;
        for document in 0..reader.max_doc() {
            if documents.contains(document) && places.has(document) {
                documents.remove(document);
                let values = places.each(document, value)?.into_iter().filter_map(|(one, _)| one);
                for value in values.collect::<BTreeSet<_>>() {
                    *apart.counts.entry(value.to_string()).or_default() += 1;
                }
            }
        }
    }
    Ok(apart)
}

fn range<'a>(index: &'a InvertedIndexReader, start: &str) -> std::io::Result<TermStreamer<'a>> {
    let range = index.terms().range().ge(start);
    match after_prefix(start.as_bytes()) {
        Some(end) => range.lt(end).into_stream(),
        None => range.into_stream(),
    }
}

/// How many of the chosen documents have a term.
///
/// # Errors
///
/// When the work has to end, or the list cannot be read.
pub(crate) fn count(
    index: &InvertedIndexReader,
    term: &TermInfo,
    chosen: &BitSet,
    meter: &Meter,
) -> Result<usize, Error> {
    meter.pay(LIST + u64::from(term.doc_freq))?;
    let mut blocks = index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
    let mut count = 0;
    while !blocks.docs().is_empty() {
        count += blocks.docs().iter().filter(|document| chosen.contains(**document)).count();
        blocks.advance();
    }
    Ok(count)
}
