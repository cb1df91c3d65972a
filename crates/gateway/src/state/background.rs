//! What runs beside the requests, from the start of the process to its end.

use super::State;
use crate::acts::Acts;
use crate::local::Local;

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
                    let keys = state.access().keys().iter();
                    for key in keys.filter(|key| state.uses_premium(Some(&key.tenant))) {
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

    /// Syncs what is to be synced on a schedule; it never ends.
    pub(crate) async fn keep_syncing(self) {
        let mut all = tokio::task::JoinSet::new();
        for one in self.0.scheduled.iter().cloned() {
            all.spawn(one.keep_syncing(self.0.clock));
        }
        all.join_all().await;
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
