//! What the messages of a result have in common, with counts over the whole of it.
//!
//! Counts come from the terms and columns of the index; no message is read. For each term of a facet
//! the documents that have it are counted among those of the result.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::tz::TimeZone;
use postern_query::schema::{FlagField, InstantField, StringField};
use postern_query::{Query, Role};
use tantivy::schema::Field;
use tantivy::{BitSet, Searcher, SegmentReader};

use super::best::{Best, Counted};
use crate::Error;
use crate::format::terms::Kind;
use crate::format::{schema, stored};
use crate::search::compile::chosen::choose;
use crate::search::scope::asker::Scope;
use crate::search::tally::{apart, tally};
use crate::search::work::Meter;
use crate::search::{Asker, Index};

/// What messages are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    /// The sender's address, in lower case.
    Sender,
    /// The domain of the sender's address, in lower case.
    SenderDomain,
    /// The year in which it arrived.
    Year,
    /// The month in which it arrived, as `2024-03`.
    Month,
    /// Folder.
    Folder,
    /// Mailbox.
    Mailbox,
    /// Source.
    Source,
    /// Media type of an attachment; a message with two counts for both.
    AttachmentType,
    /// `true` or `false`.
    HasAttachment,
    /// Kind: `email`, `file` and so on.
    Kind,
    /// What stands after the last dot of the name of an attachment or a file, in lower case.
    Extension,
}

impl Facet {
    /// Every facet.
    pub const ALL: [Self; 11] = [
        Self::Sender,
        Self::SenderDomain,
        Self::Year,
        Self::Month,
        Self::Folder,
        Self::Mailbox,
        Self::Source,
        Self::AttachmentType,
        Self::HasAttachment,
        Self::Kind,
        Self::Extension,
    ];
}

/// The values of a facet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FacetCounts {
    /// The most frequent values, the most frequent first.
    pub values: Vec<Counted>,
    /// How many other values there are.
    pub others: usize,
}

impl Index {
    /// Counts the messages that match by each facet, once even where it is named twice: the `most` most frequent values of each. Years and
    /// months are those of `zone`.
    ///
    /// # Errors
    ///
    /// When the question costs too much work or is stopped, or the index cannot be read.
    pub fn facets(
        &self,
        query: &Query,
        facets: &[Facet],
        most: usize,
        zone: &TimeZone,
        asker: &Asker,
    ) -> Result<Vec<FacetCounts>, Error> {
        let searcher = self.searcher();
        let plan = self.plan(&searcher, query, asker)?;
        let chosen = choose(&searcher, &plan)?;
        let meter = asker.work.meter("facets");
        let (searcher, chosen) = (&searcher, chosen.as_slice());
        let matching = Matching { searcher, chosen, zone, meter: &meter, scope: &asker.scope };
        let mut counted = BTreeMap::new();
        for facet in facets {
            if let Entry::Vacant(place) = counted.entry(*facet) {
                place.insert(matching.count(*facet, most)?);
            }
        }
        Ok(facets.iter().filter_map(|facet| counted.get(facet).cloned()).collect())
    }
}

/// Units to look up a value of a message and count it.
const VALUE: u64 = 30;

/// The documents that match, and what is needed to count them.
struct Matching<'a> {
    searcher: &'a Searcher,
    chosen: &'a [BitSet],
    zone: &'a TimeZone,
    meter: &'a Meter,
    scope: &'a Scope,
}

