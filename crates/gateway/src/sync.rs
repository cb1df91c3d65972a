//! Syncing on a schedule, beside the requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_sync::{Error, Progress, Request, Summary};
use postern_upstream::Tenant;
use tracing::{info, warn};

use crate::config::{Config, ConfigError};

/// What is synced again and again.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    client: Tenant,
    tenant: String,
    data: PathBuf,
    request: Request,
    every: Duration,
}

impl Scheduled {
    /// What a configuration asks to sync.
    pub(crate) fn of(config: &Config) -> Result<Vec<Self>, ConfigError> {
        let Some(every) = config.sync.every else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for collection in config.collections() {
            if let Some(client) = config.client(&collection)? {
                let (tenant, data) = (collection.tenant, collection.data);
                let request = Request {
                    jobs: config.sync.jobs,
                    attachment_text: config.sync.attachment_text.clone(),
                    ..Request::default()
                };
                all.push(Self { client, tenant, data, request, every });
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
            let (client, request) = (self.client.clone(), self.request.clone());
            let progress = Arc::new(Progress::default());
            let run = postern_sync::run(client, &self.tenant, &self.data, request, clock, progress);
            self.tell(run.await);
            tokio::time::sleep(self.every).await;
        }
    }

    fn tell(&self, outcome: Result<Summary, Error>) {
        let tenant = self.tenant.as_str();
        match outcome {
            Ok(Summary { ended: Some(error), .. }) | Err(error) => {
                warn!(tenant, %error, "sync ended early");
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
