//! `/v1/messages`: one message of the local index.

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};

use super::caller;
use super::problem::Problem;
use super::wire::MessageView;
use crate::State;

/// `GET /v1/messages/{id}`
pub(super) async fn message(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<MessageView>, Problem> {
    let caller = caller(&state, &headers)?;
    let found = state.0.local.message(id, &caller.mailboxes).await;
    let found = found
        .map_err(|error| Problem::of_search(&error, "messages are read from the local index"))?;
    // A message of another's mailbox does not exist for the caller.
    let missing = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such message in the local index",
        )
    };
    found.map(|message| Json(MessageView::from(&message))).ok_or_else(missing)
}
