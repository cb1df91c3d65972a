//! What is audited, with which key, and where the heads of the log go.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use postern_audit::{Settings, Witness, key_file};
use toml::Table;

use super::shown::{path, put};
use super::{ConfigError, invalid};

/// Bytes of an address that heads are posted to.
const LONGEST: usize = 2_000;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadsTo {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The log of the system.
    Syslog,
    /// A file.
    File(PathBuf),
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
    pub fn settings(&self, data: &Path, clock: fn() -> Timestamp, warn: fn(&str)) -> Settings {
        let witnesses = self.heads.iter().map(HeadsTo::witness).collect();
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
            Some(_) | None => invalid(
                "`audit_heads` is a list of \"stdout\", \"stderr\", \"syslog\" and \"file:PATH\"",
            ),
        }
    }

    fn witness(&self) -> Box<dyn Witness> {
        match self {
            Self::Stdout => <dyn Witness>::stdout(),
            Self::Stderr => <dyn Witness>::stderr(),
            #[cfg(unix)]
            Self::Syslog => <dyn Witness>::syslog(),
            #[cfg(not(unix))]
            Self::Syslog => <dyn Witness>::stdout(),
            Self::File(path) => <dyn Witness>::file(path.clone()),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Stdout => "stdout".to_owned(),
            Self::Stderr => "stderr".to_owned(),
            Self::Syslog => "syslog".to_owned(),
            Self::File(path) => format!("file:{}", path.display()),
        }
    }
}
