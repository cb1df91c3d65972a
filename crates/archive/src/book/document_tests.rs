use jiff::{SignedDuration, Timestamp};
use postern_mail::File;

use super::*;
use crate::VEEAM;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn drive_of(address: &str) -> Mailbox {
    let (location, id) = ("org".into(), "d1".into());
    Mailbox { location, holds: Holds::Documents, address: address.to_owned(), id }
}

fn version(document: &str, number: i64, size: i64) -> Entry {
    let file = File {
        item: document.to_owned(),
        version: format!("{number}.0"),
        name: format!("{document}.txt"),
        size: Some(size),
        modified: Some(NOW + SignedDuration::from_hours(number)),
        ..File::default()
    };
    Entry::of_version(file, Some((number * 512).to_string()), false)
}

/// A document with so many versions, of which the newest has that size.
fn document(name: &str, versions: i64, size: i64) -> Versions {
    let older = (1..versions).map(|number| version(name, number, number)).collect();
    Versions { newest: version(name, versions, size), older }
}

fn book() -> (tempfile::TempDir, Book, MailboxNumber) {
    let data = tempfile::tempdir().unwrap();
    let mut book = Book::open(data.path()).unwrap();
    let drive = book.mailbox(VEEAM, &drive_of("ann@x.com"), Identity::Id).unwrap();
    (data, book, drive)
}

/// The folder `-` is listed as the newest state of the source has it.
fn list(book: &mut Book, drive: MailboxNumber, known: &[&str], documents: &[Versions]) {
    let known: Vec<_> = known.iter().map(|id| (*id).to_owned()).collect();
    book.begin(drive, "-").unwrap();
    book.documents(drive, "-", &known, documents, Moment::Newest).unwrap();
    book.end(drive, "-", Moment::Newest, NOW).unwrap();
}

fn to_fetch(book: &Book, drive: MailboxNumber) -> Vec<(String, Option<String>)> {
    let found = book.to_fetch(drive, "", false, 100).unwrap();
    found.into_iter().map(|one| (one.id, one.newest)).collect()
}

/// All that is to be fetched comes, and is indexed.
fn bring(book: &mut Book, drive: MailboxNumber) {
    let of = book.file_of(drive).unwrap();
    let stored = |(id, _): (String, _)| {
        let content = document::file_at(&of, &id, Holds::Documents).id();
        Stored { mailbox: drive, bytes: Some(format!("bytes of {id}")), id, content }
    };
    let all: Vec<_> = to_fetch(book, drive).into_iter().map(stored).collect();
    book.stored(&all).unwrap();
    index(book);
}

fn index(book: &mut Book) {
    let all: Vec<_> = book.to_index(100).unwrap().into_iter().map(|one| one.stored).collect();
    book.indexed(&all).unwrap();
}

/// What is to be indexed: document, version, and the newest one where it is older.
fn to_index(book: &Book) -> Vec<(String, String, Option<String>)> {
    let files = book.to_index(100).unwrap().into_iter().map(|one| one.file());
    let mut all: Vec<_> = files.map(|file| (file.item, file.version, file.newest)).collect();
    all.sort();
    all
}

fn id(item: &str, version: &str) -> String {
    let (source, owner) = (VEEAM.to_owned(), Some("ann@x.com".to_owned()));
    let (item, version) = (item.to_owned(), version.to_owned());
    File { source, owner, item, version, ..File::default() }.id()
}

#[test]
fn each_version_is_an_item_that_knows_the_newest() {
    let (_data, mut book, drive) = book();
    list(&mut book, drive, &[], &[document("a", 3, 30), document("b", 1, 7)]);
    let newest = Some("a@3.0".to_owned());
    let expected = [
        ("a@1.0".to_owned(), newest.clone()),
        ("a@2.0".to_owned(), newest),
        ("a@3.0".to_owned(), None),
        ("b@1.0".to_owned(), None),
    ];
    assert_eq!(to_fetch(&book, drive), expected);
    bring(&mut book, drive);
    assert_eq!(to_fetch(&book, drive), []);
    let found = book.any_of(&id("a", "1.0")).unwrap().unwrap();
    assert_eq!(
        (found.file().newest, found.stored_bytes()),
        (Some(id("a", "3.0")), Some("bytes of a@1.0"))
    );
    let at = &book.at_sources(&id("a", "1.0")).unwrap()[0];
    assert_eq!((at.item.as_str(), at.fragment.as_deref()), ("a", Some("512")));
    assert_eq!(book.contradictions().unwrap(), [] as [String; 0]);
}

