//! The file as it is written.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use postern_query::lucene;
use postern_upstream::Secret;
use serde::Deserialize;

use super::sync::FileSync;
use super::{BreakerSettings, ConfigError, Premium, Tenant, duration, invalid};
use crate::access::{Key, digest};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileConfig {
    pub(super) listen: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) premium: Option<FilePremium>,
    pub(super) keys: Vec<FileKey>,
    pub(super) tenants: Vec<FileTenant>,
    pub(super) limits: Option<FileLimits>,
    pub(super) cors: Option<FileCors>,
    pub(super) sync: Option<FileSync>,
    pub(super) deadline: Option<String>,
}

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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileBreaker {
    window: Option<String>,
    minimum: Option<usize>,
    failure_rate: Option<f64>,
    rest: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePremium {
    url: String,
    index: Option<String>,
    deadline: Option<String>,
    recheck: Option<String>,
    #[serde(default)]
    syntax: Syntax,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    search_functions: bool,
    #[serde(default)]
    lower_case_addresses: bool,
    url_budget: Option<usize>,
    fields: Option<PathBuf>,
    probe: Option<String>,
    #[serde(default)]
    breaker: FileBreaker,
    #[serde(default)]
    hedge: bool,
    #[serde(default)]
    shadow: f64,
    certificates: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Syntax {
    #[default]
    Full,
    Simple,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Any,
    All,
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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTenant {
    id: String,
    data: PathBuf,
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl FileConfig {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = text(path)?;
        toml::from_str(&text).map_err(|error| ConfigError::Invalid {
            path: path.to_owned(),
            // The line itself may hold a secret, so only its place is told.
            reason: format!("{}{}", without_value(error.message()), place(&text, error.span())),
        })
    }
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

fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before
        .map_or_else(String::new, |before| format!(" (line {})", before.matches('\n').count() + 1))
}

impl TryFrom<FilePremium> for Premium {
    type Error = ConfigError;

    fn try_from(file: FilePremium) -> Result<Self, ConfigError> {
        let known = Self::at(file.url);
        let told = |text: Option<String>, what, default| {
            text.map_or(Ok(default), |text| duration(&text, what))
        };
        Ok(Self {
            only_index: file.index.is_some(),
            index: file.index.unwrap_or(known.index),
            deadline: told(file.deadline, "deadline", known.deadline)?,
            recheck: told(file.recheck, "time to recheck", known.recheck)?,
            reading: lucene::Options { syntax: file.syntax.into(), mode: file.mode.into() },
            search_functions: file.search_functions,
            lower_case_addresses: file.lower_case_addresses,
            url_budget: file.url_budget.unwrap_or(known.url_budget),
            fields: file.fields,
            probe: match file.probe.as_deref() {
                None => known.probe,
                Some("never") => None,
                Some(text) => Some(duration(text, "time between probes")?),
            },
            breaker: file.breaker.try_into()?,
            hedge: file.hedge,
            shadow: share(file.shadow, "shadow")?,
            certificates: file.certificates,
            url: known.url,
        })
    }
}

impl TryFrom<FileBreaker> for BreakerSettings {
    type Error = ConfigError;

    fn try_from(file: FileBreaker) -> Result<Self, ConfigError> {
        let known = Self::default();
        let time = |text: Option<String>, what, default| {
            text.map_or(Ok(default), |text| duration(&text, what))
        };
        let failure_rate = file.failure_rate.unwrap_or(known.failure_rate);
        if failure_rate <= 0.0 {
            return invalid("a breaker with failure_rate 0 is always open; give at least 0.01");
        }
        Ok(Self {
            window: time(file.window, "window", known.window)?,
            minimum: file.minimum.unwrap_or(known.minimum).max(1),
            failure_rate: share(failure_rate, "failure_rate")?,
            rest: time(file.rest, "rest", known.rest)?,
        })
    }
}

fn share(share: f64, what: &str) -> Result<f64, ConfigError> {
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    invalid(format!("{what} is a share; write a number from 0 to 1"))
}

impl From<Syntax> for lucene::Syntax {
    fn from(syntax: Syntax) -> Self {
        match syntax {
            Syntax::Full => Self::Full,
            Syntax::Simple => Self::Simple,
        }
    }
}

impl From<Mode> for lucene::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Any => Self::Any,
            Mode::All => Self::All,
        }
    }
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
        Ok(Self {
            name,
            digest,
            tenant: file.tenant,
            upstream: file.upstream_key.map(Secret::new),
            mailboxes: file.mailboxes.unwrap_or_default(),
        })
    }
}

impl From<FileTenant> for Tenant {
    fn from(file: FileTenant) -> Self {
        Self { id: file.id, data: file.data }
    }
}
