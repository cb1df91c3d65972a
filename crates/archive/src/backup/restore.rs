//! Restores a backup.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use postern_local_index::check::Pace;
use tempfile::TempDir;

use super::manifest::{Backup, BackupFile, BackupPart};
use super::{BackupError, Backups};
use crate::store::sync_folder;

/// How the names of folders begin that are being restored.
pub const UNFINISHED_RESTORE: &str = ".postern-restore-";
/// What the configuration is called below another folder.
const CONFIGURATION: &str = "postern.toml";

pub(super) fn restore(
    backups: &Backups,
    backup: &Backup,
    to: Option<&Path>,
    pace: Pace<'_>,
) -> Result<Vec<PathBuf>, BackupError> {
    let places: Vec<_> = backup.parts.iter().map(|part| (part, place(part, to))).collect();
    let configuration = backup.configuration.as_ref().map(|file| {
        (file, to.map_or_else(|| PathBuf::from(&file.path), |to| to.join(CONFIGURATION)))
    });
    for (_, place) in &places {
        check_empty(place)?;
    }
    let configuration = configuration.filter(|(_, path)| to.is_some() || !path.exists());
    if let Some((_, path)) = configuration.as_ref().filter(|(_, path)| path.exists()) {
        return Err(BackupError::NotEmpty(path.clone()));
    }
    // Everything is written aside first: a damaged file restores nothing.
    let mut aside: Vec<Aside> = Vec::new();
    for (part, place) in outer_first(places) {
        let within = aside.iter().find(|outer| place.starts_with(&outer.place));
        match within.and_then(|outer| Some((outer, place.strip_prefix(&outer.place).ok()?))) {
            Some((outer, rest)) => write(backups, part, &outer.folder.path().join(rest), pace)?,
            None => aside.push(written_aside(backups, part, place.clone(), pace)?),
        }
    }
    let mut restored = Vec::new();
    for Aside { folder, place } in aside {
        put_in_place(folder, &place).map_err(|error| BackupError::io(&place, error))?;
        restored.push(place);
    }
    if let Some((file, path)) = configuration {
        file_to(backups, file, &path, pace)?;
        restored.push(path);
    }
    Ok(restored)
}

fn place(part: &BackupPart, to: Option<&Path>) -> PathBuf {
    to.map_or_else(|| part.origin.clone(), |to| to.join(&part.name))
}

fn check_empty(place: &Path) -> Result<(), BackupError> {
    match fs::read_dir(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BackupError::io(place, error)),
        Ok(mut all) => {
            let first = all.next();
            first.map_or(Ok(()), |_| Err(BackupError::NotEmpty(place.to_owned())))
        }
    }
}

/// A part that is written, and not yet in its place.
struct Aside {
    folder: TempDir,
    place: PathBuf,
}

/// The data folder of a tenant may lie in the common one, and comes after it.
fn outer_first(mut places: Vec<(&BackupPart, PathBuf)>) -> Vec<(&BackupPart, PathBuf)> {
    places.sort_by_key(|(_, place)| place.components().count());
    places
}

/// The part in a folder beside its place, or in the empty folder that is there, which may be a disk of its own. It goes
/// again where this fails.
fn written_aside(
    backups: &Backups,
    part: &BackupPart,
    place: PathBuf,
    pace: Pace<'_>,
) -> Result<Aside, BackupError> {
    let beside = place.parent().filter(|_| !place.exists()).unwrap_or(&place);
    let folder = fs::create_dir_all(beside)
        .and_then(|()| tempfile::Builder::new().prefix(UNFINISHED_RESTORE).tempdir_in(beside));
    let folder = folder.map_err(|error| BackupError::io(beside, error))?;
    write(backups, part, folder.path(), pace)?;
    Ok(Aside { folder, place })
}

fn write(
    backups: &Backups,
    part: &BackupPart,
    folder: &Path,
    pace: Pace<'_>,
) -> Result<(), BackupError> {
    part.files.iter().try_for_each(|file| file_to(backups, file, &folder.join(&file.path), pace))
}

fn file_to(
    backups: &Backups,
    file: &BackupFile,
    path: &Path,
    pace: Pace<'_>,
) -> Result<(), BackupError> {
    let blob = backups.blobs.path(&file.sha256);
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| BackupError::io(folder, error))?;
    let reason = match backups.blobs.take(&file.sha256, path, pace) {
        Ok(true) => return Ok(()),
        Ok(false) => "its bytes are not those that were written".to_owned(),
        Err(error) if !blob.exists() => error.to_string(),
        Err(error) => return Err(BackupError::io(path, error)),
    };
    Err(BackupError::Damaged { path: blob, reason })
}

fn put_in_place(aside: TempDir, place: &Path) -> io::Result<()> {
    if !place.exists() {
        fs::rename(aside.path(), place)?;
        drop(aside.keep());
        return place.parent().map_or(Ok(()), sync_folder);
    }
    for entry in fs::read_dir(aside.path())? {
        let entry = entry?;
        fs::rename(entry.path(), place.join(entry.file_name()))?;
    }
    sync_folder(place)
}
