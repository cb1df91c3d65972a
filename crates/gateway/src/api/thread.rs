//! `/v1/threads/{id}`: a conversation.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use postern_local_index::search::{Error as IndexError, Search, Thread};
use postern_query::schema::StringField;
use postern_query::{Expr, Located, Predicate, Span, StringTest};
use serde::Serialize;
use utoipa::ToSchema;

use super::native::{Visitor, named, unknown};
use super::problem::{Problem, Problems};
use super::wire::MessageView;
use crate::State as Shared;
use crate::local::LocalEngine;

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
    let visitor = Visitor::admit(&state, &headers)?;
    let id = named(id)?;
    let asked = id.clone();
    let thread = visitor.ask(move |engine| thread(engine, &asked)).await?;
    // With the id of a message that may not be seen there is nothing to see.
    let hidden = |message: &postern_query::Message| message.id == id && !visitor.may_see(message);
    if thread.messages.iter().any(hidden) {
        return Err(unknown());
    }
    let seen = thread.messages.iter().filter(|message| visitor.may_see(message));
    let messages: Vec<_> = seen.map(MessageView::from).collect();
    if messages.is_empty() {
        return Err(unknown());
    }
    Ok(Json(ThreadAnswer { messages, complete: thread.complete }))
}

/// The conversation of that message, else that of that id.
fn thread(engine: &dyn LocalEngine, id: &str) -> Result<Thread, IndexError> {
    let found = engine.thread(id)?;
    if !found.messages.is_empty() {
        return Ok(found);
    }
    let of = Predicate::String(StringField::ConversationId, StringTest::Is(id.to_owned()));
    let condition = Expr::Leaf(Located::new(of, Span::default()));
    let first = Search {
        condition: &condition,
        order: &[],
        after: None,
        offset: 0,
        limit: 1,
        highlight: false,
    };
    match engine.search(&first)?.hits.first() {
        Some(hit) => engine.thread(&hit.message.id),
        None => Ok(found),
    }
}
