use jiff::Timestamp;

use super::*;
use crate::{DATATAP, VEEAM};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn entry(id: &str, second: i64) -> Entry {
    Entry {
        id: id.to_owned(),
        fragment: Some(format!("f-{id}")),
        name: Some("subject".to_owned()),
        kind: None,
        created: Some(at(second)),
        listed: None,
        only_listed: false,
    }
}

fn folder(id: &str, path: &str) -> Node {
    Node::new(
        Entry { name: Some(path.to_owned()), fragment: None, created: None, ..entry(id, 0) },
        None,
    )
}

fn ann() -> Mailbox {
    let (location, address, id) = ("blob".into(), "ann@x.com".into(), "source".into());
    Mailbox { location, holds: Holds::Mail, address, id }
}

const ALL: Window = Window { start: 0, end: 1_000 };

/// A book with a mailbox of two folders.
fn book() -> (tempfile::TempDir, Book, MailboxNumber) {
    let data = tempfile::tempdir().unwrap();
    let mut book = Book::open(data.path()).unwrap();
    let number = book.mailbox(DATATAP, &ann(), Identity::Address).unwrap();
    let folders = [folder("in", "Inbox"), folder("old", "Old")];
    book.folders(number, &folders, Moment::Newest, at(5_000)).unwrap();
    (data, book, number)
}

fn stored(mailbox: MailboxNumber, id: &str) -> Stored {
    Stored { mailbox, id: id.to_owned(), content: format!("content of {id}"), bytes: None }
}

/// Known, here, failed, gone.
fn counts(book: &Book) -> [u64; 4] {
    let status = book.status().unwrap();
    let one = &status.mailboxes[0];
    [one.known, one.here, one.failed, one.gone]
}

fn waiting(book: &Book, mailbox: MailboxNumber, again: bool) -> Vec<String> {
    let found = book.to_fetch(mailbox, "", again, 100).unwrap();
    found.into_iter().map(|one| one.id).collect()
}

#[test]
fn the_way_of_a_message() {
    let (_data, mut book, mailbox) = book();
    book.listed(mailbox, "in", ALL, &[entry("a", 10), entry("b", 20), entry("c", 30)], at(5_000))
        .unwrap();
    assert_eq!((counts(&book), waiting(&book, mailbox, false).len()), ([3, 0, 0, 0], 3));
    book.failed(mailbox, "b", "no answer in time", true).unwrap();
    book.failed(mailbox, "c", "not found", false).unwrap();
    assert_eq!(
        (counts(&book), waiting(&book, mailbox, true)),
        ([3, 0, 2, 0], vec!["a".to_owned(), "b".to_owned()]),
        "what was not tried, and what may pass"
    );
    let both = [stored(mailbox, "a"), stored(mailbox, "b")];
    book.stored(&both).unwrap();
    assert_eq!(
        (counts(&book), waiting(&book, mailbox, false)),
        ([3, 0, 1, 0], vec!["c".to_owned()])
    );
    assert_eq!(book.to_index(10).unwrap().len(), 2);
    book.indexed(&both).unwrap();
    assert_eq!((counts(&book), book.to_index(10).unwrap()), ([3, 2, 1, 0], vec![]));
    book.lost(&both[..1]).unwrap();
    assert_eq!((counts(&book), waiting(&book, mailbox, false).len()), ([3, 1, 1, 0], 2));
}

#[test]
fn what_is_gone_upstream_is_noted_and_kept() {
    let (_data, mut book, mailbox) = book();
    let all = [entry("a", 10), entry("b", 20)];
    book.listed(mailbox, "in", ALL, &all, at(5_000)).unwrap();
    book.stored(&[stored(mailbox, "a")]).unwrap();
    book.indexed(&[stored(mailbox, "a")]).unwrap();
    // One was here; the other never came, so nothing of it is left.
    book.listed(mailbox, "in", ALL, &[], at(5_001)).unwrap();
    assert_eq!((counts(&book), waiting(&book, mailbox, false)), ([1, 1, 0, 1], vec![]));
    assert_eq!(book.gone_for_good(DATATAP, Prune::All).unwrap(), ["content of a"]);
    book.listed(mailbox, "in", ALL, &all, at(5_002)).unwrap();
    assert_eq!(
        (counts(&book), book.gone_for_good(DATATAP, Prune::All).unwrap()),
        ([2, 1, 0, 0], vec![])
    );
    book.listed(mailbox, "in", ALL, &[], at(5_003)).unwrap();
    book.forget_gone(DATATAP, Prune::All).unwrap();
    assert_eq!(counts(&book), [0, 0, 0, 0]);
}

