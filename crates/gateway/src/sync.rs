//! Syncing on a schedule, beside the requests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Archive, chain};
use postern_sync::{Error, Progress, Summary, SyncOptions};
use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::config::{Config, ConfigError, Tenant};
use crate::servers::Servers;
use crate::source::{Source, Wanted};

/// What is synced again and again.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    source: Source,
    options: SyncOptions,
    every: Duration,
    /// One run at a time over a data folder, whichever its source.
    turn: Arc<Mutex<()>>,
}

/// The turn of those who sync to the same folder.
fn turn(all: &[Scheduled], data: &Path) -> Arc<Mutex<()>> {
    let same = all.iter().find(|one| one.source.data == data);
    same.map(|one| Arc::clone(&one.turn)).unwrap_or_default()
}

impl Scheduled {
    /// What a configuration asks to sync, with the restore sessions of this process.
    pub(crate) fn of(config: &Config, servers: &Servers) -> Result<Vec<Self>, ConfigError> {
        let Some(every) = config.sync.every else { return Ok(Vec::new()) };
        let options = SyncOptions {
            jobs: config.sync.jobs,
            attachment_text: config.sync.attachment_text.clone(),
            ..SyncOptions::default()
        };
        let sessions = |tenant: &Tenant| Ok(servers.sessions(&tenant.id).cloned());
        let wanted = Wanted { tenant: None, at: None, sessions: &sessions };
        let mut all = Vec::new();
        for source in config.sources(&wanted)? {
            let (options, turn) = (options.clone(), turn(&all, &source.data));
            all.push(Self { source, options, every, turn });
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
            let Source { tenant, data, collection, .. } = &self.source;
            let (collection, options) = (Arc::clone(collection), self.options.clone());
            let (archive, progress) = (Archive::below(data), Arc::new(Progress::default()));
            let run = postern_sync::run(collection, tenant, &archive, options, clock, progress);
            let turn = self.turn.lock().await;
            self.tell(run.await);
            drop(turn);
            tokio::time::sleep(self.every).await;
        }
    }

    fn tell(&self, outcome: Result<Summary, Error>) {
        let tenant = self.source.tenant.as_str();
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
