//! What a gateway is told: one TOML file, and what the command line puts over it.

mod audit;
mod breaker;
mod check;
mod cluster;
mod file;
mod files;
mod keys;
mod limits;
mod order;
mod premium;
mod shown;
mod sync;
mod tenant;
mod tls;
mod to;
mod webhook;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_upstream::Secret;
use serde::Deserialize;
use toml::Table;

use crate::access::{Access, Key};
use crate::viewpoint::Viewpoint;
pub use audit::{Audit, HeadsTo, Level};
pub use breaker::BreakerSettings;
pub use cluster::Cluster;
use cluster::FileCluster;
use file::{FileCors, FileKey, FileLimits, FileMcp};

pub use keys::NewKey;
pub use limits::Limits;
use premium::FilePremium;
pub use premium::{Preference, Premium, fields};
use sync::FileSync;
pub use sync::{MOST_JOBS, SyncSettings, ToSync, answer_time};
use tenant::FileTenant;
pub use tenant::{LogOn, Tenant, Veeam, VeeamTrust, variable};
pub use tls::Tls;
pub(crate) use tls::TlsFiles;
use to::FileIndex;
pub use to::To;
use webhook::FileWebhook;
pub use webhook::WebhookSettings;

/// Where the gateway listens when nothing is said.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7700);
const DEADLINE: Duration = Duration::from_secs(5);

/// An engine, by the name that it has in configurations, requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineName {
    /// The premium endpoint of DataTap.
    Premium,
    /// The item search of Veeam.
    Veeam,
    /// The index in a cluster.
    Cluster,
    /// The index of this machine.
    Local,
}

impl EngineName {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Premium, Self::Veeam, Self::Cluster, Self::Local];

    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Premium => "premium",
            Self::Veeam => "veeam",
            Self::Cluster => "cluster",
            Self::Local => "local",
        }
    }

    /// Whether what is stored here says how complete its answers are. A cluster has what other machines bring.
    pub(crate) const fn is_covered_here(self) -> bool {
        match self {
            Self::Premium | Self::Veeam | Self::Local => true,
            Self::Cluster => false,
        }
    }

    /// The name in a sentence.
    #[must_use]
    pub const fn spoken(self) -> &'static str {
        match self {
            Self::Premium => "premium",
            Self::Veeam => "Veeam",
            Self::Cluster => "the cluster",
            Self::Local => "the local index",
        }
    }
}

