//! One request before it is sent.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::Problem;
use super::page::Paging;
use crate::request::escape;
use crate::{Fault, Secret};

/// A request; its path begins below the version, or below the restore session that it is asked in.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) path: String,
    /// What follows `?`, encoded.
    pub(super) query: String,
    pub(super) body: Option<Content>,
    pub(super) effect: Effect,
    /// How the body of the answer is taken.
    pub(super) take: Take,
    /// What the server may repeat in an error, and nobody may see.
    pub(super) secrets: Vec<Secret>,
}

/// A body: bytes, and what they are.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) kind: &'static str,
    pub(super) bytes: Bytes,
}

/// What a request does to the server, or to what it restores to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing: it may be asked again.
    None,
    /// Something: it is never asked again, unless it surely was not done.
    Some,
}

/// How an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// Whole, as soon as the server says it.
    Quickly,
    /// Whole, after the server has done what it was told.
    Done,
    /// Whole, after the server has made a file of it.
    File,
    /// Piece by piece, after the server has made a file of it.
    Stream,
}

impl Ask {
    fn new(method: Method, path: String, effect: Effect) -> Self {
        let (query, take) = (String::new(), Take::Quickly);
        Self { method, path, query, body: None, effect, take, secrets: Vec::new() }
    }

    pub(super) fn get(path: String) -> Self {
        Self::new(Method::GET, path, Effect::None)
    }

    /// A question that is put as a `POST`.
    pub(super) fn question(path: String, body: Option<&Value>) -> Self {
        Self::new(Method::POST, path, Effect::None).with_body(body)
    }

    /// An order.
    pub(super) fn order(method: Method, path: String, body: Option<&Value>) -> Self {
        Self::new(method, path, Effect::Some).with_body(body)
    }

    fn with_body(mut self, body: Option<&Value>) -> Self {
        let json = |value: &Value| Bytes::from(value.to_string());
        self.body = body.map(|value| Content { kind: "application/json", bytes: json(value) });
        self
    }

    pub(super) fn taken(self, take: Take) -> Self {
        Self { take, ..self }
    }

    /// Adds a parameter.
    pub(super) fn given(mut self, name: &str, value: &str) -> Self {
        let divider = if self.query.is_empty() { "" } else { "&" };
        self.query.extend([divider, name, "=", &escape(value)]);
        self
    }

    /// Asks for this page.
    pub(super) fn page(self, page: &Paging) -> Self {
        let asked = self.given("offset", &page.offset.to_string());
        let asked = asked.given("limit", &page.limit.to_string());
        match &page.set_id {
            Some(set_id) => asked.given("setId", set_id),
            None => asked,
        }
    }
}

/// A path of these parts. An empty one or one of dots would lead to another path.
pub(super) fn path(parts: &[&str]) -> Result<String, Problem> {
    if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return Err(Problem::Failed(Fault::Astray));
    }
    Ok(parts.iter().flat_map(|part| ["/".to_owned(), escape(part)]).collect())
}
