//! What somebody may do to a log, and what is found of it.

mod seals;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::append::{Appender, Sign};
use crate::chain::Chain;
use crate::files::{head_line, head_of, segment};
use crate::head::{Digest, digest};
use crate::verify::Why;
use crate::{
    AuditError, Entry, Fault, Filter, Head, Log, Settings, Signer, Verified, Vouched, What, each,
    folder, verify,
};

/// Some key: the one of Go's example.
const OTHER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

/// A log of ten entries, each with its head, and what was kept of it elsewhere.
struct Scene {
    folder: TempDir,
    key: Signer,
    outside: String,
}

fn entry(n: usize) -> Entry {
    Entry::new(What::Search, "ann").with("query", format!("word{n}"))
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = || Signer::at(&folder.path().join("key")).unwrap();
        let mut log = Appender::open(folder.path(), key(), || Timestamp::UNIX_EPOCH).unwrap();
        (1..=10).for_each(|n| log.append(&[entry(n)], Sign::Now).unwrap());
        let outside = log.written().unwrap().1;
        let key = key();
        Self { folder, key, outside }
    }

    /// Another process that writes.
    fn open(&self) -> Appender {
        let key = Signer::at(&self.folder.path().join("key")).unwrap();
        Appender::open(self.folder.path(), key, || Timestamp::UNIX_EPOCH).unwrap()
    }

    /// What the owner of the key finds.
    fn verify_sealed(&self) -> Verified {
        verify(self.folder.path(), self.key.verifier(), Some(&self.key), None).unwrap()
    }

    fn path(&self) -> PathBuf {
        segment(self.folder.path(), 1)
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.path()).unwrap().lines().map(str::to_owned).collect()
    }

    fn put(&self, lines: &[String]) {
        fs::write(self.path(), lines.iter().map(|line| format!("{line}\n")).collect::<String>())
            .unwrap();
    }

    fn verify(&self) -> Verified {
        verify(self.folder.path(), self.key.verifier(), None, None).unwrap()
    }

    fn against(&self, head: &str) -> Option<Vouched> {
        verify(self.folder.path(), self.key.verifier(), None, Some(head)).unwrap().against
    }

    /// Whether a deed is found, without an outside head and with it.
    #[track_caller]
    fn done(deed: impl Fn(&Self, &mut Vec<String>), alone: bool, expected: Vouched) {
        let scene = Self::new();
        assert!(scene.verify().is_intact());
        assert_eq!(scene.against(&scene.outside), Some(Vouched::UpTo(10)));
        let mut lines = scene.lines();
        deed(&scene, &mut lines);
        scene.put(&lines);
        let found = scene.verify();
        assert_eq!(!found.is_intact() || found.unsigned > 0, alone, "{found:?}");
        assert_eq!(scene.against(&scene.outside), Some(expected));
    }
}

/// Where the entry stands: each is followed by its head.
const fn at(entry: usize) -> usize {
    2 * entry - 1
}

/// Numbers and chains the entries anew, and leaves the heads as they are.
fn chained(lines: &mut [String]) {
    let mut chain = Chain { log: "".into(), entries: 0, last: Digest::default() };
    // Seals are made with a key, and who has another one makes others.
    let other = Signer::parse(OTHER).unwrap();
    for line in lines.iter_mut().filter(|line| head_of(line.as_bytes()).is_none()) {
        let fields: serde_json::Map<_, _> = serde_json::from_str(line).unwrap();
        if fields["n"] == chain.entries + 1 && fields["prev"] == chain.last.to_string() {
            (chain.entries, chain.last) = (chain.entries + 1, digest(line.as_bytes()));
            continue;
        }
        let says = fields.iter().map(|(name, value)| (name.as_str(), value));
        *line = chain.push(says, Timestamp::UNIX_EPOCH, &other);
    }
}

