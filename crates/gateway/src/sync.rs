//! Syncing on a schedule, beside the requests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Archive, chain};
use postern_sync::{Backups, Collection, Error, Progress, Summary, SyncOptions};
use postern_upstream::veeam::Sessions;
use tokio::sync::Mutex;
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
    /// One run at a time over a data folder, whichever its source.
    turn: Arc<Mutex<()>>,
}

/// The turn of those who sync to the same folder.
fn turn(all: &[Scheduled], data: &Path) -> Arc<Mutex<()>> {
    let same = all.iter().find(|one| one.data == data);
    same.map(|one| Arc::clone(&one.turn)).unwrap_or_default()
}

impl Scheduled {
    /// What a configuration asks to sync, with the restore sessions of this process.
    pub(crate) fn of(
        config: &Config,
        sessions: &BTreeMap<String, Sessions>,
    ) -> Result<Vec<Self>, ConfigError> {
        let Some(every) = config.sync.every else { return Ok(Vec::new()) };
        let options = SyncOptions {
            jobs: config.sync.jobs,
            attachment_text: config.sync.attachment_text.clone(),
            ..SyncOptions::default()
        };
        let mut all = Vec::new();
        for of in config.to_sync() {
            if let Some(client) = config.client(&of)? {
                let (collection, options) = (Arc::new(client), options.clone());
                let turn = turn(&all, &of.data);
                all.push(Self {
                    collection,
                    tenant: of.tenant,
                    data: of.data,
                    options,
                    every,
                    turn,
                });
            }
        }
        for tenant in &config.tenants {
            if let (Some(veeam), Some(sessions)) = (&tenant.veeam, sessions.get(&tenant.id)) {
                let (id, data, options) = (tenant.id.clone(), tenant.data.clone(), options.clone());
                let collection = Arc::new(Backups::new(&veeam.source, sessions.clone(), None));
                let turn = turn(&all, &data);
                all.push(Self { collection, tenant: id, data, options, every, turn });
            }
        }
        if all.is_empty() {
            let message = "[sync] needs a [premium] and a key with `upstream_key` that opens all mailboxes, or [tenants.veeam]";
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
            let turn = self.turn.lock().await;
            self.tell(run.await);
            drop(turn);
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
