//! What a writer keeps, replaces, forgets, and what is left after a kill.

use std::fs;
use std::path::Path;

use postern_query::schema::Sort;
use postern_query::{Message, Place, Query};

use super::{Added, FEW_PLACES, LONGEST_ID, Options, SameId, Writer};
use crate::Error;
use crate::ledger::Unreadable;
use crate::search::{Asker, Index, Search};
use crate::testing::{NOW, index_of, occurrence, place, small, source, writer};

fn message(id: &str) -> Message {
    Message { id: id.into(), ..Message::default() }
}

fn in_folder(id: &str, folder: &str) -> Message {
    let place = Place { folder: Some(folder.into()), ..Place::NOWHERE };
    Message { places: vec![place], ..message(id) }
}

/// Reads a file to its end.
fn take(writer: &mut Writer, path: &str, modified: i64, ids: &[&str]) {
    for id in ids {
        writer.add(&occurrence(path, id), &message(id), SameId::Keeps).unwrap();
    }
    writer.record(&source(path, modified), Vec::new()).unwrap();
}

fn ids(data: &Path) -> Vec<String> {
    let query = Query::everything();
    let order: &[Sort] = &[];
    let search = Search {
        query: &query,
        order,
        after: None,
        offset: 0,
        limit: usize::MAX,
        highlight: false,
    };
    Index::open(data).unwrap().ids(&search, &Asker::unlimited()).unwrap().ids
}

#[test]
fn a_commit_makes_mail_searchable_and_remembered() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    take(&mut writer, "a", 1, &["1", "2"]);
    assert!(writer.is_current(&source("a", 1)).unwrap());
    assert!(ids(data.path()).is_empty());
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["1", "2"]);
    assert!(writer.is_current(&source("a", 1)).unwrap());
    assert!(!writer.is_current(&source("a", 2)).unwrap());
    assert_eq!(writer.occurrences("2").unwrap(), [occurrence("a", "2")]);
}

#[test]
fn what_a_changed_file_no_longer_has_goes_away() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    take(&mut writer, "a", 1, &["1", "2"]);
    take(&mut writer, "b", 1, &["2", "3"]);
    writer.commit(NOW).unwrap();
    take(&mut writer, "a", 2, &["4"]);
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["2", "3", "4"], "2 is still in b");
    writer.forget(Path::new("b")).unwrap();
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["4"]);
    assert!(!writer.is_current(&source("b", 1)).unwrap());
    assert!(writer.occurrences("2").unwrap().is_empty());
}

/// A message must not be lost between a file that drops it and one that brings it.
#[test]
fn a_message_moves_from_file_to_file() {
    for order in [["a", "b"], ["b", "a"]] {
        let data = tempfile::tempdir().unwrap();
        let mut writer = writer(data.path());
        take(&mut writer, "a", 1, &["1"]);
        writer.commit(NOW).unwrap();
        for path in order {
            take(&mut writer, path, 2, if path == "a" { &[] } else { &["1"] });
        }
        writer.commit(NOW).unwrap();
        assert_eq!(ids(data.path()), ["1"], "{order:?}");
        assert_eq!(writer.occurrences("1").unwrap(), [occurrence("b", "1")]);
    }
}

#[test]
fn a_message_lies_in_every_place_that_it_was_found_in() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    let mut add = |path: &str, folder: &str, same_id| {
        writer.add(&occurrence(path, ""), &in_folder("1", folder), same_id).unwrap()
    };
    assert_eq!(add("a", "first", SameId::Keeps), Added::New);
    assert_eq!(add("a", "again", SameId::Keeps), Added::Duplicate);
    assert_eq!(add("b", "second", SameId::Keeps), Added::Duplicate);
    writer.record(&source("a", 1), Vec::new()).unwrap();
    writer.record(&source("b", 1), Vec::new()).unwrap();
    writer.commit(NOW).unwrap();
    let folders = || -> Vec<_> {
        let message = Index::open(data.path()).unwrap().message("1").unwrap().unwrap();
        message.places.into_iter().map(|place| place.folder.unwrap()).collect()
    };
    assert_eq!(folders(), ["again", "first", "second"]);
    let mut add = |path: &str, folder: &str, same_id| {
        writer.add(&occurrence(path, ""), &in_folder("1", folder), same_id).unwrap()
    };
    assert_eq!(add("c", "third", SameId::Keeps), Added::Duplicate);
    assert_eq!(add("a", "renamed", SameId::Replaces), Added::Replaced);
    writer.commit(NOW).unwrap();
    assert_eq!(folders(), ["renamed", "second", "third"]);
    assert_eq!(ids(data.path()), ["1"]);
    assert_eq!(writer.occurrences("1").unwrap().len(), 3, "in a, in b and in c");
}

