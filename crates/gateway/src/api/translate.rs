//! `/v1/translate`: what each target is sent for a query, which `postern translate` prints too.

use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query as Parameters, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use postern_query::emit::{Json as Body, Sent, english};
use postern_query::{
    Capabilities, Compiled, Context, Direction, Errors, Parsed, Target, lucene, odata, parse,
};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::native::admit;
use super::params::viewpoint;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State;
use crate::language::Refused;
use crate::viewpoint::Addresses;
use crate::wire::{Remark, Span};

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
    /// Each target by its name.
    #[serde(serialize_with = "by_name")]
    #[schema(value_type = HashMap<String, TargetView>)]
    pub targets: Vec<(Target, Compiled<Sent>)>,
}

/// What one target is sent, and how faithful it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetView {
    /// `exact`, `approximate` or `unsupported`.
    fidelity: &'static str,
    /// `wider`, `narrower` or `either`: which way the answer errs, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
    /// What differs, or why the target cannot be asked.
    notes: Vec<NoteView>,
    /// What is sent: parameters, a body or text; nothing when the target cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Value>,
}

/// One thing that differs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoteView {
    /// `approximate` or `unsupported`.
    pub fidelity: &'static str,
    /// `wider`, `narrower` or `either`: which way the answer errs for it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// The text that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What differs, or why.
    pub message: String,
}

/// Translates a query for some targets.
///
/// # Errors
///
/// What is wrong with the query.
pub fn translate(
    text: &str,
    language: Language,
    context: &Context,
    capabilities: &Capabilities,
    targets: &[Target],
) -> Result<Translation, Errors> {
    let plain = |query| Parsed { query, canonical: String::new(), advice: Vec::new() };
    let parsed = match language {
        Language::Postern => parse(text, context)?,
        Language::Odata => plain(odata::parse_filter(text)?),
        Language::Lucene => plain(lucene::parse(text, lucene::Options::default())?),
    };
    let compiled = |target: &Target| (*target, target.compile(&parsed.query, capabilities));
    // The canonical text says it already, unless this target alone is asked for.
    let is_said = |target: &Target| {
        language == Language::Postern && targets.len() > 1 && target.name == "postern"
    };
    Ok(Translation {
        english: english::describe(&parsed.query),
        advice: parsed.advice.iter().map(Remark::from).collect(),
        targets: targets.iter().filter(|target| !is_said(target)).map(compiled).collect(),
        canonical: (language == Language::Postern).then_some(parsed.canonical),
    })
}

fn by_name<S: Serializer>(
    targets: &[(Target, Compiled<Sent>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let views = targets.iter().map(|(target, compiled)| (target.name, TargetView::from(compiled)));
    serializer.collect_map(views)
}

impl From<&Compiled<Sent>> for TargetView {
    fn from(compiled: &Compiled<Sent>) -> Self {
        let notes = compiled.notes.iter().map(|note| NoteView {
            fidelity: note.fidelity.as_str(),
            direction: note.direction.map(Direction::as_str),
            span: note.span.map(Span::from),
            message: note.message.clone(),
        });
        Self {
            fidelity: compiled.fidelity().as_str(),
            direction: compiled.direction().map(Direction::as_str),
            notes: notes.collect(),
            sent: compiled.sent.clone().map(|sent| json(sent.into_json())),
        }
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
    /// Where its days begin: an IANA name.
    zone: Option<String>,
    /// The addresses that `me` stands for, with commas between; in a body a list.
    me: Option<Addresses>,
}

/// What each target is sent for a query, and how faithfully
#[utoipa::path(get, path = "/v1/translate", tag = "search",
    params(
        ("q" = Option<String>, Query, description = "The query", example = "from:alice overdue"),
        ("from" = Option<Language>, Query, description = "The language it is written in"),
        ("zone" = Option<String>, Query, description = "Where its days begin: an IANA name", example = "Europe/Berlin"),
        ("me" = Option<String>, Query, description = "The addresses that `me` stands for, with commas between"),
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
    let viewpoint = viewpoint(state.viewpoint(), request.zone.as_deref(), request.me.as_ref())?;
    let (context, capabilities) = (viewpoint.context(state.now()), state.capabilities());
    let translating = state.language().aside(state.deadline(Instant::now()), move |_| {
        translate(&request.q, request.from, &context, &capabilities, Target::ALL)
    });
    translating.await?.map(Json).map_err(|errors| Refused { part: "q", errors }.into())
}

fn bad(status: StatusCode, why: String) -> Problem {
    Problem::new(status.as_u16(), "invalid_request", why)
}