#[test]
fn only_what_belongs_to_the_window_can_be_gone_from_it() {
    let (_data, mut book, mailbox) = book();
    let all = [entry("a", 499), entry("b", 500), entry("c", 999)];
    book.listed(mailbox, "in", ALL, &all, at(5_000)).unwrap();
    book.stored(&all.each_ref().map(|one| stored(mailbox, &one.id))).unwrap();
    book.listed(mailbox, "in", Window { start: 500, end: 999 }, &[], at(5_000)).unwrap();
    let gone = book.gone_for_good(DATATAP, Prune::All).unwrap();
    assert_eq!(gone, ["content of b"]);
}

#[test]
fn a_window_takes_the_place_of_those_it_overlaps() {
    let (_data, mut book, mailbox) = book();
    let bounds = |book: &Book| {
        let listed = book.windows(mailbox, "in").unwrap();
        listed.into_iter().map(|one| (one.window.start, one.window.end)).collect::<Vec<_>>()
    };
    book.listed(mailbox, "in", ALL, &[], at(5_000)).unwrap();
    book.listed(mailbox, "in", Window { start: 0, end: 400 }, &[], at(5_000)).unwrap();
    // The other half is a gap until it was listed too.
    assert_eq!(bounds(&book), [(0, 400)]);
    book.listed(mailbox, "in", Window { start: 400, end: 1_000 }, &[], at(5_000)).unwrap();
    assert_eq!(bounds(&book), [(0, 400), (400, 1_000)]);
    book.listed(mailbox, "in", Window { start: 400, end: 1_000 }, &[], at(6_000)).unwrap();
    assert_eq!(bounds(&book), [(0, 400), (400, 1_000)]);
}

/// A message that moved, or whose folder was renamed, is indexed again and not fetched again.
#[test]
fn what_moved_is_indexed_again() {
    let (_data, mut book, mailbox) = book();
    book.listed(mailbox, "in", ALL, &[entry("a", 10)], at(5_000)).unwrap();
    book.stored(&[stored(mailbox, "a")]).unwrap();
    book.indexed(&[stored(mailbox, "a")]).unwrap();
    book.listed(mailbox, "in", ALL, &[entry("a", 10)], at(5_001)).unwrap();
    assert_eq!(book.to_index(10).unwrap(), []);
    book.listed(mailbox, "in", ALL, &[], at(5_002)).unwrap();
    book.listed(mailbox, "old", ALL, &[entry("a", 10)], at(5_002)).unwrap();
    assert_eq!(book.to_index(10).unwrap()[0].path, "Old");
    book.indexed(&[stored(mailbox, "a")]).unwrap();
    book.folders(
        mailbox,
        &[folder("in", "Inbox"), folder("old", "Older")],
        Moment::Newest,
        at(5_003),
    )
    .unwrap();
    assert_eq!(book.to_index(10).unwrap()[0].path, "Older");
    assert_eq!((counts(&book), waiting(&book, mailbox, false)), ([1, 0, 0, 0], vec![]));
}

#[test]
fn a_folder_that_is_gone_takes_its_messages_along() {
    let (_data, mut book, mailbox) = book();
    book.listed(mailbox, "old", ALL, &[entry("a", 10), entry("b", 11)], at(5_000)).unwrap();
    book.stored(&[stored(mailbox, "a"), stored(mailbox, "b")]).unwrap();
    book.folders(mailbox, &[folder("in", "Inbox")], Moment::Newest, at(5_001)).unwrap();
    assert_eq!(counts(&book)[3], 2);
    book.listed(mailbox, "in", ALL, &[entry("b", 11)], at(5_001)).unwrap();
    assert_eq!(book.gone_for_good(DATATAP, Prune::All).unwrap(), ["content of a"]);
    assert_eq!(book.windows(mailbox, "old").unwrap(), []);
}

#[test]
fn a_copy_changes_nothing() {
    let (data, mut book, mailbox) = book();
    book.listed(mailbox, "in", ALL, &[entry("a", 10), entry("b", 20)], at(5_000)).unwrap();
    book.stored(&[stored(mailbox, "a")]).unwrap();
    book.indexed(&[stored(mailbox, "a")]).unwrap();
    let mut copy = Book::copy(data.path()).unwrap();
    assert_eq!(counts(&copy), [2, 1, 0, 0]);
    copy.listed(mailbox, "in", ALL, &[], at(5_001)).unwrap();
    assert_eq!((counts(&copy), counts(&book)), ([1, 1, 0, 1], [2, 1, 0, 0]));
}

