//! Names, domains, rare words and dates that are in the index, so that every mail has answers.

use jiff::civil::Date;
use tantivy::schema::Field;

use crate::floor::{BODY, Bare, RECEIVED, SENDER};

/// Documents of a word that is called rare.
const RARE: u64 = 20;

#[derive(Debug)]
pub(crate) struct Picked {
    pub(crate) rare: String,
    pub(crate) sender: String,
    pub(crate) domain: String,
    /// The days between which the middle fifth of the messages arrived.
    pub(crate) first: Date,
    pub(crate) end: Date,
}

impl Picked {
    pub(crate) fn of(bare: &Bare) -> Self {
        let from = bare.field(SENDER);
        let (first, end) = middle(bare);
        Self {
            rare: rare_word(bare, bare.field(BODY)),
            sender: commonest(bare, from, 'a'),
            domain: commonest(bare, from, 'd'),
            first,
            end,
        }
    }

    /// For another process.
    pub(crate) fn to_args(&self) -> [String; 5] {
        let [first, end] = [self.first, self.end].map(|date| date.to_string());
        [self.rare.clone(), self.sender.clone(), self.domain.clone(), first, end]
    }

    pub(crate) fn from_args(args: &[String]) -> Self {
        let [rare, sender, domain, first, end] = <[String; 5]>::try_from(args.to_vec()).unwrap();
        Self { rare, sender, domain, first: first.parse().unwrap(), end: end.parse().unwrap() }
    }
}

/// The term of a kind that stands in the most messages, without the letter of its kind.
fn commonest(bare: &Bare, field: Field, kind: char) -> String {
    let plain = |text: &str| text.starts_with(kind) && text.contains('.');
    terms(bare, field, plain).into_iter().max().unwrap().1.split_off(1)
}

/// The word whose number of messages is nearest to a few.
fn rare_word(bare: &Bare, field: Field) -> String {
    let plain = |text: &str| text.len() > 5 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let words = terms(bare, field, plain);
    words.into_iter().min_by_key(|(count, _)| count.abs_diff(RARE)).unwrap().1
}

/// The terms of the largest segment, with the number of documents of each.
fn terms(bare: &Bare, field: Field, wanted: impl Fn(&str) -> bool) -> Vec<(u64, String)> {
    let largest = bare.searcher.segment_readers().iter().max_by_key(|reader| reader.max_doc());
    let index = largest.unwrap().inverted_index(field).unwrap();
    let mut stream = index.terms().stream().unwrap();
    let mut found = Vec::new();
    while stream.advance() {
        let text = std::str::from_utf8(stream.key()).ok().filter(|text| wanted(text));
        found.extend(text.map(|text| (u64::from(stream.value().doc_freq), text.to_owned())));
    }
    found
}

fn middle(bare: &Bare) -> (Date, Date) {
    let mut times = Vec::new();
    for reader in bare.searcher.segment_readers() {
        let column = reader.fast_fields().i64(RECEIVED).unwrap();
        times.extend(reader.doc_ids_alive().filter_map(|document| column.first(document)));
    }
    times.sort_unstable();
    let day = |place: usize| {
        let time = jiff::Timestamp::from_millisecond(times[place]).unwrap();
        time.to_zoned(jiff::tz::TimeZone::UTC).date()
    };
    (day(times.len() * 2 / 5), day(times.len() * 3 / 5))
}
