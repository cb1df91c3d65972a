//! When and how collected mail is brought here.

use std::path::PathBuf;
use std::time::Duration;

use postern_mail::contents::AttachmentText;
use postern_upstream::{DataTap, Secret, Tenant, TenantSettings};
use serde::Deserialize;

use super::{Config, ConfigError, Premium, To, invalid};

/// The most requests at the same time: more is no longer polite.
pub const MOST_JOBS: u16 = 64;

/// When and how collected mail is brought here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncSettings {
    /// The pause between two runs inside of the gateway; nothing for no runs.
    pub every: Option<Duration>,
    /// Requests at the same time.
    pub jobs: usize,
    /// How long the answer to a request may take.
    pub answer_time: Duration,
    /// Which index it is brought to.
    pub to: To,
    /// Which attachments are read for their text; it cannot stand in the file.
    pub attachment_text: AttachmentText,
}

impl Default for SyncSettings {
    fn default() -> Self {
        let answer_time = TenantSettings::default().answer_time;
        Self {
            every: None,
            jobs: TenantSettings::default().parallel,
            answer_time,
            to: To::default(),
            attachment_text: AttachmentText::default(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSync {
    every: Option<String>,
    jobs: Option<usize>,
    answer_time: Option<String>,
    #[serde(default)]
    to: To,
}

impl TryFrom<FileSync> for SyncSettings {
    type Error = ConfigError;

    fn try_from(file: FileSync) -> Result<Self, ConfigError> {
        let known = Self::default();
        let jobs = file.jobs.unwrap_or(known.jobs);
        if !(1..=usize::from(MOST_JOBS)).contains(&jobs) {
            return invalid(format!("`jobs` of [sync] is a number from 1 to {MOST_JOBS}"));
        }
        let answer_time = file.answer_time.as_deref().map(answer_time).transpose()?;
        Ok(Self {
            every: file.every.as_deref().map(pause).transpose()?.flatten(),
            to: file.to,
            jobs,
            answer_time: answer_time.unwrap_or(known.answer_time),
            ..known
        })
    }
}

/// How long the answer to a request may take, such as `60s`.
///
/// # Errors
///
/// When it is no time, or too long a one.
pub fn answer_time(text: &str) -> Result<Duration, ConfigError> {
    super::duration(text, "time of an answer")
}

/// `15m`, `6h` or `never`: a minute to a week.
fn pause(text: &str) -> Result<Option<Duration>, ConfigError> {
    if text == "never" {
        return Ok(None);
    }
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|span| span.try_into().ok());
    let allowed = Duration::from_secs(1)..=Duration::from_secs(7 * 86_400);
    match parsed {
        Some(span) if allowed.contains(&span) => Ok(Some(span)),
        _ => invalid("`every` of [sync] is a pause such as 15m or 6h, or never"),
    }
}

/// The mail of a tenant that can be synced, because a key for all of it is known.
#[derive(Clone, Debug)]
pub struct ToSync {
    /// The tenant.
    pub tenant: String,
    /// The data folder that the mail is brought to.
    pub data: PathBuf,
    key: Secret,
}

impl Config {
    /// Everything that can be synced.
    #[must_use]
    pub fn to_sync(&self) -> Vec<ToSync> {
        let mut all: Vec<ToSync> = Vec::new();
        for key in self.access.keys().iter().filter(|key| key.mailboxes.is_empty()) {
            let is_known = all.iter().any(|one| one.tenant == key.tenant);
            if let Some(upstream) = key.upstream.as_ref().filter(|_| !is_known) {
                let own = self.tenants.iter().find(|tenant| tenant.id == key.tenant);
                let data = own.map_or(&self.data, |tenant| &tenant.data).clone();
                let (tenant, key) = (key.tenant.clone(), upstream.clone());
                all.push(ToSync { tenant, data, key });
            }
        }
        all
    }

    /// The DataTap service, where one is named.
    ///
    /// # Errors
    ///
    /// When it cannot be connected to at all.
    pub fn service(&self) -> Result<Option<DataTap>, ConfigError> {
        let connect = |premium: &Premium| {
            let service = DataTap::new(&premium.url, premium.client()?);
            service.or_else(|error| invalid(error.to_string()))
        };
        self.premium.as_ref().map(connect).transpose()
    }

    /// A client for one of them; nothing without the address of a service.
    ///
    /// # Errors
    ///
    /// When the service cannot be connected to at all.
    pub fn client(&self, of: &ToSync) -> Result<Option<Tenant>, ConfigError> {
        let Some(service) = self.service()? else { return Ok(None) };
        let settings = TenantSettings {
            parallel: self.sync.jobs,
            answer_time: self.sync.answer_time,
            // A message may be a thousand times as long as a page of a list.
            download_time: self.sync.answer_time.saturating_mul(10),
            ..TenantSettings::default()
        };
        Ok(Some(service.tenant(&of.tenant, of.key.clone(), settings)))
    }
}
