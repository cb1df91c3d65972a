//! A server of Veeam Backup for Microsoft 365, as the second source of a tenant.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use postern_upstream::veeam::{Account, Sessions, Version};
use postern_upstream::{Secret, Trust, veeam};
use serde::Deserialize;
use toml::Table;

use super::LogOn;
use crate::access::digest;
use crate::config::shown::{path, put, time};
use crate::config::{Config, ConfigError, file, fresh, invalid};

/// What the source is called where nothing is said.
const SOURCE: &str = "veeam";
/// Restore sessions at a time where nothing is said.
const SESSIONS: usize = 4;
/// The most restore sessions at a time: each holds memory of the server.
const MOST_SESSIONS: usize = 16;
/// For how long a listing of a mailbox counts as whole where nothing is said.
const FRESH: Duration = Duration::from_secs(3_600);

/// The server and who asks it.
#[derive(Clone, Debug)]
pub struct Veeam {
    /// Base URL, such as `https://backup.example:4443`.
    pub url: String,
    /// The version of its interface, from v4 on; `None` where the server is asked.
    pub version: Option<Version>,
    /// The organization whose backups are asked; `None` where the server has one only.
    pub organization: Option<String>,
    /// Who logs on.
    pub user: String,
    /// The password, where one was given.
    pub password: Option<Secret>,
    /// The file that it came from.
    pub password_file: Option<PathBuf>,
    /// Which certificate is trusted.
    pub trust: VeeamTrust,
    /// Restore sessions at a time.
    pub sessions: usize,
    /// What the source is called in answers, in `source:` and in facets.
    pub source: String,
    /// Whether premium is asked for this tenant too.
    pub premium: bool,
    /// For how long a listing of a mailbox counts as whole.
    pub fresh: Duration,
    /// Whose a OneDrive is, where its URL does not say: its name, the last part of its URL or its id, and the
    /// address of the owner.
    pub drives: BTreeMap<String, String>,
    /// How restores log on to Microsoft 365.
    pub restore: LogOn,
}

/// Which certificate of the server is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VeeamTrust {
    /// One that the system trusts.
    System,
    /// Also those in this file of PEM.
    Certificates(PathBuf),
    /// The one with this SHA-256 and no other.
    Sha256([u8; 32]),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FileVeeam {
    url: String,
    version: Option<String>,
    organization: Option<String>,
    user: String,
    password_file: Option<PathBuf>,
    certificates: Option<PathBuf>,
    certificate_sha256: Option<String>,
    sessions: Option<usize>,
    source: Option<String>,
    #[serde(default)]
    premium: bool,
    fresh: Option<String>,
    #[serde(default)]
    drives: BTreeMap<String, String>,
    #[serde(default)]
    restore: LogOn,
}

impl TryFrom<FileVeeam> for Veeam {
    type Error = ConfigError;

    fn try_from(file: FileVeeam) -> Result<Self, ConfigError> {
        let sessions = file.sessions.unwrap_or(SESSIONS);
        if !(1..=MOST_SESSIONS).contains(&sessions) {
            return invalid(format!(
                "`sessions` of [tenants.veeam] is a number from 1 to {MOST_SESSIONS}"
            ));
        }
        Ok(Self {
            version: version(file.version.as_deref())?,
            organization: file.organization.map(|text| filled(text, "organization")).transpose()?,
            user: filled(file.user, "user")?,
            password: file
                .password_file
                .as_deref()
                .map(|path| file::line(path, "the password"))
                .transpose()?,
            password_file: file.password_file,
            trust: trust(file.certificates, file.certificate_sha256.as_deref())?,
            sessions,
            source: file.source.map_or(Ok(SOURCE.to_owned()), |text| filled(text, "source"))?,
            premium: file.premium,
            fresh: file
                .fresh
                .as_deref()
                .map_or(Ok(FRESH), |text| fresh(text, "[tenants.veeam]"))?,
            drives: file.drives,
            restore: file.restore,
            url: base(file.url)?,
        })
    }
}

/// An address of the service; one that holds a password is not repeated.
fn base(url: String) -> Result<String, ConfigError> {
    if url.contains('@') {
        return invalid("`url` of [tenants.veeam] holds a name or a password; give `user`");
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return invalid("`url` of [tenants.veeam] is none; write https://HOST:4443");
    }
    Ok(url)
}

fn version(text: Option<&str>) -> Result<Option<Version>, ConfigError> {
    let Some(text) = text.filter(|text| *text != "auto") else { return Ok(None) };
    match text.parse() {
        Ok(version) if version >= Version::V4 => Ok(Some(version)),
        Ok(_) | Err(_) => invalid("`version` of [tenants.veeam] is auto, v4, v5, v6, v7 or v8"),
    }
}

