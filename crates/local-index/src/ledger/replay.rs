//! Putting changes of the ledger in force.

use std::ops::Bound;

use redb::{Key, ReadableTable as _, Table, Value, WriteTransaction};

use super::changes::all_of;
use super::held::{self, FileNumber};
use super::proposal::Change;
use super::record::Record;
use super::tables::{FILES, HELD, HOLDERS, NUMBERS, PATHS, path_key};

/// Messages that are removed at once.
const BATCH: usize = 10_000;

/// Empties all tables.
pub(crate) fn start_anew(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.delete_table(FILES)?;
    transaction.delete_table(PATHS)?;
    transaction.delete_table(HELD)?;
    transaction.delete_table(HOLDERS)?;
    transaction.open_table(FILES)?;
    transaction.open_table(PATHS)?;
    transaction.open_table(HELD)?;
    transaction.open_table(HOLDERS)?;
    transaction.open_table(NUMBERS)?;
    Ok(())
}

/// Puts the changes to their places, each kind in the order of its keys.
pub(crate) fn apply(
    transaction: &WriteTransaction,
    changes: &[Change<'_>],
) -> Result<(), redb::Error> {
    add_files(transaction, changes)?;
    add_messages(transaction, changes)?;
    for change in changes {
        match change {
            Change::Sweep(number, reading) => sweep(transaction, *number, Some(*reading))?,
            Change::Forget(number) => forget(transaction, *number)?,
            Change::File(..) | Change::Held(..) => {}
        }
    }
    Ok(())
}

fn add_files(transaction: &WriteTransaction, changes: &[Change<'_>]) -> Result<(), redb::Error> {
    let files = changes.iter().filter_map(|change| match change {
        Change::File(number, bytes) => Some((*number, *bytes)),
        Change::Held(..) | Change::Sweep(..) | Change::Forget(_) => None,
    });
    let paths = files.clone().map(|(number, bytes)| path_key(Record::path_in(bytes), number));
    let mut paths: Vec<_> = paths.collect();
    paths.sort_unstable();
    insert(&mut transaction.open_table(FILES)?, files)?;
    insert(&mut transaction.open_table(PATHS)?, paths.iter().map(|path| (path, ())))
}

fn add_messages(transaction: &WriteTransaction, changes: &[Change<'_>]) -> Result<(), redb::Error> {
    let messages = changes.iter().filter_map(|change| match change {
        Change::Held(reading, key) => Some((*key, *reading)),
        Change::File(..) | Change::Sweep(..) | Change::Forget(_) => None,
    });
    let holder = |key| held::parts(key).map(|(number, form, _)| held::holder(form, number));
    let mut holders: Vec<_> = messages.clone().filter_map(|(key, _)| holder(key)).collect();
    holders.sort_unstable();
    holders.dedup();
    insert(&mut transaction.open_table(HELD)?, messages)?;
    let holders = holders.iter().map(|holder| (holder.as_slice(), ()));
    insert(&mut transaction.open_table(HOLDERS)?, holders)
}

/// Inserts entries in the order of their keys. What belongs behind all that is there, as most of it
/// does, fills the pages to the brim.
fn insert<'e, K: Key + 'static, V: Value + 'static>(
    table: &mut Table<'_, K, V>,
    entries: impl Iterator<Item = (K::SelfType<'e>, V::SelfType<'e>)>,
) -> Result<(), redb::Error> {
    let bytes = |key: &K::SelfType<'_>| K::as_bytes(key).as_ref().to_vec();
    let last = table.last()?.map(|(key, _)| bytes(&key.value()));
    let is_inside = |key: &K::SelfType<'e>| {
        last.as_ref().is_some_and(|last| K::compare(&bytes(key), last).is_le())
    };
    let mut entries = entries.peekable();
    while let Some((key, value)) = entries.next_if(|(key, _)| is_inside(key)) {
        table.insert(key, value)?;
    }
    let mut end = table.upper_bound_mut(Bound::<K::SelfType<'_>>::Unbounded)?;
    for (key, value) in entries {
        let inserted = end.insert_before(key, value);
        inserted.map_err(|error| redb::Error::Corrupted(error.to_string()))?;
    }
    Ok(end.close()?)
}

/// Removes what other readings of a file found.
fn sweep(
    transaction: &WriteTransaction,
    number: FileNumber,
    keep: Option<u32>,
) -> Result<(), redb::Error> {
    let (mut held, mut holders) = (transaction.open_table(HELD)?, transaction.open_table(HOLDERS)?);
    let mut all = all_of(number);
    loop {
        let range = all.start.as_slice()..all.end.as_slice();
        let old = held.extract_from_if(range, |_, reading| Some(reading) != keep)?;
        let old: Result<Vec<_>, redb::Error> =
            old.take(BATCH).map(|entry| Ok(entry?.0.value().to_vec())).collect();
        let old = old?;
        for (number, form, _) in old.iter().filter_map(|key| held::parts(key)) {
            let start = held::held(number, form, "");
            let next = held.range(start.as_slice()..)?.next().transpose()?;
            if !next.is_some_and(|(key, _)| key.value().starts_with(&start)) {
                holders.remove(held::holder(form, number).as_slice())?;
            }
        }
        match old.last() {
            Some(last) if old.len() == BATCH => all.start.clone_from(last),
            Some(_) | None => return Ok(()),
        }
    }
}

/// Removes a file and all that it held.
fn forget(transaction: &WriteTransaction, number: FileNumber) -> Result<(), redb::Error> {
    sweep(transaction, number, None)?;
    let mut files = transaction.open_table(FILES)?;
    let removed = files.remove(number)?;
    let path = removed.map(|bytes| path_key(Record::path_in(bytes.value()), number));
    if let Some(path) = path {
        transaction.open_table(PATHS)?.remove(&path)?;
    }
    Ok(())
}
