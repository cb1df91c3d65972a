//! The acts that are under way, for which a gateway that ends waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::audit::Begun;

/// All acts of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    ending: AtomicBool,
    /// Held by each act until its last item is recorded.
    under_way: Arc<RwLock<()>>,
}

impl Acts {
    /// Held while an act is under way, which was written down; nothing where the gateway is ending.
    pub(crate) fn begin(&self, _: &Begun) -> Option<OwnedRwLockReadGuard<()>> {
        let guard = Arc::clone(&self.under_way).try_read_owned().ok()?;
        (!self.ending.load(Ordering::SeqCst)).then_some(guard)
    }

    /// Ends an act after the request that is under way.
    pub(crate) const fn stop(&self) -> &AtomicBool {
        &self.ending
    }

    /// Lets each act end after the request that is under way, and begins none.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    /// Waits until none is under way.
    pub(crate) async fn ended(&self) {
        drop(self.under_way.write().await);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_is_under_way_is_waited_for_and_nothing_else_begins() {
        let acts = Acts::default();
        let begun = &Begun::for_a_test();
        let under_way = acts.begin(begun).unwrap();
        assert!(!acts.stop().load(Ordering::SeqCst));
        acts.end();
        assert!(acts.stop().load(Ordering::SeqCst) && acts.begin(begun).is_none());
        assert!(timeout(Duration::ZERO, acts.ended()).await.is_err());
        drop(under_way);
        acts.ended().await;
    }
}