fn filled(text: String, key: &str) -> Result<String, ConfigError> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return invalid(format!("`{key}` of [tenants.veeam] is empty, or no line of text"));
    }
    Ok(text)
}

fn trust(file: Option<PathBuf>, sha256: Option<&str>) -> Result<VeeamTrust, ConfigError> {
    match (file, sha256) {
        (None, None) => Ok(VeeamTrust::System),
        (Some(file), None) => Ok(VeeamTrust::Certificates(file)),
        (None, Some(hex)) => match digest(&hex.replace(':', "")) {
            Some(digest) => Ok(VeeamTrust::Sha256(digest)),
            None => invalid(
                "`certificate_sha256` of [tenants.veeam] is not 64 hex digits; `openssl x509 -in \
                 FILE -noout -fingerprint -sha256` prints them",
            ),
        },
        (Some(_), Some(_)) => {
            invalid("[tenants.veeam] has both `certificates` and `certificate_sha256`; remove one")
        }
    }
}

impl Veeam {
    /// Which certificate of the server is trusted.
    pub(crate) fn trust(&self) -> Result<Trust, ConfigError> {
        Ok(match &self.trust {
            VeeamTrust::System => Trust::System,
            VeeamTrust::Certificates(path) => Trust::Certificates(file::text(path)?.into_bytes()),
            VeeamTrust::Sha256(hash) => Trust::Sha256(*hash),
        })
    }

    /// The account to ask with; an answer has so long to begin.
    fn account(&self, answer_time: Duration) -> Result<Account, ConfigError> {
        let Some(password) = self.password.clone() else {
            return invalid(
                "no password for [tenants.veeam] is known; set POSTERN_VEEAM_PASSWORD, or add `password_file`",
            );
        };
        Ok(Account {
            url: self.url.clone(),
            user: self.user.clone(),
            password,
            organization: self.organization.clone(),
            version: self.version,
            trust: self.trust()?,
            sessions: self.sessions,
            answer_time,
        })
    }

    /// As it stands in the file.
    pub(in crate::config) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "url", &self.url);
        put(&mut table, "version", self.version.map_or("auto", |version| version.as_str()));
        if let Some(organization) = &self.organization {
            put(&mut table, "organization", organization);
        }
        put(&mut table, "user", &self.user);
        if let Some(file) = &self.password_file {
            put(&mut table, "password_file", path(file));
        }
        match &self.trust {
            VeeamTrust::System => {}
            VeeamTrust::Certificates(file) => put(&mut table, "certificates", path(file)),
            VeeamTrust::Sha256(digest) => {
                let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                put(&mut table, "certificate_sha256", hex);
            }
        }
        put(&mut table, "sessions", self.sessions);
        put(&mut table, "source", &self.source);
        put(&mut table, "premium", self.premium);
        put(&mut table, "fresh", time(self.fresh));
        if !self.drives.is_empty() {
            put(&mut table, "drives", &self.drives);
        }
        if self.restore != LogOn::default() {
            table.insert("restore".into(), toml::Value::Table(self.restore.shown()));
        }
        table
    }
}

impl Config {
    /// The server of Veeam of that tenant; without a name of the only tenant there is.
    #[must_use]
    pub fn veeam(&self, tenant: Option<&str>) -> Option<&Veeam> {
        self.tenant(tenant)?.veeam.as_ref()
    }

    /// A client of the server of Veeam of that tenant; `None` where it has no such server.
    ///
    /// # Errors
    ///
    /// When no password is known, or the server cannot be connected to at all.
    pub fn veeam_client(&self, tenant: Option<&str>) -> Result<Option<veeam::Veeam>, ConfigError> {
        let Some(server) = self.veeam(tenant) else { return Ok(None) };
        let client = veeam::Veeam::new(server.account(self.sync.answer_time)?);
        client.map(Some).or_else(|error| invalid(error.to_string()))
    }

    /// The restore sessions of that client, written down in the data folder of the tenant. One process has one
    /// of these for a tenant.
    ///
    /// # Errors
    ///
    /// As for [`veeam_client`](Self::veeam_client), and when nothing can be written there.
    pub fn veeam_sessions(&self, tenant: Option<&str>) -> Result<Option<Sessions>, ConfigError> {
        let (Some(at), Some(client)) = (self.tenant(tenant), self.veeam_client(tenant)?) else {
            return Ok(None);
        };
        let sessions = Sessions::open(client, &at.data.join("veeam"));
        sessions.map(Some).or_else(|problem| invalid(problem.to_string()))
    }
}
