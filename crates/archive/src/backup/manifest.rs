//! What a backup has, as JSON.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The form of the file.
const FORMAT: u32 = 1;

/// One backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    format: u32,
    /// When it was begun.
    pub made: Timestamp,
    /// The version of Postern that made it.
    pub tool: String,
    /// The data folders.
    pub parts: Vec<BackupPart>,
    /// The configuration, if there was one without secrets in it.
    pub configuration: Option<BackupFile>,
    /// Files with secrets: they are named, and are not in the backup.
    pub secrets: Vec<PathBuf>,
    complete: bool,
}

/// A data folder in a backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupPart {
    /// What it is called: `data`, or the tenant's id.
    pub name: String,
    /// Where it lay.
    pub origin: PathBuf,
    /// Its files.
    pub files: Vec<BackupFile>,
}

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupFile {
    /// Where it lay: below its part, with `/`; of the configuration the whole path.
    pub path: String,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// When it was changed last, in nanoseconds since 1970; nothing of a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<u64>,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Backup {
    pub(super) fn new(made: Timestamp, secrets: Vec<PathBuf>) -> Self {
        Self {
            format: FORMAT,
            made,
            tool: concat!("postern ", env!("CARGO_PKG_VERSION")).to_owned(),
            parts: Vec::new(),
            configuration: None,
            secrets,
            complete: true,
        }
    }

    /// A whole backup; nothing where the file names none that is known.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let read: Self = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        let is_named = path.file_name().is_some_and(|name| *name == *read.file_name());
        (read.format == FORMAT && read.complete && is_named && read.is_harmless()).then_some(read)
    }

    /// Whether every file stays below its part, and every digest is one.
    fn is_harmless(&self) -> bool {
        let is_plain = |path: &str| {
            !path.contains('\0')
                && (cfg!(not(windows)) || !path.contains(['\\', ':']))
                && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
        };
        let is_digest = |text: &str| {
            text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let names = self.parts.iter().map(|part| part.name.as_str());
        let paths = self.parts.iter().flat_map(|part| &part.files).map(|file| file.path.as_str());
        names.chain(paths).all(is_plain)
            && self.parts.iter().all(|part| !part.name.contains('/'))
            && self.files().all(|file| is_digest(&file.sha256))
    }

    /// What it is called: the time at which it was begun.
    #[must_use]
    pub fn name(&self) -> String {
        self.made.strftime("%Y-%m-%dT%H-%M-%S.%3fZ").to_string()
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}.json", self.name())
    }

    /// All its files.
    pub fn files(&self) -> impl Iterator<Item = &BackupFile> {
        self.parts.iter().flat_map(|part| &part.files).chain(&self.configuration)
    }

    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }
}