/// The same, with heads of that key.
fn signed(lines: &mut [String], key: &Signer) {
    chained(lines);
    let (mut entries, mut last) = (0, Digest::default());
    for line in lines {
        let Some(note) = head_of(line.as_bytes()) else {
            (entries, last) = (entries + 1, digest(line.as_bytes()));
            continue;
        };
        let head = Head::parse(
            note.rsplit_once("\n\n").map(|(text, _)| format!("{text}\n")).unwrap().as_str(),
        );
        let head = Head { entries, last, ..head.unwrap() };
        *line = head_line(&key.sign(&head.text())).trim_end().to_owned();
    }
}

#[test]
fn a_changed_entry_is_found() {
    for n in [1, 5, 10] {
        let deed = |_: &Scene, lines: &mut Vec<String>| {
            lines[at(n)] = lines[at(n)].replace("word", "sword");
        };
        Scene::done(deed, true, Vouched::Differs(10));
        Scene::done(
            |scene, lines| {
                deed(scene, lines);
                chained(lines);
            },
            true,
            Vouched::Differs(10),
        );
    }
}

#[test]
fn a_removed_entry_is_found() {
    for n in [1, 5, 10] {
        Scene::done(|_, lines| drop(lines.remove(at(n))), true, Vouched::Differs(10));
        // With its head, and all behind it chained anew.
        if n < 10 {
            Scene::done(
                |_, lines| {
                    lines.drain(at(n)..at(n) + 2);
                    chained(lines);
                },
                true,
                Vouched::Differs(10),
            );
        }
    }
}

#[test]
fn a_moved_entry_is_found() {
    for (from, to) in [(1, 5), (5, 1), (5, 10), (10, 1), (9, 10)] {
        let deed = |_: &Scene, lines: &mut Vec<String>| lines.swap(at(from), at(to));
        Scene::done(deed, true, Vouched::Differs(10));
        Scene::done(
            |scene, lines| {
                deed(scene, lines);
                chained(lines);
            },
            true,
            Vouched::Differs(10),
        );
    }
}

#[test]
fn an_added_entry_is_found() {
    for n in [1, 5, 10] {
        Scene::done(
            |_, lines| {
                lines.insert(at(n), lines[at(n)].replace("word", "sword"));
                chained(lines);
            },
            true,
            Vouched::Differs(10),
        );
    }
    // Behind the last head it follows as it should, and nobody signed it.
    Scene::done(
        |_, lines| {
            lines.push(lines[at(10)].clone());
            chained(lines);
        },
        true,
        Vouched::UpTo(10),
    );
    // A head of another key does not help.
    let folder = tempfile::tempdir().unwrap();
    let other = Signer::at(&folder.path().join("other")).unwrap();
    Scene::done(
        |_, lines| {
            let head = lines[at(10) + 1].clone();
            lines.extend([lines[at(10)].clone(), head]);
            signed(lines, &other);
        },
        true,
        Vouched::Differs(10),
    );
}

#[test]
fn a_head_that_is_changed_or_not_where_it_was_is_found() {
    for n in [1, 5, 10] {
        let head = at(n) + 1;
        Scene::done(
            |_, lines| lines[head] = lines[head].replace("1970", "1971"),
            true,
            if n == 10 { Vouched::UpTo(10) } else { Vouched::Differs(10) },
        );
    }
    // Without one in the middle the next one still covers all: nothing is lost.
    Scene::done(|_, lines| drop(lines.remove(at(5) + 1)), false, Vouched::UpTo(10));
    Scene::done(|_, lines| drop(lines.remove(0)), true, Vouched::Differs(10));
}

#[test]
fn a_tail_that_is_cut_with_its_heads_is_found_by_an_outside_head_alone() {
    for left in [0, 1, 9] {
        Scene::done(
            |_, lines| lines.truncate(at(left + 1)),
            false,
            Vouched::CutTail { head: 10, log: left as u64 },
        );
    }
    // Without its head the last entry is signed by nobody.
    Scene::done(|_, lines| drop(lines.pop()), true, Vouched::UpTo(10));
}

