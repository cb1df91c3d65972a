//! `/v1/messages/{id}`: one message.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::problem::Problem;
use super::search::admit;
use super::trace::Trace;
use super::wire::MessageView;
use crate::State as Shared;

/// `GET /v1/messages/{id}`
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let message = find(&state, &headers, id).await;
    message.map_or_else(Problem::into_response, |message| Json(message).into_response())
}

/// A message that may not be seen is not there.
async fn find(
    state: &Shared,
    headers: &HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<MessageView, Problem> {
    let caller = admit(state, headers)?;
    let unknown = || Problem::not_found("unknown_message");
    let Path(id) = id.map_err(|_| unknown())?;
    let local = state.local(caller.tenant.as_deref());
    let message = local.message(id, state.deadline(Trace::start().start)).await?;
    let seen = message.filter(|message| caller.mailboxes.permits(message.mailbox.as_deref()));
    seen.map(|message| MessageView::from(&message)).ok_or_else(unknown)
}
