//! A webhook that is told of new hits of saved searches.

use std::path::PathBuf;
use std::time::Duration;

use postern_upstream::webhook::Webhook;
use postern_upstream::{Secret, Trust};
use serde::Deserialize;
use toml::Table;

use super::shown::{path, put, time};
use super::{Config, ConfigError, duration, file, invalid};
use crate::watch::Hook;

/// How long an answer may take where nothing is said.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Bytes that a secret may have; longer ones are taken for the wrong file.
const LONGEST_SECRET: usize = 4_096;

/// A webhook, and where its secret stands.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Its address, which may be a secret of its own.
    pub url: Secret,
    /// The file with the secret that what it is told is signed with.
    pub secret_file: Option<PathBuf>,
    /// The secret, where one was given.
    pub secret: Option<Secret>,
    /// A file of PEM with certificates that are trusted beside those of the system.
    pub certificates: Option<PathBuf>,
    /// How long an answer may take.
    pub answer_time: Duration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileWebhook {
    url: String,
    secret_file: Option<PathBuf>,
    certificates: Option<PathBuf>,
    answer_time: Option<String>,
}

impl TryFrom<FileWebhook> for WebhookSettings {
    type Error = ConfigError;

    fn try_from(file: FileWebhook) -> Result<Self, ConfigError> {
        let FileWebhook { url, secret_file, certificates, answer_time } = file;
        let answer_time =
            answer_time.map(|text| duration(&text, "`answer_time` of [webhook]")).transpose()?;
        let answer_time = answer_time.unwrap_or(ANSWER_TIME);
        let url = Secret::new(&url);
        Ok(Self { url, secret_file, secret: None, certificates, answer_time })
    }
}

impl WebhookSettings {
    /// As it stands in the file.
    pub(super) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "url", "***");
        if let Some(file) = &self.secret_file {
            put(&mut table, "secret_file", path(file));
        }
        if let Some(file) = &self.certificates {
            put(&mut table, "certificates", path(file));
        }
        put(&mut table, "answer_time", time(self.answer_time));
        table
    }

    fn secret(&self) -> Result<Secret, ConfigError> {
        let Some(path) = &self.secret_file else {
            return self.secret.clone().map_or_else(
                || invalid("no secret for [webhook] is known; set POSTERN_WEBHOOK_SECRET, or add `secret_file`"),
                Ok,
            );
        };
        let text = file::text(path)?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() || line.len() > LONGEST_SECRET || line.contains(char::is_control) {
            let path = path.display();
            return invalid(format!("`{path}` is no file with one line, the secret"));
        }
        Ok(Secret::new(line))
    }

    fn hook(&self) -> Result<Hook, ConfigError> {
        let trust = match &self.certificates {
            Some(path) => Trust::Certificates(file::text(path)?.into_bytes()),
            None => Trust::System,
        };
        let webhook = Webhook::new(self.url.expose(), &self.secret()?, trust, self.answer_time);
        let webhook = webhook.or_else(|error| invalid(format!("`url` of [webhook]: {error}")))?;
        Ok(Hook::new(webhook, self.url.expose()))
    }
}

impl Config {
    /// The webhook that is told of new hits, if there is one.
    ///
    /// # Errors
    ///
    /// When its address is none that may be told, or no secret is known.
    pub fn hook(&self) -> Result<Option<Hook>, ConfigError> {
        self.webhook.as_ref().map(WebhookSettings::hook).transpose()
    }
}
