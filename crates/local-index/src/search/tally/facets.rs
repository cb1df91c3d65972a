//! What the messages of a result have in common, with counts over the whole of it.
//!
//! Counts come from the terms and columns of the index; no message is read. For each term of a facet
//! the documents that have it are counted among those of the result.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use postern_query::schema::{FlagField, InstantField, StringField};
use postern_query::{Query, Role};
use tantivy::schema::Field;
use tantivy::{BitSet, Searcher, SegmentReader};

use super::best::{Best, Counted};
use super::histogram::{Bars, Histogram};
use crate::Error;
use crate::format::terms::Kind;
use crate::format::{schema, stored};
use crate::search::compile::chosen::choose;
use crate::search::documents::Documents;
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
    Domain,
    /// Mailbox.
    Mailbox,
    /// Folder.
    Folder,
    /// The year in which it arrived.
    Year,
    /// The month in which it arrived, as `2024-03`.
    Month,
    /// The day on which it arrived, as `2024-03-31`.
    Day,
    /// Kind: `email`, `file` and so on.
    Kind,
    /// Media type of an attachment; a message with two counts for both.
    Type,
    /// What stands after the last dot of the name of an attachment or a file, in lower case.
    Extension,
    /// Category; a message with two counts for both.
    Category,
    /// `true` or `false`.
    HasAttachment,
    /// Source.
    Source,
}

impl Facet {
    /// Every facet.
    pub const ALL: [Self; 13] = [
        Self::Sender,
        Self::Domain,
        Self::Mailbox,
        Self::Folder,
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Kind,
        Self::Type,
        Self::Extension,
        Self::Category,
        Self::HasAttachment,
        Self::Source,
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

/// What messages are counted by.
#[derive(Clone, Copy, Debug)]
pub struct Counting<'a> {
    /// The facets, each of which is counted once even where it is named twice.
    pub facets: &'a [Facet],
    /// Values of each at most, the most frequent.
    pub most: usize,
    /// Bars, if they are wanted.
    pub bars: Option<&'a Bars>,
    /// Where days, months and years begin.
    pub zone: &'a TimeZone,
}

static UTC: TimeZone = TimeZone::UTC;

impl Default for Counting<'_> {
    fn default() -> Self {
        Self { facets: &[], most: usize::MAX, bars: None, zone: &UTC }
    }
}

/// A result, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many messages match.
    pub count: usize,
    /// Each facet, in the order in which they were asked for.
    pub facets: Vec<FacetCounts>,
    /// The bars, where they were asked for.
    pub histogram: Option<Histogram>,
}

impl Index {
    /// Counts the messages that match.
    ///
    /// # Errors
    ///
    /// When the question costs too much work or is stopped, or the index cannot be read.
    pub fn counts(
        &self,
        query: &Query,
        counting: &Counting<'_>,
        asker: &Asker,
    ) -> Result<Counts, Error> {
        let searcher = self.searcher();
        let plan = self.plan(&searcher, query, asker)?;
        let chosen = choose(&searcher, &plan)?;
        let meter = asker.work.meter("facets");
        let Counting { facets, most, bars, zone } = *counting;
        let scope = &asker.scope;
        let matching =
            Matching { searcher: &searcher, chosen: &chosen, zone, meter: &meter, scope };
        let mut counted = BTreeMap::new();
        for facet in facets {
            if let Entry::Vacant(place) = counted.entry(*facet) {
                place.insert(matching.count(*facet, most)?);
            }
        }
        Ok(Counts {
            count: chosen.len(),
            facets: facets.iter().filter_map(|facet| counted.get(facet).cloned()).collect(),
            histogram: bars.map(|bars| bars.count(&matching)).transpose()?,
        })
    }
}

/// Units to look up a value of a message and count it.
const VALUE: u64 = 30;

/// The documents that match, and what is needed to count them.
pub(crate) struct Matching<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) chosen: &'a Documents,
    pub(crate) zone: &'a TimeZone,
    pub(crate) meter: &'a Meter,
    pub(crate) scope: &'a Scope,
}

