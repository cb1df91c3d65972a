use super::*;

fn source(path: &str, modified: i64) -> Source {
    Source { path: path.into(), length: 1, modified }
}

fn message(id: &str, folder: &str) -> Message {
    let place = Place { folder: Some(folder.to_owned()), ..Place::NOWHERE };
    Message { id: id.to_owned(), places: vec![place], ..Message::default() }
}

/// Reads a file to its end, all in one folder.
fn read(sent: &mut Sent, path: &str, modified: i64, ids: &[&str], folder: &str) {
    for id in ids {
        sent.hold(path.as_ref(), &message(id, folder)).unwrap();
    }
    sent.close(&source(path, modified), 0).unwrap();
}

fn moved(sent: &mut Sent) -> Vec<String> {
    sent.note().unwrap();
    let moved = sent.sweep().unwrap().into_iter().collect();
    sent.acknowledge().unwrap();
    moved
}

fn folders(sent: &Sent, id: &str) -> Vec<String> {
    sent.places(id).unwrap().into_iter().map(|place| place.folder.unwrap()).collect()
}

#[test]
fn what_a_file_no_longer_has_loses_its_place() {
    let data = tempfile::tempdir().unwrap();
    let mut sent = Sent::open(data.path(), "i").unwrap();
    read(&mut sent, "a", 1, &["1", "2"], "Inbox");
    read(&mut sent, "b", 1, &["2"], "Sent");
    assert_eq!(moved(&mut sent), [""; 0]);
    assert_eq!(folders(&sent, "2"), ["Inbox", "Sent"]);
    read(&mut sent, "a", 2, &["2"], "Old");
    assert_eq!(folders(&sent, "2"), ["Old", "Sent"], "what is read anew counts at once");
    assert_eq!(moved(&mut sent), ["1", "2"]);
    assert_eq!((folders(&sent, "1").len(), folders(&sent, "2").len()), (0, 2));
    sent.forget("b".as_ref()).unwrap();
    assert_eq!(moved(&mut sent), ["2"]);
    assert_eq!(folders(&sent, "2"), ["Old"]);
    assert_eq!(sent.number_of("b".as_ref()).unwrap(), None);
    assert_eq!(sent.totals().unwrap(), (1, 0));
}

/// A file that is read in several parts is one file, and what it had before goes when it was read to its end.
#[test]
fn a_commit_in_the_middle_of_a_file_forgets_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut sent = Sent::open(data.path(), "i").unwrap();
    read(&mut sent, "a", 1, &["1", "2"], "Inbox");
    moved(&mut sent);
    sent.hold("a".as_ref(), &message("2", "Inbox")).unwrap();
    assert_eq!(moved(&mut sent), [""; 0]);
    read(&mut sent, "a", 2, &["3"], "Inbox");
    assert_eq!(moved(&mut sent), ["1"]);
    assert_eq!(sent.messages_of(&source("a", 2)).unwrap(), Some(2));
}

/// Whatever moment a process is killed at, what may be there is known, and what was not acknowledged is sent again.
#[test]
fn a_kill_loses_no_place() {
    let data = tempfile::tempdir().unwrap();
    let mut sent = Sent::open(data.path(), "i").unwrap();
    read(&mut sent, "a", 1, &["1"], "Inbox");
    read(&mut sent, "gone", 1, &["2"], "Inbox");
    sent.note().unwrap();
    let machine = sent.machine().to_owned();
    drop(sent);
    let mut sent = Sent::open(data.path(), "i").unwrap();
    assert_eq!((sent.machine(), machine.len()), (machine.as_str(), 12));
    assert_eq!(sent.messages_of(&source("a", 1)).unwrap(), None);
    assert_eq!(sent.ids_behind("", 9).unwrap(), [""; 0], "nothing was acknowledged");
    read(&mut sent, "a", 1, &["1"], "Inbox");
    let gone = sent.forget_where(&|_, path| path == Path::new("gone")).unwrap();
    assert_eq!((gone, moved(&mut sent)), (1, vec!["2".to_owned()]));
    assert_eq!(sent.ids_behind("", 9).unwrap(), ["1"]);
    sent.forget("a".as_ref()).unwrap();
    sent.note().unwrap();
    drop(sent);
    let mut sent = Sent::open(data.path(), "i").unwrap();
    assert_eq!(sent.forget_where(&|_, _| true).unwrap(), 1, "it is still known");
    assert_eq!(moved(&mut sent), ["1"]);
}

#[test]
fn what_is_refused_counts_as_unread() {
    let data = tempfile::tempdir().unwrap();
    let mut sent = Sent::open(data.path(), "i").unwrap();
    sent.hold("a".as_ref(), &message("1", "Inbox")).unwrap();
    sent.close(&source("a", 1), 2).unwrap();
    sent.refused("a".as_ref());
    moved(&mut sent);
    assert_eq!(sent.totals().unwrap(), (1, 3));
}
