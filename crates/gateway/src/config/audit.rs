//! What is audited, with which key, and where the heads of the log go.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_audit::{Settings, Warn, Witness, key_file};
use postern_upstream::keeper::Keeper;
use toml::Table;

use super::shown::{path, put};
use super::{ConfigError, invalid};
use crate::heads::ToUrl;

/// Bytes of an address that heads are posted to.
const LONGEST: usize = 2_000;
/// How long the answer to a head may take.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// How much is audited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Off,
    /// Everything that a gateway does; of the command line all but searching and reading.
    #[default]
    On,
    /// Everything.
    All,
}

impl Level {
    const ALL: [Self; 3] = [Self::Off, Self::On, Self::All];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::All => "all",
        }
    }
}

/// Where heads of the log are sent.
#[derive(Clone, PartialEq, Eq)]
pub enum HeadsTo {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The log of the system.
    Syslog,
    /// A file.
    File(PathBuf),
    /// An address that they are posted to, which may be a secret.
    Url(String),
}

impl fmt::Debug for HeadsTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// How audit logs are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// How much is audited.
    pub level: Level,
    /// Where the key lies; without it, below the data folder.
    pub key_file: Option<PathBuf>,
    /// Where heads are sent.
    pub heads: Vec<HeadsTo>,
}

impl Audit {
    pub(super) fn of(
        level: Option<&str>,
        key_file: Option<PathBuf>,
        heads: Option<&[String]>,
    ) -> Result<Self, ConfigError> {
        let named = |name: &str| Level::ALL.into_iter().find(|level| level.as_str() == name);
        let level = level.map_or(Some(Level::default()), named);
        let Some(level) = level else {
            return invalid("`audit` is \"on\", \"all\" or \"off\"");
        };
        let heads = heads.unwrap_or_default().iter().map(|to| HeadsTo::parse(to));
        Ok(Self { level, key_file, heads: heads.collect::<Result<_, _>>()? })
    }

    /// The same where standard output belongs to a protocol: what goes there goes to standard error.
    ///
    /// ```
    /// use postern_gateway::config::{Audit, HeadsTo};
    ///
    /// let audit = Audit { heads: vec![HeadsTo::Stdout, HeadsTo::Syslog], ..Audit::default() };
    /// assert_eq!(audit.off_stdout().heads, [HeadsTo::Stderr, HeadsTo::Syslog]);
    /// ```
    #[must_use]
    pub fn off_stdout(mut self) -> Self {
        let on_stdout = self.heads.iter_mut().filter(|to| **to == HeadsTo::Stdout);
        on_stdout.for_each(|to| *to = HeadsTo::Stderr);
        self
    }

    /// Where the key of the log of a data folder lies.
    #[must_use]
    pub fn key_file(&self, data: &Path) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| key_file(data))
    }

    /// How the log of a data folder is opened; `warn` is told of heads that cannot be sent.
    #[must_use]
    pub fn settings(&self, data: &Path, clock: fn() -> Timestamp, warn: Warn) -> Settings {
        let witnesses = self.heads.iter().filter_map(|to| to.witness(&warn)).collect();
        Settings { key_file: self.key_file(data), witnesses, clock, warn }
    }

    pub(super) fn show(&self, table: &mut Table) {
        put(table, "audit", self.level.as_str());
        if let Some(file) = &self.key_file {
            put(table, "audit_key_file", path(file));
        }
        put(table, "audit_heads", self.heads.iter().map(HeadsTo::shown).collect::<Vec<_>>());
    }
}

impl HeadsTo {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        match text.split_once(':') {
            None if text == "stdout" => Ok(Self::Stdout),
            None if text == "stderr" => Ok(Self::Stderr),
            None if text == "syslog" && cfg!(unix) => Ok(Self::Syslog),
            Some(("file", path)) if !path.is_empty() && path.len() <= LONGEST => {
                Ok(Self::File(path.into()))
            }
            Some(("https" | "http", _)) if text.len() <= LONGEST => match Keeper::may_be(text) {
                Ok(()) => Ok(Self::Url(text.to_owned())),
                Err(why) => invalid(format!("a URL of `audit_heads` cannot be used: {why}")),
            },
            Some(_) | None => invalid(
                "`audit_heads` is a list of \"stdout\", \"stderr\", \"syslog\", \"file:PATH\" and \"https://…\"",
            ),
        }
    }

    /// Who keeps them; nobody where there is no client for an address, which is warned of.
    fn witness(&self, warn: &Warn) -> Option<Box<dyn Witness>> {
        Some(match self {
            Self::Stdout => <dyn Witness>::stdout(),
            Self::Stderr => <dyn Witness>::stderr(),
            #[cfg(unix)]
            Self::Syslog => <dyn Witness>::syslog(),
            #[cfg(not(unix))]
            Self::Syslog => <dyn Witness>::stdout(),
            Self::File(path) => <dyn Witness>::file(path.clone()),
            Self::Url(url) => match Keeper::new(url, ANSWER_TIME) {
                Ok(keeper) => Box::new(ToUrl::new(keeper, Arc::clone(warn))),
                Err(error) => {
                    warn(&format!("heads of the audit log cannot be posted: {error}"));
                    return None;
                }
            },
        })
    }

    fn shown(&self) -> String {
        match self {
            Self::Stdout => "stdout".to_owned(),
            Self::Stderr => "stderr".to_owned(),
            Self::Syslog => "syslog".to_owned(),
            Self::File(path) => format!("file:{}", path.display()),
            Self::Url(url) => format!("{}://***", url.split("://").next().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_and_never_shown() {
        for (text, shown) in [
            ("https://h.example/s3cret?x=y", Some("https://***")),
            ("http://127.0.0.1:8080/s3cret", Some("http://***")),
            ("http://h.example/s3cret", None),
            ("https://ann:s3cret@h.example/", None),
            ("ftp://127.0.0.1/s3cret", None),
            ("https://", None),
        ] {
            let parsed = HeadsTo::parse(text);
            let told = parsed.as_ref().map_or_else(ToString::to_string, |to| format!("{to:?}"));
            assert!(!told.contains("s3cret"), "{told}");
            assert_eq!(parsed.ok().map(|to| to.shown()).as_deref(), shown, "{text}");
        }
    }
}
