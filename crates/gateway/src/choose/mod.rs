//! Who answers: what came of asking premium decides.

mod breaker;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use postern_upstream::{
    Answer, DataTap, Outcome, SearchRequest, Secret, Settings, SetupError, Target,
};

pub use breaker::{Breaker, BreakerState};

use crate::config;

/// How long a tenant without premium is not asked for again.
const FORGET_AFTER: Duration = Duration::from_secs(300);

/// The premium endpoint with what is remembered of it.
#[derive(Debug)]
pub struct Premium {
    /// The client.
    pub client: DataTap,
    /// Name of the search index, for our own paths.
    pub index: String,
    breaker: Mutex<Breaker>,
    absent: Mutex<HashMap<String, Instant>>,
    deadline: Duration,
}

/// What to do now.
#[derive(Debug)]
pub enum Decision {
    /// Premium answered.
    Served(Answer),
    /// Premium finds fault with the request: its answer is the client's, or our translation is wrong.
    BadRequest(Answer),
    /// Premium refuses the key; such a key must not read local mail either.
    BadKey(Answer),
    /// Answer from the local index, for this reason.
    Local(String),
}

/// What is asked of premium.
#[derive(Debug)]
pub enum Question<'a> {
    /// A query string as a client sent it.
    Raw(&'a str),
    /// A request of our own.
    Search(&'a SearchRequest),
}

impl Premium {
    /// A client for the configured endpoint.
    ///
    /// # Errors
    ///
    /// When the URL is not one.
    pub fn new(config: &config::Premium) -> Result<Self, SetupError> {
        Ok(Self {
            client: DataTap::new(&config.url, Settings::default())?,
            index: config.index.clone(),
            breaker: Mutex::new(Breaker::default()),
            absent: Mutex::default(),
            deadline: config.deadline,
        })
    }

    /// Asks, unless it is known to be in vain, and decides by the outcome.
    pub async fn ask(
        &self,
        target: Target<'_>,
        question: Question<'_>,
        key: &Secret,
        now: Instant,
    ) -> Decision {
        if let Some(reason) = self.in_vain(target.tenant, now) {
            return Decision::Local(reason);
        }
        let deadline = now + self.deadline;
        let outcome = match question {
            Question::Raw(text) => self.client.search_raw(target, text, key, deadline).await,
            Question::Search(request) => self.client.search(target, request, key, deadline).await,
        };
        self.learn(target.tenant, &outcome, now);
        decide(outcome)
    }

    /// Why there is no point in asking.
    fn in_vain(&self, tenant: &str, now: Instant) -> Option<String> {
        let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.retain(|_, until| *until > now);
        if absent.contains_key(tenant) {
            return Some("premium is not there for this tenant".to_owned());
        }
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        (!breaker.allows(now))
            .then(|| "premium failed repeatedly and is left alone for a while".to_owned())
    }

    fn learn(&self, tenant: &str, outcome: &Outcome, now: Instant) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        // Only faults of the upstream count; whatever it says properly shows that it is well.
        breaker.record(!matches!(outcome, Outcome::Failed(_)), now);
        drop(breaker);
        if matches!(outcome, Outcome::NotPremium(_)) {
            let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
            absent.insert(tenant.to_owned(), now + FORGET_AFTER);
        }
    }

    /// How long it is waited for.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Whether requests go through, for the status.
    #[must_use]
    pub fn breaker_state(&self, now: Instant) -> BreakerState {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).state(now)
    }
}

/// The table of outcomes.
fn decide(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Served(answer) => Decision::Served(answer),
        Outcome::BadRequest(answer) => Decision::BadRequest(answer),
        Outcome::BadKey(answer) => Decision::BadKey(answer),
        Outcome::NotPremium(answer) => Decision::Local(format!(
            "premium is not there for this tenant (status {})",
            answer.status.as_u16()
        )),
        Outcome::Busy(..) => Decision::Local("premium is busy (status 429)".to_owned()),
        Outcome::Failed(fault) => Decision::Local(format!("premium failed: {fault}")),
    }
}
