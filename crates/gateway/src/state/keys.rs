//! Keys that are made and revoked while the gateway runs.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::State;
use crate::access::Access;
use crate::config::{Config, ConfigError};
use crate::slots::Slots;

/// How often the file of keys is looked at.
const LOOKING: Duration = Duration::from_secs(1);

/// What the file had, or why it could not be read.
type Found = Result<Option<String>, String>;

impl State {
    /// Who may ask now.
    pub(crate) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.0.access.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes up what `postern key new` and `postern key revoke` do; it never ends.
    pub async fn keep_reading_keys(self) {
        let mut last: Option<Found> = None;
        loop {
            let state = self.clone();
            let read = move || state.0.config.made_text().map_err(|error| error.to_string());
            if let Ok(found) = tokio::task::spawn_blocking(read).await
                && last.as_ref() != Some(&found)
            {
                self.take_up(&found);
                last = Some(found);
            }
            tokio::time::sleep(LOOKING).await;
        }
    }

    /// A file that is not valid changes nothing.
    fn take_up(&self, found: &Found) {
        let read = found.as_ref().map_err(|why| ConfigError::Value(why.clone()));
        let config = read.and_then(|text| self.0.config.with_made(text.as_deref()));
        match config {
            Ok(Config { access, .. }) => self.admit_keys(access),
            Err(error) => warn!(%error, "the file of keys; those of before stay good"),
        }
    }

    /// From now on these keys may ask. A gateway that asked for keys does so until it ends.
    pub(crate) fn admit_keys(&self, access: Access) {
        let access = if self.access().is_open() { access } else { access.closed() };
        let keys = access.keys().len();
        self.share_slots(&access);
        if !access.has_one_asker() {
            self.0.engines.all().for_each(|member| member.share());
        }
        *self.0.access.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access);
        info!(keys, "keys were read");
    }

    /// Each key has its part of what there is, and each tenant its own exports.
    fn share_slots(&self, access: &Access) {
        let keys = access.keys().len();
        for slots in [&self.0.requests, &self.0.assistants, &self.0.streams, &self.0.held] {
            slots.share_among(keys);
        }
        let mut exports = self.0.exports.lock().unwrap_or_else(PoisonError::into_inner);
        for key in access.keys() {
            let all = self.0.limits.exports;
            exports.entry(key.tenant.clone()).or_insert_with(|| Slots::new(all, keys));
        }
        exports.values().for_each(|slots| slots.share_among(keys));
    }
}
