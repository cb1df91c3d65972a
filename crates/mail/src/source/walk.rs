//! Paths to the files below them, without opening any.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use walkdir::{DirEntry, WalkDir};

use super::Unreadable;
use super::maildir::{Maildirs, Part};
use super::place::Root;

/// A file, and what tells whether it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its full path.
    pub path: PathBuf,
    /// The path that it was found below.
    pub(super) root: Arc<Root>,
    /// Bytes.
    pub length: u64,
    /// Nanoseconds since 1970 of its last change.
    pub modified: i64,
    /// The part of a Maildir that it lies in.
    pub(super) part: Option<Part>,
}

/// The files at and below `paths`, in the order of their names.
///
/// Links are followed; a loop of links, a path that is not there and a folder that may not be read
/// are reported in their place.
pub fn walk(paths: &[PathBuf]) -> impl Iterator<Item = Result<SourceFile, Unreadable>> + use<'_> {
    paths.iter().flat_map(move |root| {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.clone());
        let found_below = Arc::new(Root::of(&root));
        let entries = WalkDir::new(&root).follow_links(true).sort_by_file_name().into_iter();
        let mut maildirs = Maildirs::default();
        entries.filter_map(move |entry| match entry {
            Ok(entry) => file(&found_below, &entry, &mut maildirs),
            Err(error) => {
                let path = error.path().map_or_else(|| root.clone(), Path::to_path_buf);
                Some(Err(Unreadable::new(path, reason(&error))))
            }
        })
    })
}

fn reason(error: &walkdir::Error) -> String {
    match error.io_error() {
        Some(io) => io.to_string(),
        None => "a loop of links".to_owned(),
    }
}

/// A regular file that is not still being delivered.
fn file(
    root: &Arc<Root>,
    entry: &DirEntry,
    maildirs: &mut Maildirs,
) -> Option<Result<SourceFile, Unreadable>> {
    let path = entry.path();
    if !entry.file_type().is_file() {
        return None;
    }
    let part = maildirs.part(path);
    if part == Some(Part::Tmp) {
        return None;
    }
    let metadata = match entry.metadata() {
        Ok(metadata) => metadata,
        Err(error) => return Some(Err(Unreadable::new(path, reason(&error)))),
    };
    let age = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Some(Ok(SourceFile {
        path: path.to_path_buf(),
        root: Arc::clone(root),
        length: metadata.len(),
        modified: age.and_then(|age| i64::try_from(age.as_nanos()).ok()).unwrap_or_default(),
        part,
    }))
}
