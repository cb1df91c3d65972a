//! What changed since the last commit, in the same order as in the ledger.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::held::{self, FileNumber};
use super::record::{Key, Record};

/// How far the reading of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is being read; what an earlier reading found may still come.
    Open,
    /// It was read to its end.
    Closed,
    /// It is to be forgotten.
    Gone,
}

/// A file that was read or forgotten since the last commit.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) record: Record,
    pub(crate) state: State,
    /// Whether the ledger knows it, and may hold messages of it.
    pub(crate) is_known: bool,
    /// How many of its messages are unreadable by the ledger.
    pub(crate) unreadable_before: u64,
}

impl Touched {
    /// A file as the ledger knows it, before anything is done to it.
    pub(crate) const fn known(record: Record) -> Self {
        let unreadable_before = record.unreadable_count();
        Self { record, state: State::Closed, is_known: true, unreadable_before }
    }

    /// A file that nothing is known of.
    pub(crate) const fn new(key: Key) -> Self {
        let record = Record::new(key);
        Self { record, state: State::Closed, is_known: false, unreadable_before: 0 }
    }

    /// The reading whose messages it holds now, and no others; all of them while it is open.
    pub(crate) const fn only_reading(&self) -> Option<u32> {
        match self.state {
            State::Closed => Some(self.record.reading),
            State::Open | State::Gone => None,
        }
    }
}

/// What a commit changes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    numbers: HashMap<Key, FileNumber>,
    files: BTreeMap<FileNumber, Touched>,
    /// Messages of files, see [`held`], each with the reading that found it.
    held: BTreeMap<Vec<u8>, u32>,
    /// The same, by id.
    holders: BTreeSet<Vec<u8>>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How much there is to remember.
    pub(crate) fn len(&self) -> usize {
        self.files.len() + self.held.len()
    }

    pub(crate) fn number(&self, key: &Key) -> Option<FileNumber> {
        self.numbers.get(key).copied()
    }

    /// The first number that no file has, if `ledger` is that of the ledger.
    pub(crate) fn free_number(&self, ledger: FileNumber) -> FileNumber {
        let last = self.files.last_key_value();
        last.map_or(ledger, |(last, _)| ledger.max(last.saturating_add(1)))
    }

    pub(crate) fn file(&self, number: FileNumber) -> Option<&Touched> {
        self.files.get(&number)
    }

    pub(crate) fn file_mut(&mut self, number: FileNumber) -> Option<&mut Touched> {
        self.files.get_mut(&number)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (FileNumber, &Touched)> {
        self.files.iter().map(|(number, file)| (*number, file))
    }

    pub(crate) fn held(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.held.iter().map(|(key, reading)| (key.as_slice(), *reading))
    }

    pub(crate) fn touch(&mut self, number: FileNumber, file: Touched) {
        self.numbers.insert(file.record.key.clone(), number);
        self.files.insert(number, file);
    }

    /// Notes a message of a file.
    pub(crate) fn hold(&mut self, number: FileNumber, form: &[u8], place: &str, reading: u32) {
        self.held.insert(held::held(number, form, place), reading);
        self.holders.insert(held::holder(form, number));
    }

    /// Whether such a reading of the file found the message.
    pub(crate) fn holds(&self, number: FileNumber, form: &[u8], reading: u32) -> bool {
        let start = held::held(number, form, "");
        let places = self.held.range(start.clone()..);
        places.take_while(|(key, _)| key.starts_with(&start)).any(|(_, found)| *found == reading)
    }

    /// The files that hold an id.
    pub(crate) fn holders(&self, form: &[u8]) -> impl Iterator<Item = FileNumber> {
        self.holders.range(held::holders(form)).map(|key| held::number_of(key))
    }

    /// Removes what other readings of a file found, and says which ids these were.
    pub(crate) fn sweep(&mut self, number: FileNumber, keep: Option<u32>) -> Vec<Vec<u8>> {
        let old = self.held.range(all_of(number)).filter(|(_, found)| Some(**found) != keep);
        let old: Vec<_> = old.map(|(key, _)| key.clone()).collect();
        for key in &old {
            self.held.remove(key);
        }
        let mut ids: Vec<_> =
            old.iter().filter_map(|key| Some(held::parts(key)?.1.to_vec())).collect();
        ids.dedup();
        ids.retain(|form| {
            let start = held::held(number, form, "");
            let is_left = self.held.range(start.clone()..).next();
            !is_left.is_some_and(|(key, _)| key.starts_with(&start))
        });
        for form in &ids {
            self.holders.remove(&held::holder(form, number));
        }
        ids
    }

    /// Begins anew after a commit: the ledger knows everything. Files that are open stay so.
    pub(crate) fn committed(&mut self) {
        self.files.retain(|_, file| file.state == State::Open);
        for file in self.files.values_mut() {
            file.is_known = true;
            file.unreadable_before = file.record.unreadable_count();
        }
        let files = &self.files;
        self.numbers.retain(|_, number| files.contains_key(number));
        self.held.clear();
        self.holders.clear();
    }
}

/// The keys of all messages of a file.
pub(crate) fn all_of(number: FileNumber) -> std::ops::Range<Vec<u8>> {
    number.to_be_bytes().to_vec()..end_of(number)
}

/// What lies behind the keys of all messages of a file.
fn end_of(number: FileNumber) -> Vec<u8> {
    match number.checked_add(1) {
        Some(next) => next.to_be_bytes().to_vec(),
        None => vec![u8::MAX; 5],
    }
}
