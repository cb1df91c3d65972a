//! `/v1/messages/{id}`: one message, as JSON, as HTML that is safe to show, or as it was sent.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse as _, Response};
use postern_archive::search::Asker;
use postern_archive::{Eml, IndexError, Original};
use postern_mail::file_of;
use postern_query::Message;
use serde::Serialize;
use utoipa::ToSchema;

use super::download;
use super::held::held;
use super::html;
use super::native::{Visitor, named, unknown};
use super::params::{BadParam, NoParams, Params};
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::local::LocalEngine;
use crate::wire::MessageView;

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
    match view {
        View::Json => json(&state, &visitor, message).await,
        View::Html => page(&state, &visitor, message, None).await,
    }
}

/// The message with all its fields. A large one takes its time to be written.
async fn json(state: &Shared, visitor: &Visitor, message: Message) -> Result<Response, Problem> {
    let written = move |_: &dyn LocalEngine, _: &Asker| {
        Ok::<_, IndexError>(serde_json::to_vec(&MessageView::from(&message)).unwrap_or_default())
    };
    let body = held(state, &visitor.caller, visitor.ask(written).await?)?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// The message as a page, with the pictures that came with it if they lie somewhere. All of it is work: none is done
/// on the threads that talk to clients.
pub(super) async fn page(
    state: &Shared,
    visitor: &Visitor,
    message: Message,
    pictures: Option<String>,
) -> Result<Response, Problem> {
    let policy = if pictures.is_some() { html::POLICY_WITH_PICTURES } else { html::POLICY };
    let work = move |engine: &dyn LocalEngine, _: &Asker| {
        let original = Some(&message).filter(|message| !message.is_file());
        let original = original.and_then(|message| engine.original(&message.id).ok());
        let original = original.and_then(|original| original.into_mail().ok());
        Ok::<_, IndexError>(html::view(&message, original, pictures.as_deref()))
    };
    let page = visitor.ask(work).await?.into_bytes();
    Ok((policy, Html(held(state, &visitor.caller, page)?)).into_response())
}

/// The original bytes of a message, whatever they are
#[utoipa::path(get, path = "/v1/messages/{id}/original", tag = "messages",
    params(("id" = String, Path, description = "The id of a message")),
    responses(
        (status = 200, description = "The bytes as they were read: an internet message, or a file of Outlook",
            body = Vec<u8>, content_type = "message/rfc822"),
        Problems,
    ),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn original(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = named(id)?;
    let visitor = Visitor::admit(&state, &headers).await?;
    let original = visitor.original(&id).await?;
    let look = move |_: &dyn LocalEngine, _: &Asker| Ok::<_, IndexError>(original.is_msg().ok());
    let (is_msg, original) = visitor.ask(look).await?.ok_or_else(unknown)?;
    let (ending, kind) = if is_msg { ("msg", download::MSG) } else { ("eml", download::MESSAGE) };
    let name = format!("{id}.{ending}");
    let mut response = download::original(&state, &visitor.caller, &name, original)?;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

/// A message as internet mail
///
/// These are the bytes as they were read. Of a file of Outlook (`.msg`) a message is made, and the header
/// `Postern-Made-From` says so.
#[utoipa::path(get, path = "/v1/messages/{id}/eml", tag = "messages",
    params(("id" = String, Path, description = "The id of a message")),
    responses(
        (status = 200, description = "The message", body = Vec<u8>,
            content_type = "message/rfc822"),
        Problems,
    ),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn eml(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = named(id)?;
    let visitor = Visitor::admit(&state, &headers).await?;
    let original = visitor.original(&id).await?;
    let made = move |_: &dyn LocalEngine, _: &Asker| Ok::<_, IndexError>(original.into_eml().ok());
    let Eml { original, is_made } = visitor.ask(made).await?.ok_or_else(unknown)?;
    let mut response = download::original(&state, &visitor.caller, &format!("{id}.eml"), original)?;
    response.headers_mut().insert(CONTENT_TYPE, download::MESSAGE);
    if is_made {
        response.headers_mut().insert("postern-made-from", download::MSG);
    }
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
    _: NoParams,
    path: Result<Path<(String, usize)>, PathRejection>,
) -> Result<Response, Problem> {
    let visitor = Visitor::admit(&state, &headers).await?;
    let (id, number) = named(path)?;
    let original = visitor.original(&id).await?;
    let file = move |_: &dyn LocalEngine, _: &Asker| {
        Ok::<_, IndexError>(original.into_mail().ok().and_then(|raw| file_of(&raw, number)))
    };
    let file = visitor.ask(file).await?.ok_or_else(unknown)?;
    let packed = || {
        Problem::new(410, "attachment_packed", "the attachment lies in a part of Outlook's own")
            .hint("the whole message is at `/eml`, with the part as `winmail.dat`")
    };
    let bytes = file.bytes.ok_or_else(packed)?;
    Ok(download::original(&state, &visitor.caller, &file.name, Original::Whole(bytes))?)
}
