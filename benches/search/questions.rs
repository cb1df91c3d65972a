//! One question of each kind, in Postern's language and as a query of the engine. Names, domains,
//! rare words and dates are taken from the index, so that every mail has answers.

use std::ops::Bound;

use postern_query::schema::{FlagField, InstantField};
use tantivy::Term;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RangeQuery, RegexQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use crate::floor::Bare;

pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) floor: Box<dyn Query>,
}

type Part = Box<dyn Query>;

/// Documents of a word that is called rare.
const RARE: u64 = 20;

pub(crate) fn questions(bare: &Bare) -> Vec<Question> {
    let words = [bare.field("words/subject"), bare.field("words/body")];
    let from = bare.field("people/from");
    let rare = rare_word(bare, words[1]);
    let (sender, domain) = (commonest(bare, from, 'a'), commonest(bare, from, 'd'));
    let (dates, range) = middle(bare);
    let has_attachment =
        || term(Term::from_field_bool(bare.field(FlagField::HasAttachments.path()), true));
    let word = |text: &str| any(words.map(|field| term(Term::from_field_text(field, text))));
    let typed =
        |kind: char, text: &str| term(Term::from_field_text(from, &format!("{kind}{text}")));
    let phrase = |texts: [&str; 2]| {
        any(words.map(|field| {
            let terms = texts.map(|text| Term::from_field_text(field, text));
            Box::new(PhraseQuery::new(terms.to_vec())) as Part
        }))
    };
    let starting = |text: &str| {
        let pattern = format!("{text}.*");
        any(words.map(|field| Box::new(RegexQuery::from_pattern(&pattern, field).unwrap()) as Part))
    };
    let subject = || term(Term::from_field_text(words[0], "problem"));
    [
        ("word", "problem".into(), word("problem")),
        ("rare word", rare.clone(), word(&rare)),
        ("two words", "please help".into(), all([word("please"), word("help")])),
        ("phrase", "\"would like\"".into(), phrase(["would", "like"])),
        ("sender", format!("from:{sender}"), typed('a', &sender)),
        ("domain", format!("from:@{domain}"), typed('d', &domain)),
        ("subject", "subject:problem".into(), subject()),
        ("date range", dates.clone(), range()),
        ("has attachment", "has:attachment".into(), has_attachment()),
        (
            "combination",
            format!("please from:@{domain} {dates}"),
            all([word("please"), typed('d', &domain), range()]),
        ),
        (
            "or group",
            "(problem OR error OR question)".into(),
            any([word("problem"), word("error"), word("question")]),
        ),
        ("negation", "please -help".into(), without(word("please"), word("help"))),
        ("prefix", "messag*".into(), starting("messag")),
    ]
    .map(|(name, text, floor)| Question { name, text, floor })
    .into()
}

fn term(term: Term) -> Part {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

fn any<const N: usize>(parts: [Part; N]) -> Part {
    Box::new(BooleanQuery::new(parts.map(|part| (Occur::Should, part)).into()))
}

fn all<const N: usize>(parts: [Part; N]) -> Part {
    Box::new(BooleanQuery::new(parts.map(|part| (Occur::Must, part)).into()))
}

fn without(wanted: Part, unwanted: Part) -> Part {
    Box::new(BooleanQuery::new(vec![(Occur::Must, wanted), (Occur::MustNot, unwanted)]))
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

/// The days between which the middle fifth of the messages arrived.
fn middle(bare: &Bare) -> (String, impl Fn() -> Part) {
    let mut times = Vec::new();
    for reader in bare.searcher.segment_readers() {
        let column = reader.fast_fields().i64(InstantField::Received.path()).unwrap();
        times.extend(reader.doc_ids_alive().filter_map(|document| column.first(document)));
    }
    times.sort_unstable();
    let day = |place: usize| {
        let time = jiff::Timestamp::from_millisecond(times[place]).unwrap();
        time.to_zoned(jiff::tz::TimeZone::UTC).start_of_day().unwrap()
    };
    let (first, end) = (day(times.len() * 2 / 5), day(times.len() * 3 / 5));
    let text = format!("after:{} before:{}", first.date(), end.date());
    let bound = |time: &jiff::Zoned| time.timestamp().as_millisecond();
    let (field, first, end) =
        (bare.field(InstantField::Received.path()), bound(&first), bound(&end));
    let term = move |time| Term::from_field_i64(field, time);
    let range = move || -> Part {
        Box::new(RangeQuery::new(Bound::Included(term(first)), Bound::Excluded(term(end))))
    };
    (text, range)
}