#[test]
fn a_log_that_is_replaced_is_found() {
    // Written anew by somebody without the key.
    let folder = tempfile::tempdir().unwrap();
    let other = Signer::at(&folder.path().join("other")).unwrap();
    Scene::done(|_, lines| signed(lines, &other), true, Vouched::Differs(10));
    // By somebody who has it.
    let deed = |scene: &Scene, lines: &mut Vec<String>| {
        lines[at(3)] = lines[at(3)].replace("word3", "nothing");
        signed(lines, &scene.key);
    };
    Scene::done(deed, false, Vouched::Differs(10));
    // By another log of the same key.
    let scene = Scene::new();
    let key = fs::read(scene.folder.path().join("key")).unwrap();
    let twin = tempfile::tempdir().unwrap();
    fs::write(twin.path().join("key"), key).unwrap();
    let key = Signer::at(&twin.path().join("key")).unwrap();
    let mut log = Appender::open(twin.path(), key, || Timestamp::UNIX_EPOCH).unwrap();
    (1..=12).for_each(|n| log.append(&[entry(n)], Sign::Now).unwrap());
    fs::copy(segment(twin.path(), 1), scene.path()).unwrap();
    assert!(scene.verify().is_intact());
    assert_eq!(scene.against(&scene.outside), Some(Vouched::OtherLog));
}

#[test]
fn an_outside_head_vouches_for_what_was_there_then() {
    let scene = Scene::new();
    let early = head_of(scene.lines()[at(4) + 1].as_bytes()).unwrap();
    assert_eq!(scene.against(&early), Some(Vouched::UpTo(4)));
    let begun = head_of(scene.lines()[0].as_bytes()).unwrap();
    assert_eq!(scene.against(&begun), Some(Vouched::UpTo(0)));
    for none in ["", "a\n\nb\n", &early.replace("entries 4", "entries 5")] {
        assert_eq!(scene.against(none), Some(Vouched::NotSigned), "{none}");
    }
}

#[test]
fn segments_hang_together() {
    let folder = tempfile::tempdir().unwrap();
    let key = || Signer::at(&folder.path().join("key")).unwrap();
    let open = || Appender::open(folder.path(), key(), || Timestamp::UNIX_EPOCH).unwrap();
    let mut log = open().with_segments_of(2_000);
    (1..=20).for_each(|n| log.append(&[entry(n)], Sign::Now).unwrap());
    let last = (2..).find(|number| !segment(folder.path(), number + 1).exists()).unwrap();
    assert!(last > 3, "{last}");
    let check = || verify(folder.path(), key().verifier(), None, None).unwrap();
    assert!(check().is_intact() && check().entries == 20);
    // Another one goes on where this one is.
    let mut other = open().with_segments_of(2_000);
    for n in 0..10 {
        if n % 2 == 0 { &mut log } else { &mut other }.append(&[entry(n)], Sign::Now).unwrap();
    }
    assert!(check().is_intact() && check().entries == 30);
    let whole = fs::read(segment(folder.path(), 2)).unwrap();
    fs::remove_file(segment(folder.path(), 2)).unwrap();
    assert_eq!(check().fault, Some(Fault { segment: 2, line: 1, why: Why::Missing }));
    fs::copy(segment(folder.path(), 3), segment(folder.path(), 2)).unwrap();
    assert_eq!(check().fault, Some(Fault { segment: 2, line: 1, why: Why::Beginning }));
    fs::write(segment(folder.path(), 2), &whole).unwrap();
    fs::remove_file(segment(folder.path(), 1)).unwrap();
    assert_eq!(check().fault, Some(Fault { segment: 1, line: 1, why: Why::Missing }));
}

