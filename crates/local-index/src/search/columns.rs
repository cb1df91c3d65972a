//! The values of one segment that documents are ordered by.

use std::cmp::Ordering;

use postern_query::schema::{InstantField, Sort, SortField, StringField};
use tantivy::columnar::StrColumn;
use tantivy::fastfield::{Column, FastFieldReaders};
use tantivy::{DocId, Score, SegmentReader};

use super::position::{Place, Start};
use crate::index::schema;

/// A document that may belong to the page, with the value it is first ordered by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) document: DocId,
    pub(crate) score: Score,
    pub(crate) first: Option<u64>,
}

/// What an order asks of one segment. Values are numbers that sort as the values do: for strings
/// their place in the sorted dictionary of the segment.
#[derive(Debug)]
pub(crate) struct Columns {
    keys: Vec<Key>,
    ids: Option<StrColumn>,
    id_starts: Option<Column<u64>>,
}

#[derive(Debug)]
struct Key {
    values: Values,
    descending: bool,
}

#[derive(Debug)]
pub(crate) enum Values {
    Score,
    /// Numbers, moments and flags, as numbers that sort as they do.
    Numbers(Column<u64>),
    /// Numbers of which 0 says that there is none.
    Filled(Column<u64>),
    Texts(StrColumn),
    /// No document of the segment has a value.
    Absent,
}

impl Columns {
    /// The columns for `order` in a segment.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub(crate) fn open(reader: &SegmentReader, order: &[Sort]) -> tantivy::Result<Self> {
        let keys = order.iter().map(|sort| Key::open(reader, *sort));
        Ok(Self {
            keys: keys.collect::<Result<_, _>>()?,
            ids: reader.fast_fields().str(&schema::whole_name(StringField::Id))?,
            id_starts: reader.fast_fields().column_opt(schema::ID_START_NAME)?,
        })
    }

    #[inline]
    pub(crate) fn candidate(&self, document: DocId, score: Score) -> Candidate {
        let first = match self.keys.first() {
            Some(key) => key.value(document, score),
            None => self.id(document),
        };
        Candidate { document, score, first }
    }

    /// The values by which some documents are first ordered. A block is read at once where all
    /// have values.
    pub(crate) fn firsts(&self, documents: &[DocId], score: Score, firsts: &mut [Option<u64>]) {
        firsts.fill(None);
        let column = match self.keys.first().map(|key| &key.values) {
            Some(Values::Numbers(column) | Values::Filled(column)) => Some(column),
            Some(Values::Texts(column)) => Some(column.ords()),
            Some(Values::Score) => return firsts.fill(Some(bits(score))),
            Some(Values::Absent) => None,
            None => self.ids.as_ref().map(|ids| ids.ords()),
        };
        if let Some(column) = column {
            column.first_vals(documents, firsts);
        }
        if matches!(self.keys.first().map(|key| &key.values), Some(Values::Filled(_))) {
            firsts.iter_mut().for_each(|first| *first = first.filter(|number| *number > 0));
        }
    }

    /// Which of two documents of this segment comes first.
    pub(crate) fn compare(&self, one: &Candidate, other: &Candidate) -> Ordering {
        let first = match self.keys.first() {
            Some(key) => key.direct(one.first.cmp(&other.first)),
            None => one.first.cmp(&other.first),
        };
        first.then_with(|| self.compare_ties(one, other))
    }

    #[cold]
    fn compare_ties(&self, one: &Candidate, other: &Candidate) -> Ordering {
        let value =
            |key: &Key, candidate: &Candidate| key.value(candidate.document, candidate.score);
        let keys = self.keys.iter().skip(1);
        let mut rest = keys.map(|key| key.direct(value(key, one).cmp(&value(key, other))));
        rest.find(|ordering| ordering.is_ne())
            .unwrap_or_else(|| self.id(one.document).cmp(&self.id(other.document)))
    }

    /// Whether a document stands after a place in the order.
    pub(crate) fn is_after(&self, candidate: &Candidate, start: &Start) -> bool {
        let compare = |(key, place): (&Key, &Place)| {
            key.direct(place.compare(key.value(candidate.document, candidate.score)))
        };
        let mut orderings = self.keys.iter().zip(&start.values).map(compare);
        let ordering = orderings.find(|ordering| ordering.is_ne());
        ordering.unwrap_or_else(|| start.id.compare(self.id(candidate.document))).is_gt()
    }

    /// Every value of a document, in the order of the keys.
    pub(crate) fn values(&self, candidate: &Candidate) -> Vec<Option<u64>> {
        self.keys.iter().map(|key| key.value(candidate.document, candidate.score)).collect()
    }

    /// The strings of a key, if it is one of strings.
    pub(crate) fn texts(&self, key: usize) -> Option<&StrColumn> {
        match self.keys.get(key).map(|key| &key.values) {
            Some(Values::Texts(column)) => Some(column),
            Some(Values::Score | Values::Numbers(_) | Values::Filled(_) | Values::Absent)
            | None => None,
        }
    }

    /// The ids.
    pub(crate) const fn ids(&self) -> Option<&StrColumn> {
        self.ids.as_ref()
    }

    /// The place of a document's id among the ids of the segment.
    pub(crate) fn id(&self, document: DocId) -> Option<u64> {
        self.ids.as_ref().and_then(|ids| ids.ords().first(document))
    }

    /// The beginning of a document's id.
    pub(crate) fn id_start(&self, document: DocId) -> Option<u64> {
        self.id_starts.as_ref().and_then(|starts| starts.first(document))
    }
}

impl Key {
    fn open(reader: &SegmentReader, sort: Sort) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let values = match sort.by {
            SortField::Score => Some(Values::Score),
            SortField::String(field) => columns.str(&schema::whole_name(field))?.map(Values::Texts),
            SortField::Flag(field) => numbers(columns, field.path())?,
            SortField::Number(field) => numbers(columns, field.path())?,
            SortField::Instant(InstantField::Received) => {
                let column = columns.u64(schema::RECEIVED_ORDER_NAME)?;
                Some(Values::Filled(column))
            }
            SortField::Instant(field) => numbers(columns, field.path())?,
        };
        Ok(Self { values: values.unwrap_or(Values::Absent), descending: sort.descending })
    }

    #[inline]
    fn value(&self, document: DocId, score: Score) -> Option<u64> {
        match &self.values {
            Values::Score => Some(bits(score)),
            Values::Numbers(column) => column.first(document),
            Values::Filled(column) => column.first(document).filter(|number| *number > 0),
            Values::Texts(column) => column.ords().first(document),
            Values::Absent => None,
        }
    }

    #[inline]
    const fn direct(&self, ordering: Ordering) -> Ordering {
        if self.descending { ordering.reverse() } else { ordering }
    }
}

/// Scores are not negative: their bits sort as they do.
fn bits(score: Score) -> u64 {
    u64::from(score.to_bits())
}

fn numbers(columns: &FastFieldReaders, path: &str) -> tantivy::Result<Option<Values>> {
    Ok(columns.u64_lenient(path)?.map(|(column, _)| Values::Numbers(column)))
}
