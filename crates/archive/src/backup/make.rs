//! Makes a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use postern_local_index::check::Pace;
use postern_local_index::database;

use super::blobs::{Put, UNFINISHED};
use super::manifest::{Backup, BackupFile, BackupPart};
use super::still::Still;
use super::{BACKUPS, BackupError, Backups};
use crate::store::sync_folder;

/// How the name of a database ends.
const DATABASE: &str = ".sqlite";
/// What comes and goes beside a database, and what is being written.
const PASSING: [&str; 5] = [".sqlite-wal", ".sqlite-shm", ".sqlite-journal", ".new", ".tmp"];
/// The key that signs the audit log, below a data folder.
const SECRET: &str = "audit/key";
/// Where the audit log lies.
const LOG: &str = "audit/";

/// What is backed up.
#[derive(Clone, Debug, Default)]
pub struct Installation {
    /// Each data folder by its name: letters, digits, dots, dashes and underlines.
    pub folders: Vec<(String, PathBuf)>,
    /// The configuration, if there is one without secrets in it.
    pub configuration: Option<PathBuf>,
    /// Files with secrets, which are named only.
    pub secrets: Vec<PathBuf>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The backup.
    pub backup: Backup,
    /// How many files were not there before.
    pub new_files: usize,
    /// Their bytes.
    pub new_bytes: u64,
}

pub(super) fn make(
    backups: &Backups,
    installation: &Installation,
    now: Timestamp,
    wait: Duration,
    pace: Pace<'_>,
) -> Result<Made, BackupError> {
    let root = &backups.root;
    let now = free_name(backups, now);
    if let Some((_, folder)) =
        installation.folders.iter().find(|(_, folder)| is_below(root, folder))
    {
        return Err(BackupError::Inside(folder.clone()));
    }
    let folder = root.join(BACKUPS);
    let known = backups.all()?.into_iter().next();
    check_same(root, known.as_ref(), installation)?;
    let left_out = left_out(installation);
    let mut making =
        Making { backups, known: known.as_ref(), left_out, pace, new_files: 0, new_bytes: 0 };
    let mut backup = Backup::new(now, installation.secrets.clone());
    for (name, folder) in &installation.folders {
        let secret = folder.join(SECRET);
        backup.secrets.extend(secret.exists().then_some(secret));
        backup.parts.push(making.part(name, folder, wait)?);
    }
    check_found(&backup)?;
    let configuration =
        installation.configuration.as_deref().map(|file| making.configuration(file));
    backup.configuration = configuration.transpose()?;
    let Making { new_files, new_bytes, .. } = making;
    write(&folder, &backup).map_err(|error| BackupError::io(&folder, error))?;
    Ok(Made { backup, new_files, new_bytes })
}

/// The time, or the first one after it that no backup is named by.
fn free_name(backups: &Backups, now: Timestamp) -> Timestamp {
    let taken = |made: Timestamp| {
        let name = Backup::new(made, Vec::new()).file_name();
        backups.root.join(BACKUPS).join(name).exists()
    };
    let later = |made: &Timestamp| Some(*made + Duration::from_millis(1));
    let mut times = std::iter::successors(Some(now), later);
    times.find(|made| !taken(*made)).unwrap_or(now)
}

/// Backups of two installations in one folder would take each other's place.
fn check_same(
    root: &Path,
    known: Option<&Backup>,
    installation: &Installation,
) -> Result<(), BackupError> {
    let origin = known.and_then(|known| known.parts.first()).map(|part| part.origin.as_path());
    let own = installation.folders.first().and_then(|(_, folder)| std::path::absolute(folder).ok());
    match (origin, own) {
        (Some(origin), Some(own)) if origin != own => {
            Err(BackupError::OtherInstallation(root.to_owned(), origin.to_owned()))
        }
        _ => Ok(()),
    }
}

/// A disk that is not there looks like a new installation, which has nothing but the log of this command.
fn check_found(backup: &Backup) -> Result<(), BackupError> {
    let mut files = backup.parts.iter().flat_map(|part| &part.files);
    let first = backup.parts.first().map(|part| part.origin.clone());
    match first {
        Some(first) if files.all(|file| file.path.starts_with(LOG)) => {
            Err(BackupError::NoData(first))
        }
        _ => Ok(()),
    }
}

/// What is in no part: files with secrets, and in each data folder those of the others.
fn left_out(installation: &Installation) -> BTreeSet<PathBuf> {
    let folders = installation.folders.iter().map(|(_, folder)| folder);
    let keys = folders.clone().map(|folder| folder.join(SECRET));
    let secrets = installation.secrets.iter().cloned().chain(keys);
    let all = secrets.chain(folders.cloned());
    all.filter_map(|path| fs::canonicalize(path).ok()).collect()
}

/// Whether a folder lies in another one, however they are spelt.
fn is_below(root: &Path, folder: &Path) -> bool {
    let real = |path: &Path| {
        path.ancestors().find_map(|above| {
            let rest = path.strip_prefix(above).ok()?;
            Some(fs::canonicalize(above).ok()?.join(rest))
        })
    };
    real(root).zip(real(folder)).is_some_and(|(root, folder)| root.starts_with(folder))
}

/// The last step: from now on there is a backup.
fn write(folder: &Path, backup: &Backup) -> io::Result<()> {
    let mut aside = tempfile::Builder::new().suffix(".new").tempfile_in(folder)?;
    serde_json::to_writer_pretty(io::BufWriter::new(aside.as_file_mut()), backup)?;
    aside.as_file().sync_all()?;
    aside.persist(folder.join(backup.file_name()))?;
    sync_folder(folder)
}