/// A message whose places are others than those it was indexed with is to be indexed again.
#[test]
fn messages_that_moved_are_known() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    let add = |writer: &mut Writer, path: &str, folder: &str| {
        writer.add(&occurrence(path, ""), &in_folder("1", folder), SameId::Keeps).unwrap();
        writer.record(&source(path, 1), Vec::new()).unwrap();
    };
    let folders = |writer: &Writer| -> Vec<_> {
        let found = writer.occurrences("1").unwrap();
        found.into_iter().map(|one| one.path.display().to_string()).collect()
    };
    add(&mut writer, "a", "Inbox");
    add(&mut writer, "copy of a", "Inbox");
    assert_eq!(writer.moved(None, 9).unwrap(), [""; 0], "it lies in the same place");
    add(&mut writer, "b", "Sent");
    assert_eq!(writer.moved(None, 9).unwrap(), [""; 0], "the index has both places");
    writer.commit(NOW).unwrap();
    writer.forget(Path::new("a")).unwrap();
    assert_eq!(writer.moved(None, 9).unwrap(), [""; 0], "the copy is still there");
    writer.forget(Path::new("copy of a")).unwrap();
    assert_eq!(
        (writer.moved(None, 9).unwrap(), folders(&writer)),
        (vec!["1".into()], vec!["b".into()])
    );
    writer.commit(NOW).unwrap();
    writer.close().unwrap();
    let mut writer = self::writer(data.path());
    assert_eq!(writer.moved(None, 9).unwrap(), ["1"], "it is remembered");
    writer.forget(Path::new("b")).unwrap();
    assert_eq!(writer.moved(None, 9).unwrap(), [""; 0], "it is gone");
}

/// Each copy wrote the message again at all of its places, so that many copies took the cube of their number.
#[test]
fn a_message_in_many_places_is_not_written_again_for_each() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    for number in 0..30 {
        let (path, message) = (number.to_string(), in_folder("1", &number.to_string()));
        writer.add(&occurrence(&path, ""), &message, SameId::Keeps).unwrap();
        writer.record(&source(&path, 1), Vec::new()).unwrap();
    }
    writer.commit(NOW).unwrap();
    let index = Index::open(data.path()).unwrap();
    let places = || index.message("1").unwrap().unwrap().places.len();
    assert_eq!((places(), writer.moved(None, 9).unwrap()), (FEW_PLACES, vec!["1".to_owned()]));
    writer.place_again(&in_folder("1", "any")).unwrap();
    writer.commit(NOW).unwrap();
    index.reload().unwrap();
    assert_eq!((places(), writer.moved(None, 9).unwrap()), (30, vec![]));
}

#[test]
fn a_commit_in_the_middle_of_a_file_doubles_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    take(&mut writer, "a", 1, &["0", "1"]);
    writer.commit(NOW).unwrap();
    let add = |writer: &mut Writer, id: &str| {
        writer.add(&occurrence("a", id), &message(id), SameId::Keeps).unwrap()
    };
    add(&mut writer, "1");
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["0", "1"], "0 may still come");
    add(&mut writer, "2");
    drop(writer);

    let mut writer = self::writer(data.path());
    assert!(!writer.is_current(&source("a", 2)).unwrap(), "it was not read to its end");
    take(&mut writer, "a", 2, &["1", "2"]);
    take(&mut writer, "b", 1, &["1"]);
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["1", "2"]);
}

/// All messages of a file were once held in memory until its end, and its record was one value.
#[test]
fn a_file_of_many_messages_is_taken_in_over_several_commits() {
    let data = tempfile::tempdir().unwrap();
    let many: Vec<_> = (0..12_000).map(|number| format!("{number:032x}")).collect();
    let mut writer = writer(data.path());
    for part in many.chunks(5_000) {
        for id in part {
            writer.add(&occurrence("a", id), &message(id), SameId::Keeps).unwrap();
        }
        assert_eq!(writer.uncommitted(), part.len());
        writer.commit(NOW).unwrap();
        assert_eq!(writer.uncommitted(), 0);
    }
    take(&mut writer, "a", 1, &[]);
    writer.commit(NOW).unwrap();
    assert_eq!(writer.messages_of(&source("a", 1)).unwrap(), Some(12_000));
    take(&mut writer, "b", 1, &[&many[7]]);
    take(&mut writer, "a", 2, &[&many[11_999]]);
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), [many[7].as_str(), &many[11_999]]);
    assert_eq!(writer.occurrences(&many[7]).unwrap(), [occurrence("b", &many[7])]);
    assert!(writer.occurrences(&many[8]).unwrap().is_empty());
}

