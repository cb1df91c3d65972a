//! What was retrieved from archive tiers at Veeam, for `/v1/status`: asked rarely, and never waited for long.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_actions::retrieve::Archives;
use postern_upstream::Retry;
use postern_upstream::veeam::{Problem, Veeam};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::engine::told;
use crate::wire::RetrievalsView;

/// How long an answer is waited for.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long what was said is told again.
const FRESH: Duration = Duration::from_secs(30);
/// The same where asking again cannot help, such as with a wrong password: too many of these lock an account.
const LASTING: Duration = Duration::from_secs(600);

/// The retrieval jobs of a server.
#[derive(Debug)]
pub(crate) struct Retrievals {
    client: Veeam,
    told: Mutex<Option<Told>>,
}

#[derive(Debug)]
struct Told {
    until: Instant,
    view: Option<RetrievalsView>,
}

impl Retrievals {
    pub(crate) fn of(client: &Veeam) -> Self {
        let once = Retry { attempts: 1, ..Retry::default() };
        Self { client: client.clone().with_retry(once), told: Mutex::default() }
    }

    /// What the server says, or said not long ago; nothing where its version has no retrieval. Who comes
    /// meanwhile waits for the same answer.
    pub(crate) async fn view(&self, now: Timestamp) -> Option<RetrievalsView> {
        let mut known = self.told.lock().await;
        if let Some(told) = known.as_ref().filter(|told| Instant::now() < told.until) {
            return told.view.clone();
        }
        let (view, fresh) = self.ask(now).await;
        *known = Some(Told { until: Instant::now() + fresh, view: view.clone() });
        view
    }

    async fn ask(&self, now: Timestamp) -> (Option<RetrievalsView>, Duration) {
        match timeout(DEADLINE, Archives::ask(&self.client, now)).await {
            Ok(Ok(archives)) => (Some(RetrievalsView::of(&archives, now)), FRESH),
            Ok(Err(Problem::NotInVersion { .. })) => (None, LASTING),
            Ok(Err(problem)) => {
                let fresh = if problem.may_pass() { FRESH } else { LASTING };
                (Some(RetrievalsView::failed(told(&problem), now)), fresh)
            }
            Err(_) => {
                let why = format!("Veeam did not answer within {} s", DEADLINE.as_secs());
                (Some(RetrievalsView::failed(why, now)), FRESH)
            }
        }
    }
}
