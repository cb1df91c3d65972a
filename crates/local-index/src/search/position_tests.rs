//! Pages that go on from a position.

use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{Condition, Message};

use super::{Index, Page, Position, Search};
use crate::index::SameId;
use crate::index::testing::{NOW, index_of, origin, source, writer};

fn message(id: &str, minute: Option<i64>, from: &str) -> Message {
    let received = minute.and_then(|minute| jiff::Timestamp::from_second(minute * 60).ok());
    let from_address = (!from.is_empty()).then(|| from.to_owned());
    Message { id: id.into(), received, from_address, ..Message::default() }
}

fn page(index: &Index, order: &[Sort], after: Option<&Position>) -> Page {
    let condition = &Condition::everything();
    let search = Search { condition, order, after, offset: 0, limit: 2, highlight: false };
    index.search(&search).unwrap()
}

/// The ids of all pages; `between` happens after each.
fn walk(index: &Index, order: &[Sort], mut between: impl FnMut()) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        index.reload().unwrap();
        let page = page(index, order, after.as_ref());
        let Some(last) = page.hits.last() else { return seen };
        after = Some(Position::of(last, order));
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
        writer.add(&origin(&path, place), &newest, SameId::Replaces).unwrap();
        if number == 1 {
            let old = message("old", Some(0), "bb");
            writer.add(&origin(&path, place), &old, SameId::Replaces).unwrap();
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
        let after = Position { values, id: "m".into() };
        let found = page(&index, &[SENDER], Some(&after)).hits;
        let ids: Vec<_> = found.into_iter().map(|hit| hit.message.id).collect();
        assert_eq!(ids.join(" "), expected, "{address}");
    }
    let after = Position { values: vec![super::Value::Text("b".into())], id: "c".into() };
    assert_eq!(page(&index, &[SENDER], Some(&after)).hits[0].message.id, "e");
    assert_eq!(page(&index, &[SENDER], Some(&after)).count, 6);
}
