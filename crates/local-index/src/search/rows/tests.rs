//! Rows case by case.

use std::ops::ControlFlow;

use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{Context, Message, Query, parse};

use super::{MOST_COPIES, Row, Rows};
use crate::search::{Asker, Index, Position, Scope, Search, Work};
use crate::testing::{NOW, index_of, occurrence, place, source, writer};
use crate::write::SameId;

const NEWEST: Sort = Sort::descending(SortField::Instant(InstantField::Received));
const SENDER: Sort = Sort::ascending(SortField::String(StringField::FromAddress));

/// A message of a minute, in the mailbox of that name.
fn mail(id: &str, message_id: Option<&str>, minute: i64, mailbox: &str) -> Message {
    Message {
        id: id.into(),
        internet_message_id: message_id.map(str::to_owned),
        received: jiff::Timestamp::from_second(minute * 60).ok(),
        from_address: Some(format!("{}@x.example", id.chars().rev().collect::<String>())),
        body: Some(format!("due {mailbox}")),
        places: vec![place(mailbox, "Inbox")],
        ..Message::default()
    }
}

fn parts() -> Vec<Vec<Message>> {
    vec![
        vec![
            mail("a1", Some("<1@x>"), 3, "ann"),
            mail("b3", Some("<1@x>"), 1, "bob"),
            mail("c0", None, 2, "ann"),
        ],
        vec![
            mail("d2", Some("<1@x>"), 4, "bob"),
            mail("e8", Some("<2@x>"), 5, "ann"),
            mail("f9", Some("<1@X>"), 0, "ann"),
        ],
    ]
}

fn page(
    index: &Index,
    (query, order): (&str, &[Sort]),
    asker: &Asker,
    after: Option<&Position>,
    limit: usize,
) -> (Rows, Vec<Row>) {
    let query = &parse(query, &Context::utc(NOW)).unwrap().query;
    let search = Search { query, order, after, offset: 0, limit, highlight: false };
    let mut rows = Vec::new();
    let found = index.rows(&search, asker, &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    });
    (found.unwrap(), rows)
}

/// `a(b c)` is the row `a` with its copies `b` and `c`.
fn told(rows: &[Row]) -> String {
    let id = |message: &Message| message.id.clone();
    let one = |row: &Row| {
        let copies: Vec<_> = row.copies.iter().map(|copy| id(&copy.message)).collect();
        let copies =
            if copies.is_empty() { String::new() } else { format!("({})", copies.join(" ")) };
        id(&row.hit.message) + &copies
    };
    rows.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(index: &Index, search: (&str, &[Sort]), asker: &Asker, expected: (&str, usize, usize)) {
    let (found, rows) = page(index, search, asker, None, 100);
    assert_eq!((told(&rows).as_str(), found.messages, found.rows), expected, "{search:?}");
    let (counted, none) = page(index, search, asker, None, 0);
    assert_eq!((counted, none.len()), (found, 0));
}

fn only(mailbox: &str) -> Asker {
    Asker { scope: Scope::Mailboxes(vec![mailbox.to_owned()]), work: Work::limited() }
}

#[test]
fn the_row_is_the_first_in_the_order_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let oldest = Sort { descending: false, ..NEWEST };
    let everybody = Asker::unlimited();
    for (order, expected) in [
        (vec![NEWEST], "e8 d2(a1 b3) c0 f9"),
        (vec![oldest], "f9 b3(a1 d2) c0 e8"),
        (vec![], "a1(b3 d2) c0 e8 f9"),
        (vec![SENDER], "c0 a1(d2 b3) e8 f9"),
        (vec![Sort { descending: true, ..SENDER }], "f9 e8 b3(d2 a1) c0"),
    ] {
        check(&index, ("", &order), &everybody, (expected, 6, 4));
    }
    check(
        &index,
        ("", &[Sort::descending(SortField::Score)]),
        &everybody,
        ("a1(b3 d2) c0 e8 f9", 6, 4),
    );
}

/// What does not match is no copy: the counts say the same.
#[test]
fn of_equal_messages_those_that_match_are_in_the_row() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let everybody = Asker::unlimited();
    check(&index, ("mailbox:ann", &[NEWEST]), &everybody, ("e8 a1 c0 f9", 4, 4));
    check(&index, ("mailbox:bob", &[NEWEST]), &everybody, ("d2(b3)", 2, 1));
    check(&index, ("due", &[NEWEST]), &everybody, ("e8 d2(a1 b3) c0 f9", 6, 4));
    check(&index, ("nothing", &[NEWEST]), &everybody, ("", 0, 0));
}

#[test]
fn a_copy_that_may_not_be_seen_is_not_there() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    check(&index, ("", &[NEWEST]), &only("ann"), ("e8 a1 c0 f9", 4, 4));
    check(&index, ("", &[NEWEST]), &only("bob"), ("d2(b3)", 2, 1));
    check(&index, ("", &[NEWEST]), &only("carol"), ("", 0, 0));
}

/// The row and each copy show the places that may be seen, the one that matched first.
#[test]
fn places_of_a_row_and_of_its_copies() {
    let data = tempfile::tempdir().unwrap();
    let mut mails = [mail("a", Some("<1@x>"), 2, "ann"), mail("b", Some("<1@x>"), 1, "bob")];
    mails.iter_mut().for_each(|mail| {
        mail.places = vec![place("ann", "Inbox"), place("bob", "Sent"), place("carol", "Sent")];
    });
    let index = index_of(data.path(), &[mails.to_vec()]);
    let asker = Asker {
        scope: Scope::Mailboxes(vec!["ann".into(), "carol".into()]),
        work: Work::limited(),
    };
    let (_, rows) = page(&index, ("in:Sent", &[NEWEST]), &asker, None, 9);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    for hit in std::iter::once(&row.hit).chain(&row.copies) {
        let there = hit.there();
        let places: Vec<_> =
            there.places.iter().map(|one| one.mailbox.as_deref().unwrap()).collect();
        assert_eq!(places, ["carol", "ann"], "{}", hit.message.id);
    }
    assert_eq!(told(&rows), "a(b)");
}