/// A checked configuration. Secrets in it are hidden from `Debug`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port.
    pub listen: SocketAddr,
    /// What TLS is served with; `None` serves none.
    pub tls: Option<Tls>,
    /// Where the local index lies.
    pub data: PathBuf,
    /// The engines of a tenant that has no order of its own, in the order in which they are asked; `None` where
    /// the sources of each tenant decide.
    pub engines: Option<Vec<EngineName>>,
    /// The premium endpoint, if there is one.
    pub premium: Option<Premium>,
    /// The cluster that holds the index, if there is one.
    pub cluster: Option<Cluster>,
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
    /// Whether assistants are served at `/mcp`.
    pub mcp_over_http: bool,
    /// From where queries are read: the zone of their days, and who `me` is.
    pub viewpoint: Viewpoint,
    /// What is audited, and how.
    pub audit: Audit,
    /// Which index `postern index` writes.
    pub index_to: To,
    /// When and how collected mail is brought here.
    pub sync: SyncSettings,
    /// What is told of new hits of saved searches, if anything is.
    pub webhook: Option<WebhookSettings>,
    /// Whether the file holds keys for upstream, so that nobody else should read it.
    pub file_holds_keys: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileConfig {
    listen: Option<String>,
    tls: Option<Tls>,
    data: Option<PathBuf>,
    engines: Option<Vec<String>>,
    premium: Option<FilePremium>,
    cluster: Option<FileCluster>,
    keys: Vec<FileKey>,
    tenants: Vec<FileTenant>,
    limits: Option<FileLimits>,
    cors: Option<FileCors>,
    index: FileIndex,
    mcp: FileMcp,
    sync: Option<FileSync>,
    webhook: Option<FileWebhook>,
    deadline: Option<String>,
    zone: Option<String>,
    me: Option<Vec<String>>,
    audit: Option<String>,
    audit_key_file: Option<PathBuf>,
    audit_heads: Option<Vec<String>>,
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
    /// The password for the servers of Veeam whose tables name no file.
    pub veeam_password: Option<Secret>,
    /// The password for the user of the cluster.
    pub cluster_password: Option<Secret>,
    /// The secret of the webhook whose table names no file.
    pub webhook_secret: Option<Secret>,
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
        let file = file.map(file::read::<FileConfig>).transpose()?.unwrap_or_default();
        let listen = overrides.listen.as_ref().or(file.listen.as_ref());
        let premium = premium::over(file.premium, overrides)?;
        let deadline = overrides.deadline.as_deref().or(file.deadline.as_deref());
        let deadline = deadline.map(|text| duration(text, "deadline"));
        let mut keys = file.keys.into_iter().map(Key::try_from).collect::<Result<Vec<_>, _>>()?;
        let is_in_file = |key: &Key| key.upstream.is_some() && key.upstream_file.is_none();
        let file_holds_keys = keys.iter().any(is_in_file);
        keys.extend(own_key(overrides)?);
        let viewpoint = Viewpoint::default().with(file.zone.as_deref(), file.me.as_deref());
        let heads = file.audit_heads.as_deref();
        let config = Self {
            audit: Audit::of(file.audit.as_deref(), file.audit_key_file, heads)?,
            viewpoint: viewpoint.or_else(|(name, what)| invalid(format!("`{name}` {what}")))?,
            file_holds_keys,
            listen: listen.map(|text| address(text)).transpose()?.unwrap_or(LISTEN),
            tls: file.tls,
            data: file.data.unwrap_or(data),
            deadline: match &premium {
                Some(premium) => premium.deadline,
                None => deadline.transpose()?.unwrap_or(DEADLINE),
            },
            premium,
            limits: file.limits.map(Limits::try_from).transpose()?.unwrap_or_default(),
            origins: file.cors.map(|cors| cors.origins).unwrap_or_default(),
            index_to: file.index.to,
            mcp_over_http: file.mcp.http,
            sync: file.sync.map(SyncSettings::try_from).transpose()?.unwrap_or_default(),
            webhook: file.webhook.map(WebhookSettings::try_from).transpose()?,
            access: Access::new(keys),
            cluster: file.cluster.map(Cluster::try_from).transpose()?,
            engines: order::read(file.engines)?,
            tenants: file.tenants.into_iter().map(Tenant::try_from).collect::<Result<_, _>>()?,
        };
        let config = config.with_passwords(overrides);
        config.with_made(config.made_text()?.as_deref())
    }

    /// The passwords for the servers of Veeam that were told none, and for the cluster; the secret of the webhook.
    fn with_passwords(mut self, overrides: &Overrides) -> Self {
        if let Some(cluster) = &mut self.cluster {
            cluster.password.clone_from(&overrides.cluster_password);
        }
        if let Some(webhook) = &mut self.webhook {
            webhook.secret.clone_from(&overrides.webhook_secret);
        }
        let password = overrides.veeam_password.as_ref();
        let servers = self.tenants.iter_mut().filter_map(|tenant| tenant.veeam.as_mut());
        for server in servers.filter(|server| server.password.is_none()) {
            server.password = password.cloned();
        }
        self
    }

    /// The table of each engine that was told something.
    fn engine_tables(&self) -> Vec<(EngineName, Table)> {
        let premium = self.premium.as_ref().map(|told| (EngineName::Premium, told.shown()));
        premium.into_iter().collect()
    }

    /// How long a search may take in all.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }
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

/// How old a listing may be: `15m`, `6h`; a second to a week.
fn fresh(text: &str, section: &str) -> Result<Duration, ConfigError> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|span| span.try_into().ok());
    let allowed = Duration::from_secs(1)..=Duration::from_secs(7 * 86_400);
    let told = || format!("`fresh` of {section} is a time such as 15m or 6h, at most 168h");
    parsed.filter(|span| allowed.contains(span)).map_or_else(|| invalid(told()), Ok)
}

fn invalid<T>(message: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::Value(message.into()))
}

fn share(share: f64, what: &str) -> Result<f64, ConfigError> {
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    invalid(format!("{what} is a share; write a number from 0 to 1"))
}
