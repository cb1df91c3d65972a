//! Pages that go on from a position.

use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{Message, Query};

use super::{Asker, Index, Page, Position, Search};
use crate::testing::{NOW, index_of, occurrence, source, writer};
use crate::write::SameId;

fn message(id: &str, minute: Option<i64>, from: &str) -> Message {
    let received = minute.and_then(|minute| jiff::Timestamp::from_second(minute * 60).ok());
    let from_address = (!from.is_empty()).then(|| from.to_owned());
    Message { id: id.into(), received, from_address, ..Message::default() }
}

fn page(index: &Index, order: &[Sort], after: Option<&Position>) -> Page {
    let query = &Query::everything();
    let search = Search { query, order, after, offset: 0, limit: 2, highlight: false };
    index.search(&search, &Asker::unlimited()).unwrap()
}

/// The ids of all pages; `between` happens after each.
fn walk(index: &Index, order: &[Sort], mut between: impl FnMut()) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        index.reload().unwrap();
        let page = page(index, order, after.as_ref());
        if page.hits.is_empty() {
            return seen;
        }
        after = page.position(page.hits.len() - 1, order);
        seen.extend(page.hits.into_iter().map(|hit| hit.message.id));
        between();
    }
}

const NEWEST: Sort = Sort::descending(SortField::Instant(InstantField::Received));
const SENDER: Sort = Sort::ascending(SortField::String(StringField::FromAddress));

fn parts() -> [Vec<Message>; 2] {
    [
        vec![message("b", Some(3), "b"), message("d", None, ""), message("f", Some(3), "é")],
        vec![message("a", Some(3), "a"), message("c", Some(1), ""), message("e", None, "b")],
    ]
}

#[test]
fn pages_are_the_whole() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    for (order, expected) in [
        (vec![NEWEST], "a b f c d e"),
        (vec![Sort { descending: false, ..NEWEST }], "d e c a b f"),
        (vec![SENDER], "c d a b e f"),
        (vec![Sort { descending: true, ..SENDER }, NEWEST], "f b e a c d"),
        (Vec::new(), "a b c d e f"),
        (vec![Sort::descending(SortField::Score)], "a b c d e f"),
    ] {
        assert_eq!(walk(&index, &order, || {}).join(" "), expected, "{order:?}");
    }
}

/// A message that comes before the place is not seen, one behind it is, and nothing comes twice.
#[test]
fn messages_that_arrive_between_two_pages_move_nothing() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let mut number = 0;
    let arrive = || {
        number += 1;
        let (path, place) = (format!("new-{number}"), "");
        let mut writer = writer(data.path());
        // Newer than all, and of a sender that no segment knew.
        let newest = message(&path, Some(100 + number), "aa");
        writer.add(&occurrence(&path, place), &newest, SameId::Replaces).unwrap();
        if number == 1 {
            let old = message("old", Some(0), "bb");
            writer.add(&occurrence(&path, place), &old, SameId::Replaces).unwrap();
        }
        writer.record(&source(&path, 0), Vec::new()).unwrap();
        writer.commit(NOW).unwrap();
    };
    assert_eq!(walk(&index, &[NEWEST], arrive).join(" "), "a b f c old d e");
}

/// The place is named by values, not by a message that must be there.
#[test]
fn the_message_at_the_place_may_be_gone() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    for (address, expected) in [("aa", "b e"), ("z", "f"), ("\u{10ffff}", "")] {
        let values = vec![super::Value::Text(address.into())];
        let after = Position { values, id: "m".into(), snapshot: None };
        let found = page(&index, &[SENDER], Some(&after)).hits;
        let ids: Vec<_> = found.into_iter().map(|hit| hit.message.id).collect();
        assert_eq!(ids.join(" "), expected, "{address}");
    }
    let after =
        Position { values: vec![super::Value::Text("b".into())], id: "c".into(), snapshot: None };
    assert_eq!(page(&index, &[SENDER], Some(&after)).hits[0].message.id, "e");
    assert_eq!(page(&index, &[SENDER], Some(&after)).count, 6);
}

fn word(word: &str) -> Query {
    let context = postern_query::Context::utc(NOW);
    postern_query::parse(word, &context).unwrap().query
}

/// Relevance counts over all messages: with each that is added the order of the others may change.
#[test]
fn pages_by_relevance_stay_in_the_state_of_the_first() {
    let data = tempfile::tempdir().unwrap();
    let text = |id: &str, body: &str| Message {
        id: id.into(),
        body: Some(body.into()),
        ..Message::default()
    };
    let first = vec![text("a", "due due due"), text("b", "due due x"), text("c", "due x y z")];
    let index = index_of(data.path(), &[first]);
    let (query, order) = (word("due"), [Sort::descending(SortField::Score)]);
    let whole =
        Search { query: &query, order: &order, after: None, offset: 0, limit: 1, highlight: false };
    let page = index.search(&whole, &Asker::unlimited()).unwrap();
    let after = page.position(0, &order).unwrap();
    let mut writer = writer(data.path());
    for n in 0..50 {
        let message = text(&format!("new-{n}"), "due due due due");
        writer.add(&occurrence("new", ""), &message, SameId::Replaces).unwrap();
    }
    writer.record(&source("new", 0), Vec::new()).unwrap();
    writer.commit(NOW).unwrap();
    index.reload().unwrap();
    let next = index
        .search(&Search { after: Some(&after), limit: 9, ..whole }, &Asker::unlimited())
        .unwrap();
    let ids: Vec<_> = next.hits.iter().map(|hit| hit.message.id.as_str()).collect();
    assert_eq!((ids, next.count), (vec!["b", "c"], 3));
    // A state that is gone is no reason to fail.
    let gone = Position { snapshot: Some(0), ..after };
    let next = index.search(&Search { after: Some(&gone), ..whole }, &Asker::unlimited()).unwrap();
    assert_eq!(next.count, 53);
}
