//! The values of one segment that documents are ordered by.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_query::evaluate::{flag_at, string_at};
use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{Message, Place};
use tantivy::columnar::{ColumnIndex, StrColumn};
use tantivy::fastfield::{Column, FastFieldReaders};
use tantivy::index::SegmentId;
use tantivy::{DocId, Score, Searcher, SegmentReader};

use super::position::{Point, Start};
use super::top::UNSCORED;
use crate::format::places::Places;
use crate::format::schema;
use crate::format::terms::cut;
use crate::search::scope::asker::Scope;

/// A document that may belong to the page. The least ranks come first; equal ones say nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) rank: u64,
    pub(crate) document: DocId,
    pub(crate) score: Score,
}

/// What an order asks of one segment. Values are numbers that sort as the values do: for strings
/// their place in the sorted dictionary of the segment.
#[derive(Debug)]
pub(crate) struct Columns {
    keys: Vec<Key>,
    ids: Values,
    id_starts: Values,
}

#[derive(Debug)]
struct Key {
    values: Values,
    descending: bool,
}

#[derive(Clone, Debug)]
enum Values {
    Score,
    /// Numbers, moments and flags, as numbers that sort as they do.
    Numbers(Column<u64>),
    /// Numbers of which 0 says that there is none.
    Filled(Column<u64>, Option<Arc<Extremes>>),
    Texts(StrColumn),
    /// Those of the first place that may be seen; other documents lie in one place.
    AtFirstPlace(Box<Self>, Arc<FirstPlaces>),
    /// No document of the segment has a value.
    Absent,
}

/// The values of documents that lie in several places.
type FirstPlaces = HashMap<DocId, Option<u64>>;

/// Columns that stay open: opening one costs as much as ordering some hundred documents by it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenColumns(Arc<Mutex<HashMap<(SegmentId, Name), Values>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    By(SortField),
    IdStart,
}

