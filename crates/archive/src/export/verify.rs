//! Whether a package is as it was written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::manifest::{END, MANIFEST, hex};
use super::{copy, ending};

/// Bytes of a manifest that are read: that of some millions of messages.
const MOST_MANIFEST: u64 = 1 << 30;

/// What is wrong with a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Torn {
    /// Its end is missing, or it is no package.
    #[error("it has no end: it is cut off, or no package")]
    NoEnd,
    /// There is no manifest, or not where it should be.
    #[error("there is no manifest as its last file")]
    NoManifest,
    /// The manifest is not whole.
    #[error("its manifest is not whole")]
    Incomplete,
    /// A file is not what was written.
    #[error("{0} is not what was written")]
    Changed(String),
    /// A file is missing.
    #[error("{0} is missing")]
    Missing(String),
    /// A file was added.
    #[error("{0} was added")]
    Added(String),
}

#[derive(Deserialize)]
struct Told {
    items: Vec<ToldItem>,
    #[serde(default)]
    files: Vec<ToldPath>,
    file: Option<ToldFile>,
    complete: bool,
}

#[derive(Deserialize)]
struct ToldItem {
    path: Option<String>,
    sha256: Option<String>,
    #[serde(default)]
    files: Vec<ToldPath>,
}

#[derive(Deserialize)]
struct ToldPath {
    path: String,
    sha256: String,
}

#[derive(Deserialize)]
struct ToldFile {
    sha256: String,
}

impl Told {
    /// The SHA-256 of each file.
    fn named(self) -> BTreeMap<String, String> {
        let mut named = BTreeMap::new();
        for item in self.items {
            named.extend(item.path.zip(item.sha256));
            named.extend(item.files.into_iter().map(|file| (file.path, file.sha256)));
        }
        named.extend(self.files.into_iter().map(|file| (file.path, file.sha256)));
        named
    }
}

/// Where the manifest of a package lies that is no ZIP.
#[must_use]
pub fn manifest_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(MANIFEST);
    name.into()
}

/// Everything that is wrong with a package: a ZIP, or a file with its manifest beside it. And how many files were read.
///
/// # Errors
///
/// When it cannot be read.
pub fn verify(path: &Path) -> io::Result<(usize, Vec<Torn>)> {
    let mut begin = [0; 2];
    let is_zip = File::open(path)?.read(&mut begin)? == 2 && begin == *b"PK";
    let found = if is_zip { of_zip(path)? } else { of_file(path)? };
    // Veeam makes a ZIP of several PSTs, whose manifest lies beside it too.
    let is_bare = matches!(found.1.as_slice(), [Torn::NoManifest | Torn::NoEnd]);
    if is_zip && is_bare && manifest_beside(path).exists() { of_file(path) } else { Ok(found) }
}

fn of_file(path: &Path) -> io::Result<(usize, Vec<Torn>)> {
    let read = File::open(manifest_beside(path)).and_then(|mut file| whole(&mut file));
    let manifest = match read {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((0, vec![Torn::NoManifest]));
        }
        Err(error) => return Err(error),
    };
    let Some(file) = told(&manifest).and_then(|told| told.file) else {
        return Ok((0, vec![Torn::Incomplete]));
    };
    let found = sha256(&mut BufReader::new(File::open(path)?))?;
    let name = path.display().to_string();
    Ok((1, (found != file.sha256).then_some(Torn::Changed(name)).into_iter().collect()))
}

fn of_zip(path: &Path) -> io::Result<(usize, Vec<Torn>)> {
    let Ok(mut zip) = ZipArchive::new(BufReader::new(File::open(path)?)) else {
        return Ok((0, vec![Torn::NoEnd]));
    };
    let last = zip.len().checked_sub(1);
    let manifest = last.and_then(|last| {
        let mut file = zip.by_index(last).ok()?;
        (file.name().ok()? == MANIFEST).then_some(())?;
        whole(&mut file).ok()
    });
    let Some(manifest) = manifest else { return Ok((0, vec![Torn::NoManifest])) };
    let Some(told) = told(&manifest) else { return Ok((0, vec![Torn::Incomplete])) };
    let mut named = told.named();
    let files = zip.len() - 1;
    let mut torn = hidden(path, zip.len())?;
    for number in 0..files {
        // One whose bytes do not have the checksum of the ZIP cannot be read.
        let (name, found) = {
            let mut file = zip.by_index(number)?;
            (file.name()?.into_owned(), sha256(&mut file).ok())
        };
        match named.remove(&name) {
            None => torn.push(Torn::Added(name)),
            Some(expected) if found.as_ref() != Some(&expected) => torn.push(Torn::Changed(name)),
            Some(_) => {}
        }
    }
    torn.extend(named.into_keys().map(Torn::Missing));
    Ok((files, torn))
}

/// What a reader of ZIP files passes over: files of one name, and what stands behind the end.
fn hidden(path: &Path, seen: usize) -> io::Result<Vec<Torn>> {
    let added = match ending::files(&mut File::open(path)?)? {
        Some(all) if all == seen as u64 => return Ok(Vec::new()),
        Some(_) => "a second file of the same name",
        None => "something behind its end",
    };
    Ok(vec![Torn::Added(added.to_owned())])
}

/// The bytes of a manifest; a longer one ends too early to be whole.
fn whole(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_MANIFEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The manifest, if it is whole.
fn told(bytes: &[u8]) -> Option<Told> {
    let told: Told = serde_json::from_slice(bytes).ok()?;
    (told.complete && bytes.ends_with(END.as_bytes())).then_some(told)
}

fn sha256(from: &mut dyn Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let read = copy(from, &mut |piece| {
        digest.update(piece);
        Ok(())
    });
    read.map_err(io::Error::other)?;
    Ok(hex(&digest.finalize()))
}
