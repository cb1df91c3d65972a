//! The ordered documents of several segments as one order.
//!
//! Within a segment strings are compared by their place in its dictionary. Between segments only
//! the strings themselves compare: those of the candidates are read, sorted once, and each place
//! is replaced by the rank of its string over all segments. Ids are read only where everything
//! else is equal, beginning with the first bytes of the id.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use postern_query::schema::Sort;
use tantivy::columnar::StrColumn;
use tantivy::{DocAddress, Score};

use super::columns::Candidate;
use super::top::SegmentFound;

/// One candidate with values that compare between segments.
struct Entry {
    segment: usize,
    address: DocAddress,
    score: Score,
    values: Vec<Option<u64>>,
    id_start: Option<u64>,
}

/// The first `keep` of all.
///
/// # Errors
///
/// When strings cannot be read.
pub(crate) fn merge(
    segments: &[SegmentFound],
    order: &[Sort],
    keep: usize,
) -> tantivy::Result<Vec<(Score, DocAddress)>> {
    let mut entries = entries(segments);
    let is_single = segments.iter().filter(|segment| !segment.first.is_empty()).count() <= 1;
    if !is_single {
        rank_texts(segments, order.len(), &mut entries)?;
        entries.sort_by(|one, other| compare(order, one, other));
        sort_ties(segments, order, keep, &mut entries)?;
    }
    entries.truncate(keep);
    Ok(entries.into_iter().map(|entry| (entry.score, entry.address)).collect())
}

fn entries(segments: &[SegmentFound]) -> Vec<Entry> {
    let of_segment = |(number, segment): (usize, &SegmentFound)| {
        let entry = |candidate: Candidate| Entry {
            segment: number,
            address: DocAddress::new(segment.segment, candidate.document),
            score: candidate.score,
            values: segment.columns.values(&candidate),
            id_start: segment.columns.id_start(candidate.document),
        };
        segment.first.iter().copied().map(entry).collect::<Vec<_>>()
    };
    segments.iter().enumerate().flat_map(of_segment).collect()
}

fn compare(order: &[Sort], one: &Entry, other: &Entry) -> Ordering {
    let values = one.values.iter().zip(&other.values).zip(order);
    let mut orderings = values.map(
        |((one, other), sort)| {
            if sort.descending { other.cmp(one) } else { one.cmp(other) }
        },
    );
    orderings.find(|ordering| ordering.is_ne()).unwrap_or_else(|| one.id_start.cmp(&other.id_start))
}

/// Replaces places in dictionaries by ranks over all segments.
fn rank_texts(
    segments: &[SegmentFound],
    keys: usize,
    entries: &mut [Entry],
) -> tantivy::Result<()> {
    for key in 0..keys {
        if segments.iter().all(|segment| segment.columns.texts(key).is_none()) {
            continue;
        }
        let place = |entry: &Entry| entry.values.get(key).copied().flatten();
        let ranks = ranks(segments, |segment| segment.columns.texts(key), entries, place)?;
        for entry in entries.iter_mut() {
            if let Some(Some(value)) = entry.values.get_mut(key) {
                *value = ranks.get(&(entry.segment, *value)).copied().unwrap_or(0);
            }
        }
    }
    Ok(())
}

/// Sorts each run of equal entries that reaches into the page by the whole ids.
fn sort_ties(
    segments: &[SegmentFound],
    order: &[Sort],
    keep: usize,
    entries: &mut [Entry],
) -> tantivy::Result<()> {
    let mut before = 0;
    for run in entries.chunk_by_mut(|one, other| compare(order, one, other).is_eq()) {
        if before >= keep {
            break;
        }
        before += run.len();
        if run.len() > 1 {
            let place = |entry: &Entry| {
                let segment = segments.get(entry.segment)?;
                segment.columns.id(entry.address.doc_id)
            };
            let ranks = ranks(segments, |segment| segment.columns.ids(), run, place)?;
            run.sort_by_key(|entry| place(entry).and_then(|id| ranks.get(&(entry.segment, id))));
        }
    }
    Ok(())
}

/// The rank of each string of the entries, by segment and place in its dictionary.
fn ranks<'a>(
    segments: &'a [SegmentFound],
    column: impl Fn(&'a SegmentFound) -> Option<&'a StrColumn>,
    entries: &[Entry],
    place: impl Fn(&Entry) -> Option<u64>,
) -> tantivy::Result<HashMap<(usize, u64), u64>> {
    let mut texts = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        let Some(column) = column(segment) else { continue };
        let here = entries.iter().filter(|entry| entry.segment == number);
        let places: Vec<_> = here.filter_map(&place).collect::<BTreeSet<_>>().into_iter().collect();
        let mut next = places.iter();
        column.dictionary().sorted_ords_to_term_cb(&places, |text| {
            texts.extend(next.next().map(|place| (text.to_vec(), (number, *place))));
        })?;
    }
    texts.sort_unstable();
    let groups = texts.chunk_by(|(one, _), (other, _)| one == other);
    let ranked = (0..).zip(groups);
    Ok(ranked.flat_map(|(rank, group)| group.iter().map(move |(_, at)| (*at, rank))).collect())
}
