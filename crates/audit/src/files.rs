//! What lies where: a folder with segments, which are files of lines.
//!
//! A line is an entry, or a head: a JSON object with the one key `head`. A segment begins with the last head of the
//! segment before it.

use std::fs::{self, File};
use std::io::{self, BufRead, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::error::AuditError;
use crate::head::{digest, hex};

/// Bytes of a segment, after which another one begins.
pub(crate) const SEGMENT: u64 = 64 << 20;
/// Bytes of a line.
pub(crate) const MOST_LINE: usize = 4 << 20;
const SUFFIX: &str = ".jsonl";
const HEAD: &str = "{\"head\":";

/// The folder of the log of a data folder.
#[must_use]
pub fn folder(data: &Path) -> PathBuf {
    data.join("audit")
}

/// The file that is locked while a batch is written.
pub(crate) fn lock_file(folder: &Path) -> PathBuf {
    folder.join("lock")
}

/// The file that all share who may write.
pub(crate) fn writers_file(folder: &Path) -> PathBuf {
    folder.join("writers")
}

pub(crate) fn segment(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}{SUFFIX}"))
}

/// The numbers of the segments that are there, in order.
pub(crate) fn segments(folder: &Path) -> Result<Vec<u32>, AuditError> {
    let failed = |error| AuditError::io(folder, error);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)?.parse().ok());
        numbers.extend(number.filter(|number| segment(folder, *number).ends_with(&name)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The line of a signed head.
pub(crate) fn head_line(note: &str) -> String {
    json!({ "head": note }).to_string() + "\n"
}

/// The note of a line, if it is a head.
pub(crate) fn head_of(line: &[u8]) -> Option<String> {
    line.starts_with(HEAD.as_bytes()).then_some(())?;
    let mut value: Value = serde_json::from_slice(line).ok()?;
    match value.get_mut("head")?.take() {
        Value::String(note) if value.as_object()?.len() == 1 => Some(note),
        _ => None,
    }
}

/// How many entries a line says that it signs, if it looks like a head. Nothing of it was checked.
pub(crate) fn counted(line: &[u8]) -> Option<u64> {
    line.starts_with(HEAD.as_bytes()).then_some(())?;
    let (_, rest) = str::from_utf8(line).ok()?.split_once("\\nentries ")?;
    rest.split_once('\\')?.0.parse().ok()
}

/// Reads the next line into `line`, without its end; whether it has one. `None` at the end.
pub(crate) fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    from.by_ref().take(MOST_LINE as u64).read_until(b'\n', line)?;
    if line.is_empty() {
        return Ok(None);
    }
    let is_whole = line.last() == Some(&b'\n');
    if is_whole {
        line.pop();
    }
    Ok(Some(is_whole))
}

/// A segment that appears as a whole, with its first line.
pub(crate) fn make_segment(folder: &Path, number: u32, note: &str) -> Result<(), AuditError> {
    let path = segment(folder, number);
    let made = NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(head_line(note).as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path)?;
        sync_folder(folder)
    });
    made.map_err(|error| AuditError::io(&path, error))
}

/// Keeps what stood behind so many entries in a file of its own, and says how it is called.
pub(crate) fn set_aside(folder: &Path, behind: u64, rest: &[u8]) -> Result<String, AuditError> {
    let name = format!("unsigned-behind-{behind}-{}", hex(&digest(rest).0));
    let path = folder.join(&name);
    let kept = fs::write(&path, rest)
        .and_then(|()| File::open(&path)?.sync_all())
        .and_then(|()| sync_folder(folder));
    kept.map_err(|error| AuditError::io(&path, error))?;
    Ok(name)
}

/// A file that was made is there after a loss of power.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
