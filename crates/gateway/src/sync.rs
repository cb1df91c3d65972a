//! Syncing on a schedule, beside the requests.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Archive, chain};
use postern_sync::{Error, Progress, Summary, SyncOptions};
use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::config::{Config, ConfigError, Tenant, To};
use crate::engine::in_cluster;
use crate::local::LocalEngine;
use crate::servers::Servers;
use crate::sink::Notice;
use crate::source::{Source, Wanted};
use crate::viewpoint::Viewpoint;
use crate::watch::{News, Watcher};

/// What is synced again and again.
#[derive(Clone)]
pub(crate) struct Scheduled {
    source: Source,
    options: SyncOptions,
    every: Duration,
    /// From where saved searches are read.
    viewpoint: Viewpoint,
    /// What is synced lies there, and not in the index of this machine.
    elsewhere: Option<Arc<dyn LocalEngine>>,
    /// One run at a time over a data folder, whichever its source.
    turn: Arc<Mutex<()>>,
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduled").field("source", &self.source).finish_non_exhaustive()
    }
}

/// The turn of those who sync to the same folder.
fn turn(all: &[Scheduled], data: &Path) -> Arc<Mutex<()>> {
    let same = all.iter().find(|one| one.source.data == data);
    same.map(|one| Arc::clone(&one.turn)).unwrap_or_default()
}

/// Tells the log what a cluster refused for now.
pub(crate) fn notice() -> Notice {
    Arc::new(|problem| warn!(problem = problem.code(), "the cluster takes no writes; trying again"))
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
            let to = config.destination(config.sync.to, Some(&source.tenant), notice())?;
            let options = SyncOptions { to, ..options };
            let viewpoint = config.viewpoint.clone();
            let elsewhere = match config.sync.to {
                To::Cluster => in_cluster(config, Some(&source.tenant)).ok(),
                To::Local | To::Both => None,
            };
            all.push(Self { source, options, every, viewpoint, elsewhere, turn });
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
            self.compare(move |watcher| watcher.before(clock(), false)).await;
            let outcome = run.await;
            let is_whole = matches!(&outcome, Ok(Summary { ended: None, .. }));
            self.tell(outcome);
            self.compare(move |watcher| watcher.after(clock(), is_whole)).await;
            drop(turn);
            tokio::time::sleep(self.every).await;
        }
    }

    /// Compares the saved searches of the tenant, and tells what is new in them.
    async fn compare(&self, work: impl FnOnce(&Watcher<'_>) -> Vec<News> + Send + 'static) {
        let (data, viewpoint) = (self.source.data.clone(), self.viewpoint.clone());
        let elsewhere = self.elsewhere.clone();
        let comparing = tokio::task::spawn_blocking(move || {
            let archive = Archive::below(&data);
            work(&Watcher::new(&archive, &viewpoint).over(elsewhere))
        });
        let tenant = self.source.tenant.as_str();
        for News { owner, name, new } in comparing.await.unwrap_or_default() {
            match new {
                Ok(new) => info!(tenant, owner, search = name, new = new.len(), "new hits"),
                Err(error) => warn!(tenant, owner, search = name, error, "a saved search"),
            }
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