/// The file that a process writes to may be replaced under its feet.
#[test]
fn a_segment_that_is_replaced_while_it_is_written_is_written_on() {
    let scene = Scene::new();
    let mut log = scene.open();
    log.append(&[entry(11)], Sign::Now).unwrap();
    let copy = fs::read(scene.path()).unwrap();
    fs::remove_file(scene.path()).unwrap();
    fs::write(scene.path(), copy).unwrap();
    log.append(&[entry(12)], Sign::Now).unwrap();
    assert_eq!((scene.verify().is_intact(), scene.verify().entries), (true, 12));
}

#[test]
fn another_key_does_not_go_on_with_a_log() {
    let scene = Scene::new();
    fs::remove_file(scene.folder.path().join("key")).unwrap();
    let other = Signer::at(&scene.folder.path().join("key")).unwrap();
    let mut log = Appender::open(scene.folder.path(), other, || Timestamp::UNIX_EPOCH).unwrap();
    assert!(matches!(log.append(&[entry(1)], Sign::Now), Err(AuditError::OtherKey(_))));
    assert!(scene.verify().is_intact());
}

fn settings(data: &Path) -> Settings {
    let key_file = crate::key_file(data);
    Settings {
        key_file,
        witnesses: Vec::new(),
        clock: || Timestamp::UNIX_EPOCH,
        warn: Arc::new(|_: &str| ()),
    }
}

