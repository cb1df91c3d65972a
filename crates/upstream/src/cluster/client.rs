//! One request to one node or another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::time::timeout_at;

use super::nodes::Nodes;
use super::{ClusterAccount, ClusterProblem, Login};
use crate::address::address;
use crate::body::whole;
use crate::setup::connect_all;
use crate::{Fault, Settings, SetupError};

/// A client of one cluster; cheap to clone, and all clones share connections and what is known of nodes.
#[derive(Clone, Debug)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    nodes: Nodes,
    http: Client,
    login: Login,
    answer_time: Duration,
    answer_limit: usize,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
    pub(super) kind: &'static str,
    /// Whether it may be sent to another node when it is not known what became of it.
    pub(super) is_repeatable: bool,
}

impl Ask {
    /// A question that changes nothing.
    pub(super) fn read(method: Method, path: impl Into<String>, body: String) -> Self {
        let kind = "application/json";
        Self { method, path: path.into(), body: body.into(), kind, is_repeatable: true }
    }

    /// An order that is sent once.
    pub(super) fn write(method: Method, path: impl Into<String>, body: String) -> Self {
        Self { is_repeatable: false, ..Self::read(method, path, body) }
    }
}

impl Cluster {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When an address is none, or secure connections cannot be prepared.
    pub fn new(account: &ClusterAccount) -> Result<Self, SetupError> {
        let settings = Settings {
            trust: account.trust.clone(),
            read_timeout: account.answer_time,
            ..Settings::default()
        };
        let (bases, http) = connect_all(&account.urls, &settings)?;
        Ok(Self(Arc::new(Inner {
            nodes: Nodes::new(bases),
            http,
            login: account.login.clone(),
            answer_time: account.answer_time,
            answer_limit: settings.answer_limit,
        })))
    }

    /// How long one answer may take where nothing else is said.
    #[must_use]
    pub fn answer_time(&self) -> Duration {
        self.0.answer_time
    }

    /// The deadline of a request that begins now.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.0.answer_time
    }

    /// Asks one node after the other until one answers, or time is up. A request that may have had an effect is
    /// sent to no second node.
    pub(super) async fn json(&self, ask: &Ask, deadline: Instant) -> Result<Value, ClusterProblem> {
        let mut last = ClusterProblem::Failed(Fault::Connect);
        let nodes = self.0.nodes.in_turn();
        let count = nodes.len();
        for (tried, (at, base)) in nodes.into_iter().enumerate() {
            let until = share(deadline, count - tried);
            match self.send(base, ask, until).await {
                Ok(answer) => return Ok(answer),
                Err(problem) => {
                    if is_of_node(&problem) {
                        self.0.nodes.shun(at);
                    }
                    if !goes_on(&problem, ask.is_repeatable) || Instant::now() >= deadline {
                        return Err(problem);
                    }
                    last = problem;
                }
            }
        }
        Err(last)
    }

    async fn send(&self, base: &Url, ask: &Ask, until: Instant) -> Result<Value, ClusterProblem> {
        let url = address(base, &ask.path).map_err(ClusterProblem::Failed)?;
        let mut request = self.0.login.sign(self.0.http.request(ask.method.clone(), url));
        if !ask.body.is_empty() {
            request = request.header(CONTENT_TYPE, ask.kind).body(ask.body.clone());
        }
        let answered = async {
            let response = request.send().await.map_err(|error| Fault::of(&error))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok((status, headers, whole(response, self.0.answer_limit).await?))
        };
        let answered = timeout_at(until.into(), answered).await.unwrap_or(Err(Fault::Timeout));
        let (status, headers, body) = answered.map_err(ClusterProblem::Failed)?;
        if (200..300).contains(&status) {
            return serde_json::from_slice(&body)
                .map_err(|_| ClusterProblem::Failed(Fault::Unparsable));
        }
        Err(ClusterProblem::of(status, &headers, &body, self.0.login.secret()))
    }
}

/// Until when this node may take, so that others can still be asked: a silent one is left at half of the time.
fn share(deadline: Instant, left: usize) -> Instant {
    let now = Instant::now();
    let remaining = deadline.saturating_duration_since(now);
    if left > 1 { now + remaining / 2 } else { deadline }
}

/// Whether it speaks of the node that was asked rather than of the cluster.
const fn is_of_node(problem: &ClusterProblem) -> bool {
    matches!(
        problem,
        ClusterProblem::Failed(Fault::Connect | Fault::Tls | Fault::Timeout | Fault::CutOff)
    )
}

/// Whether another node may be asked. What was certainly not sent may always be.
const fn goes_on(problem: &ClusterProblem, is_repeatable: bool) -> bool {
    match problem {
        ClusterProblem::Failed(Fault::Connect | Fault::Tls) => true,
        ClusterProblem::Failed(Fault::Timeout | Fault::CutOff | Fault::Status(502..=504)) => {
            is_repeatable
        }
        ClusterProblem::NotAllowed(_)
        | ClusterProblem::NoIndex
        | ClusterProblem::TooMuch { .. }
        | ClusterProblem::Refused { .. }
        | ClusterProblem::Expired
        | ClusterProblem::NoMorePoints
        | ClusterProblem::Busy { .. }
        | ClusterProblem::Blocked { .. }
        | ClusterProblem::Partial { .. }
        | ClusterProblem::Failed(_) => false,
    }
}