impl OpenColumns {
    /// The columns for `order` in a segment, of places in this scope.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub(crate) fn of(
        &self,
        reader: &SegmentReader,
        order: &[Sort],
        scope: &Scope,
    ) -> tantivy::Result<Columns> {
        let key = |sort: &Sort| {
            let values = self.values(reader, Name::By(sort.by))?;
            let values = values.at_first_place(reader, sort.by, scope)?;
            Ok(Key { values, descending: sort.descending })
        };
        Ok(Columns {
            keys: order.iter().map(key).collect::<tantivy::Result<_>>()?,
            ids: self.values(reader, Name::By(SortField::String(StringField::Id)))?,
            id_starts: self.values(reader, Name::IdStart)?,
        })
    }

    /// Closes the columns of segments that are gone.
    pub(crate) fn keep_those_of(&self, searcher: &Searcher) {
        let segments = searcher.segment_readers();
        let is_there = |id: &SegmentId| segments.iter().any(|reader| reader.segment_id() == *id);
        self.lock().retain(|(segment, _), _| is_there(segment));
    }

    fn values(&self, reader: &SegmentReader, name: Name) -> tantivy::Result<Values> {
        match self.lock().entry((reader.segment_id(), name)) {
            Entry::Occupied(mut known) => {
                known.get_mut().summarize(reader.max_doc());
                Ok(known.get().clone())
            }
            Entry::Vacant(place) => Ok(place.insert(Values::open(reader, name)?).clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(SegmentId, Name), Values>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Columns {
    #[inline]
    pub(crate) fn candidate(&self, document: DocId, score: Score) -> Candidate {
        let rank = self.directed(self.first().rank(document, score));
        Candidate { rank, document, score }
    }

    /// The ranks of some documents without scores.
    pub(crate) fn ranks(&self, documents: &[DocId], ranks: &mut [u64]) {
        self.first().ranks(documents, ranks);
        ranks.iter_mut().for_each(|rank| *rank = self.directed(*rank));
    }

    /// Whether a document may have a rank up to this one, from what is known of its neighbours.
    #[inline]
    pub(crate) fn may_reach(&self, document: DocId, rank: u64) -> bool {
        let Values::Filled(_, Some(extremes)) = self.first() else { return true };
        let neighbours = extremes.around(document).unwrap_or((u64::MIN, u64::MAX));
        self.directed(neighbours.0).min(self.directed(neighbours.1)) <= rank
    }

    /// Whether a rank means the same in every segment: places in a dictionary do not.
    pub(crate) fn are_ranks_shared(&self) -> bool {
        matches!(self.first(), Values::Score | Values::Filled(..))
    }

    /// What documents are first ordered by: without an order by the beginnings of their ids.
    fn first(&self) -> &Values {
        self.keys.first().map_or(&self.id_starts, |key| &key.values)
    }

    #[inline]
    fn directed(&self, rank: u64) -> u64 {
        let is_descending = self.keys.first().is_some_and(|key| key.descending);
        if is_descending { !rank } else { rank }
    }

    /// Which of two documents of this segment comes first.
    #[inline]
    pub(crate) fn compare(&self, one: &Candidate, other: &Candidate) -> Ordering {
        one.rank.cmp(&other.rank).then_with(|| self.compare_ties(one, other))
    }

    #[cold]
    fn compare_ties(&self, one: &Candidate, other: &Candidate) -> Ordering {
        let value = |key: &Key, of: &Candidate| key.values.of(of.document, of.score);
        let compare = |key: &Key| key.direct(value(key, one).cmp(&value(key, other)));
        let ordering = self.keys.iter().map(compare).find(|ordering| ordering.is_ne());
        ordering.unwrap_or_else(|| self.id(one.document).cmp(&self.id(other.document)))
    }

    /// Whether a document stands after a place in the order.
    pub(crate) fn is_after(&self, candidate: &Candidate, start: &Start) -> bool {
        let compare = |(key, place): (&Key, &Point)| {
            key.direct(place.compare(key.values.of(candidate.document, candidate.score)))
        };
        let mut orderings = self.keys.iter().zip(&start.values).map(compare);
        let ordering = orderings.find(|ordering| ordering.is_ne());
        ordering.unwrap_or_else(|| start.id.compare(self.id(candidate.document))).is_gt()
    }

    /// Every value of a document, in the order of the keys.
    pub(crate) fn values(&self, candidate: &Candidate) -> Vec<Option<u64>> {
        self.keys.iter().map(|key| key.values.of(candidate.document, candidate.score)).collect()
    }

    /// The strings of a key, if it is one of strings.
    pub(crate) fn texts(&self, key: usize) -> Option<&StrColumn> {
        self.keys.get(key).and_then(|key| key.values.texts())
    }

    /// The ids.
    pub(crate) fn ids(&self) -> Option<&StrColumn> {
        self.ids.texts()
    }

    /// The place of a document's id among the ids of the segment.
    pub(crate) fn id(&self, document: DocId) -> Option<u64> {
        self.ids.of(document, 0.0)
    }

    /// The beginning of a document's id.
    pub(crate) fn id_start(&self, document: DocId) -> Option<u64> {
        self.id_starts.of(document, 0.0)
    }
}

impl Key {
    #[inline]
    const fn direct(&self, ordering: Ordering) -> Ordering {
        if self.descending { ordering.reverse() } else { ordering }
    }
}

impl Values {
    fn open(reader: &SegmentReader, name: Name) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let values = match name {
            Name::IdStart => columns.column_opt(schema::ID_START_NAME)?.map(Self::Numbers),
            Name::By(SortField::Score) => Some(Self::Score),
            Name::By(SortField::String(field)) => {
                columns.str(&schema::whole_name(field))?.map(Self::Texts)
            }
            Name::By(SortField::Flag(field)) => numbers(columns, field.path())?,
            Name::By(SortField::Number(field)) => numbers(columns, field.path())?,
            Name::By(SortField::Instant(InstantField::Received)) => {
                let column = columns.u64(schema::RECEIVED_ORDER_NAME)?;
                Some(Self::Filled(column, None))
            }
            Name::By(SortField::Instant(field)) => numbers(columns, field.path())?,
        };
        Ok(values.unwrap_or(Self::Absent))
    }

    /// The same where the values belong to places, of which the first that may be seen counts.
    fn at_first_place(
        self,
        reader: &SegmentReader,
        by: SortField,
        scope: &Scope,
    ) -> tantivy::Result<Self> {
        let places = if by.is_of_place() { Places::of(reader)? } else { None };
        let Some(mut places) = places else { return Ok(self) };
        let mut first = FirstPlaces::new();
        for document in 0..reader.max_doc() {
            let found = places.each(document, |place| scope.shows(place).then(|| place.clone()))?;
            if let Some((place, ids)) = found.into_iter().find_map(|(at, ids)| Some((at?, ids))) {
                let place = if is_id(by) { places.ids(ids)? } else { place };
                first.insert(document, self.value_at(&place, by)?);
            }
        }
        Ok(Self::AtFirstPlace(Box::new(self), Arc::new(first)))
    }

    /// The value of a place as the column would have it.
    fn value_at(&self, place: &Place, by: SortField) -> io::Result<Option<u64>> {
        let nowhere = Message::default();
        match (by, self) {
            (SortField::Flag(field), _) => Ok(flag_at(field, &nowhere, place).map(u64::from)),
            (SortField::String(field), Self::Texts(column)) => {
                let text = string_at(field, &nowhere, place).map(cut);
                text.map_or(Ok(None), |text| column.dictionary().term_ord(text))
            }
            _ => Ok(None),
        }
    }

    /// Looks through a column of `end` documents: worth it once it is asked for again.
    fn summarize(&mut self, end: DocId) {
        if let Self::Filled(column, extremes) = self {
            extremes.get_or_insert_with(|| Arc::new(Extremes::of(column, end)));
        }
    }

    #[inline]
    fn of(&self, document: DocId, score: Score) -> Option<u64> {
        match self {
            Self::Score => Some(bits(score)),
            Self::Numbers(column) => column.first(document),
            Self::Filled(column, _) => column.first(document).filter(|number| *number > 0),
            Self::Texts(column) => column.ords().first(document),
            Self::AtFirstPlace(values, first) => match first.get(&document) {
                Some(value) => *value,
                None => values.of(document, score),
            },
            Self::Absent => None,
        }
    }

    /// A number that sorts as the value does; only the two greatest values may share one.
    #[inline]
    fn rank(&self, document: DocId, score: Score) -> u64 {
        match self.dense() {
            Some(column) => column.values.get_val(document),
            None => self.of(document, score).map_or(0, |value| value.saturating_add(1)),
        }
    }

    /// The ranks of some documents without scores.
    fn ranks(&self, documents: &[DocId], ranks: &mut [u64]) {
        if let Some(column) = self.dense() {
            return column.values.get_vals(documents, ranks);
        }
        for (document, rank) in documents.iter().zip(ranks) {
            *rank = self.rank(*document, UNSCORED);
        }
    }

    /// A column without holes, which is read a block at a time.
    fn dense(&self) -> Option<&Column<u64>> {
        let (Self::Numbers(column) | Self::Filled(column, _)) = self else { return None };
        matches!(column.index, ColumnIndex::Full).then_some(column)
    }

    fn texts(&self) -> Option<&StrColumn> {
        match self {
            Self::Texts(column) => Some(column),
            Self::AtFirstPlace(values, _) => values.texts(),
            Self::Score | Self::Numbers(_) | Self::Filled(..) | Self::Absent => None,
        }
    }
}

/// Whether it is one of the upstream's ids of a place.
const fn is_id(by: SortField) -> bool {
    matches!(by, SortField::String(StringField::ItemId | StringField::FragmentId))
}

/// The least and the greatest value of each so many documents in a row. Mail of one time mostly lies
/// side by side, so a few values say of most documents that they are not among the newest.
#[derive(Debug)]
struct Extremes(Vec<(u64, u64)>);

/// Documents in a row, a power of two.
const ROW: DocId = 64;

impl Extremes {
    fn of(column: &Column<u64>, end: DocId) -> Self {
        let row = |start: DocId| {
            let values = (start..end.min(start + ROW)).filter_map(|place| column.first(place));
            let none = (u64::MAX, u64::MIN);
            values.fold(none, |(least, most), value| (least.min(value), most.max(value)))
        };
        Self((0..end).step_by(ROW as usize).map(row).collect())
    }

    #[inline]
    fn around(&self, document: DocId) -> Option<(u64, u64)> {
        self.0.get((document / ROW) as usize).copied()
    }
}

/// The score of a rank in an order that begins with the best.
pub(crate) fn score_of_rank(rank: u64) -> Score {
    // A rank is one more than the bits, turned round.
    u32::try_from((!rank).saturating_sub(1)).map_or(Score::MAX, Score::from_bits)
}

/// Scores are not negative: their bits sort as they do.
fn bits(score: Score) -> u64 {
    u64::from(score.to_bits())
}

fn numbers(columns: &FastFieldReaders, path: &str) -> tantivy::Result<Option<Values>> {
    Ok(columns.u64_lenient(path)?.map(|(column, _)| Values::Numbers(column)))
}
