//! Restores a backup.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use postern_local_index::check::Pace;
use tempfile::TempDir;

use super::manifest::{Backup, BackupFile, BackupPart};
use super::{BackupError, Backups};
use crate::store::sync_folder;

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
    let mut aside = Vec::new();
    for (part, place) in places {
        aside.push((written_aside(backups, part, &place, pace)?, place));
    }
    let mut restored = Vec::new();
    for (folder, place) in aside {
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

/// The part in a folder beside its place, which goes again where this fails.
fn written_aside(
    backups: &Backups,
    part: &BackupPart,
    place: &Path,
    pace: Pace<'_>,
) -> Result<TempDir, BackupError> {
    let beside = place.parent().unwrap_or(place);
    let aside = fs::create_dir_all(beside)
        .and_then(|()| tempfile::Builder::new().prefix(".postern-restore-").tempdir_in(beside));
    let aside = aside.map_err(|error| BackupError::io(beside, error))?;
    for file in &part.files {
        file_to(backups, file, &aside.path().join(&file.path), pace)?;
    }
    Ok(aside)
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

/// An empty folder there makes room: `rename` may not take its place everywhere.
fn put_in_place(aside: TempDir, place: &Path) -> io::Result<()> {
    match fs::remove_dir(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(aside.path(), place)?;
    drop(aside.keep());
    place.parent().map_or(Ok(()), sync_folder)
}
