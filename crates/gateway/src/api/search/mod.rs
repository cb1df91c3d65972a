//! `/v1/search`: the language of people, and an answer that says where it comes from.

mod asked;
mod bars;
mod collapse;
mod find;
mod highlight;
mod sources;

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::held::held;
use super::json;
use super::native::caller;
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use super::trace::{Source, Trace};
use crate::State as Shared;
use crate::access::{Caller, Mailboxes};
use crate::audit::Noted;
use crate::config::EngineName;
use crate::language::Versions;
use crate::viewpoint::Addresses;
use crate::wire::{Because, FacetName, SearchAnswer, ServedBy};
use asked::Asked;
use bars::{HistogramBody, StepName};
use collapse::Collapse;
use find::Facets;

/// What may be asked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"q": "from:alice has:attachment overdue", "limit": 25, "facets": ["sender", "year"]}))]
pub(super) struct SearchBody {
    /// The query; nothing finds everything.
    q: String,
    /// An OData filter that must hold too.
    filter: Option<String>,
    /// Messages of a page: 25, at most 1,000; 0 only counts. A page of long ones has fewer.
    #[schema(maximum = 1000)]
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Whether to cut a piece out of each message, mark what was looked for, and say of each clause where it matches.
    highlight: bool,
    /// What to count by, over all messages that match.
    facets: Vec<FacetName>,
    /// The bars of the facet `histogram`. What is left out is chosen so that there are at most 60 of them.
    #[serde(deserialize_with = "json::inner")]
    histogram: Option<HistogramBody>,
    /// Where days begin: an IANA name.
    zone: Option<String>,
    /// The addresses that `me` stands for.
    me: Option<Addresses>,
    /// Who is wanted.
    engine: EngineChoice,
    /// Whether older versions of files are found too.
    versions: Versions,
    /// What equal messages have in common, of which only the first in the order of the results stands there.
    collapse: Option<Collapse>,
}

/// Who is wanted: an engine by its name, or whoever answers first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EngineChoice(pub(super) Option<EngineName>);

/// Where nobody is wanted.
const AUTO: &str = "auto";

impl EngineChoice {
    fn parse(text: &str) -> Result<Self, String> {
        let wanted = EngineName::parse(text);
        if wanted.is_some() || text == AUTO {
            return Ok(Self(wanted));
        }
        let names = EngineName::ALL.map(EngineName::as_str);
        let (last, others) = names.split_last().unwrap_or((&AUTO, &[]));
        let others: String = others.iter().map(|name| format!(", {name}")).collect();
        Err(format!("is {AUTO}{others} or {last}"))
    }
}

impl<'de> Deserialize<'de> for EngineChoice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(|what| D::Error::custom(format!("`engine` {what}")))
    }
}

/// As the default in the description of the interface.
impl Serialize for EngineChoice {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.map_or(AUTO, EngineName::as_str))
    }
}

impl PartialSchema for EngineChoice {
    fn schema() -> RefOr<Schema> {
        let names = EngineName::ALL.map(EngineName::as_str);
        let all = [AUTO].into_iter().chain(names);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all)).into()
    }
}

impl ToSchema for EngineChoice {}