#[test]
fn readers_see_what_was_committed_while_another_writes() {
    let (data, mut book, mailbox) = book();
    let reader = Book::read(data.path()).unwrap().unwrap();
    let before = reader.version().unwrap();
    book.listed(mailbox, "in", ALL, &[entry("a", 10)], at(5_000)).unwrap();
    assert_ne!(reader.version().unwrap(), before);
    assert_eq!(counts(&reader), [1, 0, 0, 0]);
}

#[test]
fn one_tenant_and_one_format() {
    let (data, book, _) = book();
    book.belongs_to(data.path(), "one").unwrap();
    book.belongs_to(data.path(), "one").unwrap();
    assert!(matches!(book.belongs_to(data.path(), "two"), Err(Error::OtherTenant { .. })));
    book.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(book);
    assert!(matches!(Book::open(data.path()), Err(Error::LaterVersion { found: 99, .. })));
    assert!(Book::read(&data.path().join("nothing")).unwrap().is_none());
}

fn saved(id: &str, listed: &str) -> Entry {
    Entry { listed: Some(listed.to_owned()), ..entry(id, 10) }
}

/// A folder that is listed whole, in two pages.
fn list(book: &mut Book, mailbox: MailboxNumber, entries: &[Entry], moment: Moment, now: i64) {
    book.begin(mailbox, "in").unwrap();
    let (first, second) = entries.split_at(entries.len() / 2);
    book.page(mailbox, "in", first, moment).unwrap();
    book.page(mailbox, "in", second, moment).unwrap();
    book.end(mailbox, "in", moment, at(now)).unwrap();
}

#[test]
fn a_folder_that_is_listed_whole_has_nothing_else() {
    let (_data, mut book, mailbox) = book();
    let undated = Entry { created: None, ..saved("c", "x") };
    let all = [saved("a", "x"), saved("b", "x"), undated, saved("d", "x")];
    list(&mut book, mailbox, &all, Moment::Newest, 5_000);
    let here = ["a", "c"].map(|id| stored(mailbox, id));
    book.stored(&here).unwrap();
    book.indexed(&here).unwrap();
    assert_eq!((counts(&book), waiting(&book, mailbox, false).len()), ([4, 2, 0, 0], 2));
    // Both without a date and with one; what never came leaves nothing.
    list(&mut book, mailbox, &[saved("d", "x")], Moment::Newest, 5_001);
    assert_eq!((counts(&book), waiting(&book, mailbox, false)), ([3, 2, 0, 2], vec!["d".into()]));
}

#[test]
fn a_former_state_only_adds() {
    let (_data, mut book, mailbox) = book();
    list(&mut book, mailbox, &[saved("a", "x"), saved("b", "x")], Moment::Newest, 5_000);
    let here = ["a", "b"].map(|id| stored(mailbox, id));
    book.stored(&here).unwrap();
    book.indexed(&here).unwrap();
    let folders = [folder("in", "Former"), folder("lost", "Lost")];
    book.folders(mailbox, &folders, Moment::Former, at(5_001)).unwrap();
    list(&mut book, mailbox, &[saved("a", "former"), saved("c", "y")], Moment::Former, 5_001);
    assert_eq!((counts(&book), waiting(&book, mailbox, false)), ([3, 2, 0, 0], vec!["c".into()]));
    assert_eq!(book.to_index(9).unwrap(), [], "the newest name of the folder stands");
}

/// Other listed values: the item is fetched again, and its message stands until another one came.
#[test]
fn what_is_listed_with_other_values_is_fetched_again() {
    let (_data, mut book, mailbox) = book();
    list(&mut book, mailbox, &[saved("a", "x"), saved("b", "x")], Moment::Newest, 5_000);
    let both = ["a", "b"].map(|id| stored(mailbox, id));
    book.stored(&both).unwrap();
    book.indexed(&both).unwrap();
    list(&mut book, mailbox, &[saved("a", "y"), saved("b", "x")], Moment::Newest, 5_001);
    let next = book.to_fetch(mailbox, "", false, 9).unwrap();
    assert_eq!(
        next.iter().map(|one| one.first.as_deref()).collect::<Vec<_>>(),
        [Some("content of a")]
    );
    assert_eq!((counts(&book), book.replaced().unwrap()), ([2, 2, 0, 0], vec![]));
    let other = Stored { content: "other".into(), ..stored(mailbox, "a") };
    book.stored(&[other]).unwrap();
    assert_eq!((counts(&book), waiting(&book, mailbox, false).len()), ([2, 1, 0, 0], 0));
    assert_eq!(book.replaced().unwrap(), ["content of a"]);
    book.forget_replaced("content of a").unwrap();
    assert_eq!((book.replaced().unwrap(), book.to_index(9).unwrap().len()), (vec![], 1));
}

