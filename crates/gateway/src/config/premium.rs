//! The premium endpoint of DataTap, and what it can be asked where its documentation is silent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_document::index_fields;
use postern_query::datatap::IndexFields;
use postern_query::{Capabilities, lucene};
use postern_upstream::{DataTap, Settings, Trust};
use serde::Deserialize;
use toml::{Table, Value};

use super::breaker::FileBreaker;
use super::shown::{path, put, time};
use super::{
    BreakerSettings, ConfigError, DEADLINE, Overrides, duration, file, fresh, invalid, share,
};

/// The index that DataTap's own samples name.
const INDEX: &str = "dg-search-index";
const RECHECK: Duration = Duration::from_secs(60);
const PROBE: Duration = Duration::from_secs(600);
const FRESH: Duration = Duration::from_secs(3600);

/// The premium endpoint and what it can be asked, where its documentation is silent.
#[derive(Clone, Debug, PartialEq)]
pub struct Premium {
    /// Base URL.
    pub url: String,
    /// Name of the search index, for our own paths.
    pub index: String,
    /// Whether the local index stands in for that index only, because its name was told.
    pub only_index: bool,
    /// How long a search may take in all.
    pub deadline: Duration,
    /// For how long "not premium" is believed before it is asked again.
    pub recheck: Duration,
    /// How `query` is read.
    pub reading: lucene::Options,
    /// Whether `search.in` and `search.ismatch` are known to pass.
    pub search_functions: bool,
    /// Whether addresses are known to be stored in lower case.
    pub lower_case_addresses: bool,
    /// Bytes that a query string may have.
    pub url_budget: usize,
    /// A file with an answer of `/fields`.
    pub fields: Option<PathBuf>,
    /// How often premium is asked what an index can do; nothing for never.
    pub probe: Option<Duration>,
    /// When premium is left alone, and for how long.
    pub breaker: BreakerSettings,
    /// Whether the local index begins as well when premium is slower than it usually is.
    pub hedge: bool,
    /// The share of the answers of premium that the local index is asked for too, 0 to 1.
    pub shadow: f64,
    /// A file of certificates in PEM that are trusted beside those of the system.
    pub certificates: Option<PathBuf>,
    /// Who answers what premium would answer in part.
    pub fidelity: Preference,
    /// For how long a listing of a mailbox counts as whole.
    pub fresh: Duration,
}

/// Who answers a query of which premium would miss some mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preference {
    /// The local index, where it has all mail of the mailboxes asked for.
    #[default]
    WholeFirst,
    /// Premium, which says so.
    PremiumFirst,
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
    #[serde(default)]
    fidelity: Preference,
    fresh: Option<String>,
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

impl Premium {
    /// The endpoint at that address, with everything else by default.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        let known = Capabilities::default();
        Self {
            url: url.into(),
            index: INDEX.to_owned(),
            only_index: false,
            deadline: DEADLINE,
            recheck: RECHECK,
            reading: lucene::Options::default(),
            search_functions: known.search_functions,
            lower_case_addresses: known.lower_case_addresses,
            url_budget: known.url_budget,
            fields: None,
            probe: Some(PROBE),
            breaker: BreakerSettings::default(),
            hedge: false,
            shadow: 0.0,
            certificates: None,
            fidelity: Preference::default(),
            fresh: FRESH,
        }
    }

    /// How the service is connected to.
    ///
    /// # Errors
    ///
    /// When the file of certificates cannot be read.
    pub fn client(&self) -> Result<Settings, ConfigError> {
        let pem = self.certificates.as_deref().map(file::text).transpose()?;
        let trust = pem.map_or(Trust::System, |pem| Trust::Certificates(pem.into_bytes()));
        Ok(Settings { trust, ..Settings::default() })
    }

    /// What the compiler of queries may use.
    ///
    /// # Errors
    ///
    /// When the file of fields cannot be read.
    pub fn capabilities(&self) -> Result<Capabilities, ConfigError> {
        let known = Capabilities::default();
        Ok(Capabilities {
            fields: self.fields.as_deref().map_or(Ok(known.fields), fields)?,
            syntax: self.reading.syntax,
            search_functions: self.search_functions,
            lower_case_addresses: self.lower_case_addresses,
            url_budget: self.url_budget,
        })
    }

    /// Says whether the service can be reached at all.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let client = DataTap::new(&self.url, self.client()?);
        client.map_or_else(|error| invalid(error.to_string()), |_| Ok(()))
    }

    /// As it stands in the file.
    pub(super) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "url", &self.url);
        put(&mut table, "index", &self.index);
        put(&mut table, "deadline", time(self.deadline));
        put(&mut table, "recheck", time(self.recheck));
        put(&mut table, "syntax", format!("{:?}", self.reading.syntax).to_lowercase());
        put(&mut table, "mode", format!("{:?}", self.reading.mode).to_lowercase());
        put(&mut table, "search_functions", self.search_functions);
        put(&mut table, "lower_case_addresses", self.lower_case_addresses);
        put(&mut table, "url_budget", self.url_budget);
        put(&mut table, "probe", self.probe.map_or_else(|| "never".to_owned(), time));
        put(&mut table, "hedge", self.hedge);
        put(&mut table, "shadow", self.shadow);
        put(&mut table, "fidelity", self.fidelity.as_str());
        put(&mut table, "fresh", time(self.fresh));
        for (name, file) in [("fields", &self.fields), ("certificates", &self.certificates)] {
            if let Some(file) = file {
                put(&mut table, name, path(file));
            }
        }
        table.insert("breaker".into(), Value::Table(self.breaker.shown()));
        table
    }
}

/// What the fields of a premium index can be asked for, from a saved answer of `/fields`.
///
/// # Errors
///
/// When the file cannot be read, or is no such answer.
pub fn fields(path: &Path) -> Result<IndexFields, ConfigError> {
    index_fields(&file::text(path)?).ok_or_else(|| {
        let path = path.display();
        ConfigError::Value(format!("{path} is no list of fields; save an answer of /fields there"))
    })
}

/// What the file says, and the command line over it.
pub(super) fn over(
    file: Option<FilePremium>,
    overrides: &Overrides,
) -> Result<Option<Premium>, ConfigError> {
    let mut premium = match (file, &overrides.premium) {
        (Some(file), _) => Premium::try_from(file)?,
        (None, Some(url)) => Premium::at(url),
        (None, None) => return Ok(None),
    };
    if let Some(url) = &overrides.premium {
        premium.url.clone_from(url);
    }
    if let Some(text) = &overrides.deadline {
        premium.deadline = duration(text, "deadline")?;
    }
    Ok(Some(premium))
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
            fidelity: file.fidelity,
            fresh: file
                .fresh
                .as_deref()
                .map_or(Ok(known.fresh), |text| fresh(text, "[premium]"))?,
            url: known.url,
        })
    }
}

impl Preference {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WholeFirst => "whole-first",
            Self::PremiumFirst => "premium-first",
        }
    }
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
