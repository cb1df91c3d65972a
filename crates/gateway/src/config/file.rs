//! The file as it is written, but for its engines.

use std::num::NonZeroU32;
use std::ops::Range;
use std::path::{Path, PathBuf};

use postern_actions::Verb;
use postern_upstream::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ConfigError, invalid};
use crate::access::{Key, Right, digest};
use crate::wording::plain;

/// Bytes that a secret in a file may have.
const LONGEST: usize = 4_096;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCors {
    pub(super) origins: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileMcp {
    pub(super) http: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileLimits {
    pub(super) body: Option<usize>,
    pub(super) uri: Option<usize>,
    pub(super) headers: Option<usize>,
    pub(super) connections: Option<usize>,
    pub(super) concurrency: Option<usize>,
    pub(super) exports: Option<usize>,
    pub(super) rate: Option<NonZeroU32>,
    pub(super) burst: Option<NonZeroU32>,
    pub(super) time: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileKey {
    pub(super) name: String,
    /// Hex of the SHA-256 of the key that clients present.
    pub(super) sha256: String,
    pub(super) tenant: String,
    /// The key that premium is asked with; without it the one that the client presents.
    pub(super) upstream_key: Option<String>,
    /// The file with that key on one line.
    pub(super) upstream_key_file: Option<PathBuf>,
    /// The only mailboxes it opens; without them all of the tenant.
    pub(super) mailboxes: Option<Vec<String>>,
    /// What it may have done with what it finds, by the names of `/v1/actions`.
    #[serde(default)]
    pub(super) actions: Vec<String>,
    /// What else it may do; without them `export`.
    pub(super) rights: Option<Vec<String>>,
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    parse(path, &text(path)?)
}

/// The same of a text that was read from there.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        // The line itself may hold a secret, so only its key and its number are told.
        reason: format!("{}{}", told(error.message()), place(text, error.span())),
    })
}

pub(super) fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// What the reader of TOML says, in its words, without the value that it quotes.
fn told(message: &str) -> String {
    plain(&without_value(message), "a table", &[("a map", "a table"), ("map", "table")])
}

/// A message without the value, which may be a secret in the wrong place: `invalid type: string "s3cret",
/// expected a sequence`.
fn without_value(message: &str) -> String {
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant "];
    if !quotes.iter().any(|beginning| message.starts_with(beginning)) {
        return message.to_owned();
    }
    let kind = message.split(['"', '`', ',']).next().unwrap_or_default().trim_end();
    // What is expected is ours and comes last, whatever stands in the value.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    }
}

/// The line of a fault, and the key of the value that is wrong.
fn place(text: &str, span: Option<Range<usize>>) -> String {
    let parts = span.and_then(|span| text.split_at_checked(span.start));
    let Some((before, _)) = parts else { return String::new() };
    let (lines, start) = (before.matches('\n').count() + 1, before.rsplit('\n').next());
    // Before a value stands its key, and nothing else.
    let key = start.and_then(|start| start.trim_end().strip_suffix('=')).map(str::trim);
    let is_key = |key: &&str| {
        !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    let key = key.filter(is_key).map_or_else(String::new, |key| format!("`{key}`, "));
    format!(" ({key}line {lines})")
}

impl TryFrom<FileKey> for Key {
    type Error = ConfigError;

    fn try_from(file: FileKey) -> Result<Self, ConfigError> {
        let name = file.name;
        let Some(digest) = digest(&file.sha256) else {
            return invalid(format!(
                "sha256 of the key `{name}` is not 64 hex digits; make it with `printf %s KEY | sha256sum`"
            ));
        };
        // Read as "all", a list that someone emptied would open everything.
        if file.mailboxes.as_ref().is_some_and(Vec::is_empty) {
            return invalid(format!(
                "the key `{name}` opens no mailbox; list some, or leave `mailboxes` out for all"
            ));
        }
        let actions: Option<Vec<_>> = file.actions.iter().map(|name| Verb::named(name)).collect();
        let Some(actions) = actions else {
            let known = Verb::ALL.map(Verb::as_str).join(", ");
            return invalid(format!(
                "`actions` of the key `{name}` names an act that there is not; known are {known}"
            ));
        };
        let named = |names: &Vec<String>| names.iter().map(|name| Right::named(name)).collect();
        let rights: Option<Vec<_>> = file.rights.as_ref().map_or(Some(vec![Right::Export]), named);
        let Some(rights) = rights else {
            let known = Right::ALL.map(Right::as_str).join(", ");
            return invalid(format!(
                "`rights` of the key `{name}` names a right that there is not; known are {known}"
            ));
        };
        let upstream = upstream(&name, file.upstream_key, file.upstream_key_file.as_deref())?;
        Ok(Self {
            name,
            digest,
            tenant: file.tenant,
            upstream,
            upstream_file: file.upstream_key_file,
            made: None,
            mailboxes: file.mailboxes.unwrap_or_default(),
            actions,
            rights,
        })
    }
}

/// The key that premium is asked with, written here or in a file of its own.
fn upstream(
    name: &str,
    key: Option<String>,
    file: Option<&Path>,
) -> Result<Option<Secret>, ConfigError> {
    match (key, file) {
        (Some(_), Some(_)) => invalid(format!(
            "the key `{name}` has both `upstream_key` and `upstream_key_file`; remove one"
        )),
        (Some(key), None) => Ok(Some(Secret::new(key))),
        (None, Some(file)) => line(file, "a key").map(Some),
        (None, None) => Ok(None),
    }
}

/// The one line of a file with a secret.
pub(super) fn line(path: &Path, what: &str) -> Result<Secret, ConfigError> {
    let text = text(path)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.len() > LONGEST || line.contains(char::is_control) {
        return invalid(format!("`{}` is no file with one line, {what}", path.display()));
    }
    Ok(Secret::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postern.toml");
        std::fs::write(&path, text).unwrap();
        let told = read::<super::super::FileConfig>(&path).unwrap_err().to_string();
        assert!(told.ends_with(expected), "{text}: {told}");
    }

    /// Names of Rust stood in these, and no key.
    #[test]
    fn a_fault_names_its_key_and_what_is_expected() {
        for (text, expected) in [
            ("premium = 1", "invalid type: integer, expected a table (`premium`, line 1)"),
            ("data = 1", "invalid type: integer, expected a string (`data`, line 1)"),
            ("[limits]\nbody = \"x\"", "expected a whole number from 0 (`body`, line 2)"),
            ("[limits]\nrate = 0", "expected a whole number from 1 (`rate`, line 2)"),
            ("keys = {}", "invalid type: table, expected a list (`keys`, line 1)"),
            ("engines = \"premium\"", "invalid type: string, expected a list (`engines`, line 1)"),
            ("listen = [\"a\"]", "invalid type: list, expected a string (`listen`, line 1)"),
            // What stands before a value in a list may be a secret.
            ("me = [\n  \"s3cret=\", 1]", "invalid type: integer, expected a string (line 2)"),
        ] {
            check(text, expected);
        }
    }
}
