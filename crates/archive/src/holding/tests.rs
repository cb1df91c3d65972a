//! What is held stays, whatever is done to everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use postern_local_index::search::Scope;
use proptest::prelude::*;
use proptest::sample::Index as Pick;
use proptest::test_runner::Config;

use postern_query::Place;

use super::*;
use crate::ingest::Ingest;
use crate::intake::IntakeWriter;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn options(rebuild: bool) -> Options {
    Options { memory_bytes: 16 << 20, threads: 1, rebuild }
}

/// Holds in the index of this machine.
fn here(archive: &Archive) -> Holder<'_> {
    Holder {
        to: &Destination::Local,
        shelf: archive,
        attachment_text: &AttachmentText::Simple,
        now: NOW,
    }
}

/// Takes in all files of a folder.
fn take_in_all(archive: &Archive, mail: &Path, rebuild: bool, prune: bool) {
    let paths = vec![mail.to_owned()];
    let ingest = Ingest { paths, options: options(rebuild), prune, ..Ingest::default() };
    archive.ingest(&ingest, &|| NOW, &mut |_| ControlFlow::Continue(())).unwrap();
}

fn frozen(name: &str) -> FrozenSet {
    FrozenSet {
        name: name.to_owned(),
        query: String::new(),
        canonical: String::new(),
        zone: "UTC".into(),
        taken: NOW,
        taken_by: "local".into(),
        indexed: 0,
        known: 0,
        as_of: None,
        note: None,
        held: None,
    }
}

fn text(number: u8) -> String {
    format!("From: a@x.example\nSubject: mail {number}\n\nwords {number}\n")
}

fn id(number: u8) -> String {
    id_of(text(number).as_bytes())
}

/// Something that is done to the mail, or to what is here of it.
#[derive(Clone, Debug)]
enum Act {
    /// A file comes, or has this message from now on.
    Write(u8, u8),
    /// A file goes.
    Delete(u8),
    /// A mailbox goes with all of its files.
    DeleteMailbox(u8),
    /// `postern index`, with --rebuild and --prune.
    Index { rebuild: bool, prune: bool },
    /// `postern sync --rebuild`: nothing of this mail was synced.
    SyncAnew,
    /// The index is removed by hand.
    RemoveIndex,
    /// Another set of the same messages is held and released.
    HoldAndRelease,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..6u8, 0..6u8).prop_map(|(file, message)| Act::Write(file, message)),
        3 => (0..6u8).prop_map(Act::Delete),
        1 => (0..2u8).prop_map(Act::DeleteMailbox),
        3 => (any::<bool>(), any::<bool>())
            .prop_map(|(rebuild, prune)| Act::Index { rebuild, prune }),
        1 => Just(Act::SyncAnew),
        1 => Just(Act::RemoveIndex),
        1 => Just(Act::HoldAndRelease),
    ]
}

struct World {
    mail: tempfile::TempDir,
    data: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { mail: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
        (0..6).for_each(|number| world.write(number, number));
        take_in_all(&world.archive(), world.mail.path(), false, false);
        world
    }

    /// As another process finds it.
    fn archive(&self) -> Archive {
        Archive::below(self.data.path())
    }

    fn file(&self, number: u8) -> std::path::PathBuf {
        self.mail.path().join(format!("m{}/Inbox/{number}.eml", number % 2))
    }

    fn write(&self, file: u8, message: u8) {
        let path = self.file(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text(message)).unwrap();
    }

    fn hold(&self, name: &str, ids: &BTreeSet<String>) {
        let archive = self.archive();
        let query = Query::of_ids(ids.clone());
        archive.freeze(&frozen(name), &query, &archive, &Asker::unlimited()).unwrap().unwrap();
        let hold = archive.hold_set(name, here(&archive)).unwrap().unwrap();
        assert_eq!(hold.not_held, []);
    }

    fn act(&self, act: &Act, held: &BTreeSet<String>) {
        let archive = self.archive();
        match act {
            Act::Write(file, message) => self.write(*file, *message),
            Act::Delete(file) => drop(fs::remove_file(self.file(*file))),
            Act::DeleteMailbox(number) => {
                drop(fs::remove_dir_all(self.mail.path().join(format!("m{number}"))));
            }
            Act::Index { rebuild, prune } => {
                take_in_all(&archive, self.mail.path(), *rebuild, *prune);
            }
            Act::SyncAnew => {
                let intake = archive.intake("t", "datatap", AttachmentText::default()).unwrap();
                let writer = IntakeWriter::open(
                    Arc::new(intake),
                    &Destination::Local,
                    &options(true),
                    || NOW,
                )
                .unwrap();
                writer.close().unwrap();
            }
            Act::RemoveIndex => {
                // The engine's threads of a run before may still write for a moment: a folder that they write to
                // cannot be emptied, and can be taken away.
                let gone = tempfile::tempdir().unwrap();
                fs::rename(self.data.path().join("index"), gone.path().join("index")).unwrap();
                take_in_all(&self.archive(), self.mail.path(), false, true);
            }
            Act::HoldAndRelease => {
                self.hold("other", held);
                assert!(archive.delete_set("other", here(&archive)).unwrap());
            }
        }
    }

