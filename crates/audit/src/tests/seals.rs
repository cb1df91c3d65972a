//! Entries that are sealed and not signed yet: what somebody may do to them, and who goes on behind them.

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Scene, chained, entry, settings};
use crate::append::{Appender, Sign};
use crate::files::{head_of, segment};
use crate::verify::Why;
use crate::{
    Entry, Filter, Log, Settings, Signer, Vouched, What, folder, key_file, newest, verify,
};

/// A log of ten entries with their heads, and of five more that nobody signed yet. The process is gone.
fn unsigned() -> Scene {
    let scene = Scene::new();
    let mut log = scene.open();
    (11..=15).for_each(|n| log.append(&[entry(n)], Sign::Later).unwrap());
    scene
}

/// Where an unsigned entry stands.
const fn at(entry: usize) -> usize {
    20 + entry - 10
}

/// What the log says of itself, the oldest first.
fn told(scene: &Scene) -> Vec<String> {
    let itself = Filter { what: Some(What::Log), ..Filter::default() };
    let (entries, _) = newest(scene.folder.path(), &itself, 100, &|| true).unwrap();
    let text = |entry: &serde_json::Map<String, serde_json::Value>| {
        let event = entry["event"].as_str().unwrap();
        let range = ["from", "to"].map(|name| entry.get(name).map(ToString::to_string));
        let range: Vec<_> = range.into_iter().flatten().collect();
        [event, &range.join(" to ")].join(" ").trim_end().to_owned()
    };
    entries.iter().rev().map(text).collect()
}

#[test]
fn the_key_tells_what_is_not_signed_yet_from_what_somebody_added() {
    let scene = unsigned();
    let found = scene.verify_sealed();
    assert_eq!((found.is_intact(), found.entries, found.sealed, found.unsigned), (true, 10, 5, 0));
    // Without it nobody can.
    let found = scene.verify();
    assert_eq!((found.is_intact(), found.entries, found.sealed, found.unsigned), (true, 10, 0, 5));
    // Nor with another one.
    let other = Signer::parse(super::OTHER).unwrap();
    let found = verify(scene.folder.path(), scene.key.verifier(), Some(&other), None).unwrap();
    assert_eq!((found.sealed, found.unsigned), (0, 5));
    // A head that was kept elsewhere vouches for what was signed.
    assert_eq!(scene.against(&scene.outside), Some(Vouched::UpTo(10)));
}

#[test]
fn who_comes_after_a_kill_signs_what_is_sealed_and_says_so() {
    let scene = unsigned();
    scene.open().append(&[entry(16)], Sign::Later).unwrap();
    let found = scene.verify();
    assert_eq!((found.is_intact(), found.entries, found.unsigned, found.told), (true, 17, 0, 1));
    assert_eq!(told(&scene), ["found unsigned 11 to 15"]);
}

/// What somebody without the key does to entries that are not signed, how many of them are still vouched for, and
/// whether the rest is told.
#[track_caller]
fn done(deed: impl Fn(&mut Vec<String>), sealed: u64, rest: bool) {
    let scene = unsigned();
    let mut lines = scene.lines();
    deed(&mut lines);
    scene.put(&lines);
    let found = scene.verify_sealed();
    assert_eq!(!found.is_intact() || found.unsigned > 0, rest, "{found:?}");
    assert!(!found.is_intact() || found.sealed == sealed, "{found:?}");
    // Who writes next goes on behind what is sealed, and sets the rest aside.
    scene.open().append(&[entry(16)], Sign::Now).unwrap();
    let expected: Vec<_> = (sealed > 0)
        .then(|| format!("found unsigned 11 to {}", 10 + sealed))
        .into_iter()
        .chain(rest.then(|| "set aside".to_owned()))
        .collect();
    assert_eq!(told(&scene), expected);
    let found = scene.verify_sealed();
    assert_eq!((found.is_intact(), found.unsigned), (true, 0), "{found:?}");
    assert_eq!(found.entries, 11 + sealed + expected.len() as u64);
}

#[test]
fn an_unsigned_entry_that_is_changed_removed_moved_or_added_is_told() {
    for n in [11, 13, 15] {
        let before = n as u64 - 11;
        let change = |lines: &mut Vec<String>| lines[at(n)] = lines[at(n)].replace("word", "sword");
        done(change, before, true);
        // Those behind it chained anew, and sealed with another key.
        let chained_anew = |lines: &mut Vec<String>| {
            change(lines);
            chained(lines);
        };
        done(chained_anew, before, true);
        // The last one leaves no trace: see below.
        if n < 15 {
            done(|lines| drop(lines.remove(at(n))), before, true);
            done(|lines| lines.swap(at(n), at(n + 1)), before, true);
        }
        done(|lines| lines.insert(at(n), lines[at(n)].clone()), before + 1, true);
        done(|lines| lines.insert(at(n), "{}".to_owned()), before, true);
    }
}