#[test]
fn a_new_version_makes_the_former_one_an_older_one_without_fetching_it() {
    let (_data, mut book, drive) = book();
    list(&mut book, drive, &[], &[document("a", 1, 1)]);
    bring(&mut book, drive);
    list(&mut book, drive, &[], &[document("a", 2, 2)]);
    assert_eq!(to_fetch(&book, drive), [("a@2.0".to_owned(), None)]);
    assert_eq!(to_index(&book), [("a".into(), "1.0".into(), Some(id("a", "2.0")))]);
    // The server drops an old version: it is gone, and still no newest one.
    bring(&mut book, drive);
    let alone = Versions { older: Vec::new(), ..document("a", 3, 3) };
    list(&mut book, drive, &[], &[alone]);
    let newest = Some(id("a", "3.0"));
    let both = [("a".into(), "1.0".into(), newest.clone()), ("a".into(), "2.0".into(), newest)];
    assert_eq!(to_index(&book), both);
    // And a version that was the newest is so again.
    bring(&mut book, drive);
    list(&mut book, drive, &[], &[document("a", 2, 2)]);
    let newest = Some(id("a", "2.0"));
    let all = [
        ("a".into(), "1.0".into(), newest.clone()),
        ("a".into(), "2.0".into(), None),
        ("a".into(), "3.0".into(), newest),
    ];
    assert_eq!(to_index(&book), all);
}

#[test]
fn what_is_known_as_it_is_listed_needs_no_list_of_its_versions() {
    let (_data, mut book, drive) = book();
    let (a, b) = (document("a", 2, 8), document("b", 2, 8));
    list(&mut book, drive, &[], &[a.clone(), b.clone()]);
    bring(&mut book, drive);
    let renamed = Entry { name: Some("other.txt".into()), ..b.newest.clone() };
    let page = [a.newest.clone(), renamed, version("c", 1, 1)];
    let known = book.known_documents(drive, "-", &page).unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), ["a@2.0"]);
    assert!(book.known_documents(drive, "other", &[a.newest]).unwrap().is_empty(), "it moved");
    list(&mut book, drive, &["a@2.0"], &[]);
    let gone: Vec<_> = book.gone_for_good(VEEAM, Prune::All).unwrap();
    let (mut gone, mut of_b) = (gone, vec![id("b", "1.0"), id("b", "2.0")]);
    gone.sort();
    of_b.sort();
    assert_eq!(gone, of_b, "both versions of the one that is known are there");
    assert_eq!(book.gone_for_good(VEEAM, Prune::Listings).unwrap(), [] as [String; 0]);
    let mut bytes = book.bytes_gone(VEEAM, Prune::All).unwrap();
    bytes.sort();
    assert_eq!(bytes, ["bytes of b@1.0", "bytes of b@2.0"]);
}

/// Its size or time says that a version has other bytes; a name does not.
#[test]
fn a_version_is_fetched_again_where_its_bytes_may_be_others() {
    let (_data, mut book, drive) = book();
    list(&mut book, drive, &[], &[document("a", 1, 7)]);
    bring(&mut book, drive);
    let renamed = Entry { name: Some("other.txt".into()), ..version("a", 1, 7) };
    list(&mut book, drive, &[], &[Versions { newest: renamed, older: Vec::new() }]);
    assert_eq!((to_fetch(&book, drive), to_index(&book).len()), (vec![], 1));
    list(&mut book, drive, &[], &[document("a", 1, 9)]);
    assert_eq!(to_fetch(&book, drive), [("a@1.0".to_owned(), None)]);
    let content = id("a", "1.0");
    let other = Stored { mailbox: drive, id: "a@1.0".into(), content, bytes: Some("o".into()) };
    book.stored(&[other]).unwrap();
    assert_eq!(book.replaced().unwrap(), ["bytes of a@1.0"]);
    assert!(!book.has("bytes of a@1.0").unwrap() && book.has("o").unwrap());
}

