//! `/v1/messages/{id}`: one message, as JSON, as HTML that is safe to show, or as it was sent.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse as _, Response};
use postern_local_index::mail::Parts;
use postern_query::Message;
use serde::Serialize;
use utoipa::ToSchema;

use super::download::download;
use super::html;
use super::native::{Visitor, named, unknown};
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use super::wire::MessageView;
use crate::State as Shared;

/// How a message is shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum View {
    Json,
    Html,
}

impl View {
    fn named(name: Option<&str>) -> Result<Self, BadParam> {
        match name {
            None | Some("json") => Ok(Self::Json),
            Some("html") => Ok(Self::Html),
            Some(_) => Err(BadParam::new("format", "is json or html")),
        }
    }
}

/// One message
///
/// From the local index. As HTML it is sanitised, without remote content, under a policy that lets
/// nothing run.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "messages",
    params(
        ("id" = String, Path, description = "The id of a message, as a search says it"),
        ("format" = Option<View>, Query, description = "`json` where it is left out"),
    ),
    responses(
        (status = 200, description = "The message", content(
            (MessageView = "application/json"), (String = "text/html"))),
        Problems,
    ),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let mut params = Params::parse(&raw.unwrap_or_default(), &["format"])?;
    let view = View::named(params.take("format").as_deref())?;
    let message = visitor.message(&named(id)?).await?;
    Ok(match view {
        View::Json => Json(MessageView::from(&message)).into_response(),
        View::Html => page(&visitor, &message).await,
    })
}

/// What was sent as HTML, else the text that is kept in the index.
async fn page(visitor: &Visitor, message: &Message) -> Response {
    let original = visitor.original(&message.id).await.ok();
    let rich = original.and_then(|raw| Parts::of(&raw).html);
    let body = match rich {
        Some(html) => html::sanitised(&html),
        None => html::of_text(message.body.as_deref().unwrap_or_default()),
    };
    let subject = message.subject.as_deref().unwrap_or_default();
    (html::POLICY, Html(html::page(subject, &body))).into_response()
}

/// The original bytes of a message
#[utoipa::path(get, path = "/v1/messages/{id}/eml", tag = "messages",
    params(("id" = String, Path, description = "The id of a message")),
    responses(
        (status = 200, description = "The bytes as they were read", body = Vec<u8>,
            content_type = "message/rfc822"),
        Problems,
    ),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn eml(
    State(state): State<Shared>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = named(id)?;
    let bytes = Visitor::admit(&state, &headers).await?.original(&id).await?;
    let mut response = download(&format!("{id}.eml"), bytes);
    response.headers_mut().insert(CONTENT_TYPE, super::download::MESSAGE);
    Ok(response)
}

/// An attachment, as a file
///
/// Always as bytes to be saved, whatever its sender called them: the declared type stands in the
/// JSON of the message.
#[utoipa::path(get, path = "/v1/messages/{id}/attachments/{n}", tag = "messages",
    params(
        ("id" = String, Path, description = "The id of a message"),
        ("n" = usize, Path, description = "Which of its `attachments`, from 0"),
    ),
    responses(
        (status = 200, description = "The bytes of the file", body = Vec<u8>,
            content_type = "application/octet-stream"),
        Problems,
    ),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn attachment(
    State(state): State<Shared>,
    headers: HeaderMap,
    path: Result<Path<(String, usize)>, PathRejection>,
) -> Result<Response, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let (id, number) = named(path)?;
    let raw = visitor.original(&id).await?;
    let file = Parts::of(&raw).files.into_iter().nth(number).ok_or_else(unknown)?;
    let packed = || {
        Problem::new(410, "attachment_packed", "the attachment lies in a part of Outlook's own")
            .hint("the whole message is at `/eml`, with the part as `winmail.dat`")
    };
    Ok(download(&file.name, file.bytes.ok_or_else(packed)?))
}
