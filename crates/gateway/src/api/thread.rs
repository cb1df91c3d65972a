//! `/v1/threads/{id}`: a conversation.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use postern_query::Expr;
use postern_query::schema::StringField;
use serde::Serialize;
use utoipa::ToSchema;

use super::native::{Visitor, by, named};
use super::problem::{Problem, Problems};
use super::wire::MessageView;
use crate::State as Shared;

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ThreadAnswer {
    /// Its messages, oldest first.
    messages: Vec<MessageView>,
    /// Whether these are all that the index knows of.
    complete: bool,
}

/// A conversation, oldest first
///
/// Messages belong together by their conversation, and by what they refer to.
#[utoipa::path(get, path = "/v1/threads/{id}", tag = "messages",
    params(("id" = String, Path, description = "The id of a message, or of a conversation")),
    responses((status = 200, description = "The conversation", body = ThreadAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ThreadAnswer>, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let id = named(id)?;
    let either = [StringField::Id, StringField::ConversationId].map(|field| by(field, &id));
    let one = visitor.find(Expr::Or(either.to_vec())).await?;
    let thread = visitor.ask(move |engine, asker| engine.thread(&one.id, asker)).await?;
    let seen = thread.messages.iter().filter(|message| visitor.may_see(message));
    let messages = seen.map(MessageView::from).collect();
    Ok(Json(ThreadAnswer { messages, complete: thread.complete }))
}
