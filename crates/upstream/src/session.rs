//! One key at one service: retries, a limit of parallel requests, and a count of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::{Answer, DataTap, Failure, Fault, Retry, Secret};

/// Times and limits of a tenant's calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSettings {
    /// How many requests are under way at once; further ones wait.
    pub parallel: usize,
    /// How often a failed call is made again.
    pub retry: Retry,
    /// How long an answer may take.
    pub answer_time: Duration,
    /// How long the download of one message may take.
    pub download_time: Duration,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            parallel: 4,
            retry: Retry::default(),
            answer_time: Duration::from_secs(60),
            download_time: Duration::from_secs(600),
        }
    }
}

/// Cheap to clone; all clones share their connections, limit and count.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    service: DataTap,
    key: Secret,
    pub(crate) settings: TenantSettings,
    places: Arc<Semaphore>,
    requests: Arc<AtomicU64>,
}

/// One request and how long its answer may take.
#[derive(Clone, Debug)]
struct Request {
    method: Method,
    path_and_query: String,
    body: Bytes,
    time: Duration,
}

impl Session {
    pub(crate) fn new(service: DataTap, key: Secret, settings: TenantSettings) -> Self {
        let places = Arc::new(Semaphore::new(settings.parallel.max(1)));
        Self { service, key, settings, places, requests: Arc::default() }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Asks for something that can be read with `read`.
    pub(crate) async fn get<T>(
        &self,
        path_and_query: String,
        time: Duration,
        read: fn(&Answer) -> Option<T>,
    ) -> Result<T, Failure> {
        let request = Request { method: Method::GET, path_and_query, body: Bytes::new(), time };
        self.ask(&request, read).await
    }

    /// Orders something; only what surely was not done is ordered again.
    pub(crate) async fn post<T>(
        &self,
        path_and_query: String,
        body: Option<&impl Serialize>,
        read: fn(&Answer) -> Option<T>,
    ) -> Result<T, Failure> {
        // What is sent is made here: it has no maps with keys that JSON could not say.
        let body = body.and_then(|body| serde_json::to_vec(body).ok()).unwrap_or_default();
        let time = self.settings.answer_time;
        let request = Request { method: Method::POST, path_and_query, body: body.into(), time };
        self.ask(&request, read).await
    }

    /// Asks, and again where that may help. The place is kept meanwhile: a busy service is asked
    /// by fewer, not by the next in line.
    async fn ask<T>(
        &self,
        request: &Request,
        read: fn(&Answer) -> Option<T>,
    ) -> Result<T, Failure> {
        // The semaphore is never closed; without a place the request is sent all the same.
        let _place = self.places.acquire().await.ok();
        let mut attempts_made = 0;
        loop {
            let failure = match self.attempt(request, read).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            attempts_made += 1;
            // What changes something must not be done twice.
            let is_repeatable = request.method == Method::GET || failure.is_surely_undone();
            let pause = self.settings.retry.pause(&failure, attempts_made);
            match pause.filter(|_| is_repeatable) {
                Some(pause) => sleep(pause).await,
                None => return Err(failure),
            }
        }
    }

    async fn attempt<T>(
        &self,
        request: &Request,
        read: fn(&Answer) -> Option<T>,
    ) -> Result<T, Failure> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = timeout(request.time, self.send(request)).await;
        let answer = answer.unwrap_or(Err(Fault::Timeout)).map_err(Failure::Failed)?;
        if !answer.status.is_success() {
            return Err(Failure::of(&answer, &self.key));
        }
        read(&answer).ok_or(Failure::Failed(Fault::Unparsable))
    }

    async fn send(&self, request: &Request) -> Result<Answer, Fault> {
        let mut headers = HeaderMap::new();
        if !request.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let (method, path) = (request.method.clone(), &request.path_and_query);
        self.service.send(method, path, &self.key, headers, request.body.clone()).await
    }
}
