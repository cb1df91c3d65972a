//! Premium and, where it fails or is slow, the local index beside it.

use std::pin::pin;
use std::time::Duration;

use postern_upstream::Answer;
use tokio::time::timeout;

use super::{Reason, Verdict};
use crate::metrics::Metrics;

/// Whose answer it is.
#[derive(Debug)]
pub(crate) enum Chosen<T> {
    /// Premium's.
    Premium(Answer),
    /// Premium's, and it is a refusal.
    Refused(Answer),
    /// Ours, and why.
    Local(T, Reason),
}

/// The answer of premium if it has one, else that of `local`. With a head start the local search
/// begins when it is over, so that its answer is at hand when premium fails in the end.
pub(crate) async fn choose<T>(
    premium: impl Future<Output = Verdict>,
    local: impl Future<Output = T>,
    head_start: Option<Duration>,
    metrics: &Metrics,
) -> Chosen<T> {
    let (mut premium, mut local) = (pin!(premium), pin!(local));
    let mut early = None;
    let first = match head_start {
        None => Some(premium.as_mut().await),
        Some(head_start) => timeout(head_start, &mut premium).await.ok(),
    };
    let verdict = match first {
        Some(verdict) => verdict,
        None => {
            metrics.hedge();
            tokio::select! {
                verdict = &mut premium => verdict,
                found = &mut local => {
                    early = Some(found);
                    premium.await
                }
            }
        }
    };
    match verdict {
        Verdict::PassOn(answer) => Chosen::Premium(answer),
        Verdict::Refuse(answer) => Chosen::Refused(answer),
        Verdict::FallBack(reason) => match early {
            Some(found) => Chosen::Local(found, reason),
            None => Chosen::Local(local.await, reason),
        },
    }
}
