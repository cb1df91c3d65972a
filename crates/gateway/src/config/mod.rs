//! What a gateway is told: one TOML file, and what the command line puts over it.

mod check;
mod file;
mod limits;
mod shown;
mod sync;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_query::datatap::{FieldCapability, IndexFields};
use postern_query::{Capabilities, lucene};
use postern_upstream::{IndexField, Secret, Settings, index_fields};

use crate::access::{Access, Key};
pub use crate::choose::BreakerSettings;
use file::{FileConfig, FilePremium};

pub use limits::Limits;
pub use sync::{MOST_JOBS, SyncSettings, ToSync, answer_time};

/// Where the gateway listens when nothing is said.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7700);
/// The index that DataTap's own samples name.
const INDEX: &str = "dg-search-index";
const DEADLINE: Duration = Duration::from_secs(5);
const RECHECK: Duration = Duration::from_secs(60);
const PROBE: Duration = Duration::from_secs(600);

/// A checked configuration. Secrets in it are hidden from `Debug`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where the local index lies.
    pub data: PathBuf,
    /// The premium endpoint, if there is one.
    pub premium: Option<Premium>,
    /// Who may ask.
    pub access: Access,
    /// Where the local index of each tenant lies, with more than one.
    pub tenants: Vec<Tenant>,
    /// How long a search may take in all.
    pub deadline: Duration,
    /// What a request may ask for.
    pub limits: Limits,
    /// The origins of pages elsewhere that may ask, such as `https://mail.example`.
    pub origins: Vec<String>,
    /// When and how collected mail is brought here.
    pub sync: SyncSettings,
    /// Whether the file holds keys for upstream, so that nobody else should read it.
    pub file_holds_keys: bool,
}

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
}

/// The local index of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's id.
    pub id: String,
    /// Where its index lies.
    pub data: PathBuf,
}

/// What the command line says; it goes over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Address and port.
    pub listen: Option<String>,
    /// Base URL of premium.
    pub premium: Option<String>,
    /// Tenant of the one key.
    pub tenant: Option<String>,
    /// The one key, which is also sent upstream.
    pub key: Option<Secret>,
    /// How long a search may take in all.
    pub deadline: Option<String>,
}

/// What is wrong with a configuration, and what to write.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file of the configuration cannot be read.
    #[error(
        "the configuration {path} cannot be read: {reason}; check the path given with --config"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is not what it should be.
    #[error("the configuration {path} is not valid: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why, with the place.
        reason: String,
    },
    /// A value that cannot be, or does not go with another.
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Reads the file, if there is one, and puts `overrides` over it; `data` is where the index lies
    /// when the file does not say.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, has unknown keys, or a value cannot be.
    ///
    /// ```
    /// use postern_gateway::config::{Config, Overrides};
    ///
    /// let flags = Overrides { deadline: Some("1.5s".into()), ..Overrides::default() };
    /// let config = Config::load(None, &flags, "data".into())?;
    /// assert_eq!(config.deadline().as_millis(), 1_500);
    ///
    /// let flags = Overrides { listen: Some("0.0.0.0:80".into()), ..Overrides::default() };
    /// assert!(Config::load(None, &flags, "data".into()).is_err(), "no key says who may ask");
    /// # Ok::<(), postern_gateway::config::ConfigError>(())
    /// ```
    pub fn load(
        file: Option<&Path>,
        overrides: &Overrides,
        data: PathBuf,
    ) -> Result<Self, ConfigError> {
        let file = file.map(FileConfig::read).transpose()?.unwrap_or_default();
        let listen = overrides.listen.as_ref().or(file.listen.as_ref());
        let premium = premium(file.premium, overrides)?;
        let deadline = overrides.deadline.as_deref().or(file.deadline.as_deref());
        let deadline = deadline.map(|text| duration(text, "deadline"));
        let mut keys = file.keys.into_iter().map(Key::try_from).collect::<Result<Vec<_>, _>>()?;
        let file_holds_keys = keys.iter().any(|key| key.upstream.is_some());
        keys.extend(own_key(overrides)?);
        let config = Self {
            file_holds_keys,
            listen: listen.map(|text| address(text)).transpose()?.unwrap_or(LISTEN),
            data: file.data.unwrap_or(data),
            deadline: match &premium {
                Some(premium) => premium.deadline,
                None => deadline.transpose()?.unwrap_or(DEADLINE),
            },
            premium,
            limits: file.limits.map(Limits::try_from).transpose()?.unwrap_or_default(),
            origins: file.cors.map(|cors| cors.origins).unwrap_or_default(),
            sync: file.sync.map(SyncSettings::try_from).transpose()?.unwrap_or_default(),
            access: Access::new(keys),
            tenants: file.tenants.into_iter().map(Tenant::from).collect(),
        };
        config.check()?;
        Ok(config)
    }

    /// How long a search may take in all.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }
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
        }
    }

    /// How the service is connected to.
    ///
    /// # Errors
    ///
    /// When the file of certificates cannot be read.
    pub fn client(&self) -> Result<Settings, ConfigError> {
        let pem = self.certificates.as_deref().map(file::text).transpose()?;
        Ok(Settings { certificates: pem.map(String::into_bytes), ..Settings::default() })
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
}

/// What the fields of a premium index can be asked for, from a saved answer of `/fields`.
///
/// # Errors
///
/// When the file cannot be read, or is no such answer.
pub fn fields(path: &Path) -> Result<IndexFields, ConfigError> {
    let found = index_fields(&file::text(path)?).ok_or_else(|| {
        let path = path.display();
        ConfigError::Value(format!("{path} is no list of fields; save an answer of /fields there"))
    })?;
    Ok(field_capabilities(found))
}

/// What the compiler is told of the fields that a service listed.
pub(crate) fn field_capabilities(found: Vec<IndexField>) -> IndexFields {
    let capability = |field: IndexField| {
        let can = FieldCapability {
            filterable: field.filterable,
            sortable: field.sortable,
            searchable: field.searchable,
        };
        (field.path, can)
    };
    found.into_iter().map(capability).collect()
}

fn premium(
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

fn own_key(overrides: &Overrides) -> Result<Option<Key>, ConfigError> {
    match (&overrides.tenant, &overrides.key) {
        (Some(tenant), Some(key)) => Ok(Some(Key::same(tenant, key.expose()))),
        (None, None) => Ok(None),
        (None, Some(_)) => invalid("a key belongs to a tenant; give --tenant ID with it"),
        (Some(_), None) => {
            invalid("a tenant has a key; give --key-file or POSTERN_KEY with --tenant")
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, ConfigError> {
    let plain = text.replace("localhost", "127.0.0.1");
    plain
        .parse()
        .or_else(|_| invalid("the address to listen on is none; write one such as 127.0.0.1:7700"))
}

/// `5s`, `800ms`, `1.5s`, `1m`.
fn duration(text: &str, what: &str) -> Result<Duration, ConfigError> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|span| span.try_into().ok());
    match parsed {
        Some(span) if (Duration::from_millis(1)..=Duration::from_secs(600)).contains(&span) => {
            Ok(span)
        }
        Some(_) | None => invalid(format!("the {what} is no time; write 5s or 800ms, at most 10m")),
    }
}

fn invalid<T>(message: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::Value(message.into()))
}