#[test]
fn an_item_and_its_message_lead_to_one_another() {
    let (_data, mut book, mailbox) = book();
    let twin = Mailbox { id: "guid".into(), ..ann() };
    let other = book.mailbox(VEEAM, &twin, Identity::Id).unwrap();
    assert_ne!(mailbox, other, "one address, two sources");
    list(&mut book, mailbox, &[saved("a", "x")], Moment::Newest, 5_000);
    list(&mut book, other, &[saved("a", "x")], Moment::Newest, 5_000);
    let stored = |number| Stored { content: format!("in {number}"), ..stored(number, "a") };
    book.stored(&[stored(mailbox), stored(other)]).unwrap();
    let found = |source, mailbox| book.id_of(source, mailbox, "a").unwrap();
    assert_eq!(found(DATATAP, "source"), Some(format!("in {mailbox}")));
    assert_eq!(found(VEEAM, "guid"), Some(format!("in {other}")));
    assert_eq!(found(VEEAM, "source"), None);
    let at = book.at_sources(&format!("in {other}")).unwrap();
    let at: Vec<_> = at.iter().map(|one| (&*one.source, &*one.mailbox, &*one.item)).collect();
    assert_eq!(at, [(VEEAM, "guid", "a")]);
}

/// One mailbox has a new address, another has the address of the first.
#[test]
fn mailboxes_are_known_by_what_their_source_says() {
    let (_data, mut book, _) = book();
    let named =
        |address: &str, id: &str| Mailbox { address: address.into(), id: id.into(), ..ann() };
    let one = book.mailbox(VEEAM, &named("a@x.com", "1"), Identity::Id).unwrap();
    assert_eq!(book.mailbox(VEEAM, &named("b@x.com", "1"), Identity::Id).unwrap(), one);
    assert_ne!(book.mailbox(VEEAM, &named("b@x.com", "2"), Identity::Id).unwrap(), one);
    let by_address =
        book.mailbox(DATATAP, &named("c@x.com", "c@x.com"), Identity::Address).unwrap();
    let later = book.mailbox(DATATAP, &named("C@x.com", "guid"), Identity::Address).unwrap();
    assert_eq!(by_address, later);
}

#[test]
fn a_mailbox_that_the_source_lists_no_longer_keeps_its_mail() {
    let (_data, mut book, _) = book();
    let owner = |id: &str| Owner {
        id: id.into(),
        address: Some(format!("{id}@x.com")),
        name: None,
        kind: None,
    };
    let named = |id: &str| Mailbox {
        holds: Holds::Mail,
        location: "org".into(),
        address: format!("{id}@x.com"),
        id: id.into(),
    };
    book.set_owners(VEEAM, "org", Holds::Mail, &[owner("a"), owner("b")]).unwrap();
    let gone = book.mailbox(VEEAM, &named("b"), Identity::Id).unwrap();
    list(&mut book, gone, &[saved("a", "x")], Moment::Newest, 5_000);
    book.stored(&[stored(gone, "a")]).unwrap();
    book.set_owners(VEEAM, "org", Holds::Mail, &[owner("a")]).unwrap();
    book.only_listed(VEEAM, Holds::Mail, at(5_001)).unwrap();
    let status = book.status().unwrap();
    let of = |id: &str| {
        status.mailboxes.iter().find(|one| one.address == format!("{id}@x.com")).unwrap()
    };
    assert_eq!((of("b").gone, of("b").gone_at, of("ann").gone_at), (1, Some(at(5_001)), None));
    assert_eq!(
        book.gone_for_good(VEEAM, Prune::All).unwrap(),
        [] as [String; 0],
        "it may lie in an archive tier"
    );
}

