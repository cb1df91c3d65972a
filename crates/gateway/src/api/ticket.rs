//! `/v1/tickets` and what they open: a message as it was laid out, and the pictures that came with it.

use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use postern_archive::IndexError;
use postern_archive::search::Asker;
use postern_mail::{file_of, picture_type};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::held::held;
use super::html;
use super::message;
use super::native::{Visitor, unknown};
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::audit::Noted;
use crate::local::LocalEngine;
use crate::tickets::{LIFE, Ticket};

/// Bytes of a picture that is shown; a larger one can be saved.
const MOST_PICTURE: usize = 16 << 20;

/// What a ticket is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"message": "3f2a"}))]
pub(super) struct TicketBody {
    /// The id of a message.
    message: String,
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketAnswer {
    /// Where the message is as it was laid out. Below it, `/attachments/{n}` is a picture that came with it.
    path: String,
    /// How long it is good for.
    seconds: u64,
}

/// A path that needs no key
///
/// For a frame or a picture, which cannot send one. It opens one message for as long as it is good, and whoever
/// has it may look.
#[utoipa::path(post, path = "/v1/tickets", tag = "messages", request_body = TicketBody,
    responses((status = 200, description = "The ticket", body = TicketAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    noted: Noted,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<TicketAnswer>, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let TicketBody { message } = from_json(body)?;
    noted.put("message", message.as_str());
    visitor.message(&message).await?;
    let secret = state.tickets().issue(visitor.caller, message, Instant::now());
    let secret = secret.ok_or_else(|| Problem::unavailable("this machine gives no random bits"))?;
    Ok(Json(TicketAnswer { path: format!("/ticket/{secret}"), seconds: LIFE.as_secs() }))
}

/// The one whom a ticket speaks for, while it is good, and the message.
async fn visitor(state: &Shared, secret: &str) -> Result<(Visitor, String), Problem> {
    let Ticket { caller, message, .. } =
        state.tickets().of(secret, Instant::now()).ok_or_else(ended)?;
    Ok((Visitor::of(state, state.known(caller)?, Instant::now()).await?, message))
}

/// There is no such ticket, or no more.
pub(super) fn ended() -> Problem {
    Problem::not_found("not_found").detail("this link has ended; open the message again")
}

/// `GET /ticket/{ticket}`
pub(super) async fn page(
    State(state): State<Shared>,
    noted: Noted,
    secret: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(secret) = secret.map_err(|_| ended())?;
    let (visitor, id) = visitor(&state, &secret).await?;
    noted.put("message", id.as_str());
    let message = visitor.message(&id).await?;
    let pictures = format!("/ticket/{secret}/pictures");
    message::page(&state, &visitor, message, Some(pictures)).await
}

/// `GET /ticket/{ticket}/pictures/{id}`: the picture that the message calls `cid:` and that id.
pub(super) async fn linked(
    State(state): State<Shared>,
    noted: Noted,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((secret, id)) = path.map_err(|_| ended())?;
    let response =
        shown(&state, &noted, &secret, move |raw| postern_mail::linked(raw, &id)).await?;
    // The frame that asks for it is of no origin at all.
    Ok(([("cross-origin-resource-policy", "cross-origin")], response).into_response())
}

/// `GET /ticket/{ticket}/attachments/{n}`: a picture, known by its content, and nothing else.
pub(super) async fn attachment(
    State(state): State<Shared>,
    noted: Noted,
    path: Result<Path<(String, usize)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((secret, number)) = path.map_err(|_| ended())?;
    shown(&state, &noted, &secret, move |raw| file_of(raw, number)?.bytes).await
}

/// What is found in the message of a ticket, if it is a picture.
async fn shown(
    state: &Shared,
    noted: &Noted,
    secret: &str,
    find: impl FnOnce(&[u8]) -> Option<Vec<u8>> + Send + 'static,
) -> Result<Response, Problem> {
    let (visitor, id) = visitor(state, secret).await?;
    noted.put("message", id.as_str());
    let original = visitor.original(&id).await?;
    let found = move |_: &dyn LocalEngine, _: &Asker| {
        Ok::<_, IndexError>(original.into_mail().ok().and_then(|raw| find(&raw)))
    };
    let bytes = visitor.ask(found).await?.ok_or_else(unknown)?;
    let kind =
        picture_type(&bytes).filter(|_| bytes.len() <= MOST_PICTURE).ok_or_else(no_picture)?;
    let mut response = (html::POLICY, held(state, &visitor.caller, bytes)?).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn no_picture() -> Problem {
    let shown = "PNG, JPEG, GIF and WebP of at most 16 MiB are shown; others can be saved";
    Problem::new(415, "no_picture", "this is not a picture that can be shown").detail(shown)
}
