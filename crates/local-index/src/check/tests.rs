use std::fs;

use postern_query::Message;

use super::*;
use crate::testing::{NOW, index_of, writer};

/// An index of two commits, the second with a message that takes the place of another, and of a later
/// run that found nothing new.
fn small(data: &Path) {
    let message = |id: &str, body: &str| Message {
        id: id.into(),
        body: Some(body.into()),
        ..Message::default()
    };
    let first = ["a", "b", "c", "d"].map(|id| message(id, "some words of it"));
    index_of(data, &[first.to_vec(), vec![message("a", "other words")]]);
    let mut writer = writer(data);
    writer.commit(NOW).unwrap();
    writer.close().unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    found.map(walkdir::DirEntry::into_path).filter(|path| path.is_file()).collect()
}

/// Puts another file in the place of one: its bytes must not change below a thread of the engine that still has it mapped.
fn replace(path: &Path, bytes: &[u8]) {
    let aside = path.with_extension("aside");
    fs::write(&aside, bytes).unwrap();
    fs::rename(aside, path).unwrap();
}

fn damaged(data: &Path) -> Vec<String> {
    let found = index(data, &mut |_, _| {}).unwrap();
    found.iter().map(|one| one.path.file_name().unwrap().display().to_string()).collect()
}

/// Files whose damage is not told, and why that changes no answer.
const WITHOUT_CHECKSUM: [&str; 6] = [
    // Made anew by whoever opens the ledger first, and empty when nobody writes.
    "ledger.sqlite-shm",
    "ledger.sqlite-wal",
    // Holds nothing: the system knows who has it.
    "lock",
    ".tantivy-writer.lock",
    ".tantivy-meta.lock",
    // Names for the engine to remove; what is in use it never removes.
    ".managed.json",
];

/// One byte is turned in each file, at many places one after the other.
#[test]
fn a_flipped_byte_is_told_by_the_name_of_its_file() {
    let data = tempfile::tempdir().unwrap();
    small(data.path());
    assert_eq!(damaged(data.path()), [] as [String; 0]);
    let (mut tried, mut harmless) = (0, 0);
    for path in files(data.path()) {
        let name = path.file_name().unwrap().display().to_string();
        let whole = fs::read(&path).unwrap();
        if WITHOUT_CHECKSUM.contains(&name.as_str()) {
            continue;
        }
        let step = (whole.len() / 25).max(1);
        let end = whole.len().saturating_sub(12)..whole.len();
        let places = (0..whole.len()).step_by(step).chain(end);
        for at in places {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            replace(&path, &bytes);
            let found = damaged(data.path());
            tried += 1;
            if found.is_empty() {
                harmless += 1;
                assert!(is_harmless(&name, &whole, at), "{name} at {at} of {}", whole.len());
            } else {
                assert_eq!(found, [name.as_str()], "{name} at {at}");
            }
        }
        replace(&path, &whole);
    }
    assert_eq!(damaged(data.path()), [] as [String; 0]);
    assert!(tried > 400, "{tried}");
    assert!(harmless < tried / 4, "{harmless} of {tried}");
}

/// A place whose damage changes nothing: room in the ledger that is not in use, which the flip leaves so;
/// and the release of the engine that the footer of its files names, which nothing depends on.
fn is_harmless(name: &str, whole: &[u8], at: usize) -> bool {
    let footer = whole.len() - whole.len().min(200);
    let names_release = || {
        let text = String::from_utf8_lossy(&whole[footer..]).into_owned();
        text.contains("\"major\"") && at >= footer
    };
    name == "ledger.sqlite" || names_release()
}

#[test]
fn a_missing_or_shortened_file_is_told() {
    let data = tempfile::tempdir().unwrap();
    small(data.path());
    for path in files(&data.path().join("index/tantivy")) {
        let name = path.file_name().unwrap().display().to_string();
        if name.starts_with('.') || name == "meta.json" {
            continue;
        }
        let whole = fs::read(&path).unwrap();
        replace(&path, &whole[..whole.len() / 2]);
        assert_eq!(damaged(data.path()), [name.as_str()]);
        fs::remove_file(&path).unwrap();
        assert_eq!(damaged(data.path()), [name.as_str()]);
        replace(&path, &whole);
    }
}

/// As after a restore by hand, or where the end of its log was damaged.
#[test]
fn a_ledger_of_an_earlier_commit_is_told() {
    let data = tempfile::tempdir().unwrap();
    small(data.path());
    let ledger = data.path().join("index/ledger.sqlite");
    let earlier = fs::read(&ledger).unwrap();
    let message = |id: &str| Message { id: id.into(), ..Message::default() };
    index_of(data.path(), &[vec![message("x")], vec![message("y")]]);
    assert_eq!(damaged(data.path()), [] as [String; 0]);
    replace(&ledger, &earlier);
    assert_eq!(damaged(data.path()), ["ledger.sqlite"]);
}

/// A later look reads only what is new.
#[test]
fn each_file_is_read_once() {
    let data = tempfile::tempdir().unwrap();
    small(data.path());
    let mut verifier = Verifier::below(data.path());
    let read = |verifier: &mut Verifier| {
        let mut files = BTreeSet::new();
        let found = verifier.look(&mut |path, _| files.extend([path.to_owned()])).unwrap();
        assert!(found.is_empty(), "{found:?}");
        files.len()
    };
    assert!(read(&mut verifier) >= 12, "two segments and what was deleted of the first");
    assert_eq!(read(&mut verifier), 0);
    let mut writer = writer(data.path());
    let message = Message { id: "new".into(), ..Message::default() };
    let occurrence = crate::testing::occurrence("more", "");
    writer.add(&occurrence, &message, crate::write::SameId::Keeps).unwrap();
    writer.commit(NOW).unwrap();
    writer.close().unwrap();
    assert!((1..=7).contains(&read(&mut verifier)));
}

#[test]
fn while_somebody_writes_the_index_it_is_not_verified() {
    let data = tempfile::tempdir().unwrap();
    let _writer = writer(data.path());
    assert!(matches!(index(data.path(), &mut |_, _| {}), Err(Error::Busy(_))));
}
