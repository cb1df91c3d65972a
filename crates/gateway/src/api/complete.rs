//! `/v1/complete`: what can come next in a query that is being typed.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use postern_archive::IndexError;
use postern_archive::search::{Asker, Completion, Suggestion};
use postern_query::complete::{Cursor, Proposal, Wanted};
use postern_query::{Context, Query, Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::native::Visitor;
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::audit::Noted;
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
    /// `operator`, `word`, `address`, `name`, `domain`, `folder`, `category`, `file`, `extension`, `list` or `source`.
    kind: &'static str,
    /// What an operator finds.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
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
    noted: Noted,
    RawQuery(raw): RawQuery,
) -> Result<Json<Completions>, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let mut params = Params::parse(&raw.unwrap_or_default(), &["q", "cursor", "limit"])?;
    let limit = params.number("limit")?.unwrap_or(LIMIT);
    if limit > LIMIT_AT_MOST {
        return Err(BadParam::new("limit", format!("is at most {LIMIT_AT_MOST}")).into());
    }
    let cursor = params.number("cursor")?;
    let q = params.take("q").unwrap_or_default();
    if q.len() > QUERY_LIMIT {
        return Err(BadParam::new("q", "has at most 16384 bytes").into());
    }
    noted.put("typed", q.as_str());
    let context = state.viewpoint_of(&visitor.caller).context(state.now());
    let answer = visitor.ask(move |engine, asker| {
        let cursor = Cursor::new(&q, cursor.unwrap_or(q.len()), &context);
        let suggestions =
            Suggesting { engine, asker, cursor: &cursor, context: &context, limit }.all()?;
        Ok::<_, IndexError>(Completions { span: cursor.typing().span.into(), suggestions })
    });
    Ok(Json(answer.await?))
}

/// A question for what can come next.
struct Suggesting<'a> {
    engine: &'a dyn LocalEngine,
    asker: &'a Asker,
    cursor: &'a Cursor<'a>,
    context: &'a Context,
    limit: usize,
}

impl Suggesting<'_> {
    fn all(&self) -> Result<Vec<SuggestionView>, IndexError> {
        match self.cursor.typing().wanted {
            Wanted::Operator | Wanted::Name => Ok(self.fixed("operator")),
            Wanted::Word(_) => Ok(self.fixed("word")),
            Wanted::Person(&[Role::Owner]) => self.values(Completion::Mailbox, "address"),
            Wanted::Person(roles) => self.people(roles),
            Wanted::FileName => self.values(Completion::AttachmentName, "file"),
            Wanted::Extension => self.values(Completion::Extension, "extension"),
            Wanted::Category => self.values(Completion::Category, "category"),
            Wanted::Folder => self.values(Completion::Folder, "folder"),
            Wanted::MailingList => self.values(Completion::ListId, "list"),
            Wanted::Source => self.values(Completion::Source, "source"),
            Wanted::Set => Ok(self.sets()),
            Wanted::Anything => Ok(Vec::new()),
        }
    }

    fn fixed(&self, kind: &'static str) -> Vec<SuggestionView> {
        let view = |Proposal { text, help }| SuggestionView { text, kind, help, count: None };
        self.cursor.proposals(self.limit).into_iter().map(view).collect()
    }

    /// The frozen sets that may be named.
    fn sets(&self) -> Vec<SuggestionView> {
        let names = self.context.sets.iter().flat_map(|sets| sets.names());
        let begun = names.filter(|name| name.starts_with(&self.cursor.typing().typed));
        let view = |name: String| {
            let text = self.cursor.value(&name)?;
            Some(SuggestionView { text, kind: "set", help: None, count: None })
        };
        begun.filter_map(view).take(self.limit).collect()
    }

    /// Addresses, names and, once something is typed, domains.
    fn people(&self, roles: &[Role]) -> Result<Vec<SuggestionView>, IndexError> {
        let typed = &self.cursor.typing().typed;
        let mut people = self.values(Completion::Address(roles), "address")?;
        people.extend(self.values(Completion::Name(roles), "name")?);
        if !typed.is_empty() {
            let domain = typed.strip_prefix('@').unwrap_or(typed);
            people.extend(self.found(Completion::Domain(roles), domain, "domain", "@")?);
        }
        people.sort_by_key(|one| std::cmp::Reverse(one.count));
        people.truncate(self.limit);
        Ok(people)
    }

    fn values(
        &self,
        completion: Completion<'_>,
        kind: &'static str,
    ) -> Result<Vec<SuggestionView>, IndexError> {
        self.found(completion, &self.cursor.typing().typed, kind, "")
    }

    /// What begins as `typed`, with `mark` before it, where it can stand.
    fn found(
        &self,
        completion: Completion<'_>,
        typed: &str,
        kind: &'static str,
        mark: &str,
    ) -> Result<Vec<SuggestionView>, IndexError> {
        let (everything, limit) = (Query::everything(), self.limit);
        let found = self.engine.complete(&everything, completion, typed, limit, self.asker)?;
        let view = |one: &Suggestion| {
            let text = self.cursor.value(&format!("{mark}{}", one.value))?;
            Some(SuggestionView { text, kind, help: None, count: Some(one.count) })
        };
        Ok(found.iter().filter_map(view).collect())
    }
}
