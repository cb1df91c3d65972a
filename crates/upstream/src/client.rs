//! Asking the service over HTTP.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::{Body, Client, Response, Url};
use tokio::time::{sleep, timeout_at};

use crate::address::address;
use crate::answer::is_json;
use crate::body::whole;
use crate::headers::{for_the_service, without_hop_by_hop};
use crate::setup::connect;
use crate::{Answer, Fault, Found, Outcome, SearchRequest, Secret, Settings, SetupError, Target};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A client of one service; cheap to clone, and all clones share their connections.
#[derive(Clone, Debug)]
pub struct DataTap {
    http: Client,
    base: Url,
    settings: Settings,
}

/// Who asks what, and until when an answer is of use.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The index that is asked.
    pub target: Target<'a>,
    /// The key to ask with.
    pub key: &'a Secret,
    /// Until when.
    pub deadline: Instant,
    /// The trace that the request belongs to, as W3C Trace Context writes it.
    pub traceparent: Option<&'a str>,
}

/// A request that is passed on as it came.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The method.
    pub method: Method,
    /// Path and query, still encoded.
    pub path_and_query: &'a str,
    /// Headers; those of the connection, and those that would lead the request elsewhere, are left out
    /// and the key is put in.
    pub headers: &'a HeaderMap,
    /// The key for the upstream, if any.
    pub key: Option<&'a Secret>,
    /// The body.
    pub body: Body,
}

impl DataTap {
    /// A client of the service at `base`, such as `https://datatap.example.com`.
    ///
    /// # Errors
    ///
    /// When `base` is no HTTP address, or secure connections cannot be prepared.
    ///
    /// ```
    /// use postern_upstream::{DataTap, Settings};
    ///
    /// assert!(DataTap::new("http://127.0.0.1:8080", Settings::default()).is_ok());
    /// assert!(DataTap::new("ftp://example.com", Settings::default()).is_err());
    /// ```
    pub fn new(base: &str, settings: Settings) -> Result<Self, SetupError> {
        let (base, http) = connect(base, &settings)?;
        Ok(Self { http, base, settings })
    }

    /// The address of the service.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Searches with a query string that is sent as it is.
    pub async fn search_raw(&self, call: Call<'_>, query_string: &str) -> Outcome {
        let path = format!("{}?{query_string}", call.target.path("documents"));
        self.ask(&path, call, Found::is_envelope).await
    }

    /// Searches; read the answer with [`Answer::found`].
    pub async fn search(&self, call: Call<'_>, request: &SearchRequest) -> Outcome {
        self.search_raw(call, &request.to_query_string()).await
    }

    /// Asks which fields the index has.
    pub async fn fields(&self, call: Call<'_>) -> Outcome {
        self.ask(&call.target.path("fields"), call, is_json).await
    }

    /// Passes a request on and returns as soon as the head of the answer is there.
    ///
    /// # Errors
    ///
    /// How the upstream failed; [`Fault::Astray`] where the request was not sent, because it would go
    /// to another path than it says. An answer with any status is no error here.
    pub async fn forward(&self, request: Forward<'_>) -> Result<Response, Fault> {
        let url = address(&self.base, request.path_and_query)?;
        let mut headers = for_the_service(request.headers);
        if let Some(key) = request.key {
            headers.insert(API_KEY, header_value(key).ok_or(Fault::Connect)?);
        }
        let sent = self.http.request(request.method, url).headers(headers).body(request.body);
        sent.send().await.map_err(|error| Fault::of(&error))
    }

    /// Asks, and once more after a pause where that may help and there is time.
    async fn ask(
        &self,
        path_and_query: &str,
        call: Call<'_>,
        readable: fn(&[u8]) -> bool,
    ) -> Outcome {
        let first = self.attempt(path_and_query, call, readable).await;
        match pause_before_retry(&first, call.deadline.saturating_duration_since(Instant::now())) {
            Some(pause) => {
                sleep(pause).await;
                self.attempt(path_and_query, call, readable).await
            }
            None => first,
        }
    }

    async fn attempt(
        &self,
        path_and_query: &str,
        call: Call<'_>,
        readable: fn(&[u8]) -> bool,
    ) -> Outcome {
        let answer = timeout_at(call.deadline.into(), self.fetch(path_and_query, call)).await;
        match answer.unwrap_or(Err(Fault::Timeout)) {
            Ok(answer) => Outcome::of(answer, readable),
            Err(fault) => Outcome::Failed(fault),
        }
    }

    async fn fetch(&self, path_and_query: &str, call: Call<'_>) -> Result<Answer, Fault> {
        let mut headers = HeaderMap::new();
        if let Some(traceparent) = call.traceparent.and_then(|text| text.parse().ok()) {
            headers.insert(TRACEPARENT, traceparent);
        }
        self.send(Method::GET, path_and_query, call.key, headers, Bytes::new()).await
    }

    /// Sends one request and reads its answer, as long as that takes.
    pub(crate) async fn send(
        &self,
        method: Method,
        path_and_query: &str,
        key: &Secret,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Fault> {
        let url = address(&self.base, path_and_query)?;
        if let Some(key) = header_value(key) {
            headers.insert(API_KEY, key);
        }
        let request = self.http.request(method, url).headers(headers).body(body);
        let response = request.send().await.map_err(|error| Fault::of(&error))?;
        let status = response.status();
        let headers = without_hop_by_hop(response.headers());
        // The body of a failure says nothing that is used, and need not be waited for.
        let is_failure = status.is_server_error() || status.is_redirection();
        let body = if is_failure {
            Bytes::new()
        } else {
            whole(response, self.settings.answer_limit).await?
        };
        Ok(Answer { status, headers, body })
    }
}

/// A fault may have passed after a moment; a busy service says when to come back.
fn pause_before_retry(outcome: &Outcome, left: Duration) -> Option<Duration> {
    let jitter = Duration::from_millis(fastrand::u64(40..120));
    let pause = match outcome {
        Outcome::Served(_)
        | Outcome::Failed(Fault::Astray)
        | Outcome::BadRequest(_)
        | Outcome::BadKey(_)
        | Outcome::NotPremium(_) => None,
        Outcome::Failed(_) => Some(jitter),
        Outcome::Busy(_, wait) => wait.map(|wait| wait.saturating_add(jitter)),
    };
    pause.filter(|pause| *pause < left)
}

fn header_value(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(key.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