/// Search
///
/// Answered by the first engine of the tenant that can, by default premium and then the local index: `servedBy` and `coverage`
/// say which and how completely.
#[utoipa::path(get, path = "/v1/search", tag = "search",
    params(
        ("q" = Option<String>, Query, description = "The query; nothing finds everything", example = "from:alice has:attachment"),
        ("filter" = Option<String>, Query, description = "An OData filter that must hold too", example = "hasAttachments eq true"),
        ("limit" = Option<usize>, Query, maximum = 1000, description = "Messages of a page: 25, at most 1,000; 0 only counts. A page of long ones has fewer"),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the page before"),
        ("highlight" = Option<bool>, Query, description = "Whether to mark what was looked for, and say of each clause where it matches"),
        ("facets" = Option<String>, Query, description = "Names between commas: sender, domain, mailbox, folder, year, month, day, kind, type, extension, category, hasAttachment, source, histogram", example = "sender,year"),
        ("histogram.from" = Option<String>, Query, description = "Where the bars of the histogram begin: a date or a moment"),
        ("histogram.to" = Option<String>, Query, description = "The last date of its bars, or the moment at which they end"),
        ("histogram.step" = Option<StepName>, Query, description = "How long a bar is; chosen for at most 60 bars where it is left out"),
        ("histogram.zone" = Option<String>, Query, description = "Where days of the bars begin; `zone` where it is left out"),
        ("zone" = Option<String>, Query, description = "Where days begin: an IANA name", example = "Europe/Berlin"),
        ("me" = Option<String>, Query, description = "The addresses that `me` stands for, with commas between"),
        ("engine" = Option<EngineChoice>, Query, description = "Who is wanted"),
        ("versions" = Option<Versions>, Query, description = "Whether older versions of files are found too"),
        ("collapse" = Option<Collapse>, Query, description = "What equal messages have in common: they are one result, with `copies`, and `count.rows` counts the results"),
    ),
    responses((status = 200, description = "One page", body = SearchAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    RawQuery(raw): RawQuery,
) -> Response {
    answer(&state, &headers, &noted, from_params(&raw.unwrap_or_default())).await
}

/// Search, with the question in the body
#[utoipa::path(post, path = "/v1/search", tag = "search", request_body = SearchBody,
    responses((status = 200, description = "One page", body = SearchAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(&state, &headers, &noted, from_json(body)).await
}

/// The parameters of a search.
const KNOWN: [&str; 15] = [
    "q",
    "filter",
    "limit",
    "cursor",
    "highlight",
    "facets",
    "histogram.from",
    "histogram.to",
    "histogram.step",
    "histogram.zone",
    "zone",
    "me",
    "engine",
    "versions",
    "collapse",
];

fn from_params(raw: &str) -> Result<SearchBody, Problem> {
    let mut params = Params::parse(raw, &KNOWN)?;
    let engine = params.take("engine").map(|name| EngineChoice::parse(&name)).transpose();
    let engine = engine.map_err(|what| BadParam::new("engine", what))?;
    let versions = params.take("versions").map(|text| {
        Versions::parse(&text).ok_or_else(|| BadParam::new("versions", "is newest or all"))
    });
    Ok(SearchBody {
        versions: versions.transpose()?.unwrap_or_default(),
        collapse: params.take("collapse").map(|text| Collapse::parse(&text)).transpose()?,
        limit: params.number("limit")?,
        highlight: params.flag("highlight")?,
        facets: facets(&params.take("facets").unwrap_or_default())?,
        q: params.take("q").unwrap_or_default(),
        filter: params.take("filter"),
        cursor: params.take("cursor"),
        engine: engine.unwrap_or_default(),
        histogram: HistogramBody::from_params(&mut params)?,
        zone: params.take("zone"),
        me: params.take("me").map(|text| Addresses::parse(&text)),
    })
}

fn facets(list: &str) -> Result<Vec<FacetName>, BadParam> {
    let unknown = "are names between commas: sender, domain, mailbox, folder, year, month, day, kind, type, \
                   extension, category, hasAttachment, source, histogram";
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| FacetName::parse(name).ok_or_else(|| BadParam::new("facets", unknown)))
        .collect()
}

/// The JSON of a body that is not too large.
pub(super) fn from_json<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let body = body.map_err(|rejection| {
        Problem::new(rejection.status().as_u16(), "body_too_large", "the body cannot be read")
    })?;
    json::object(&body).map_err(|why| Problem::new(400, "invalid_body", why))
}

