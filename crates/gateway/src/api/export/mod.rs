//! `/v1/export`: everything that a query finds, streamed. One page of messages is in memory at a time,
//! however many there are.

mod pipe;
mod write;

use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use postern_local_index::search::{Asker, Error as IndexError, Work};
use postern_query::schema::{InstantField, Sort, SortField};
use serde::Deserialize;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tracing::warn;
use utoipa::ToSchema;

use super::download::download;
use super::native::admit;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::local::{Local, LocalEngine, Question, StopOnDrop};
use pipe::Pipe;
use write::Writer;

/// Messages that are fetched at once.
const PAGE: usize = 200;

/// What to export.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"q": "from:alice after:2024-01-01", "format": "mbox"}))]
pub(super) struct ExportBody {
    /// The query; nothing finds everything.
    #[serde(default)]
    q: String,
    /// An OData filter that must hold too.
    filter: Option<String>,
    /// How it is written.
    format: Format,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// The original messages, in one mailbox file (mboxrd).
    Mbox,
    /// The original messages, each in a file.
    Zip,
    /// A table of their fields.
    Csv,
    /// Every field, one JSON object a line.
    Jsonl,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Mbox => "mbox",
            Self::Zip => "zip",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

/// Everything that a query finds
///
/// Newest first, from the local index. A message whose original is gone stands in a mailbox file or an
/// archive as a note that says so. When something fails on the way, the answer is cut off.
#[utoipa::path(post, path = "/v1/export", tag = "messages", request_body = ExportBody,
    responses((status = 200, description = "The messages", body = Vec<u8>,
        content_type = "application/octet-stream"), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let caller = admit(&state, &headers)?;
    let body: ExportBody = from_json(body)?;
    let (q, filter, now) = (body.q, body.filter, state.now());
    let reading = state.language().aside(state.deadline(Instant::now()), move |reader| {
        reader.read_here(&q, filter.as_deref(), now)
    });
    let understood = reading.await??;
    let question = Question {
        condition: understood.query.condition().clone(),
        order: vec![Sort::descending(SortField::Instant(InstantField::Received))],
        after: None,
        offset: 0,
        limit: PAGE,
        highlight: false,
    };
    let asked_until = state.premium_deadline(Instant::now());
    let local = state.local_for(&caller, asked_until).await?.clone();
    if let Some(why) = local.absent() {
        return Err(Problem::unavailable(why));
    }
    let place = state.place_to_export(&caller).map_err(|full| {
        state.metrics().refusal("exports");
        Problem::new(503, "busy", full.why("exports"))
    })?;
    let (pipe, bytes) = Pipe::new();
    let asker = Asker { scope: caller.mailboxes.scope(), work: Work::limited() };
    let stopped = StopOnDrop(asker.work.clone());
    drop(tokio::task::spawn_blocking(move || {
        run(&local, question, &asker, Writer::new(body.format, pipe.clone()), &pipe);
        // Before the pipe ends: whoever has read all of it may export again.
        drop(place);
    }));
    let bytes = ReceiverStream::new(bytes).map(move |chunk| {
        // Without a client the search for the next page ends too.
        let _held = &stopped;
        chunk
    });
    let name = format!("postern-export.{}", body.format.extension());
    Ok(download(&name, Body::from_stream(bytes)))
}

fn run(local: &Local, question: Question, asker: &Asker, writer: Writer, pipe: &Pipe) {
    let written = match local.engine() {
        Ok(engine) => write_all(engine.as_ref(), question, asker, writer),
        Err(error) => Err(Stopped::Index(error.to_string())),
    };
    if let Err(Stopped::Index(why)) = written {
        warn!(why, "an export failed");
        pipe.fail();
    }
}

/// Why an export ended before its end.
#[derive(Debug)]
enum Stopped {
    /// The client went away.
    Client,
    /// The index failed.
    Index(String),
}

impl From<std::io::Error> for Stopped {
    fn from(_: std::io::Error) -> Self {
        Self::Client
    }
}

impl From<IndexError> for Stopped {
    fn from(error: IndexError) -> Self {
        Self::Index(crate::local::told(&error))
    }
}

/// Page after page, each right behind the last message of the one before, so that none is left out
/// or written twice while mail is taken in.
fn write_all(
    engine: &dyn LocalEngine,
    mut question: Question,
    asker: &Asker,
    mut writer: Writer,
) -> Result<(), Stopped> {
    loop {
        let page = Asker { work: asker.work.renewed(), ..asker.clone() };
        let page = engine.search(&question.search(), &page)?;
        for hit in &page.hits {
            if writer.wants_original() {
                let original = engine.original(&hit.message.id)?;
                writer.original(&hit.message, original)?;
            } else {
                writer.fields(&hit.message)?;
            }
        }
        let last = page.hits.len().checked_sub(1).filter(|_| page.hits.len() == PAGE);
        match last.and_then(|last| page.position(last, &question.order)) {
            Some(position) => question.after = Some(position),
            None => return Ok(writer.finish()?),
        }
    }
}