#[test]
fn a_head_of_before_behind_unsigned_entries_is_found() {
    let scene = unsigned();
    let mut lines = scene.lines();
    lines.insert(at(13) + 1, lines[20].clone());
    scene.put(&lines);
    let fault = scene.verify_sealed().fault.unwrap();
    assert_eq!((fault.line, fault.why), (25, Why::OtherHead(10)));
}

/// Who writes next does not take a head of before for the end of the log, with its entry or without.
#[test]
fn a_head_of_before_behind_the_last_one_is_not_the_end() {
    for unsigned in [false, true] {
        for copied in [&[8][..], &[7, 8], &[20], &[19, 20], &[0]] {
            // The last head once more says what it said.
            if !unsigned && copied == [20] {
                continue;
            }
            let scene = if unsigned { self::unsigned() } else { Scene::new() };
            let (mut lines, expected) = (scene.lines(), if unsigned { 15 } else { 10 });
            // So many that no small part of the file shows anything else.
            for _ in 0..100 {
                lines.extend(copied.iter().map(|line| lines[*line].clone()).collect::<Vec<_>>());
            }
            scene.put(&lines);
            assert!(!scene.verify_sealed().is_intact(), "{copied:?}");
            scene.open().append(&[entry(16)], Sign::Now).unwrap();
            let found = scene.verify_sealed();
            assert_eq!((found.is_intact(), found.unsigned), (true, 0), "{copied:?} {found:?}");
            assert_eq!(told(&scene).last().unwrap(), "set aside");
            assert_eq!(found.entries, expected + found.told + 1);
        }
    }
}

#[test]
fn a_cut_among_unsigned_entries_is_missed_by_the_process_that_wrote_them_alone() {
    done(|lines| lines.truncate(at(14)), 3, false);
    done(|lines| lines.truncate(at(11)), 0, false);
    let scene = Scene::new();
    let mut log = scene.open();
    (11..=15).for_each(|n| log.append(&[entry(n)], Sign::Later).unwrap());
    let mut lines = scene.lines();
    lines.truncate(at(14));
    scene.put(&lines);
    assert!(log.append_at_once(&entry(16)).is_none());
    log.append(&[entry(16)], Sign::Later).unwrap();
    // It was there from the beginning, so nothing was found unsigned.
    assert_eq!(told(&scene), ["missing 14 to 15"]);
    assert_eq!((scene.verify().is_intact(), scene.verify().entries), (true, 15));
}

/// Seals are of one log: those of another one with the same key are no good here.
#[test]
fn a_sealed_entry_of_another_log_is_none_of_this_one() {
    let lines = || {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, super::OTHER).unwrap();
        let key = Signer::read(&key).unwrap();
        let mut log = Appender::open(folder.path(), key, || Timestamp::UNIX_EPOCH).unwrap();
        log.append(&[entry(1)], Sign::Later).unwrap();
        let path = segment(folder.path(), 1);
        let text = fs::read_to_string(&path).unwrap();
        (folder, text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let ((folder, ours), (_, theirs)) = (lines(), lines());
    let key = Signer::parse(super::OTHER).unwrap();
    let sealed = |entry: &str| {
        fs::write(segment(folder.path(), 1), format!("{}\n{entry}\n", ours[0])).unwrap();
        let found = verify(folder.path(), key.verifier(), Some(&key), None).unwrap();
        (found.sealed, found.unsigned)
    };
    assert_eq!(sealed(&ours[1]), (1, 0));
    assert_eq!(sealed(&theirs[1]), (0, 1));
}

#[test]
fn processes_that_take_turns_go_on_behind_each_other_and_have_nothing_to_say() {
    let scene = Scene::new();
    let (mut one, mut other) = (scene.open(), scene.open());
    for n in 0..20 {
        let log = if n % 3 == 0 { &mut other } else { &mut one };
        // Whoever wrote last may go on at once.
        if log.append_at_once(&entry(n)).is_none() {
            log.append(&[entry(n)], if n == 10 { Sign::Now } else { Sign::Later }).unwrap();
        }
    }
    let found = scene.verify_sealed();
    assert_eq!((found.is_intact(), found.entries + found.sealed, found.unsigned), (true, 30, 0));
    // The head of one covers what both wrote, and the other one sees it.
    one.append(&[], Sign::Now).unwrap();
    assert_eq!((scene.verify().entries, scene.verify().unsigned), (30, 0));
    let before = scene.lines().len();
    other.append(&[], Sign::Now).unwrap();
    assert_eq!((scene.lines().len(), told(&scene)), (before, Vec::new()));
}

#[test]
fn a_segment_ends_with_a_head_of_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = Signer::at(&folder.path().join("key")).unwrap();
    let open = || {
        let key = Signer::at(&folder.path().join("key")).unwrap();
        let log = Appender::open(folder.path(), key, || Timestamp::UNIX_EPOCH).unwrap();
        log.with_segments_of(2_000)
    };
    let (mut one, mut other) = (open(), open());
    for n in 0..40 {
        let log = if n % 7 < 4 { &mut one } else { &mut other };
        if log.append_at_once(&entry(n)).is_none() {
            log.append(&[entry(n)], Sign::Later).unwrap();
        }
    }
    let found = verify(folder.path(), key.verifier(), Some(&key), None).unwrap();
    assert_eq!((found.is_intact(), found.entries + found.sealed, found.told), (true, 40, 0));
    assert!(segment(folder.path(), 4).exists());
}

