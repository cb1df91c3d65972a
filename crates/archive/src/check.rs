//! Whether what was synced is still what was stored.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use postern_local_index::check::{Damage, Pace};

use crate::book::{self, Book};
use crate::error::{Error, chain};
use crate::sets::{Held, Sets};
use crate::store::Store;

/// Verifies the originals and the book-keeping of sync below a data folder: every original is the message
/// that its name says, and all that the book says to be here is.
///
/// `SQLite` keeps no checksums of what it stores, so that the book is looked at as far as it contradicts
/// itself: its pages, its indexes and its counts. A changed letter in a name or subject is not seen; it
/// is listed anew by `postern sync --full`.
///
/// # Errors
///
/// When the system refuses to read a file that is there.
pub(crate) fn synced(data: &Path, pace: Pace<'_>) -> Result<Vec<Damage>, Error> {
    let store = Store::below(data);
    let mut damage = originals(&store, pace)?;
    let known: BTreeSet<_> = damage.iter().map(|one| one.path.clone()).collect();
    let found = verify_book(data, &store);
    damage.extend(found.into_iter().filter(|one| !known.contains(&one.path)));
    Ok(damage)
}

/// Verifies what is held for frozen sets: every original is the message that its name says, and none is missing.
///
/// # Errors
///
/// When the sets cannot be read.
pub(crate) fn held(data: &Path, pace: Pace<'_>) -> Result<Vec<Damage>, Error> {
    let (held, mut missing) = (Held::below(data), Sets::below(data).held_ids()?);
    let mut damage = Vec::new();
    for (id, path) in held.files() {
        missing.remove(&id);
        if held.get(&id).is_none() {
            let reason = "it is not the message that its name says".to_owned();
            damage.push(Damage { path: path.clone(), reason });
        }
        pace(&path, fs::metadata(&path).map_or(0, |found| found.len()));
    }
    damage.extend(missing.into_iter().filter_map(|id| {
        let reason = "it is missing, and a set holds it".to_owned();
        Some(Damage { path: held.path(&id)?, reason })
    }));
    Ok(damage)
}

fn originals(store: &Store, pace: Pace<'_>) -> Result<Vec<Damage>, Error> {
    let mut damage = Vec::new();
    for path in store.files() {
        let id = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".eml.gz"));
        let Some(id) = id.filter(|id| store.path(id).as_ref() == Some(&path)) else { continue };
        if store.get(id)?.is_none() {
            let reason = "it is not the message that its name says".to_owned();
            damage.push(Damage { path: path.clone(), reason });
        }
        pace(&path, fs::metadata(&path).map_or(0, |found| found.len()));
    }
    Ok(damage)
}

/// What is wrong with the book, or with what it says to be here. A book that cannot be read is damaged.
fn verify_book(data: &Path, store: &Store) -> Vec<Damage> {
    let path = book::path(data);
    let of = |reason: String| vec![Damage { path: path.clone(), reason }];
    let book = match Book::read(data) {
        Ok(Some(book)) => book,
        Ok(None) => return book_without_form(&path),
        Err(error) => return of(chain(&error)),
    };
    match book.contradictions() {
        Ok(found) if found.is_empty() => {}
        Ok(found) => return of(found.join("; ")),
        Err(error) => return of(chain(&error)),
    }
    let missing = |path: PathBuf| {
        let reason = "it is missing, and the book-keeping says that it is here".to_owned();
        (!path.exists()).then_some(Damage { path, reason })
    };
    match book.contents() {
        Ok(ids) => ids.iter().filter_map(|id| missing(store.path(id)?)).collect(),
        Err(error) => of(chain(&error)),
    }
}

/// A file that is there and has no form was never begun, or was made to look so.
fn book_without_form(path: &Path) -> Vec<Damage> {
    let is_begun = fs::metadata(path).is_ok_and(|found| found.len() > 0);
    let reason = "it does not say which form it has".to_owned();
    is_begun.then(|| Damage { path: path.to_owned(), reason }).into_iter().collect()
}
