use super::*;

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
    }
}

fn folder(id: &str, path: &str) -> Node {
    Node::new(
        Entry { name: Some(path.to_owned()), fragment: None, created: None, ..entry(id, 0) },
        None,
    )
}

const ALL: Window = Window { start: 0, end: 1_000 };

/// A book with a mailbox of two folders.
fn book() -> (tempfile::TempDir, Book, MailboxNumber) {
    let data = tempfile::tempdir().unwrap();
    let mut book = Book::open(data.path()).unwrap();
    let number = book.mailbox("blob", "ann@x.com", "source").unwrap();
    book.folders(number, &[folder("in", "Inbox"), folder("old", "Old")], at(5_000)).unwrap();
    (data, book, number)
}

fn stored(mailbox: MailboxNumber, id: &str) -> Stored {
    Stored { mailbox, id: id.to_owned(), content: format!("content of {id}") }
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
    assert_eq!(book.gone_for_good().unwrap(), ["content of a"]);
    book.listed(mailbox, "in", ALL, &all, at(5_002)).unwrap();
    assert_eq!((counts(&book), book.gone_for_good().unwrap()), ([2, 1, 0, 0], vec![]));
    book.listed(mailbox, "in", ALL, &[], at(5_003)).unwrap();
    book.forget_gone().unwrap();
    assert_eq!(counts(&book), [0, 0, 0, 0]);
}

#[test]
fn only_what_belongs_to_the_window_can_be_gone_from_it() {
    let (_data, mut book, mailbox) = book();
    let all = [entry("a", 499), entry("b", 500), entry("c", 999)];
    book.listed(mailbox, "in", ALL, &all, at(5_000)).unwrap();
    book.stored(&all.each_ref().map(|one| stored(mailbox, &one.id))).unwrap();
    book.listed(mailbox, "in", Window { start: 500, end: 999 }, &[], at(5_000)).unwrap();
    let gone = book.gone_for_good().unwrap();
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
    book.folders(mailbox, &[folder("in", "Inbox"), folder("old", "Older")], at(5_003)).unwrap();
    assert_eq!(book.to_index(10).unwrap()[0].path, "Older");
    assert_eq!((counts(&book), waiting(&book, mailbox, false)), ([1, 0, 0, 0], vec![]));
}

#[test]
fn a_folder_that_is_gone_takes_its_messages_along() {
    let (_data, mut book, mailbox) = book();
    book.listed(mailbox, "old", ALL, &[entry("a", 10), entry("b", 11)], at(5_000)).unwrap();
    book.stored(&[stored(mailbox, "a"), stored(mailbox, "b")]).unwrap();
    book.folders(mailbox, &[folder("in", "Inbox")], at(5_001)).unwrap();
    assert_eq!(counts(&book)[3], 2);
    book.listed(mailbox, "in", ALL, &[entry("b", 11)], at(5_001)).unwrap();
    assert_eq!(book.gone_for_good().unwrap(), ["content of a"]);
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