async fn read(
    state: &Shared,
    headers: &HeaderMap,
    noted: &Noted,
    body: Result<SearchBody, Problem>,
    start: Instant,
) -> Result<Asked, Problem> {
    let caller = caller(state, headers)?;
    let body = body?;
    noted.put("query", body.q.as_str());
    noted.put("filter", body.filter.as_deref());
    let asked = Asked::read(state, caller, body, start).await?;
    noted.put("canonical", asked.understood.canonical.as_str());
    Ok(asked)
}

async fn answer(
    state: &Shared,
    headers: &HeaderMap,
    noted: &Noted,
    body: Result<SearchBody, Problem>,
) -> Response {
    let trace = Trace::start(headers);
    let asked = match read(state, headers, noted, body, trace.start).await {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    state.metrics().compiled(trace.start.elapsed());
    let tenant = asked.caller.tenant.as_deref();
    let occasion = trace.occasion(state, &asked.caller);
    let (result, source) = Box::pin(find::find(state, &asked, &occasion, &trace)).await;
    let coverage = state.coverage(&asked.caller, tenant, source.engine);
    let response = match result {
        Ok((engine, found)) => {
            let found = highlight::looked_for(state, &asked, engine, found, &occasion).await;
            let facets = find::facets(state, &asked, engine, &occasion).await;
            let served_by = served_by(engine, &source, state.now());
            let coverage = coverage.as_ref();
            let answer = asked.describe(engine, found, facets, served_by, coverage, &trace);
            noted.put("count", answer.count.value);
            noted.put("shown", answer.results.len());
            let written = serde_json::to_vec(&answer).unwrap_or_default();
            match held(state, &asked.caller, written) {
                Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
                Err(busy) => Problem::from(busy).into_response(),
            }
        }
        Err(problem) => problem.into_response(),
    };
    trace.finish(state, response, tenant, &source, coverage.as_ref())
}

/// Asks one engine of a tenant as the one user of this machine, who sees everything.
///
/// # Errors
///
/// In one text, why there is no answer and what to do about that.
pub async fn ask(
    state: &Shared,
    tenant: &str,
    engine: EngineName,
    text: &str,
    filter: Option<&str>,
    limit: usize,
    collapse: bool,
) -> Result<SearchAnswer, String> {
    let caller = Caller {
        name: String::new(),
        tenant: Some(tenant.to_owned()),
        upstream: None,
        mailboxes: Mailboxes::All,
        actions: Vec::new(),
        rights: Vec::new(),
        key: None,
    };
    let body = SearchBody {
        q: text.to_owned(),
        filter: filter.map(str::to_owned),
        limit: Some(limit),
        collapse: collapse.then_some(Collapse::MessageId),
        engine: EngineChoice(Some(engine)),
        highlight: true,
        ..SearchBody::default()
    };
    let trace = Trace::start(&HeaderMap::new());
    let asked = Asked::read(state, caller, body, trace.start).await;
    let asked = asked.map_err(|problem| problem.told())?;
    let occasion = trace.occasion(state, &asked.caller);
    let (result, source) = Box::pin(find::find(state, &asked, &occasion, &trace)).await;
    let (engine, found) = result.map_err(|problem| problem.told())?;
    let found = highlight::looked_for(state, &asked, engine, found, &occasion).await;
    let served_by = served_by(engine, &source, state.now());
    let coverage = state.coverage(&asked.caller, Some(tenant), Some(engine));
    Ok(asked.describe(engine, found, Facets::default(), served_by, coverage.as_ref(), &trace))
}

/// Who answered, and why those before did not; since when, as far as that is known of the first of them.
fn served_by(engine: EngineName, source: &Source, now: Timestamp) -> ServedBy {
    let lasting = source.passed_over.first().and_then(|reason| reason.why.lasting());
    let lasting = lasting.and_then(|lasting| SignedDuration::try_from(lasting).ok());
    let since = lasting.and_then(|lasting| now.checked_sub(lasting).ok());
    let because = |reason| Because { reason, since: since.as_ref().map(Timestamp::to_string) };
    ServedBy { engine: engine.as_str().to_owned(), reason: source.because().map(because) }
}