    /// The ids of everything that can be found, with how many mailboxes each lies in.
    fn found(&self) -> BTreeMap<String, usize> {
        let index = self.archive().index().unwrap();
        let all = (0..6).filter_map(|number| index.message(&id(number)).unwrap());
        let mailboxes = |places: &[Place]| {
            places.iter().map(|place| place.mailbox.clone()).collect::<BTreeSet<_>>().len()
        };
        all.map(|message| (message.id.clone(), mailboxes(&message.places))).collect()
    }
}

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]

    #[test]
    fn nothing_held_is_removed_in_any_way(
        picks in prop::collection::btree_set(0..6u8, 1..4),
        acts in prop::collection::vec(act(), 1..10),
        last in any::<Pick>(),
    ) {
        let world = World::new();
        let held: BTreeSet<String> = picks.iter().map(|number| id(*number)).collect();
        world.hold("kept", &held);
        for act in &acts {
            world.act(act, &held);
            let found = world.found();
            for number in &picks {
                prop_assert!(found.get(&id(*number)).is_some_and(|boxes| *boxes > 0), "{act:?}");
                let original = world.archive().original(&id(*number)).unwrap();
                prop_assert_eq!(original.into_bytes().unwrap(), text(*number).into_bytes());
            }
            prop_assert_eq!(world.archive().sets().ids("kept", &Scope::All).unwrap().unwrap(), held.clone());
        }
        prop_assert_eq!(world.archive().check(&mut |_, _| {}).unwrap(), []);
        // Only what is released goes: the hold was why it stayed.
        let gone = *last.get(&picks.iter().copied().collect::<Vec<_>>());
        (0..6).for_each(|file| drop(fs::remove_file(world.file(file))));
        let archive = world.archive();
        prop_assert!(archive.release_set("kept", here(&archive)).unwrap());
        take_in_all(&world.archive(), world.mail.path(), true, true);
        prop_assert!(!world.found().contains_key(&id(gone)));
        prop_assert!(world.archive().original(&id(gone)).is_err());
        prop_assert_eq!(Held::below(world.data.path()).files().count(), 0);
    }
}

/// A document has no bytes of its own, and a file that was changed has others: both are named.
#[test]
fn what_cannot_be_held_is_named() {
    let world = World::new();
    fs::write(world.mail.path().join("d.jsonl"), "{\"id\":\"doc\",\"subject\":\"x\"}\n").unwrap();
    take_in_all(&world.archive(), world.mail.path(), false, false);
    fs::write(world.file(1), "Subject: changed\n\n").unwrap();
    let archive = world.archive();
    let everything = Query::everything();
    archive.freeze(&frozen("all"), &everything, &archive, &Asker::unlimited()).unwrap().unwrap();
    let hold = archive.hold_set("all", here(&archive)).unwrap().unwrap();
    let named: BTreeSet<_> = hold.not_held.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!((hold.held, named), (5, [id(1), "doc".to_owned()].into()));
    assert_eq!(archive.sets().not_held("all").unwrap().len(), 2);
    assert_eq!(archive.sets().get("all").unwrap().unwrap().held, Some(NOW));
    assert_eq!(archive.hold_set("nothing", here(&archive)).unwrap(), None);
}

/// `postern check` reads what is held too.
#[test]
fn check_tells_a_held_original_that_was_changed() {
    let world = World::new();
    world.hold("kept", &[id(2)].into());
    let held = Held::below(world.data.path());
    fs::write(held.path(&id(2)).unwrap(), "changed").unwrap();
    assert_eq!(world.archive().check(&mut |_, _| {}).unwrap().len(), 1);
    fs::remove_file(held.path(&id(2)).unwrap()).unwrap();
    assert_eq!(world.archive().check(&mut |_, _| {}).unwrap().len(), 1);
    // It is copied again from where it still lies.
    let archive = world.archive();
    assert_eq!(archive.hold_set("kept", here(&archive)).unwrap().unwrap().held, 1);
    assert!(world.archive().check(&mut |_, _| {}).unwrap().is_empty());
}
