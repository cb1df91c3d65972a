//! Syncing on a schedule, beside the requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Archive, chain};
use postern_sync::{Collection, Error, Progress, Summary, SyncOptions};
use tracing::{info, warn};

use crate::config::{Config, ConfigError};

/// What is synced again and again.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    collection: Arc<dyn Collection>,
    tenant: String,
    data: PathBuf,
    options: SyncOptions,
    every: Duration,
}

impl Scheduled {
    /// What a configuration asks to sync.
    pub(crate) fn of(config: &Config) -> Result<Vec<Self>, ConfigError> {
        let Some(every) = config.sync.every else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for of in config.to_sync() {
            if let Some(client) = config.client(&of)? {
                let (collection, tenant, data) = (Arc::new(client), of.tenant, of.data);
                let options = SyncOptions {
                    jobs: config.sync.jobs,
                    attachment_text: config.sync.attachment_text.clone(),
                    ..SyncOptions::default()
                };
                all.push(Self { collection, tenant, data, options, every });
            }
        }
        if all.is_empty() {
            let message =
                "[sync] needs a [premium] and a key with `upstream_key` that opens all mailboxes";
            return Err(ConfigError::Value(message.to_owned()));
        }
        Ok(all)
    }

    /// Syncs now and after every pause; it never ends.
    pub(crate) async fn keep_syncing(self, clock: fn() -> Timestamp) {
        loop {
            let (collection, options) = (Arc::clone(&self.collection), self.options.clone());
            let progress = Arc::new(Progress::default());
            let archive = Archive::below(&self.data);
            let run =
                postern_sync::run(collection, &self.tenant, &archive, options, clock, progress);
            self.tell(run.await);
            tokio::time::sleep(self.every).await;
        }
    }

    fn tell(&self, outcome: Result<Summary, Error>) {
        let tenant = self.tenant.as_str();
        match outcome {
            Ok(Summary { ended: Some(error), .. }) | Err(error) => {
                warn!(tenant, error = chain(&error), "sync ended early");
            }
            Ok(done) => info!(
                tenant,
                known = done.known,
                here = done.here,
                downloaded = done.downloaded,
                failures = done.failures,
                requests = done.requests,
                "synced"
            ),
        }
    }
}