impl Matching<'_> {
    pub(crate) fn count(&self, facet: Facet, most: usize) -> Result<FacetCounts, Error> {
        let mut best = Best::new(most);
        match facet {
            Facet::Sender => self.terms(schema::people(Role::From), Some(Kind::Address), &mut best),
            Facet::Domain => self.terms(schema::people(Role::From), Some(Kind::Domain), &mut best),
            Facet::Folder => self.places(StringField::Folder, &mut best),
            Facet::Mailbox => self.places(StringField::Mailbox, &mut best),
            Facet::Source => self.places(StringField::Source, &mut best),
            Facet::Type => self.terms(schema::ATTACHMENT_TYPE, None, &mut best),
            Facet::Year => self.dates("%Y", &mut best),
            Facet::Month => self.dates("%Y-%m", &mut best),
            Facet::Day => self.dates("%Y-%m-%d", &mut best),
            Facet::Category => self.terms(schema::CATEGORY, None, &mut best),
            Facet::HasAttachment => self.flags(FlagField::HasAttachments, &mut best),
            Facet::Kind => self.terms(schema::whole(StringField::Kind), None, &mut best),
            Facet::Extension => self.extensions(&mut best),
        }?;
        let (values, others) = best.finish();
        Ok(FacetCounts { values, others })
    }

    /// The segments, each with what matches there.
    fn each_segment(&self) -> impl Iterator<Item = (&SegmentReader, &BitSet)> {
        self.searcher.segment_readers().iter().zip(self.chosen.segments())
    }

    /// Counts by a field of places: by those that may be seen.
    fn places(&self, field: StringField, best: &mut Best) -> Result<(), Error> {
        let whole = schema::whole(field);
        if *self.scope == Scope::All {
            return self.terms(whole, None, best);
        }
        let apart = apart(self.searcher, field, self.chosen.segments(), self.scope, self.meter)?;
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
        tally(
            self.searcher,
            (field, prefix),
            self.chosen.segments(),
            self.meter,
            &mut |text, count| {
                if kind.is_none() || !text.is_empty() {
                    best.offer(text, count);
                }
            },
        )
    }

    /// Counts by the shortest end of a file name: others have a dot in them.
    fn extensions(&self, best: &mut Best) -> Result<(), Error> {
        let ends = (schema::FILE_NAMES, Kind::Extension.prefix());
        tally(self.searcher, ends, self.chosen.segments(), self.meter, &mut |text, count| {
            if !text.is_empty() && !text.contains('.') {
                best.offer(text, count);
            }
        })
    }

    /// Counts by the date in this form, which is the same for all days of a period.
    fn dates(&self, form: &str, best: &mut Best) -> Result<(), Error> {
        let mut days: BTreeMap<Date, usize> = BTreeMap::new();
        self.each_arrival(&mut |moment| {
            let moment = moment.and_then(stored::instant);
            let date = moment.map(|moment| self.zone.to_datetime(moment).date());
            date.into_iter().for_each(|date| *days.entry(date).or_default() += 1);
        })?;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (day, count) in days {
            *counts.entry(day.strftime(form).to_string()).or_default() += count;
        }
        counts.iter().for_each(|(value, count)| best.offer(value, *count));
        Ok(())
    }

    /// Tells of each message when it arrived, in milliseconds.
    pub(crate) fn each_arrival(&self, each: &mut dyn FnMut(Option<i64>)) -> Result<(), Error> {
        for (reader, chosen) in self.each_segment() {
            self.meter.pay(u64::from(reader.num_docs()) * VALUE)?;
            let column = reader.fast_fields().column_opt::<i64>(InstantField::Received.path())?;
            for document in (0..reader.max_doc()).filter(|document| chosen.contains(*document)) {
                each(column.as_ref().and_then(|column| column.first(document)));
            }
        }
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
        for (reader, chosen) in self.each_segment() {
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
            categories: match id {
                "d" => vec![],
                "a" => vec!["Red".into(), "blue".into()],
                _ => vec!["Red".into()],
            },
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
        let counting = Counting { facets: &[facet], most, ..Counting::default() };
        let found = index.counts(&query, &counting, &Asker::unlimited()).unwrap().facets;
        let values = found[0].values.iter().map(|one| format!("{} {}", one.value, one.count));
        let values: Vec<_> = values.collect();
        assert_eq!(format!("{} +{}", values.join(", "), found[0].others), expected);
    }

    #[test]
    fn counts_are_those_of_the_whole_result() {
        check("", 9, Facet::Sender, "al@x.example 3, bo@x.example 1 +0");
        check("", 1, Facet::Sender, "al@x.example 3 +1");
        check("", 9, Facet::Domain, "x.example 4 +0");
        check("", 9, Facet::Year, "2024 3, 2023 1 +0");
        check("", 9, Facet::Month, "2024-01 2, 2023-12 1, 2024-02 1 +0");
        check("", 2, Facet::Day, "2023-12-31 1, 2024-01-01 1 +2");
        check("", 9, Facet::Folder, "1 3, 2 1, 4 1 +0");
        check("", 0, Facet::Mailbox, " +1");
        check("", 9, Facet::Type, "application/pdf 3, text/csv 1 +0");
        check("", 9, Facet::HasAttachment, "true 3, false 1 +0");
        check("", 9, Facet::Category, "Red 4, blue 1 +0");
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
        let counting = Counting { facets: &[Facet::Kind, Facet::Extension], ..Counting::default() };
        let found = index.counts(&Query::everything(), &counting, &Asker::unlimited());
        let found = found.unwrap().facets;
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
        let counting = Counting { facets: &[Facet::Year], zone: &zone, ..Counting::default() };
        let found = index.counts(&Query::everything(), &counting, &Asker::unlimited()).unwrap();
        assert_eq!(found.facets[0].values, [Counted { value: "2024".into(), count: 4 }]);
        assert_eq!(found.count, 5, "one has no date");
    }
}