struct Making<'a, 'p> {
    backups: &'a Backups,
    /// The backup before: what has not changed since is not read again.
    known: Option<&'a Backup>,
    /// Real paths of what is in no part.
    left_out: BTreeSet<PathBuf>,
    pace: Pace<'p>,
    new_files: usize,
    new_bytes: u64,
}

impl Making<'_, '_> {
    fn part(
        &mut self,
        name: &str,
        folder: &Path,
        wait: Duration,
    ) -> Result<BackupPart, BackupError> {
        let origin = std::path::absolute(folder).map_err(|error| BackupError::io(folder, error))?;
        let known = self.known.and_then(|known| known.parts.iter().find(|part| part.name == name));
        let known = known.map(|part| part.files.iter().map(|file| (file.path.as_str(), file)));
        let known: BTreeMap<_, _> = known.into_iter().flatten().collect();
        // Index, ledger and originals have to be of one moment.
        let _still = Still::hold(&origin, wait)?;
        let mut files = Vec::new();
        for path in below(&origin, &self.left_out)? {
            files.extend(self.file(&origin, &path, &known)?);
        }
        Ok(BackupPart { name: name.to_owned(), origin, files })
    }

    /// A file of a data folder; nothing where it went in the meantime, as reports do.
    fn file(
        &mut self,
        origin: &Path,
        path: &str,
        known: &BTreeMap<&str, &BackupFile>,
    ) -> Result<Option<BackupFile>, BackupError> {
        let from = origin.join(path);
        if path.ends_with(DATABASE) {
            return self.database(&from, path).map(Some);
        }
        let Ok(found) = fs::metadata(&from) else { return Ok(None) };
        let changed = changed(&found);
        let same = known.get(path).filter(|file| {
            changed.is_some() && file.changed == changed && file.bytes == found.len()
        });
        if let Some(same) = same.filter(|file| self.backups.blobs.has(&file.sha256, file.bytes)) {
            return Ok(Some((*same).clone()));
        }
        match self.backups.blobs.put(&from, self.pace) {
            Err(_) if !from.exists() => Ok(None),
            put => Ok(Some(self.put(path, changed, put?))),
        }
    }

    /// A database as its last commit left it, whoever writes the next one.
    fn database(&mut self, from: &Path, path: &str) -> Result<BackupFile, BackupError> {
        let aside = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.backups.root);
        let aside = aside.map_err(|error| BackupError::io(&self.backups.root, error))?;
        let copy = aside.path().join("copy");
        database::copy(from, &copy).map_err(|source| match database::is_full(&source) {
            true => BackupError::io(&copy, io::ErrorKind::StorageFull.into()),
            false => BackupError::Database { path: from.to_owned(), source },
        })?;
        let put = self.backups.blobs.put(&copy, self.pace)?;
        Ok(self.put(path, None, put))
    }

    fn configuration(&mut self, file: &Path) -> Result<BackupFile, BackupError> {
        let path = std::path::absolute(file).map_err(|error| BackupError::io(file, error))?;
        let put = self.backups.blobs.put(&path, self.pace)?;
        Ok(self.put(&path.to_string_lossy(), None, put))
    }

    fn put(&mut self, path: &str, changed: Option<u64>, put: Put) -> BackupFile {
        self.new_files += usize::from(put.is_new);
        self.new_bytes += if put.is_new { put.bytes } else { 0 };
        BackupFile { path: path.to_owned(), bytes: put.bytes, changed, sha256: put.sha256 }
    }
}

/// The files of a data folder that are kept, as paths below it, in order. Links are followed: a part of a data folder may
/// lie on another disk.
fn below(origin: &Path, left_out: &BTreeSet<PathBuf>) -> Result<Vec<String>, BackupError> {
    let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
    let mut seen: BTreeSet<_> = fs::canonicalize(origin).into_iter().collect();
    while let Some(folder) = folders.pop() {
        let path = origin.join(&folder);
        for name in names(&path)? {
            let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let path = origin.join(&below);
            let Ok(real) = fs::canonicalize(&path) else { continue };
            if left_out.contains(&real) {
                continue;
            }
            if real.is_dir() {
                // One that leads back is there already.
                if seen.insert(real) {
                    folders.push(below);
                }
            } else if real.is_file() && is_kept(&below) {
                files.push(below);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Names of ours are text; anything else was put there by somebody.
fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.and_then(|all| all.map(|entry| Ok(entry?.file_name())).collect()),
    };
    let names: Vec<OsString> = entries.map_err(|error| BackupError::io(folder, error))?;
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

fn is_kept(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_lock = name == "lock" || name.ends_with(".lock");
    path != SECRET && !is_lock && !PASSING.iter().any(|ending| name.ends_with(ending))
}

/// In nanoseconds since 1970.
fn changed(found: &Metadata) -> Option<u64> {
    let since = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::is_kept;

    #[test]
    fn what_passes_and_what_is_secret_is_left_out() {
        for (path, expected) in [
            ("index/ledger.sqlite", true),
            ("index/ledger.sqlite-wal", false),
            ("index/ledger.sqlite-shm", false),
            ("index/lock", false),
            ("index/tantivy/.tantivy-writer.lock", false),
            ("index/tantivy/meta.json", true),
            ("keys.toml", true),
            ("keys.lock", false),
            ("audit/000001.jsonl", true),
            ("audit/key", false),
            ("audit/lock", false),
            ("sync/messages/a/abc.eml.gz", true),
            ("sync/messages/a/x1.new", false),
            ("saved/key", true),
        ] {
            assert_eq!(is_kept(path), expected, "{path}");
        }
    }
}