/// Seconds since 1970 of a clock that somebody sets.
static CLOCK: AtomicI64 = AtomicI64::new(1_000);

#[test]
fn a_clock_that_goes_backwards_does_no_harm() {
    let scene = Scene::new();
    let key = Signer::at(&scene.folder.path().join("key")).unwrap();
    let clock = || Timestamp::from_second(CLOCK.fetch_sub(100, Ordering::Relaxed)).unwrap();
    let mut log = Appender::open(scene.folder.path(), key, clock).unwrap();
    log.append(&[entry(11)], Sign::Now).unwrap();
    log.append(&[entry(12)], Sign::Later).unwrap();
    log.append(&[entry(13)], Sign::Now).unwrap();
    let found = scene.verify_sealed();
    assert_eq!((found.is_intact(), found.entries), (true, 13), "{found:?}");
    let head = found.head.unwrap();
    assert_eq!(head.time, Timestamp::from_second(800).unwrap());
    assert_eq!(scene.against(&scene.outside), Some(Vouched::UpTo(10)));
}

/// The heads of the first segment of a data folder.
fn heads(data: &std::path::Path) -> Vec<String> {
    let text = fs::read_to_string(segment(&folder(data), 1)).unwrap();
    text.lines().filter_map(|line| head_of(line.as_bytes())).collect()
}

#[test]
fn one_head_is_for_all_searches_of_half_a_second_and_comes_by_itself() {
    let data = tempfile::tempdir().unwrap();
    let kept = data.path().join("kept");
    let witnesses = vec![<dyn crate::Witness>::file(kept.clone())];
    let log = Log::open(data.path(), Settings { witnesses, ..settings(data.path()) }).unwrap();
    let begun = Instant::now();
    for n in 0..200 {
        log.write(entry(n)).unwrap();
    }
    let covered = || heads(data.path()).iter().any(|head| head.contains("\nentries 200\n"));
    while !covered() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody signs");
        std::thread::sleep(Duration::from_millis(5));
    }
    // The first one is that of the beginning.
    let most = 2 + begun.elapsed().as_millis() / 500;
    assert!(heads(data.path()).len() as u128 <= most, "{} of {most}", heads(data.path()).len());
    drop(log);
    assert!(fs::read_to_string(kept).unwrap().contains("\nentries 200\n"));
}

#[test]
fn what_must_be_on_the_disk_is_signed_with_all_before_it() {
    let data = tempfile::tempdir().unwrap();
    let log = Log::open(data.path(), settings(data.path())).unwrap();
    log.write(entry(1)).unwrap();
    log.write(Entry::new(What::Export, "ann")).unwrap();
    assert!(heads(data.path()).last().unwrap().contains("\nentries 2\n"));
    log.write(entry(3)).unwrap();
    // The end of the process signs the rest.
    drop(log);
    assert!(heads(data.path()).last().unwrap().contains("\nentries 3\n"));
    let key = Signer::read(&key_file(data.path())).unwrap();
    let found = verify(&folder(data.path()), key.verifier(), None, None).unwrap();
    assert_eq!((found.entries, found.unsigned, found.told), (3, 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any byte that is changed is found, signed or not.
    #[test]
    fn a_changed_byte_is_found_before_it_is_signed(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let scene = unsigned();
        let mut bytes = fs::read(scene.path()).unwrap();
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(scene.path(), &bytes).unwrap();
        let found = scene.verify_sealed();
        prop_assert!(!found.is_intact() || found.unsigned > 0, "{at} {found:?}");
    }
}
