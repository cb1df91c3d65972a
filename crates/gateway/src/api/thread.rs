//! `/v1/threads/{id}`: a conversation.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use postern_archive::IndexError;
use postern_archive::search::Asker;
use postern_query::schema::StringField;
use serde::Serialize;
use utoipa::ToSchema;

use super::held::held;
use super::native::{Visitor, by, named};
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::engine::PAGE_BYTES;
use crate::local::LocalEngine;
use crate::wire::{MessageView, ResultView};

/// A conversation, or a part of it.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThreadAnswer {
    /// Its messages, oldest first.
    #[schema(value_type = Vec<MessageView>)]
    messages: Vec<ResultView>,
    /// Whether these are all that the index knows of.
    complete: bool,
    /// Asks for those that come next; nothing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A conversation, oldest first
///
/// Messages belong together by their conversation, and by what they refer to. Of a long one this is the
/// beginning; `nextCursor` asks for the rest.
#[utoipa::path(get, path = "/v1/threads/{id}", tag = "messages",
    params(
        ("id" = String, Path, description = "The id of a message, or of a conversation"),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the part before"),
    ),
    responses((status = 200, description = "The conversation", body = ThreadAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let after = Params::parse(&raw.unwrap_or_default(), &["cursor"])?.take("cursor");
    let id = named(id)?;
    let either = by(StringField::Id, &id).or(by(StringField::ConversationId, &id));
    let one = visitor.find(either).await?;
    let part = move |engine: &dyn LocalEngine, asker: &Asker| {
        let part = part(engine, &one.id, after.as_deref(), asker)?;
        Ok::<_, IndexError>(part.map(|part| serde_json::to_vec(&part).unwrap_or_default()))
    };
    let unknown =
        || BadParam::new("cursor", "is not one of this conversation; leave it out to begin again");
    let body = visitor.ask(part).await?.ok_or_else(unknown)?;
    let body = held(&state, &visitor.caller, body)?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// As many messages behind `after` as fit into a page, each read by itself; nothing where there is no
/// message `after`. What the asker may not see is not there.
fn part(
    engine: &dyn LocalEngine,
    id: &str,
    after: Option<&str>,
    asker: &Asker,
) -> Result<Option<ThreadAnswer>, IndexError> {
    let thread = engine.thread(id, asker)?;
    let behind = after.map_or(Some(0), |after| {
        thread.ids.iter().position(|id| id == after).map(|place| place + 1)
    });
    let Some(behind) = behind else { return Ok(None) };
    let (mut answer, mut bytes, mut last) = (ThreadAnswer::default(), 0, None);
    for id in thread.ids.iter().skip(behind) {
        let Some(message) = engine.one(&by(StringField::Id, id), asker)? else { continue };
        let (message, size) = ResultView::written(MessageView::from(&message));
        bytes += size;
        if bytes > PAGE_BYTES && last.is_some() {
            answer.next_cursor = last;
            break;
        }
        last = Some(id.clone());
        answer.messages.push(message);
    }
    answer.complete = thread.complete && after.is_none() && answer.next_cursor.is_none();
    Ok(Some(answer))
}
