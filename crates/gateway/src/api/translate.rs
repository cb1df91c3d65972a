//! `/v1/translate`: what each target is sent for a query, which `postern translate` prints too.

use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query as Parameters, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use postern_query::emit::{Json as Body, aqs, elasticsearch, english, kql};
use postern_query::{
    Capabilities, Compiled, Context, Errors, Parsed, Query, datatap, lucene, odata, parse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::native::admit;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State;
use crate::language::Refused;
use crate::wire::{Remark, Sent, Span};

/// The language of a query.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// What people type.
    #[default]
    Postern,
    /// A filter.
    Odata,
    /// Query text in full syntax.
    Lucene,
}

/// What every target is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Translation {
    /// The canonical text, of a query that was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// What it means.
    pub english: String,
    /// Remarks.
    pub advice: Vec<Remark>,
    /// Each target.
    pub targets: Targets,
}

/// The targets.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Targets {
    /// The premium endpoint.
    pub datatap: TargetView,
    /// OpenSearch and Elasticsearch.
    pub elasticsearch: TargetView<Value>,
    /// Purview eDiscovery and Outlook.
    pub kql: TargetView<String>,
    /// Item search of Veeam Backup for Microsoft 365.
    pub aqs: TargetView<String>,
}

/// What one target is sent, and how faithful it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetView<T = Sent> {
    /// `exact`, `approximate` or `unsupported`.
    pub fidelity: &'static str,
    /// What differs, or why it cannot be said.
    pub notes: Vec<NoteView>,
    /// What is sent; nothing when it cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<T>,
}

/// One thing that differs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoteView {
    /// `approximate` or `unsupported`.
    pub fidelity: &'static str,
    /// The text that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What differs, or why.
    pub message: String,
}

/// Says a query for every target.
///
/// # Errors
///
/// What is wrong with the query.
pub fn translate(
    text: &str,
    language: Language,
    context: &Context,
    capabilities: &Capabilities,
) -> Result<Translation, Errors> {
    let plain = |query| Parsed { query, canonical: String::new(), advice: Vec::new() };
    let parsed = match language {
        Language::Postern => parse(text, context)?,
        Language::Odata => plain(odata::parse_filter(text)?),
        Language::Lucene => plain(lucene::parse(text, lucene::Options::default())?),
    };
    Ok(Translation {
        canonical: (language == Language::Postern).then_some(parsed.canonical),
        english: english::describe(&parsed.query),
        advice: parsed.advice.iter().map(Remark::from).collect(),
        targets: targets(&parsed.query, capabilities),
    })
}

fn targets(query: &Query, capabilities: &Capabilities) -> Targets {
    let elastic = elasticsearch::compile(query, elasticsearch::Profile::OpenSearch);
    Targets {
        datatap: view(datatap::compile(query, capabilities).map(|sent| Sent {
            query: sent.query,
            filter: sent.filter,
            order_by: sent.order_by,
        })),
        elasticsearch: view(elastic.map(json)),
        kql: view(kql::compile(query)),
        aqs: view(aqs::compile(query)),
    }
}

/// The value of the query crate as one that can be sent on.
fn json(value: Body) -> Value {
    match value {
        Body::Bool(value) => value.into(),
        Body::Integer(value) => value.into(),
        Body::Text(text) => text.into(),
        Body::List(values) => values.into_iter().map(json).collect(),
        Body::Object(members) => {
            members.into_iter().map(|(name, value)| (name, json(value))).collect()
        }
    }
}

fn view<T>(compiled: Compiled<T>) -> TargetView<T> {
    let notes = compiled.notes.iter().map(|note| NoteView {
        fidelity: note.fidelity.as_str(),
        span: note.span.map(Span::from),
        message: note.message.clone(),
    });
    TargetView {
        fidelity: compiled.fidelity().as_str(),
        notes: notes.collect(),
        sent: compiled.sent,
    }
}

/// The parameters of a translation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TranslateBody, example = json!({"q": "from:alice overdue"}))]
pub(super) struct Request {
    /// The query.
    #[serde(default)]
    q: String,
    /// The language it is written in.
    #[serde(default)]
    from: Language,
}

/// What each target is sent for a query, and how faithfully
#[utoipa::path(get, path = "/v1/translate", tag = "search",
    params(
        ("q" = Option<String>, Query, description = "The query", example = "from:alice overdue"),
        ("from" = Option<Language>, Query, description = "The language it is written in"),
    ),
    responses((status = 200, description = "Every target", body = Translation), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    state: Shared<State>,
    headers: HeaderMap,
    request: Result<Parameters<Request>, QueryRejection>,
) -> Result<Json<Translation>, Problem> {
    let bad = |rejection: QueryRejection| bad(rejection.status(), rejection.body_text());
    answer(&state, &headers, request.map_err(bad)?.0).await
}

/// What each target is sent for a query, with the query in the body
#[utoipa::path(post, path = "/v1/translate", tag = "search", request_body = Request,
    responses((status = 200, description = "Every target", body = Translation), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    state: Shared<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Translation>, Problem> {
    answer(&state, &headers, from_json(body)?).await
}

async fn answer(
    state: &State,
    headers: &HeaderMap,
    request: Request,
) -> Result<Json<Translation>, Problem> {
    admit(state, headers)?;
    let (context, capabilities) = (Context::utc(state.now()), state.capabilities());
    let translating = state.language().aside(state.deadline(Instant::now()), move |_| {
        translate(&request.q, request.from, &context, &capabilities)
    });
    translating.await?.map(Json).map_err(|errors| Refused { part: "q", errors }.into())
}

fn bad(status: StatusCode, why: String) -> Problem {
    Problem::new(status.as_u16(), "invalid_request", why)
}
