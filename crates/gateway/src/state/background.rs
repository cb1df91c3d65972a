//! What runs beside the requests, from the start of the process to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::warn;

use super::State;
use crate::acts::Acts;
use crate::config::Audit;
use crate::local::Local;
use crate::watch::{Hook, Untold};

/// How often it is looked whether a webhook has something to be told, by whatever process that was found.
const TELLING: Duration = Duration::from_secs(5);

impl State {
    /// Stops what processes before this one left open at Veeam.
    pub(crate) async fn stop_leftovers(self) {
        self.0.servers.stop_leftovers().await;
    }

    /// Asks an engine again and again what it can do with the configured keys, so that this is known before
    /// it is needed; it never ends.
    pub(crate) async fn keep_probing(self) {
        let mut all = tokio::task::JoinSet::new();
        for member in self.0.engines.shared().cloned() {
            let Some(pause) = member.engine.probing() else { continue };
            let state = self.clone();
            all.spawn(async move {
                loop {
                    tokio::time::sleep(pause).await;
                    let access = state.access();
                    for key in
                        access.keys().iter().filter(|key| state.uses_premium(Some(&key.tenant)))
                    {
                        let Some(sent) = key.sent_upstream(None) else { continue };
                        member.refresh(&sent, &key.tenant);
                    }
                }
            });
        }
        all.join_all().await;
    }

    /// Begins to verify the files of every index.
    pub(crate) fn keep_verifying(&self) {
        self.locals().for_each(Local::keep_verifying);
    }

    /// How audit logs are kept.
    pub(crate) fn audit(&self) -> Audit {
        self.0.config.audit.clone()
    }

    /// Begins to upgrade every index of a former format.
    pub(crate) fn keep_upgrading(&self) {
        self.locals().for_each(|local| local.keep_upgrading(self.attachment_text()));
    }

    /// Syncs what is to be synced on a schedule; it never ends.
    pub(crate) async fn keep_syncing(self) {
        let mut all = tokio::task::JoinSet::new();
        for one in self.0.scheduled.iter().cloned() {
            all.spawn(one.keep_syncing(Arc::clone(&self.0.audits), self.0.clock));
        }
        all.join_all().await;
    }

    /// Tells the webhook what is new in the saved searches of every tenant; it never ends.
    pub(crate) async fn keep_telling(self) {
        let Some(hook) = self.0.hook.clone() else { return };
        loop {
            for (tenant, local) in self.0.locals.each() {
                if let Err(error) = self.tell(&hook, tenant, local).await {
                    warn!(tenant, %error, "the webhook");
                }
            }
            tokio::time::sleep(TELLING).await;
        }
    }

    async fn tell(&self, hook: &Hook, tenant: &str, local: &Local) -> Result<(), Untold> {
        // What nothing was brought to yet has nothing to tell.
        if !local.archive().data().is_dir() {
            return Ok(());
        }
        let (hook, saved, clock) = (hook.clone(), local.archive().saved(), self.0.clock);
        let tenant = tenant.to_owned();
        let telling = tokio::task::spawn_blocking(move || {
            hook.meet(&saved)?;
            Handle::current().block_on(hook.tell(&saved, &tenant, clock))
        });
        telling.await.map_or(Ok(()), |told| told.map(|_| ()))
    }

    /// What is done at sources on behalf of clients.
    pub(crate) fn acts(&self) -> &Acts {
        &self.0.acts
    }

    /// Stops the restore sessions of this process.
    pub async fn stop_sessions(&self) {
        self.0.servers.stop_all().await;
    }
}
