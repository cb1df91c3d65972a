//! Whether a key may read what is here: not one that premium refuses.

use std::time::Instant;

use postern_upstream::{Call, Outcome, Target};
use tokio::time::timeout_at;

use super::breaker::Health;
use super::standing::Standing;
use super::{Premium, policy};
use crate::access::UpstreamKey;

impl Premium {
    /// Whether premium is known to refuse the key.
    pub(crate) fn refuses(&self, key: &UpstreamKey) -> bool {
        self.standings.of(key.sent(), Instant::now()) == Some(Standing::Refused)
    }

    /// The same, before something local is shown: a key that was never asked about is asked about now.
    /// Where premium does not say until `deadline`, the key is configured, and that decides.
    pub(crate) async fn refuses_after_asking(
        &self,
        key: &UpstreamKey,
        tenant: &str,
        deadline: Instant,
    ) -> bool {
        if !self.is_told(key) {
            let turn = self.standings.turn(key.sent());
            if let Ok(_mine) = timeout_at(deadline.into(), turn.lock()).await
                && !self.is_told(key)
                && let Some(standing) = self.ask_about(key, tenant, deadline).await
            {
                self.standings.note_first(key.sent(), standing, Instant::now());
            }
        }
        self.refuses(key)
    }

    /// A request of any kind was answered with 401: was that about the key? Where premium does not say,
    /// it was.
    pub(crate) async fn doubt(&self, key: &UpstreamKey, tenant: &str, deadline: Instant) {
        let standing = match self.ask_about(key, tenant, deadline).await {
            Some(Standing::Known) => Standing::Known,
            Some(Standing::Refused | Standing::Untold) | None => Standing::Refused,
        };
        self.standings.note(key.sent(), standing, Instant::now());
    }

    #[cfg(test)]
    pub(crate) fn trust(&self, key: &UpstreamKey) {
        self.standings.note(key.sent(), Standing::Known, Instant::now());
    }

    fn is_told(&self, key: &UpstreamKey) -> bool {
        self.standings.of(key.sent(), Instant::now()).is_some()
    }

    /// Asks with `/fields`, of which a client writes no part, whatever is known of the index. Nothing where
    /// it could not be asked.
    async fn ask_about(
        &self,
        key: &UpstreamKey,
        tenant: &str,
        deadline: Instant,
    ) -> Option<Standing> {
        let start = Instant::now();
        let pass = self.pass(key, start).ok()?;
        let target = Target { tenant, index: &self.index };
        let call = Call { target, key: key.secret(), deadline, traceparent: None };
        let outcome = self.client.fields(call).await;
        // Premium that had little time left was not silent.
        let had_time = deadline.duration_since(start) >= self.deadline / 2;
        let health = policy::health(&outcome);
        if health == Health::Silent && !had_time {
            return None;
        }
        let now = Instant::now();
        pass.report(health, now);
        self.learn(target, key, &outcome, now);
        self.learn_fields(target, key, &outcome, now);
        Some(standing_after(&outcome))
    }
}

/// A refusal of the request, or of premium to this key, shows that the key itself is known.
const fn standing_after(outcome: &Outcome) -> Standing {
    match outcome {
        Outcome::Served(_) | Outcome::NotPremium(_) => Standing::Known,
        Outcome::BadKey(_) => Standing::Refused,
        Outcome::BadRequest(_) | Outcome::Busy(..) | Outcome::Failed(_) => Standing::Untold,
    }
}
