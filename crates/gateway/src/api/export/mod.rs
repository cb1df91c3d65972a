//! `/v1/export`: everything that a query finds, streamed. One message is in memory at a time, and of
//! originals that lie in the store a piece, however many there are.

mod mboxrd;
mod write;

use std::ops::ControlFlow;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use postern_archive::Error;
use postern_archive::search::{Asker, Hit, Page};
use postern_query::Message;
use postern_query::schema::{InstantField, Sort, SortField};
use serde::Deserialize;
use utoipa::ToSchema;

use super::download::download;
use super::native::admit;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::local::pipe::{Pipe, Stopped};
use crate::local::{LocalEngine, Question};
use write::Writer;

/// Messages that are looked for at once. The search is made again for each page, so few pages cost little;
/// of a page only the places of its messages are in memory.
const PAGE: usize = 10_000;

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
        query: understood.query.clone(),
        order: vec![Sort::descending(SortField::Instant(InstantField::Received))],
        after: None,
        offset: 0,
        limit: PAGE,
        highlight: false,
    };
    let asked_until = state.engine_deadline(Instant::now());
    let local = state.local_for(&caller, asked_until).await?.clone();
    if let Some(why) = local.absent() {
        return Err(Problem::unavailable(why));
    }
    let slot = state.slot_to_export(&caller).map_err(|full| {
        state.metrics().refusal("exports");
        Problem::new(503, "busy", full.why("exports"))
    })?;
    let format = body.format;
    let write = move |engine: &dyn LocalEngine, asker: &Asker, pipe: &mut Pipe| {
        // It is free before the pipe ends: whoever has read all of it may export again.
        let _slot = slot;
        write_all(engine, question, asker, Writer::new(format, pipe))
    };
    let allowance = state.allowance(&caller, Instant::now());
    let body = local.stream(&allowance, state.limits().time, (), write).await?;
    Ok(download(&format!("postern-export.{}", format.extension()), body))
}

/// Page after page, each right behind the last message of the one before, so that none is left out
/// or written twice while mail is taken in.
fn write_all(
    engine: &dyn LocalEngine,
    mut question: Question,
    asker: &Asker,
    mut writer: Writer<'_>,
) -> Result<(), Stopped> {
    loop {
        let asker = Asker { work: asker.work.renewed(), ..asker.clone() };
        let (mut hits, mut last, mut written) = (0, None, Ok(()));
        let page = engine.each(&question.search(), &asker, &mut |hit| {
            hits += 1;
            written = write_one(engine, &hit, &mut writer);
            last = Some(Hit { message: Message { body: None, ..hit.message }, ..hit });
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        written?;
        let last = Page { hits: last.filter(|_| hits == PAGE).into_iter().collect(), ..page };
        match last.position(0, &question.order) {
            Some(position) => question.after = Some(position),
            None => return Ok(writer.finish()?),
        }
    }
}

fn write_one(engine: &dyn LocalEngine, hit: &Hit, writer: &mut Writer<'_>) -> Result<(), Stopped> {
    if writer.wants_original() {
        let original = match engine.original(&hit.message.id) {
            Ok(original) => Ok(original.reader()),
            Err(Error::Lost(lost)) => Err(lost),
            Err(error) => return Err(Stopped::Local(error.into())),
        };
        writer.original(&hit.message, original)
    } else {
        Ok(writer.fields(&hit.there())?)
    }
}
