//! A place in an order, from which the next page goes on.
//!
//! It is named by what the last message of a page was ordered by, and by its id, never by a number
//! of messages: so the next page begins right after that message however many have been added before
//! it in the meantime, or whether it is still there.

use std::cmp::Ordering;

use postern_query::evaluate::{flag_value, instant_value, number_value, string_value};
use postern_query::schema::{InstantField, Sort, SortField, StringField};
use tantivy::columnar::StrColumn;
use tantivy::{SegmentReader, i64_to_u64};

use crate::format::terms::cut;
use crate::format::{schema, stored};
use crate::search::Hit;

/// What a message is ordered by.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// It has no such value.
    Missing,
    /// Relevance.
    Score(f32),
    /// A string.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A number, or a moment in milliseconds.
    Number(i64),
}

/// A place in an order: right after a message.
///
/// An order by relevance changes a little with every message that is added: there a page is taken from
/// the same state of the index as the one before, for as long as that is at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The values of the message, in the order of the keys.
    pub values: Vec<Value>,
    /// Its id.
    pub id: String,
    /// The state of the index to go back to, if it matters.
    pub snapshot: Option<u64>,
}

impl Position {
    /// The place right after `hit` in `order`, in whatever state of the index.
    ///
    /// ```
    /// use postern_local_index::search::{Hit, Position, Value};
    /// use postern_query::schema::{InstantField, Sort, SortField};
    /// use postern_query::Message;
    ///
    /// let message = Message { id: "1".into(), received: "2024-01-31T10:00:00Z".parse().ok(), ..Message::default() };
    /// let newest = Sort::descending(SortField::Instant(InstantField::Received));
    /// let position = Position::of(&Hit { score: 1.0, message, place: 0, snippet: None }, &[newest]);
    /// assert_eq!(position.values, [Value::Number(1_706_695_200_000)]);
    /// ```
    #[must_use]
    pub fn of(hit: &Hit, order: &[Sort]) -> Self {
        let values = order.iter().map(|sort| value(hit, sort.by)).collect();
        Self { values, id: hit.message.id.clone(), snapshot: None }
    }
}

fn value(hit: &Hit, by: SortField) -> Value {
    let message = &hit.message;
    let moment = |field: InstantField| instant_value(field, message).map(stored::milliseconds);
    let text = |field: StringField| string_value(field, message).map(|text| cut(text).to_owned());
    let value = match by {
        SortField::Score => Some(Value::Score(hit.score)),
        SortField::String(field) => text(field).map(Value::Text),
        SortField::Flag(field) => flag_value(field, message).map(Value::Flag),
        SortField::Number(field) => number_value(field, message).map(Value::Number),
        SortField::Instant(field) => moment(field).map(Value::Number),
    };
    value.unwrap_or(Value::Missing)
}

/// A position among the numbers by which one segment is ordered.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) values: Vec<Point>,
    pub(crate) id: Point,
}

impl Start {
    /// The position in a segment; what a position of another order lacks comes first.
    ///
    /// # Errors
    ///
    /// When the strings of the segment cannot be read.
    pub(crate) fn find(
        position: &Position,
        order: &[Sort],
        reader: &SegmentReader,
    ) -> tantivy::Result<Self> {
        let values = order.iter().zip(&position.values);
        let values = values.map(|(sort, value)| place(reader, sort.by, value));
        let id = place(reader, ID, &Value::Text(cut(&position.id).to_owned()))?;
        Ok(Self { values: values.collect::<Result<_, _>>()?, id })
    }
}

const ID: SortField = SortField::String(StringField::Id);

/// A value of a segment, or the gap right before one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    value: Option<u64>,
    before: bool,
}

impl Point {
    const fn at(value: Option<u64>) -> Self {
        Self { value, before: false }
    }

    /// How the value of a document compares with this place.
    #[inline]
    pub(crate) fn compare(self, value: Option<u64>) -> Ordering {
        let gap = if self.before { Ordering::Greater } else { Ordering::Equal };
        value.cmp(&self.value).then(gap)
    }
}

fn place(reader: &SegmentReader, by: SortField, value: &Value) -> tantivy::Result<Point> {
    Ok(match value {
        Value::Missing => Point::at(None),
        Value::Score(score) => Point::at(Some(u64::from(score.to_bits()))),
        Value::Flag(flag) => Point::at(Some(u64::from(*flag))),
        Value::Number(number) => Point::at(Some(i64_to_u64(*number))),
        Value::Text(text) => match by {
            SortField::String(field) => {
                let column = reader.fast_fields().str(&schema::whole_name(field))?;
                column.map_or(Ok(Point::at(None)), |column| place_of_text(&column, text))?
            }
            SortField::Score
            | SortField::Flag(_)
            | SortField::Number(_)
            | SortField::Instant(_) => Point::at(None),
        },
    })
}

/// Strings are ordered by their place in the dictionary. One that is not there lies before the next
/// that is, or after all of them.
fn place_of_text(column: &StrColumn, text: &str) -> tantivy::Result<Point> {
    let dictionary = column.dictionary();
    if let Some(found) = dictionary.term_ord(text)? {
        return Ok(Point::at(Some(found)));
    }
    let mut next = dictionary.range().ge(text).into_stream()?;
    let value = if next.advance() { next.term_ord() } else { u64::MAX };
    Ok(Point { value: Some(value), before: true })
}