#[test]
fn small_parts_are_merged_after_a_commit() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    let parts = || {
        let meta = fs::read(data.path().join("index/tantivy/meta.json")).unwrap();
        let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
        meta["segments"].as_array().unwrap().len()
    };
    for (number, expected) in (1..=8).zip([1, 2, 3, 4, 5, 6, 7, 1]) {
        take(&mut writer, &format!("{number}"), 1, &[&format!("{number}")]);
        writer.commit(NOW).unwrap();
        assert_eq!(parts(), expected, "after {number}");
    }
    assert_eq!(ids(data.path()).len(), 8);
    assert_eq!(Index::open(data.path()).unwrap().coverage().as_of, Some(NOW), "its note is kept");
}

/// Two runs that find nothing new write no index, and say so all the same.
#[test]
fn nothing_new_is_noted_without_a_commit() {
    let data = tempfile::tempdir().unwrap();
    let mut first = writer(data.path());
    take(&mut first, "a", 1, &["1"]);
    first.commit(NOW).unwrap();
    drop(first);
    let index = Index::open(data.path()).unwrap();
    assert_eq!(index.coverage().as_of, Some(NOW));
    let meta = || fs::read(data.path().join("index/tantivy/meta.json")).unwrap();
    let (before, later) = (meta(), jiff::Timestamp::from_second(60).unwrap());
    let mut second = writer(data.path());
    assert!(second.is_current(&source("a", 1)).unwrap());
    second.commit(later).unwrap();
    assert_eq!(meta(), before);
    assert_eq!([index.coverage().as_of, index.totals().as_of], [Some(later); 2]);
    drop(second);
    take(&mut writer(data.path()), "a", 1, &["1"]);
    assert_eq!(index.totals().as_of, Some(later), "nothing was committed");
}

#[test]
fn nothing_is_lost_or_doubled_by_a_kill() {
    for step in [Step::Added, Step::Sealed, Step::Committed, Step::Published] {
        let data = tempfile::tempdir().unwrap();
        let mut writer = writer(data.path());
        take(&mut writer, "a", 1, &["1", "2"]);
        writer.commit(NOW).unwrap();
        take(&mut writer, "a", 2, &["2", "3"]);
        let unreadable = vec![Unreadable { part: String::new(), reason: "torn".into() }];
        writer.record(&source("b", 1), unreadable).unwrap();
        killed_after(step, writer, data.path());

        let writer = self::writer(data.path());
        let done = matches!(step, Step::Committed | Step::Published);
        assert_eq!(ids(data.path()), if done { ["2", "3"] } else { ["1", "2"] }, "{step:?}");
        assert_eq!(writer.is_current(&source("a", 2)).unwrap(), done, "{step:?}");
        assert_eq!(writer.is_current(&source("a", 1)).unwrap(), !done, "{step:?}");
        assert_eq!(writer.occurrences("1").unwrap().is_empty(), done, "{step:?}");
        let coverage = Index::open(data.path()).unwrap().coverage();
        assert_eq!(coverage.known - coverage.indexed, u64::from(done), "{step:?}");
        again(writer, data.path());
    }
}

/// How far a commit came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What changes is in the transaction of the ledger.
    Added,
    /// All is in it that belongs to the commit.
    Sealed,
    /// The ledger was committed; what the index is made of was not written down.
    Committed,
    /// It was.
    Published,
}

fn killed_after(step: Step, mut writer: Writer, data: &Path) {
    let meta = data.join("index/tantivy/meta.json");
    let before = fs::read(&meta).unwrap();
    if step != Step::Added {
        let payload = writer.seal(NOW).unwrap();
        if step != Step::Sealed {
            writer.publish(&payload).unwrap();
        }
    }
    drop(writer);
    if step == Step::Committed {
        fs::write(meta, before).unwrap();
    }
}

/// The next run, with a file that has changed once more in the meantime.
fn again(mut writer: Writer, data: &Path) {
    take(&mut writer, "a", 3, &["4"]);
    writer.record(&source("b", 2), Vec::new()).unwrap();
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data), ["4"]);
    let coverage = Index::open(data).unwrap().coverage();
    assert_eq!((coverage.known, coverage.indexed), (1, 1));
}