/// A book as the second version wrote it, of which a drive has no place yet.
#[test]
fn a_book_of_the_second_form_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir_all(path(data.path()).parent().unwrap()).unwrap();
    let former = database::write(&path(data.path())).unwrap();
    former.execute_batch(include_str!("form_2.sql")).unwrap();
    former
        .execute_batch(
            "INSERT INTO facts VALUES ('tenant', 't'), ('datatap finished', '2024-01-01T00:00:00Z');
             INSERT INTO locations VALUES ('datatap', 'blob', 'BLOB', NULL, 0);
             INSERT INTO owners VALUES ('datatap', 'ex', 'guid', 'ann@x.com', 'Ann', 'User', 0, 66);
             INSERT INTO mailboxes (source, location, address, id, listed_at, state)
               VALUES ('datatap', 'blob', 'ann@x.com', 'guid', 77, 's');
             INSERT INTO folders VALUES (1, 'in', 'f', 'Inbox', 'Inbox', 'InboxFolder', '-', NULL);
             INSERT INTO windows VALUES (1, 'in', 0, 1000, 77, 2);
             INSERT INTO items (mailbox, id, folder, name, listed, content, stale, indexed) VALUES
               (1, 'a', 'in', 's', 'l', 'ca', 0, 1), (1, 'b', 'in', 's', 'l', 'cb', 1, 1);
             INSERT INTO replaced VALUES ('old', 1, 'b');
             PRAGMA user_version = 2;",
        )
        .unwrap();
    drop(former);
    let mut book = Book::read(data.path()).unwrap().unwrap();
    assert_eq!(counts(&book), [2, 2, 0, 0]);
    assert_eq!(book.contradictions().unwrap(), [] as [String; 0]);
    let status = book.status().unwrap();
    assert_eq!(
        (status.mailboxes[0].holds, status.mailboxes[0].listed),
        (Holds::Mail, Some(at(77)))
    );
    assert_eq!(book.owners(DATATAP, "ex").unwrap()[0].name.as_deref(), Some("Ann"));
    assert_eq!(
        (waiting(&book, 1, true), book.replaced().unwrap()),
        (vec!["b".into()], vec!["old".into()])
    );
    drop(book);
    book = Book::open(data.path()).unwrap();
    let number = book.mailbox(DATATAP, &Mailbox { id: "guid".into(), ..ann() }, Identity::Address);
    assert_eq!(number.unwrap(), 1, "it is the mailbox that it was");
}

/// A book as the first version wrote it, with a mailbox that has everything a book can have.
#[test]
fn a_book_of_the_first_form_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir_all(path(data.path()).parent().unwrap()).unwrap();
    let former = database::write(&path(data.path())).unwrap();
    former.execute_batch(include_str!("form_1.sql")).unwrap();
    former
        .execute_batch(
            "INSERT INTO facts VALUES ('tenant', 't'), ('finished', '2024-01-01T00:00:00Z'), ('error', '');
             INSERT INTO locations VALUES ('blob', 'BLOB', NULL, 0), ('ex', 'EXCHANGE', 'Live', 1);
             INSERT INTO sources VALUES ('ex', 'guid', 'ann@x.com', 'Ann', 'User', 0);
             INSERT INTO mailboxes (location, address, source, listed_at) VALUES ('blob', 'ann@x.com', 'guid', 77);
             INSERT INTO folders VALUES (1, 'in', 'f', 'Inbox', 'Inbox', 'InboxFolder', '-', NULL);
             INSERT INTO windows VALUES (1, 'in', 0, 1000, 77, 2);
             INSERT INTO items VALUES (1, 'a', 'f', 'in', 's', NULL, 5000000, 'ca', 1, NULL, NULL, 0),
                                      (1, 'b', 'f', 'in', 's', NULL, 6000000, NULL, 0, NULL, 'why', 1),
                                      (1, 'c', 'f', 'in', 's', NULL, 7000000, 'cc', 1, 70, NULL, 0);
             PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(former);
    let copy = Book::copy(data.path()).unwrap();
    assert_eq!(counts(&copy), [3, 2, 1, 1], "also where nothing may be written");
    let book = Book::read(data.path()).unwrap().unwrap();
    assert_eq!(counts(&book), [3, 2, 1, 1]);
    assert_eq!(book.contradictions().unwrap(), [] as [String; 0]);
    let status = book.status().unwrap();
    assert_eq!((&*status.mailboxes[0].source, status.mailboxes[0].listed), (DATATAP, Some(at(77))));
    assert_eq!(status.finished().unwrap().to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(book.locations(DATATAP).unwrap().len(), 2);
    assert_eq!(book.owners(DATATAP, "ex").unwrap()[0].name.as_deref(), Some("Ann"));
    assert_eq!(
        (book.windows(1, "in").unwrap().len(), waiting(&book, 1, true)),
        (1, vec!["b".into()])
    );
    assert_eq!(book.id_of(DATATAP, "guid", "a").unwrap().as_deref(), Some("ca"));
    drop(book);
    let book = Book::open(data.path()).unwrap();
    book.belongs_to(data.path(), "t").unwrap();
    assert_eq!(counts(&book), [3, 2, 1, 1], "once is enough");
}