impl Matching<'_> {
    fn count(&self, facet: Facet, most: usize) -> Result<FacetCounts, Error> {
        let mut best = Best::new(most);
        match facet {
            Facet::Sender => self.terms(schema::people(Role::From), Some(Kind::Address), &mut best),
            Facet::SenderDomain => {
                self.terms(schema::people(Role::From), Some(Kind::Domain), &mut best)
            }
            Facet::Folder => self.places(StringField::Folder, &mut best),
            Facet::Mailbox => self.places(StringField::Mailbox, &mut best),
            Facet::Source => self.places(StringField::Source, &mut best),
            Facet::AttachmentType => self.terms(schema::ATTACHMENT_TYPE, None, &mut best),
            Facet::Year => self.dates(4, &mut best),
            Facet::Month => self.dates(7, &mut best),
            Facet::HasAttachment => self.flags(FlagField::HasAttachments, &mut best),
            Facet::Kind => self.terms(schema::whole(StringField::Kind), None, &mut best),
            Facet::Extension => self.extensions(&mut best),
        }?;
        let (values, others) = best.finish();
        Ok(FacetCounts { values, others })
    }

    /// Counts by a field of places: by those that may be seen.
    fn places(&self, field: StringField, best: &mut Best) -> Result<(), Error> {
        let whole = schema::whole(field);
        if *self.scope == Scope::All {
            return self.terms(whole, None, best);
        }
        let apart = apart(self.searcher, field, self.chosen, self.scope, self.meter)?;
        let mut counts = apart.counts;
        tally(self.searcher, (whole, ""), &apart.in_one_place, self.meter, &mut |text, count| {
            *counts.entry(text.to_owned()).or_default() += count;
        })?;
        counts.iter().for_each(|(value, count)| best.offer(value, *count));
        Ok(())
    }

    /// Counts by terms. Of the kinds of terms an empty one stands for someone without an address.
    fn terms(&self, field: Field, kind: Option<Kind>, best: &mut Best) -> Result<(), Error> {
        let prefix = kind.map_or("", Kind::prefix);
        tally(self.searcher, (field, prefix), self.chosen, self.meter, &mut |text, count| {
            if kind.is_none() || !text.is_empty() {
                best.offer(text, count);
            }
        })
    }

    /// Counts by the shortest end of a file name: others have a dot in them.
    fn extensions(&self, best: &mut Best) -> Result<(), Error> {
        let ends = (schema::FILE_NAMES, Kind::Extension.prefix());
        tally(self.searcher, ends, self.chosen, self.meter, &mut |text, count| {
            if !text.is_empty() && !text.contains('.') {
                best.offer(text, count);
            }
        })
    }

    /// Counts by the first characters of the date.
    fn dates(&self, length: usize, best: &mut Best) -> Result<(), Error> {
        let mut months: BTreeMap<(i16, i8), usize> = BTreeMap::new();
        self.each_document(
            |reader| {
                let column =
                    reader.fast_fields().column_opt::<i64>(InstantField::Received.path())?;
                Ok(move |document| {
                    let moment = stored::instant(column.as_ref()?.first(document)?)?;
                    let date = self.zone.to_datetime(moment);
                    Some((date.year(), date.month()))
                })
            },
            &mut months,
        )?;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for ((year, month), count) in months {
            let date = jiff::civil::date(year, month, 1).strftime("%Y-%m").to_string();
            let cut = date.len().saturating_sub(7 - length);
            *counts.entry(date.get(..cut).unwrap_or_default().to_owned()).or_default() += count;
        }
        counts.iter().for_each(|(value, count)| best.offer(value, *count));
        Ok(())
    }

    fn flags(&self, field: FlagField, best: &mut Best) -> Result<(), Error> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        self.each_document(
            |reader| {
                let column = reader.fast_fields().column_opt::<bool>(field.path())?;
                Ok(move |document| Some(column.as_ref()?.first(document)?.to_string()))
            },
            &mut counts,
        )?;
        counts.iter().for_each(|(value, count)| best.offer(value, *count));
        Ok(())
    }

    /// Counts the values of a column, of which there are few.
    fn each_document<T: Ord, V: Fn(u32) -> Option<T>>(
        &self,
        values: impl Fn(&SegmentReader) -> Result<V, Error>,
        counts: &mut BTreeMap<T, usize>,
    ) -> Result<(), Error> {
        for (reader, chosen) in self.searcher.segment_readers().iter().zip(self.chosen) {
            self.meter.pay(u64::from(reader.num_docs()) * VALUE)?;
            let value = values(reader)?;
            let documents = (0..reader.max_doc()).filter(|document| chosen.contains(*document));
            for value in documents.filter_map(value) {
                *counts.entry(value).or_default() += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use postern_query::{Attachment, Message, odata};

    use super::*;
    use crate::testing::{index_of, place};

    fn message(id: &str, from: &str, received: &str, types: &[&str]) -> Message {
        let attachment = |kind: &&str| Attachment {
            content_type: Some((*kind).to_owned()),
            ..Attachment::default()
        };
        Message {
            id: id.into(),
            from_address: (!from.is_empty()).then(|| from.to_owned()),
            from_name: Some("A name".into()),
            received: received.parse().ok(),
            places: vec![place("m", &id.len().to_string())],
            has_attachments: (id != "d").then_some(!types.is_empty()),
            attachments: types.iter().map(attachment).collect(),
            ..Message::default()
        }
    }

    fn parts() -> [Vec<Message>; 3] {
        let pdf = "application/pdf";
        [
            vec![message("gone", "z@z.example", "2020-01-01T00:00:00Z", &[])],
            vec![
                message("a", "Al@X.example", "2023-12-31T23:30:00Z", &[pdf, pdf, "text/csv"]),
                message("bb", "bo@x.example", "2024-01-01T00:30:00Z", &[]),
                message("gone", "al@x.example", "2024-02-01T00:00:00Z", &[pdf]),
            ],
            vec![
                message("c", "al@x.example", "2024-01-05T00:00:00Z", &[pdf]),
                message("d", "", "", &[]),
            ],
        ]
    }

    #[track_caller]
    fn check(filter: &str, most: usize, facet: Facet, expected: &str) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts());
        let query = odata::parse_filter(filter).unwrap();
        let found =
            index.facets(&query, &[facet], most, &TimeZone::UTC, &Asker::unlimited()).unwrap();
        let values = found[0].values.iter().map(|one| format!("{} {}", one.value, one.count));
        let values: Vec<_> = values.collect();
        assert_eq!(format!("{} +{}", values.join(", "), found[0].others), expected);
    }

    #[test]
    fn counts_are_those_of_the_whole_result() {
        check("", 9, Facet::Sender, "al@x.example 3, bo@x.example 1 +0");
        check("", 1, Facet::Sender, "al@x.example 3 +1");
        check("", 9, Facet::SenderDomain, "x.example 4 +0");
        check("", 9, Facet::Year, "2024 3, 2023 1 +0");
        check("", 9, Facet::Month, "2024-01 2, 2023-12 1, 2024-02 1 +0");
        check("", 9, Facet::Folder, "1 3, 2 1, 4 1 +0");
        check("", 0, Facet::Mailbox, " +1");
        check("", 9, Facet::AttachmentType, "application/pdf 3, text/csv 1 +0");
        check("", 9, Facet::HasAttachment, "true 3, false 1 +0");
    }

    #[test]
    fn kinds_and_extensions() {
        let item = |id: &str, kind: &str, names: &[&str]| {
            let file =
                |name: &&str| Attachment { name: Some((*name).into()), ..Attachment::default() };
            let attachments = names.iter().map(file).collect();
            Message { id: id.into(), kind: Some(kind.into()), attachments, ..Message::default() }
        };
        let data = tempfile::tempdir().unwrap();
        let items = vec![
            item("a", "email", &["x.tar.GZ", "y.gz", "plan"]),
            item("b", "file", &["final.v2.pdf"]),
            item("c", "file", &["notes."]),
        ];
        let index = index_of(data.path(), &[items]);
        let facets = [Facet::Kind, Facet::Extension];
        let found =
            index.facets(&Query::everything(), &facets, 9, &TimeZone::UTC, &Asker::unlimited());
        let found = found.unwrap();
        let shown = |facet: usize| {
            let values =
                found[facet].values.iter().map(|one| format!("{} {}", one.value, one.count));
            values.collect::<Vec<_>>().join(", ")
        };
        assert_eq!((shown(0).as_str(), shown(1).as_str()), ("file 2, email 1", "gz 1, pdf 1"));
    }

    #[test]
    fn only_what_matches_counts() {
        check("id eq 'bb' or id eq 'c'", 9, Facet::Sender, "al@x.example 1, bo@x.example 1 +0");
        check("not hasAttachments", 9, Facet::Mailbox, "m 2 +0");
        check("id eq 'nothing'", 9, Facet::Folder, " +0");
    }

    /// The last half hour of a year in one place is the first of the next in another.
    #[test]
    fn years_are_those_of_the_zone() {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts());
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let found = index
            .facets(&Query::everything(), &[Facet::Year], 9, &zone, &Asker::unlimited())
            .unwrap();
        assert_eq!(found[0].values, [Counted { value: "2024".into(), count: 4 }]);
    }
}