#[test]
fn a_ledger_of_another_index_is_not_believed() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    take(&mut writer, "a", 1, &["1"]);
    writer.commit(NOW).unwrap();
    drop(writer);

    fs::remove_file(data.path().join("index/ledger.sqlite")).unwrap();
    let mut writer = self::writer(data.path());
    assert!(!writer.is_current(&source("a", 1)).unwrap());
    take(&mut writer, "a", 1, &["1"]);
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["1"], "it was there although the ledger did not know");
    drop(writer);

    fs::remove_dir_all(data.path().join("index/tantivy")).unwrap();
    assert!(matches!(Index::open(data.path()), Err(Error::Missing(_))));
    let writer = self::writer(data.path());
    assert!(!writer.is_current(&source("a", 1)).unwrap(), "the index does not have it any more");
}

/// A kill in the middle of making the ledger once left a file that no later run could open.
#[test]
fn a_ledger_that_was_not_made_to_the_end_is_made() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir_all(data.path().join("index")).unwrap();
    fs::write(data.path().join("index/ledger.sqlite"), "").unwrap();
    let mut writer = writer(data.path());
    take(&mut writer, "a", 1, &["1"]);
    writer.commit(NOW).unwrap();
    assert_eq!(ids(data.path()), ["1"]);
}

#[test]
fn unreadable_messages_are_counted_and_named() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    let unreadable = vec![Unreadable { part: "7".into(), reason: "no header".into() }];
    writer.add(&occurrence("a", "0"), &message("1"), SameId::Keeps).unwrap();
    writer.record(&source("a", 1), unreadable.clone()).unwrap();
    writer.commit(NOW).unwrap();
    let coverage = Index::open(data.path()).unwrap().coverage();
    assert_eq!((coverage.indexed, coverage.known, coverage.as_of), (1, 2, Some(NOW)));
    assert_eq!(writer.sources().unwrap(), [("a".into(), unreadable)]);
}

#[test]
fn mailboxes_are_counted() {
    let data = tempfile::tempdir().unwrap();
    let at = |seconds| jiff::Timestamp::from_second(seconds).ok();
    let mail = |id: &str, mailbox: Option<&str>, received| Message {
        places: mailbox.map(|name| place(name, "Inbox")).into_iter().collect(),
        received,
        ..message(id)
    };
    let first =
        vec![mail("1", Some("b"), at(5)), mail("2", Some("a"), None), mail("3", None, at(9))];
    let second = vec![mail("4", Some("b"), at(7)), mail("2", Some("a"), at(1))];
    let coverage = index_of(data.path(), &[first, second]).coverage();
    let mailboxes: Vec<_> =
        coverage.mailboxes.iter().map(|one| (one.name.as_str(), one.indexed, one.newest)).collect();
    assert_eq!(mailboxes, [("a", 1, at(1)), ("b", 2, at(7))]);
}

#[test]
fn there_is_one_writer() {
    let data = tempfile::tempdir().unwrap();
    let first = writer(data.path());
    let second = Writer::open(data.path(), &small());
    assert!(matches!(second, Err(Error::Busy(_))));
    drop(first);
    assert!(Writer::open(data.path(), &small()).is_ok());
}

#[test]
fn another_version_is_never_misread() {
    let data = tempfile::tempdir().unwrap();
    assert!(matches!(Index::open(data.path()), Err(Error::Missing(_))));
    drop(writer(data.path()));
    fs::write(data.path().join("index/version.json"), "{\"format\":99}").unwrap();
    let reader = Index::open(data.path()).unwrap_err();
    assert!(matches!(reader, Error::OtherVersion { found: 99, .. }));
    assert!(matches!(Writer::open(data.path(), &small()), Err(Error::OtherVersion { .. })));
    let rebuilt = Writer::open(data.path(), &Options { rebuild: true, ..small() });
    drop(rebuilt.unwrap());
    assert!(ids(data.path()).is_empty());

    fs::write(data.path().join("index/version.json"), "{").unwrap();
    assert!(matches!(Index::open(data.path()), Err(Error::Corrupt(_))));
}

#[test]
fn ids_that_cannot_be_keys_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    for id in [String::new(), "x".repeat(LONGEST_ID + 1)] {
        let added = writer.add(&occurrence("a", ""), &message(&id), SameId::Keeps);
        assert!(matches!(added, Err(Error::BadId { .. })));
    }
}

#[test]
fn a_reader_sees_whole_commits() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    let index = Index::open(data.path()).unwrap();
    take(&mut writer, "a", 1, &["1"]);
    writer.commit(NOW).unwrap();
    index.reload().unwrap();
    assert!(index.message("1").unwrap().is_some());
    assert!(index.message("2").unwrap().is_none());
    writer.close().unwrap();
}
