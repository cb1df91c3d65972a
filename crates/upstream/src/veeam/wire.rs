//! Sending requests: how many at once, how long they may take, how their answers are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::ask::{Ask, Take};
use super::clock::Clock;
use super::{Account, Problem};
use crate::address::address;
use crate::body::whole;
use crate::setup::connect;
use crate::{Fault, Secret, Settings, SetupError};

/// How many requests are under way at once.
const PARALLEL: usize = 4;
/// How many bytes an answer may have that is taken whole. JSON takes many times its length in memory.
const ANSWER_LIMIT: usize = 64 << 20;
/// The same of a file.
const FILE_LIMIT: usize = 256 << 20;
/// How much of an error is read.
const ERROR_LIMIT: usize = 64 << 10;
/// How long a server may take to make a file, and an answer to come whole.
const LONG: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
pub(super) struct Wire {
    http: Client,
    base: Url,
    answer_time: Duration,
    places: Arc<Semaphore>,
    requests: AtomicU64,
    pub(super) clock: Clock,
}

/// An answer of success; its body is whole, or comes with `rest`.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) body: Bytes,
    pub(super) rest: Option<Rest>,
}

/// A body that is still coming, and the place that it takes among all requests.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) response: Response,
    pub(super) silence: Duration,
    _place: OwnedSemaphorePermit,
}

impl Wire {
    pub(super) fn new(account: &Account) -> Result<Self, SetupError> {
        // Silence is timed here: a server is silent for long while it makes a file.
        let (trust, read_timeout) = (account.trust.clone(), LONG);
        let settings = Settings { trust, read_timeout, ..Settings::default() };
        let (base, http) = connect(&account.url, &settings)?;
        Ok(Self {
            http,
            base,
            answer_time: account.answer_time,
            places: Arc::new(Semaphore::new(PARALLEL)),
            requests: AtomicU64::new(0),
            clock: Clock::default(),
        })
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn answer_time(&self) -> Duration {
        self.answer_time
    }

    /// Sends a request that needs no token. It takes no place: those that hold the places wait for it.
    pub(super) async fn alone(&self, ask: &Ask) -> Result<Bytes, Problem> {
        let response = self.head(ask, None, &[]).await?;
        self.whole(response, ANSWER_LIMIT, self.answer_time).await
    }

    /// Sends a request once.
    pub(super) async fn send(
        &self,
        ask: &Ask,
        access: &Secret,
        password: &Secret,
    ) -> Result<Got, Problem> {
        // The semaphore is never closed.
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| Problem::Ending)?;
        let response = self.head(ask, Some(access), &[access, password]).await?;
        if matches!(ask.take, Take::File | Take::Stream) && !is_file(response.headers()) {
            return Err(Problem::Failed(Fault::Unparsable));
        }
        match ask.take {
            Take::Quickly | Take::Done | Take::File => {
                let limit = if ask.take == Take::File { FILE_LIMIT } else { ANSWER_LIMIT };
                let body = self.whole(response, limit, LONG).await?;
                Ok(Got { body, rest: None })
            }
            Take::Stream => {
                let rest = Rest { response, silence: self.answer_time, _place: place };
                Ok(Got { body: Bytes::new(), rest: Some(rest) })
            }
        }
    }

    /// The head of an answer of success.
    async fn head(
        &self,
        ask: &Ask,
        access: Option<&Secret>,
        secrets: &[&Secret],
    ) -> Result<Response, Problem> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let time = match ask.take {
            Take::Quickly => self.answer_time,
            Take::Done | Take::File | Take::Stream => LONG,
        };
        let sent = timeout(time, self.request(ask, access)?.send()).await;
        let response = sent.map_err(|_| Fault::Timeout)?.map_err(|error| Fault::of(&error))?;
        self.clock.hear(response.headers());
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = timeout(self.answer_time, whole(response, ERROR_LIMIT)).await;
        // An error whose words do not come is one without words.
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        let hidden: Vec<&Secret> = secrets.iter().copied().chain(&ask.secrets).collect();
        Err(Problem::of(status, &headers, &body, &hidden))
    }

    fn request(
        &self,
        ask: &Ask,
        access: Option<&Secret>,
    ) -> Result<reqwest::RequestBuilder, Problem> {
        let divider = if ask.query.is_empty() { "" } else { "?" };
        let url = address(&self.base, &format!("{}{divider}{}", ask.path, ask.query))?;
        let mut headers = HeaderMap::new();
        if let Some(access) = access {
            headers.insert(AUTHORIZATION, bearer(access)?);
        }
        let request = self.http.request(ask.method.clone(), url);
        Ok(match &ask.body {
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.kind));
                request.headers(headers).body(body.bytes.clone())
            }
            None => request.headers(headers),
        })
    }

    async fn whole(
        &self,
        response: Response,
        limit: usize,
        time: Duration,
    ) -> Result<Bytes, Problem> {
        let body = timeout(time, whole(response, limit)).await;
        Ok(body.map_err(|_| Fault::Timeout)??)
    }
}

/// Files come as bytes. A page to sign in at, and JSON, are none, whatever their status.
fn is_file(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    !kind.starts_with("text/") && !kind.starts_with("application/json")
}

/// A token of other characters than a header can have was not given by Veeam.
fn bearer(access: &Secret) -> Result<HeaderValue, Problem> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", access.expose()))
        .map_err(|_| Fault::Unparsable)?;
    value.set_sensitive(true);
    Ok(value)
}
