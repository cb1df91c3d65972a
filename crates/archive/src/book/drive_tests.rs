use jiff::{SignedDuration, Timestamp};
use postern_mail::File;

use super::*;
use crate::DATATAP;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn ann(holds: Holds) -> Mailbox {
    let (location, address, id) = ("blob".into(), "ann@x.com".into(), "ann".into());
    Mailbox { location, holds, address, id }
}

fn file(id: &str, size: i64) -> Entry {
    let (item, name) = (id.to_owned(), format!("{id}.pdf"));
    let file = File { item, name, size: Some(size), modified: Some(NOW), ..File::default() };
    Entry::of_file(file, None, Some("OneDriveFile".to_owned()))
}

fn folder(id: &str, within: &Node) -> Node {
    let entry = Entry { name: Some(id.to_uppercase()), listed: None, ..file(id, 0) };
    Node::new(entry, Some(within))
}

/// A book with a drive at whose top a walk is.
fn book() -> (tempfile::TempDir, Book, MailboxNumber, Walk) {
    let data = tempfile::tempdir().unwrap();
    let mut book = Book::open(data.path()).unwrap();
    let drive = book.mailbox(DATATAP, &ann(Holds::Listings), Identity::Address).unwrap();
    let walk = book.walk(drive, None, false, NOW).unwrap();
    (data, book, drive, walk)
}

/// That walk has listed a folder, which holds these.
fn list(book: &mut Book, drive: MailboxNumber, walk: Walk, of: &str, has: (&[Node], &[Entry])) {
    book.begin(drive, of).unwrap();
    book.page(drive, of, has.1, Moment::Newest).unwrap();
    book.end(drive, of, Moment::Newest, NOW).unwrap();
    book.walked(drive, of, has.0, walk, NOW).unwrap();
}

fn to_walk(book: &Book, drive: MailboxNumber, walk: Walk) -> Vec<String> {
    book.to_walk(drive, walk).unwrap().into_iter().map(|node| node.id).collect()
}

/// The paths of the files that are to be indexed.
fn to_index(book: &Book) -> Vec<String> {
    let files = book.to_index(100).unwrap().into_iter().map(|one| one.file());
    let mut paths: Vec<_> = files
        .map(|file| format!("{}/{} {:?}", file.folder.unwrap_or_default(), file.name, file.size))
        .collect();
    paths.sort();
    paths
}

fn index(book: &mut Book) {
    let all: Vec<_> = book.to_index(100).unwrap().into_iter().map(|one| one.stored).collect();
    book.indexed(&all).unwrap();
}

#[test]
fn a_mailbox_and_a_drive_of_one_owner_are_two() {
    let (_data, mut book, drive, _) = book();
    let mailbox = book.mailbox(DATATAP, &ann(Holds::Mail), Identity::Address).unwrap();
    assert_ne!(mailbox, drive);
    assert_eq!(book.mailbox(DATATAP, &ann(Holds::Listings), Identity::Id).unwrap(), drive);
    let holds: Vec<_> = book.status().unwrap().mailboxes.iter().map(|one| one.holds).collect();
    assert_eq!(holds, [Holds::Mail, Holds::Listings]);
    let found = |is_drive| book.find("blob", "ann@x.com", is_drive).unwrap().unwrap().number;
    assert_eq!((found(false), found(true)), (mailbox, drive));
}

#[test]
fn a_file_is_here_as_soon_as_it_is_listed_and_indexed_again_when_the_listing_changes() {
    let (_data, mut book, drive, walk) = book();
    let root = Node::root();
    list(&mut book, drive, walk, "-", (&[folder("a", &root)], &[file("1", 10), file("2", 20)]));
    list(&mut book, drive, walk, "a", (&[], &[file("3", 30)]));
    assert_eq!(to_index(&book), ["/1.pdf Some(10)", "/2.pdf Some(20)", "A/3.pdf Some(30)"]);
    assert_eq!(book.to_fetch(drive, "", false, 10).unwrap(), []);
    index(&mut book);
    list(&mut book, drive, walk, "-", (&[folder("a", &root)], &[file("1", 10), file("2", 21)]));
    assert_eq!(to_index(&book), ["/2.pdf Some(21)"]);
    let id = File {
        source: DATATAP.into(),
        owner: Some("ann@x.com".into()),
        item: "2".into(),
        ..File::default()
    }
    .id();
    assert_eq!(book.to_index(1).unwrap()[0].stored.content, id, "it keeps its id");
    assert_eq!(book.contradictions().unwrap(), [] as [String; 0]);
}

#[test]
fn what_is_gone_is_pruned_with_files_and_comes_back_to_the_index() {
    let (_data, mut book, drive, walk) = book();
    list(&mut book, drive, walk, "-", (&[], &[file("1", 10), file("2", 20)]));
    index(&mut book);
    list(&mut book, drive, walk, "-", (&[], &[file("1", 10)]));
    let gone = book.gone_for_good(DATATAP, Prune::Listings).unwrap();
    assert_eq!((gone.len(), to_index(&book)), (1, vec![]));
    list(&mut book, drive, walk, "-", (&[], &[file("1", 10), file("2", 20)]));
    assert_eq!(to_index(&book), ["/2.pdf Some(20)"], "it may have been taken out of the index");
    list(&mut book, drive, walk, "-", (&[], &[file("1", 10)]));
    book.forget_gone(DATATAP, Prune::Listings).unwrap();
    assert_eq!(book.gone_for_good(DATATAP, Prune::Listings).unwrap(), [] as [String; 0]);
    assert_eq!(book.status().unwrap().mailboxes[0].known, 1);
}

