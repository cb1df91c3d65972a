//! The file as it is written, but for its engines.

use std::num::NonZeroU32;
use std::path::Path;

use postern_actions::Verb;
use postern_upstream::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ConfigError, invalid};
use crate::access::{Key, digest};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCors {
    pub(super) origins: Vec<String>,
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
    name: String,
    /// Hex of the SHA-256 of the key that clients present.
    sha256: String,
    tenant: String,
    /// The key that premium is asked with; without it the one that the client presents.
    upstream_key: Option<String>,
    /// The only mailboxes it opens; without them all of the tenant.
    mailboxes: Option<Vec<String>>,
    /// What it may have done with what it finds, by the names of `/v1/actions`.
    #[serde(default)]
    actions: Vec<String>,
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = text(path)?;
    toml::from_str(&text).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        // The line itself may hold a secret, so only its number is told.
        reason: format!("{}{}", without_value(error.message()), line(&text, error.span())),
    })
}

pub(super) fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// A message of the reader of TOML without the value that it quotes, which may be a secret in the wrong
/// place: `invalid type: string "s3cret", expected a sequence`.
fn without_value(message: &str) -> String {
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant "];
    if !quotes.iter().any(|beginning| message.starts_with(beginning)) {
        return message.to_owned();
    }
    let kind = message.split(['"', '`']).next().unwrap_or_default().trim_end();
    // What is expected is ours and comes last, whatever stands in the value.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    }
}

fn line(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before
        .map_or_else(String::new, |before| format!(" (line {})", before.matches('\n').count() + 1))
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
        Ok(Self {
            name,
            digest,
            tenant: file.tenant,
            upstream: file.upstream_key.map(Secret::new),
            mailboxes: file.mailboxes.unwrap_or_default(),
            actions,
        })
    }
}
