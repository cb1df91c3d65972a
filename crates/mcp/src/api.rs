//! The interface of the gateway, asked in this process as any client asks it. Whatever it holds for a request
//! (keys, mailboxes, limits, coverage, records) holds for an assistant.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tower::ServiceExt as _;

/// Bytes of an answer that are read. Those of the gateway are far shorter.
const LONGEST: usize = 64 << 20;

/// What a key is sent in.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What the requests of tools carry as an extension, so that a log can tell them apart. No client can send it.
#[derive(Clone, Copy, Debug)]
pub struct ByAssistant;

/// The gateway, and who asks it.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    gateway: Router,
    /// The headers with the caller's key.
    key: HeaderMap,
}

/// What it answered in place of an answer: a problem as RFC 9457 writes it.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Value);

impl Api {
    pub(crate) const fn new(gateway: Router, key: HeaderMap) -> Self {
        Self { gateway, key }
    }

    /// The same for another caller.
    pub(crate) fn for_key_of(&self, headers: &HeaderMap) -> Self {
        let known = [API_KEY, AUTHORIZATION].into_iter();
        let sent = known.filter_map(|name| Some((headers.get(&name)?.clone(), name)));
        Self {
            gateway: self.gateway.clone(),
            key: sent.map(|(value, name)| (name, value)).collect(),
        }
    }

    /// Reads what lies at a path whose last part is `id`.
    pub(crate) async fn get(&self, path: &str, id: &str) -> Result<Value, Refused> {
        let id = utf8_percent_encode(id, NON_ALPHANUMERIC);
        self.ask(Method::GET, &format!("{path}/{id}"), Body::empty()).await
    }

    /// Asks a question that stands in the body.
    pub(crate) async fn post(&self, path: &str, question: &Value) -> Result<Value, Refused> {
        self.ask(Method::POST, path, Body::from(question.to_string())).await
    }

    async fn ask(&self, method: Method, uri: &str, body: Body) -> Result<Value, Refused> {
        let request = Request::builder().method(method).uri(uri).body(body);
        let mut request = request.map_err(|_| failed("this cannot be asked"))?;
        let headers = request.headers_mut();
        headers.extend(self.key.clone());
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.extensions_mut().insert(ByAssistant);
        let answer = self.gateway.clone().oneshot(request).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        let status = answer.status();
        let body = to_bytes(answer.into_body(), LONGEST).await;
        let body = body.map_err(|_| failed("the answer broke off"))?;
        read(status, &body)
    }
}

fn read(status: StatusCode, body: &Bytes) -> Result<Value, Refused> {
    let value = serde_json::from_slice(body).map_err(|_| failed("the answer is not JSON"))?;
    if status.is_success() { Ok(value) } else { Err(Refused(value)) }
}

fn failed(why: &str) -> Refused {
    Refused(serde_json::json!({"code": "defect", "title": why}))
}
