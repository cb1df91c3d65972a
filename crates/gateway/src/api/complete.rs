//! `/v1/complete`: what can come next in a query that is being typed.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use postern_archive::IndexError;
use postern_archive::search::{Asker, Completion};
use postern_query::complete::{Typing, Wanted, at, operators, quoted};
use postern_query::{Query, Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::native::Visitor;
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::local::LocalEngine;
use crate::wire::Span;

/// Suggestions where nothing is said, and at most.
const LIMIT: usize = 10;
const LIMIT_AT_MOST: usize = 100;
/// Bytes of a query.
const QUERY_LIMIT: usize = 16 << 10;

/// What can come next.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Completions {
    /// The bytes of `q` that a suggestion takes the place of.
    span: Span,
    /// The most frequent first.
    suggestions: Vec<SuggestionView>,
}

/// Something that can come next.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionView {
    /// What to write, in quotes where it needs them.
    text: String,
    /// `operator`, `word`, `address`, `name`, `folder`, `category`, `file`, `extension` or `list`.
    kind: &'static str,
    /// In how many messages the value stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
}

/// What can come next in a query
///
/// Values are those of the messages that the key may see, with how many of them have each.
#[utoipa::path(get, path = "/v1/complete", tag = "search",
    params(
        ("q" = Option<String>, Query, description = "The query as far as it is typed", example = "invoice from:ali"),
        ("cursor" = Option<usize>, Query, description = "The byte of `q` that the cursor stands before; the end where it is left out"),
        ("limit" = Option<usize>, Query, description = "Suggestions at most: 10, up to 100"),
    ),
    responses((status = 200, description = "Suggestions", body = Completions,
        example = json!({"span": {"start": 13, "end": 16}, "suggestions": [{"text": "alice@contoso.com", "kind": "address", "count": 12}]})),
        Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Json<Completions>, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let mut params = Params::parse(&raw.unwrap_or_default(), &["q", "cursor", "limit"])?;
    let limit = params.number("limit")?.unwrap_or(LIMIT).min(LIMIT_AT_MOST);
    let cursor = params.number("cursor")?;
    let q = params.take("q").unwrap_or_default();
    if q.len() > QUERY_LIMIT {
        return Err(BadParam::new("q", "has at most 16384 bytes").into());
    }
    let typing = at(&q, cursor.unwrap_or(q.len()));
    let span = typing.span.into();
    let suggestions =
        visitor.ask(move |engine, asker| suggest(engine, &typing, limit, asker)).await?;
    Ok(Json(Completions { span, suggestions }))
}

fn suggest(
    engine: &dyn LocalEngine,
    typing: &Typing,
    limit: usize,
    asker: &Asker,
) -> Result<Vec<SuggestionView>, IndexError> {
    let values = |completion, kind| values(engine, completion, typing, kind, limit, asker);
    match typing.wanted {
        Wanted::Operator => {
            Ok(words(operators().map(|name| format!("{name}:")), typing, "operator", limit))
        }
        Wanted::Word(all) => {
            Ok(words(all.iter().map(|word| (*word).to_owned()), typing, "word", limit))
        }
        Wanted::Person(&[Role::Owner]) => values(Completion::Mailbox, "address"),
        Wanted::Person(roles) => {
            let mut people = values(Completion::Address(roles), "address")?;
            people.extend(values(Completion::Name(roles), "name")?);
            people.sort_by_key(|one| std::cmp::Reverse(one.count));
            people.truncate(limit);
            Ok(people)
        }
        Wanted::FileName => values(Completion::AttachmentName, "file"),
        Wanted::Extension => values(Completion::Extension, "extension"),
        Wanted::Category => values(Completion::Category, "category"),
        Wanted::Folder => values(Completion::Folder, "folder"),
        Wanted::MailingList => values(Completion::ListId, "list"),
        Wanted::Source => values(Completion::Source, "source"),
        Wanted::Anything => Ok(Vec::new()),
    }
}

fn values(
    engine: &dyn LocalEngine,
    completion: Completion<'_>,
    typing: &Typing,
    kind: &'static str,
    limit: usize,
    asker: &Asker,
) -> Result<Vec<SuggestionView>, IndexError> {
    let found = engine.complete(&Query::everything(), completion, &typing.typed, limit, asker)?;
    let view =
        |value: &str, count| SuggestionView { text: quoted(value), kind, count: Some(count) };
    Ok(found.iter().map(|one| view(&one.value, one.count)).collect())
}

fn words(
    all: impl Iterator<Item = String>,
    typing: &Typing,
    kind: &'static str,
    limit: usize,
) -> Vec<SuggestionView> {
    let typed = typing.typed.to_lowercase();
    let begun = all.filter(|word| word.starts_with(&typed));
    begun.take(limit).map(|text| SuggestionView { text, kind, count: None }).collect()
}
