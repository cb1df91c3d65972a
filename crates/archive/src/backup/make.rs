//! Makes a backup.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use postern_local_index::check::Pace;
use postern_local_index::database;

use super::blobs::Put;
use super::manifest::{Backup, BackupFile, BackupPart};
use super::still::Still;
use super::{BACKUPS, BackupError, Backups};
use crate::Error;
use crate::store::sync_folder;

/// How the name of a database ends.
const DATABASE: &str = ".sqlite";
/// What comes and goes beside a database, and what is being written.
const PASSING: [&str; 5] = [".sqlite-wal", ".sqlite-shm", ".sqlite-journal", ".new", ".tmp"];
/// The key that signs the audit log, below a data folder.
const SECRET: &str = "audit/key";

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
    if let Some((_, folder)) =
        installation.folders.iter().find(|(_, folder)| is_below(root, folder))
    {
        return Err(BackupError::Inside(folder.clone()));
    }
    let folder = root.join(BACKUPS);
    fs::create_dir_all(&folder).map_err(|error| BackupError::io(&folder, error))?;
    let known = backups.all()?.into_iter().next();
    let mut making = Making { backups, known: known.as_ref(), pace, new_files: 0, new_bytes: 0 };
    let mut backup = Backup::new(now, installation.secrets.clone());
    for (name, folder) in &installation.folders {
        let secret = folder.join(SECRET);
        backup.secrets.extend(secret.exists().then_some(secret));
        backup.parts.push(making.part(name, folder, wait)?);
    }
    let configuration =
        installation.configuration.as_deref().map(|file| making.configuration(file));
    backup.configuration = configuration.transpose()?;
    let Making { new_files, new_bytes, .. } = making;
    write(&folder, &backup).map_err(|error| BackupError::io(&folder, error))?;
    Ok(Made { backup, new_files, new_bytes })
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
        for path in below(&origin)? {
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
        let aside = tempfile::tempdir_in(&self.backups.root);
        let aside = aside.map_err(|error| BackupError::io(&self.backups.root, error))?;
        let copy = aside.path().join("copy");
        database::copy(from, &copy).map_err(Error::Book)?;
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

/// The files of a data folder that are kept, as paths below it, in order.
fn below(origin: &Path) -> Result<Vec<String>, BackupError> {
    let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let path = origin.join(&folder);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|error| BackupError::io(&path, error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| BackupError::io(&path, error))?;
            // Names of ours are text; anything else was put there by somebody.
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(below),
                Ok(kind) if kind.is_file() && is_kept(&below) => files.push(below),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
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