#[test]
fn a_walk_that_was_cut_short_goes_on_and_sees_every_folder_once() {
    let (_data, mut book, drive, walk) = book();
    let root = Node::root();
    let (a, b) = (folder("a", &root), folder("b", &root));
    assert_eq!(to_walk(&book, drive, walk), ["-"]);
    list(&mut book, drive, walk, "-", (&[a.clone(), b.clone()], &[]));
    list(&mut book, drive, walk, "a", (&[folder("c", &a)], &[file("1", 1)]));
    let soon = NOW + SignedDuration::from_mins(59);
    assert_eq!(book.walk(drive, None, false, soon).unwrap(), walk, "it goes on");
    assert_eq!(to_walk(&book, drive, walk), ["b", "c"]);
    list(&mut book, drive, walk, "c", (&[], &[file("2", 1)]));
    list(&mut book, drive, walk, "b", (&[], &[]));
    assert_eq!(to_walk(&book, drive, walk), [] as [&str; 0]);
    book.end_walk(drive, walk, NOW).unwrap();
    let next = book.walk(drive, None, false, NOW).unwrap();
    assert_eq!((next, to_walk(&book, drive, next)), (walk + 1, vec!["-".to_owned()]));
    let late = NOW + SignedDuration::from_mins(61);
    assert_eq!(book.walk(drive, None, false, late).unwrap(), next + 1, "it has seen too long ago");
    assert_eq!(book.walk(drive, None, true, late).unwrap(), next + 2);
}

#[test]
fn folders_that_a_whole_walk_does_not_see_are_gone_with_their_files() {
    let (_data, mut book, drive, walk) = book();
    let root = Node::root();
    let a = folder("a", &root);
    list(&mut book, drive, walk, "-", (std::slice::from_ref(&a), &[file("1", 1)]));
    list(&mut book, drive, walk, "a", (&[folder("b", &a)], &[file("2", 1)]));
    list(&mut book, drive, walk, "b", (&[], &[file("3", 1)]));
    book.end_walk(drive, walk, NOW).unwrap();
    index(&mut book);
    let next = book.walk(drive, None, false, NOW).unwrap();
    list(&mut book, drive, next, "-", (&[], &[file("1", 1)]));
    assert_eq!(
        book.gone_for_good(DATATAP, Prune::Listings).unwrap().len(),
        0,
        "not before its end"
    );
    book.end_walk(drive, next, NOW).unwrap();
    assert_eq!(book.gone_for_good(DATATAP, Prune::Listings).unwrap().len(), 2);
    book.drive_is_gone(drive, NOW).unwrap();
    assert_eq!(book.gone_for_good(DATATAP, Prune::Listings).unwrap().len(), 3);
}

#[test]
fn a_folder_that_is_renamed_indexes_its_files_again() {
    let (_data, mut book, drive, walk) = book();
    let root = Node::root();
    let a = folder("a", &root);
    list(&mut book, drive, walk, "-", (std::slice::from_ref(&a), &[]));
    list(&mut book, drive, walk, "a", (&[], &[file("1", 1)]));
    index(&mut book);
    let renamed = Node { name: "New".into(), path: "New".into(), ..a };
    list(&mut book, drive, walk, "-", (&[renamed], &[]));
    assert_eq!(to_index(&book), ["New/1.pdf Some(1)"]);
}

/// `SQLite` would otherwise go through all files of a drive for each of its folders.
#[test]
fn nothing_of_a_folder_is_found_by_going_through_the_drive() {
    let data = tempfile::tempdir().unwrap();
    let book = Book::open(data.path()).unwrap();
    book.connection.execute(list::SEEN, []).unwrap();
    for (sql, index) in [
        (list::UNSEEN_ARE_GONE, "items_by_time (mailbox=? AND folder=?)"),
        (list::NEVER_CAME, "items_by_time (mailbox=? AND folder=?)"),
        (list::RENAMED, "items_by_time (mailbox=? AND folder=?)"),
        (status::FILES, "items_by_time (mailbox=? AND folder=?)"),
        (status::FOLDERS, "folders_by_parent (mailbox=? AND parent=?)"),
        (status::FOLDER_COUNT, "folders_by_parent (mailbox=? AND parent=?)"),
        (
            status::ENTRIES,
            "items_by_time (mailbox=? AND folder=? AND (created,id)>(?,?) AND created<?)",
        ),
        (status::FILLED_FOLDERS, "items_by_time (mailbox=? AND folder>?)"),
        (walk::UNLESS_LISTED, "folders_by_parent (mailbox=? AND parent=?)"),
        (walk::NOT_YET_WALKED, "folders_by_parent (mailbox=? AND parent=?)"),
    ] {
        let mut rows = book.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let values = vec![1; rows.parameter_count()];
        let values = rusqlite::params_from_iter(values);
        let steps = rows.query_map(values, |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.collect::<Result<_, _>>().unwrap();
        assert!(steps.iter().any(|step| step.ends_with(index)), "{sql}: {steps:?}");
        let is_sorted = steps.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(sql != status::ENTRIES || !is_sorted, "{steps:?}");
    }
}