#[test]
fn many_write_at_the_same_time_and_read_it_again() {
    let data = tempfile::tempdir().unwrap();
    let logs = [(); 3].map(|()| Log::open(data.path(), settings(data.path())).unwrap());
    std::thread::scope(|scope| {
        for (number, log) in logs.iter().enumerate() {
            scope.spawn(move || {
                for n in 0..50 {
                    let what = if n % 10 == 0 { What::Export } else { What::Search };
                    log.write(Entry::new(what, &format!("key{number}")).with("n2", n)).unwrap();
                }
            });
        }
    });
    drop(logs);
    let place = folder(data.path());
    let key = Signer::read(&crate::key_file(data.path())).unwrap();
    let found = verify(&place, key.verifier(), None, None).unwrap();
    assert!(found.is_intact() && found.entries == 150 && found.unsigned == 0, "{found:?}");
    let count = |filter: &Filter| {
        let mut count = 0;
        each(&place, filter, &mut |_| {
            count += 1;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        count
    };
    assert_eq!(count(&Filter::default()), 150);
    assert_eq!(count(&Filter { who: Some("key1".into()), ..Filter::default() }), 50);
    let exports = Filter { what: Some(What::Export), ..Filter::default() };
    assert_eq!(count(&exports), 15);
    assert_eq!(count(&Filter { text: Some("KEY2".into()), ..exports.clone() }), 5);
    assert_eq!(count(&Filter { before: Some(Timestamp::UNIX_EPOCH), ..exports.clone() }), 0);
    assert_eq!(count(&Filter { since: Some(Timestamp::UNIX_EPOCH), ..exports }), 15);
}

#[test]
fn the_newest_entries_come_first_whatever_their_segment() {
    let folder = tempfile::tempdir().unwrap();
    let key = Signer::at(&folder.path().join("key")).unwrap();
    let log = Appender::open(folder.path(), key, || Timestamp::UNIX_EPOCH).unwrap();
    let mut log = log.with_segments_of(2_000);
    (1..=20).for_each(|n| log.append(&[entry(n)], Sign::Now).unwrap());
    let newest = |filter: &Filter, most| {
        let (found, all) = crate::newest(folder.path(), filter, most, &|| true).unwrap();
        assert!(all);
        found.iter().map(|entry| entry["n"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let everything = Filter::default();
    assert_eq!(newest(&everything, 3), [20, 19, 18]);
    assert_eq!(newest(&everything, 100), (1..=20).rev().collect::<Vec<_>>());
    assert_eq!(newest(&everything, 0), [0; 0]);
    let some = Filter { text: Some("WORD1".into()), ..Filter::default() };
    assert_eq!(newest(&some, 4), [19, 18, 17, 16]);
    assert_eq!(newest(&some, 100).last(), Some(&1));
}

#[test]
fn heads_are_sent_elsewhere() {
    let data = tempfile::tempdir().unwrap();
    let kept = data.path().join("heads");
    let witnesses = vec![<dyn crate::Witness>::file(kept.clone())];
    let log = Log::open(data.path(), Settings { witnesses, ..settings(data.path()) }).unwrap();
    log.write(Entry::new(What::Export, "ann")).unwrap();
    log.write(Entry::new(What::Search, "ann")).unwrap();
    drop(log);
    let key = Signer::read(&crate::key_file(data.path())).unwrap();
    let head = crate::last_kept(&fs::read_to_string(kept).unwrap()).unwrap();
    let found = verify(&folder(data.path()), key.verifier(), None, Some(&head)).unwrap();
    assert_eq!(found.against, Some(Vouched::UpTo(2)));
}

#[cfg(unix)]
#[test]
fn the_log_of_the_system_gets_heads_on_one_line() {
    use crate::witness::InSyslog;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let scene = Scene::new();
    crate::Witness::keep(&mut InSyslog(path), &scene.outside).unwrap();
    let mut line = vec![0; 4_096];
    let length = socket.recv(&mut line).unwrap();
    let line = String::from_utf8(line[..length].to_vec()).unwrap();
    assert!(line.starts_with("<109>postern: audit head postern-audit/v1\\nlog "), "{line}");
    assert_eq!(crate::last_kept(&format!("before\n{line}\nafter\n")), Some(scene.outside));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is left of a log when a process is killed, it verifies, and the next process goes on: behind what is
    /// whole and sealed.
    #[test]
    fn a_log_that_is_cut_anywhere_verifies_and_goes_on(cut in 0.0..1.0_f64, more in 1_usize..4) {
        let scene = Scene::new();
        let before = fs::metadata(scene.path()).unwrap().len();
        scene.open().append(&(0..more).map(entry).collect::<Vec<_>>(), Sign::Now).unwrap();
        let all = fs::read(scene.path()).unwrap();
        let before = usize::try_from(before).unwrap();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a length")]
        let at = before + ((all.len() - before) as f64 * cut) as usize;
        fs::write(scene.path(), &all[..at]).unwrap();
        let left = &all[before..at];
        // The head is the last line, and never whole.
        let sealed = left.iter().filter(|byte| **byte == b'\n').count();
        let torn = &left[left.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)..];
        let found = scene.verify_sealed();
        prop_assert!(found.is_intact() && found.entries == 10, "{found:?}");
        prop_assert_eq!((found.sealed, found.unsigned > 0), (sealed as u64, !torn.is_empty()));
        scene.open().append(&[entry(11)], Sign::Now).unwrap();
        let found = scene.verify();
        let told = u64::from(sealed > 0) + u64::from(!torn.is_empty());
        prop_assert!(found.is_intact() && found.unsigned == 0, "{found:?}");
        prop_assert_eq!((found.entries, found.told), (11 + sealed as u64 + told, told));
        let kept = fs::read_dir(scene.folder.path()).unwrap().flatten()
            .find(|file| file.file_name().to_string_lossy().starts_with("unsigned"));
        prop_assert_eq!(kept.map(|file| fs::read(file.path()).unwrap()), (!torn.is_empty()).then(|| torn.to_vec()));
    }

    /// Any byte that is changed is found.
    #[test]
    fn a_changed_byte_is_found(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let scene = Scene::new();
        let mut bytes = fs::read(scene.path()).unwrap();
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(scene.path(), &bytes).unwrap();
        let found = scene.verify();
        prop_assert!(!found.is_intact() || found.unsigned > 0, "{at} {found:?}");
        prop_assert_ne!(scene.against(&scene.outside), None);
    }
}
