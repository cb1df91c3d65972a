//! `/v1/translate`: what each target is sent for a query, which `postern translate` prints too.

use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use postern_query::emit::{Json as Body, Sent, english};
use postern_query::parts::parts;
use postern_query::{
    Capabilities, Compiled, Context, Direction, Errors, Parsed, Target, lucene, odata, parse,
};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::native::admit;
use super::params::{BadParam, Params, viewpoint};
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State;
use crate::audit::Noted;
use crate::language::Refused;
use crate::viewpoint::Addresses;
use crate::wire::{PartView, Remark, Span};

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

impl Language {
    const ALL: [(&str, Self); 3] =
        [("postern", Self::Postern), ("odata", Self::Odata), ("lucene", Self::Lucene)];
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

/// What every target is sent for a query, and how its text is cut.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answer {
    #[serde(flatten)]
    translation: Translation,
    /// The parts of a typed text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartView>,
}

/// The parts of a text, where it is typed.
fn parts_of(text: &str, language: Language) -> Vec<PartView> {
    match language {
        Language::Postern => parts(text).map(PartView::from).collect(),
        Language::Odata | Language::Lucene => Vec::new(),
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

impl Request {
    /// The parameters of a URL.
    fn of(raw: &str) -> Result<Self, BadParam> {
        let mut params = Params::parse(raw, &["q", "from", "zone", "me"])?;
        let from = params.take("from").map(|name| {
            let known = Language::ALL.into_iter().find(|(known, _)| *known == name);
            let bad = || BadParam::new("from", "is postern, odata or lucene");
            known.map(|(_, language)| language).ok_or_else(bad)
        });
        Ok(Self {
            q: params.take("q").unwrap_or_default(),
            from: from.transpose()?.unwrap_or_default(),
            zone: params.take("zone"),
            me: params.take("me").map(|text| Addresses::parse(&text)),
        })
    }
}

/// What each target is sent for a query, and how faithfully
#[utoipa::path(get, path = "/v1/translate", tag = "search",
    params(
        ("q" = Option<String>, Query, description = "The query", example = "from:alice overdue"),
        ("from" = Option<Language>, Query, description = "The language it is written in"),
        ("zone" = Option<String>, Query, description = "Where its days begin: an IANA name", example = "Europe/Berlin"),
        ("me" = Option<String>, Query, description = "The addresses that `me` stands for, with commas between"),
    ),
    responses((status = 200, description = "Every target", body = Answer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    state: Shared<State>,
    headers: HeaderMap,
    noted: Noted,
    RawQuery(raw): RawQuery,
) -> Result<Json<Answer>, Problem> {
    answer(&state, &headers, &noted, Request::of(&raw.unwrap_or_default())?).await
}

/// What each target is sent for a query, with the query in the body
#[utoipa::path(post, path = "/v1/translate", tag = "search", request_body = Request,
    responses((status = 200, description = "Every target", body = Answer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    state: Shared<State>,
    headers: HeaderMap,
    noted: Noted,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Answer>, Problem> {
    answer(&state, &headers, &noted, from_json(body)?).await
}

async fn answer(
    state: &State,
    headers: &HeaderMap,
    noted: &Noted,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    noted.put("query", request.q.as_str());
    let known = state.viewpoint_of(&admit(state, headers)?);
    let viewpoint = viewpoint(&known, request.zone.as_deref(), request.me.as_ref())?;
    let (context, capabilities) = (viewpoint.context(state.now()), state.capabilities());
    let translating = state.language().aside(state.deadline(Instant::now()), move |_| {
        let Request { q, from, .. } = &request;
        let translated = translate(q, *from, &context, &capabilities, Target::ALL);
        (translated, parts_of(q, *from))
    });
    let (translated, parts) = translating.await?;
    match translated {
        Ok(translation) => Ok(Json(Answer { translation, parts })),
        Err(errors) => Err(Problem::from(Refused { part: "q", errors }).parts(parts)),
    }
}