#[test]
fn messages_without_a_message_id_are_rows_of_their_own() {
    let data = tempfile::tempdir().unwrap();
    let long = format!("<{}@x>", "i".repeat(5_000));
    let ids = [None, Some(""), Some("<>"), Some(" "), Some(long.as_str())];
    let twice = ids.iter().chain(&ids).enumerate();
    let mails = twice.map(|(n, id)| mail(&format!("{n}"), *id, 0, "ann")).collect();
    let index = index_of(data.path(), &[mails]);
    check(&index, ("", &[]), &Asker::unlimited(), ("0 1 2 3 4 5 6 7 8 9", 10, 10));
}

/// A message that was replaced is still in its segment.
#[test]
fn a_message_that_is_gone_is_no_copy() {
    let data = tempfile::tempdir().unwrap();
    let mut all = parts();
    all.push(vec![mail("a1", Some("<3@x>"), 3, "ann"), mail("b3", None, 1, "bob")]);
    let index = index_of(data.path(), &all);
    check(&index, ("", &[NEWEST]), &Asker::unlimited(), ("e8 d2 a1 c0 b3 f9", 6, 6));
}

#[test]
fn of_very_many_copies_the_first_are_listed() {
    let data = tempfile::tempdir().unwrap();
    let copy = |n: i64| mail(&format!("m{n:03}"), Some("<1@x>"), n, "ann");
    let index =
        index_of(data.path(), &[(0..60).map(copy).collect(), (60..100).map(copy).collect()]);
    let (found, rows) = page(&index, ("", &[NEWEST]), &Asker::unlimited(), None, 9);
    assert_eq!((found.messages, found.rows, rows.len()), (100, 1, 1));
    assert_eq!((rows[0].copies.len(), rows[0].more), (MOST_COPIES, 99 - MOST_COPIES));
    let copies: Vec<_> = rows[0].copies.iter().map(|copy| copy.message.id.clone()).collect();
    assert_eq!((copies[0].as_str(), copies[19].as_str()), ("m098", "m079"));
}

/// Adds these messages in a commit of their own.
fn arrive(data: &std::path::Path, name: &str, mails: &[Message]) {
    let mut writer = writer(data);
    for mail in mails {
        writer.add(&occurrence(name, ""), mail, SameId::Replaces).unwrap();
    }
    writer.record(&source(name, 0), Vec::new()).unwrap();
    writer.commit(NOW).unwrap();
}

/// A copy that arrives may be newer than all pages: its row is behind them for whoever began before.
#[test]
fn copies_that_arrive_between_two_pages_move_nothing() {
    for limit in [1, 7, 1_000] {
        let data = tempfile::tempdir().unwrap();
        let id = |n: i64| format!("<{}@x>", n % 10);
        let old = |n: i64| mail(&format!("m{n:02}"), Some(&id(n)), n, "ann");
        let index =
            index_of(data.path(), &[(0..15).map(old).collect(), (15..30).map(old).collect()]);
        let (first, all) = page(&index, ("", &[NEWEST]), &Asker::unlimited(), None, 1_000);
        assert_eq!((first.messages, first.rows), (30, 10));
        let (mut walked, mut after) = (Vec::new(), None);
        for round in 0..12 {
            index.reload().unwrap();
            let (found, rows) =
                page(&index, ("", &[NEWEST]), &Asker::unlimited(), after.as_ref(), limit);
            assert_eq!(found, first, "page {round} of {limit}");
            let Some(last) = rows.last() else { break };
            after = Some(found.position(&last.hit, &[NEWEST]));
            walked.extend(rows);
            let newer = mail(&format!("n{round:02}"), Some(&id(round)), 1_000 + round, "ann");
            arrive(data.path(), &format!("new-{round}"), &[newer]);
        }
        assert_eq!(walked, all, "pages of {limit}");
    }
}

/// Where the state of the first page is not at hand any more, the next one is taken from what there is.
#[test]
fn a_state_that_is_gone_is_no_reason_to_fail() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let (found, rows) = page(&index, ("", &[NEWEST]), &Asker::unlimited(), None, 1);
    let gone = Position { snapshot: Some(0), ..found.position(&rows[0].hit, &[NEWEST]) };
    let (_, rows) = page(&index, ("", &[NEWEST]), &Asker::unlimited(), Some(&gone), 9);
    assert_eq!(told(&rows), "d2(a1 b3) c0 f9");
}

/// All work is counted, also that of messages that are in no row of the page.
#[test]
fn equal_messages_cost_what_they_take() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let query = Query::everything();
    let search = Search {
        query: &query,
        order: &[NEWEST],
        after: None,
        offset: 0,
        limit: 1,
        highlight: false,
    };
    let dear = Asker { scope: Scope::All, work: Work::up_to(100) };
    let refused = index.rows(&search, &dear, &mut |_| ControlFlow::Continue(()));
    assert!(
        matches!(&refused, Err(crate::Error::TooCostly { part }) if part.contains("equal")),
        "{refused:?}"
    );
}
