//! Telling a webhook what is new: each event until it was taken, in their order.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Error, Event, Saved, chain, id_of};
use postern_upstream::webhook::{NotTaken, Webhook};
use serde::Serialize;

/// Events that are read at once.
const AT_ONCE: usize = 100;
/// How often an event is told before the next time.
const TRIES: u32 = 3;
/// The pause behind the first try; each further one is longer by as much.
const PAUSE: Duration = Duration::from_secs(1);

/// A webhook, and the name that the store knows it by.
#[derive(Clone, Debug)]
pub struct Hook {
    webhook: Arc<Webhook>,
    /// A digest of its address, which may be a secret.
    name: String,
}

/// Why a webhook was not told everything; the rest is told later.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// It did not take an event.
    #[error("the webhook did not take what is new: {0}; it is told again")]
    NotTaken(NotTaken),
    /// What it is to be told cannot be read or noted.
    #[error("what the webhook is to be told cannot be read: {0}")]
    Store(String),
}

/// An event as a webhook gets it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    event_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tenant: &'a str,
    owner: &'a str,
    search: &'a str,
    q: &'a str,
    at: &'a str,
    new: usize,
    ids: &'a [String],
}

impl Hook {
    pub(crate) fn new(webhook: Webhook, url: &str) -> Self {
        Self { webhook: Arc::new(webhook), name: id_of(url.as_bytes()) }
    }

    /// Knows it in that store from now on.
    ///
    /// # Errors
    ///
    /// When it cannot be noted.
    pub fn meet(&self, saved: &Saved) -> Result<(), Untold> {
        saved.meet(&self.name).map_err(store)
    }

    /// Tells all that it has not taken yet of that tenant, and says how many events that were. A kill in between tells one again, with the
    /// same id.
    ///
    /// # Errors
    ///
    /// When it did not take one, and when the store fails.
    pub async fn tell(
        &self,
        saved: &Saved,
        tenant: &str,
        clock: fn() -> Timestamp,
    ) -> Result<usize, Untold> {
        let mut told = 0;
        loop {
            let events = saved.untold(&self.name, AT_ONCE).map_err(store)?;
            if events.is_empty() {
                return Ok(told);
            }
            for event in events {
                self.one(&event, tenant, clock).await.map_err(Untold::NotTaken)?;
                saved.told(&self.name, event.number).map_err(store)?;
                told += 1;
            }
        }
    }

    async fn one(
        &self,
        event: &Event,
        tenant: &str,
        clock: fn() -> Timestamp,
    ) -> Result<(), NotTaken> {
        let body = body(event, tenant);
        let mut tries = 1;
        loop {
            match self.webhook.tell(&event.id, clock(), &body).await {
                Err(_) if tries < TRIES => {
                    tokio::time::sleep(PAUSE * tries).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }
}

fn body(event: &Event, tenant: &str) -> String {
    let Event { id, owner, name, query, at, hits, .. } = event;
    let (new, ids) = (hits.len(), hits.as_slice());
    let told = Told { event_id: id, tenant, owner, search: name, q: query, at, new, ids };
    // Texts and numbers can always be written.
    serde_json::to_string(&told).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn store(error: Error) -> Untold {
    Untold::Store(chain(&error))
}
