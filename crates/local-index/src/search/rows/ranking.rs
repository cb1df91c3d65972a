//! Which of two documents comes first, wherever they lie.

use std::cmp::Ordering;

use postern_query::schema::Sort;
use tantivy::columnar::StrColumn;
use tantivy::{DocAddress, Score, Searcher};

use crate::Error;
use crate::search::page::columns::{Candidate, Columns, OpenColumns};
use crate::search::scope::asker::Scope;
use crate::search::work::{LOOKUP, Meter};

/// A document with its relevance.
pub(crate) type Ranked = (Score, DocAddress);

/// The order of all documents of an index.
pub(crate) struct Ranking<'a> {
    order: &'a [Sort],
    columns: Vec<Columns>,
    meter: &'a Meter,
}

impl<'a> Ranking<'a> {
    /// The order for whoever sees the places of that scope.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub(crate) fn new(
        searcher: &Searcher,
        open: &OpenColumns,
        order: &'a [Sort],
        scope: &Scope,
        meter: &'a Meter,
    ) -> Result<Self, Error> {
        let readers = searcher.segment_readers().iter();
        let columns = readers.map(|reader| open.of(reader, order, scope)).collect::<Result<_, _>>();
        Ok(Self { order, columns: columns?, meter })
    }

    /// How one document compares with another; two are never equal.
    ///
    /// # Errors
    ///
    /// When the work has to end, or values cannot be read.
    pub(crate) fn compare(&self, one: Ranked, other: Ranked) -> Result<Ordering, Error> {
        let (Some(one), Some(other)) = (self.entry(one), self.entry(other)) else {
            return Ok(one.1.cmp(&other.1));
        };
        if std::ptr::eq(one.0, other.0) {
            return Ok(one.0.compare(&one.1, &other.1));
        }
        for (key, sort) in self.order.iter().enumerate() {
            let ordering = self.compare_values(key, &one, &other)?;
            if ordering.is_ne() {
                return Ok(if sort.descending { ordering.reverse() } else { ordering });
            }
        }
        self.compare_ids(&one, &other)
    }

    /// Sorts documents.
    ///
    /// # Errors
    ///
    /// As for [`compare`](Self::compare).
    pub(crate) fn sort(&self, documents: &mut [Ranked]) -> Result<(), Error> {
        let mut fault = None;
        documents.sort_by(|one, other| {
            self.compare(*one, *other).unwrap_or_else(|error| {
                fault = Some(error);
                Ordering::Equal
            })
        });
        fault.map_or(Ok(()), Err)
    }

    fn entry(&self, (score, address): Ranked) -> Option<Entry<'_>> {
        let columns = self.columns.get(address.segment_ord as usize)?;
        Some((columns, columns.candidate(address.doc_id, score)))
    }

    fn compare_values(&self, key: usize, one: &Entry, other: &Entry) -> Result<Ordering, Error> {
        let value = |(columns, candidate): &Entry| columns.values(candidate).get(key).copied()?;
        let (values, texts) = ((value(one), value(other)), (one.0.texts(key), other.0.texts(key)));
        match (values, texts) {
            ((Some(value), Some(their)), (Some(texts), Some(theirs))) => {
                self.compare_texts((texts, value), (theirs, their))
            }
            ((value, their), _) => Ok(value.cmp(&their)),
        }
    }

    fn compare_ids(&self, one: &Entry, other: &Entry) -> Result<Ordering, Error> {
        let start = |(columns, candidate): &Entry| columns.id_start(candidate.document);
        let starts = start(one).cmp(&start(other));
        if starts.is_ne() {
            return Ok(starts);
        }
        match (id(one), id(other)) {
            (Some(id), Some(their)) => self.compare_texts(id, their),
            (id, their) => Ok(id.is_some().cmp(&their.is_some())),
        }
    }

    /// Places in two dictionaries say nothing to each other: the strings do.
    fn compare_texts(
        &self,
        one: (&StrColumn, u64),
        other: (&StrColumn, u64),
    ) -> Result<Ordering, Error> {
        self.meter.pay(2 * LOOKUP)?;
        let (mut text, mut their) = (String::new(), String::new());
        one.0.ord_to_str(one.1, &mut text)?;
        other.0.ord_to_str(other.1, &mut their)?;
        Ok(text.cmp(&their))
    }
}

/// A document with the values of its segment.
type Entry<'a> = (&'a Columns, Candidate);

/// The id of a document, as its place among those of the segment.
fn id<'a>((columns, candidate): &Entry<'a>) -> Option<(&'a StrColumn, u64)> {
    columns.ids().zip(columns.id(candidate.document))
}
