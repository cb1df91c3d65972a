//! Asking the service over HTTP.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{
    CONNECTION, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::{Body, Certificate, Client, Response, Url, redirect};
use tokio::time::{sleep, timeout_at};

use crate::answer::is_json;
use crate::{Answer, Fault, Found, Outcome, SearchRequest, Secret, Target};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// Up to so many bytes room is made for what an answer promises, before it comes.
const BELIEVED: usize = 1 << 20;

/// Times and limits that rarely need changing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a forwarded answer may stay silent.
    pub read_timeout: Duration,
    /// How many bytes the answer of a search may have.
    pub answer_limit: usize,
    /// Certificates in PEM that are trusted beside those of the system.
    pub certificates: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(60),
            answer_limit: 256 << 20,
            certificates: None,
        }
    }
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base address is not one.
    #[error("`{0}` is no address of a service; give it as https://HOST[:PORT][/PATH]")]
    Base(String),
    /// The base address holds a name or a password; it is not repeated.
    #[error("the address of a service holds no name and no password; give the key by itself")]
    Credentials,
    /// The certificates to trust cannot be read.
    #[error("the certificates to trust are none; give a file in PEM")]
    Certificates,
    /// The HTTP client cannot be made.
    #[error("cannot prepare secure connections; are the certificates of this system installed?")]
    Http(#[source] reqwest::Error),
}

/// A client of one service; cheap to clone, and all clones share their connections.
#[derive(Clone, Debug)]
pub struct DataTap {
    http: Client,
    base: String,
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
    /// Headers; those of the connection are left out and the key is put in.
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
        let url = Url::parse(base).ok();
        if base.contains('@') || url.as_ref().is_some_and(has_credentials) {
            return Err(SetupError::Credentials);
        }
        let url = url.filter(is_base);
        let url = url.ok_or_else(|| SetupError::Base(base.to_owned()))?;
        let http = http_client(&url, &settings)?;
        Ok(Self { http, base: url.as_str().trim_end_matches('/').to_owned(), settings })
    }

    /// The address of the service.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
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
    /// How the upstream failed. An answer with any status is no error here.
    pub async fn forward(&self, request: Forward<'_>) -> Result<Response, Fault> {
        let mut headers = without_hop_by_hop(request.headers);
        headers.remove(HOST);
        headers.remove(API_KEY);
        if let Some(key) = request.key {
            headers.insert(API_KEY, header_value(key).ok_or(Fault::Connect)?);
        }
        let url = format!("{}{}", self.base, request.path_and_query);
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
        let mut request = self.http.get(format!("{}{path_and_query}", self.base));
        if let Some(key) = header_value(call.key) {
            request = request.header(API_KEY, key);
        }
        if let Some(traceparent) = call.traceparent {
            request = request.header(TRACEPARENT, traceparent);
        }
        let response = request.send().await.map_err(|error| Fault::of(&error))?;
        let status = response.status();
        let headers = without_hop_by_hop(response.headers());
        // The body of a failure says nothing that is used, and need not be waited for.
        let is_failure = status.is_server_error() || status.is_redirection();
        let body = if is_failure { Bytes::new() } else { self.read(response).await? };
        Ok(Answer { status, headers, body })
    }

    /// The whole body; one that is shorter than promised is an error.
    async fn read(&self, mut response: Response) -> Result<Bytes, Fault> {
        let promised = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0);
        let mut body = BytesMut::with_capacity(promised.min(BELIEVED));
        while let Some(chunk) = response.chunk().await.map_err(|error| Fault::of(&error))? {
            if body.len() + chunk.len() > self.settings.answer_limit {
                return Err(Fault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// A fault may have passed after a moment; a busy service says when to come back.
fn pause_before_retry(outcome: &Outcome, left: Duration) -> Option<Duration> {
    let jitter = Duration::from_millis(fastrand::u64(40..120));
    let pause = match outcome {
        Outcome::Failed(_) => Some(jitter),
        Outcome::Busy(_, wait) => wait.map(|wait| wait.saturating_add(jitter)),
        Outcome::Served(_)
        | Outcome::BadRequest(_)
        | Outcome::BadKey(_)
        | Outcome::NotPremium(_) => None,
    };
    pause.filter(|pause| *pause < left)
}

fn header_value(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(key.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The headers that belong to the message and not to the connection it came over (RFC 9110, 7.6.1).
#[must_use]
pub fn without_hop_by_hop(headers: &HeaderMap) -> HeaderMap {
    let fixed = [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    let listed = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        listed.flat_map(|list| list.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let mut kept = headers.clone();
    for name in fixed.iter().map(HeaderName::as_str).chain(named.iter().map(String::as_str)) {
        kept.remove(name);
    }
    kept
}

fn is_base(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn http_client(base: &Url, settings: &Settings) -> Result<Client, SetupError> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .pool_idle_timeout(Duration::from_secs(60))
        .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")));
    // Without TLS no certificates are needed, and a system without any can still be used.
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    let trusted = certificates(settings)?;
    builder.tls_certs_merge(trusted).build().map_err(SetupError::Http)
}

fn certificates(settings: &Settings) -> Result<Vec<Certificate>, SetupError> {
    let Some(pem) = &settings.certificates else { return Ok(Vec::new()) };
    let found = Certificate::from_pem_bundle(pem).map_err(|_| SetupError::Certificates)?;
    if found.is_empty() { Err(SetupError::Certificates) } else { Ok(found) }
}