/// What is only listed is here at once; as soon as its bytes can be had they are fetched.
#[test]
fn a_version_without_bytes_is_here_and_is_fetched_once_it_can_be() {
    let (_data, mut book, drive) = book();
    let mut listed = document("a", 2, 8);
    listed.older[0].only_listed = true;
    list(&mut book, drive, &[], &[listed.clone()]);
    assert_eq!(to_fetch(&book, drive), [("a@2.0".to_owned(), None)]);
    bring(&mut book, drive);
    let status = &book.status().unwrap().mailboxes[0];
    assert_eq!((status.known, status.here, status.without_content), (2, 2, 1));
    assert_eq!(book.contents().unwrap(), ["bytes of a@2.0"]);
    list(&mut book, drive, &[], &[document("a", 2, 8)]);
    assert_eq!(to_fetch(&book, drive), [("a@1.0".to_owned(), Some("a@2.0".to_owned()))]);
    bring(&mut book, drive);
    list(&mut book, drive, &[], &[listed]);
    assert_eq!(book.status().unwrap().mailboxes[0].without_content, 0, "what is here stays");
    assert_eq!(to_fetch(&book, drive), []);
}

#[test]
fn an_older_state_adds_versions_and_takes_no_newest_one_away() {
    let (_data, mut book, drive) = book();
    let alone = Versions { older: Vec::new(), ..document("a", 3, 9) };
    list(&mut book, drive, &[], &[alone]);
    bring(&mut book, drive);
    book.documents(drive, "-", &[], &[document("a", 2, 8), document("b", 2, 8)], Moment::Former)
        .unwrap();
    let of = |newest: &str| Some(newest.to_owned());
    let expected = [
        ("a@1.0".to_owned(), of("a@3.0")),
        ("a@2.0".to_owned(), of("a@3.0")),
        ("b@1.0".to_owned(), of("b@2.0")),
        ("b@2.0".to_owned(), None),
    ];
    assert_eq!(to_fetch(&book, drive), expected);
    assert_eq!(to_index(&book), []);
}

/// Whose a drive is may be learned later. The ids of its files change with that, and nothing is fetched again.
#[test]
fn files_of_a_drive_with_another_owner_have_other_ids() {
    let (_data, mut book, drive) = book();
    list(&mut book, drive, &[], &[document("a", 2, 8)]);
    bring(&mut book, drive);
    let same = book.mailbox(VEEAM, &drive_of("bob@x.com"), Identity::Id).unwrap();
    assert_eq!((same, to_fetch(&book, drive)), (drive, vec![]));
    let owners: Vec<_> = book.to_index(9).unwrap().into_iter().map(|one| one.file()).collect();
    assert!(owners.iter().all(|file| file.owner.as_deref() == Some("bob@x.com")));
    assert_eq!(book.any_of(&id("a", "1.0")).unwrap(), None);
    let mut former = book.replaced().unwrap();
    former.sort();
    let mut expected = [id("a", "1.0"), id("a", "2.0")];
    expected.sort();
    assert_eq!(former, expected, "the index is told to forget them");
    let new = &owners[0];
    assert_eq!(book.any_of(&new.id()).unwrap().unwrap().file(), *new);
}

#[test]
fn a_walk_that_another_state_of_the_source_began_begins_anew() {
    let (_data, mut book, drive) = book();
    let walk = book.walk(drive, Some("one"), false, NOW).unwrap();
    assert_eq!(book.walk(drive, Some("one"), false, NOW).unwrap(), walk);
    assert_eq!(book.walk(drive, Some("two"), false, NOW).unwrap(), walk + 1);
    assert_eq!(book.walk(drive, None, false, NOW).unwrap(), walk + 2);
}

/// A book as the third version wrote it, with a drive whose files have no bytes.
#[test]
fn a_book_of_the_third_form_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(path(data.path()).parent().unwrap()).unwrap();
    let former = database::write(&path(data.path())).unwrap();
    former.execute_batch(include_str!("form_3.sql")).unwrap();
    former
        .execute_batch(
            "INSERT INTO facts VALUES ('tenant', 't');
             INSERT INTO mailboxes (source, location, holds, address, id, listed_at)
               VALUES ('datatap', 'blob', 'listings', 'ann@x.com', 'guid', 77);
             INSERT INTO items (mailbox, id, folder, name, content, indexed)
               VALUES (1, 'a', '-', 'a.txt', 'ca', 1), (1, 'b', '-', 'b.txt', 'cb', 0);
             PRAGMA user_version = 3;",
        )
        .unwrap();
    drop(former);
    let book = Book::read(data.path()).unwrap().unwrap();
    let status = &book.status().unwrap().mailboxes[0];
    assert_eq!((status.known, status.here, status.without_content), (2, 1, 1));
    assert_eq!(status.holds, Holds::Listings);
    assert_eq!(book.contradictions().unwrap(), [] as [String; 0]);
}
