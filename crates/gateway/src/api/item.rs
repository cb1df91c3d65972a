//! `/v1/items/{id}`: one file, as JSON or as its bytes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use postern_archive::search::Asker;
use postern_archive::{IndexError, Original};
use postern_query::{Attachment, NO_CONTENT};

use super::download;
use super::held::held;
use super::native::{Visitor, named};
use super::params::NoParams;
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::local::LocalEngine;
use crate::wire::MessageView;

/// One file
///
/// What is known of it, from the local index or the source that found it. An older version names the newest one.
#[utoipa::path(get, path = "/v1/items/{id}", tag = "files",
    params(("id" = String, Path, description = "The id of a file")),
    responses((status = 200, description = "The file", body = MessageView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let file = visitor.file(&named(id)?).await?;
    let written = move |_: &dyn LocalEngine, _: &Asker| {
        Ok::<_, IndexError>(serde_json::to_vec(&MessageView::from(&file)).unwrap_or_default())
    };
    let body = held(&state, &visitor.caller, visitor.ask(written).await?)?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// The bytes of a file
///
/// Always as bytes to be saved, whatever it is called.
#[utoipa::path(get, path = "/v1/items/{id}/content", tag = "files",
    params(("id" = String, Path, description = "The id of a file")),
    responses(
        (status = 200, description = "The bytes of the file", body = Vec<u8>,
            content_type = "application/octet-stream"),
        Problems,
    ),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn content(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (visitor, id) = (Visitor::admit(&state, &headers).await?, named(id)?);
    if let Some((file, bytes)) = visitor.fetched_file(&id, true).await? {
        let name = file.file().and_then(|file| file.name.clone()).unwrap_or_default();
        return Ok(download::original(&state, &visitor.caller, &name, Original::Whole(bytes))?);
    }
    let message = visitor.file(&id).await?;
    let Attachment { name, unread, .. } = message.file().cloned().unwrap_or_default();
    if unread.as_deref() == Some(NO_CONTENT) {
        return Err(Problem::new(404, "no_content", "the source gives no content of this file"));
    }
    let original = visitor.ask(move |engine, _| engine.original(&message.id)).await;
    let original = original.map_err(Problem::of_file)?;
    Ok(download::original(&state, &visitor.caller, &name.unwrap_or_default(), original)?)
}
