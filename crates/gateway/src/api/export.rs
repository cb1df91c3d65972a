//! `/v1/export`: everything that a query finds, streamed.

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use postern_archive::export;
use postern_archive::search::Asker;
use serde::Deserialize;
use utoipa::ToSchema;

use super::download::download;
use super::native::admit;
use super::params::viewpoint;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::language::{Understood, Versions};
use crate::local::LocalEngine;
use crate::local::pipe::Pipe;
use crate::viewpoint::Addresses;

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
    /// Where days of the query begin: an IANA name.
    zone: Option<String>,
    /// The addresses that `me` stands for.
    me: Option<Addresses>,
    /// Whether older versions of files are exported too.
    #[serde(default)]
    versions: Versions,
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

impl From<Format> for export::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Mbox => Self::Mbox,
            Format::Zip => Self::Zip,
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::Jsonl,
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
    let viewpoint = viewpoint(state.viewpoint(), body.zone.as_deref(), body.me.as_ref())?;
    let (q, filter, context) = (body.q, body.filter, viewpoint.context(state.now()));
    let reading = state.language().aside(state.deadline(Instant::now()), move |reader| {
        reader.read_here(&q, filter.as_deref(), &context)
    });
    let understood = reading.await??;
    let query = Understood { versions: body.versions, ..understood }.here();
    let asked_until = state.engine_deadline(Instant::now());
    let local = state.local_for(&caller, asked_until).await?.clone();
    if let Some(why) = local.absent() {
        return Err(Problem::unavailable(why));
    }
    let slot = state.slot_to_export(&caller).map_err(|full| {
        state.metrics().refusal("exports");
        Problem::new(503, "busy", full.why("exports"))
    })?;
    let format = export::Format::from(body.format);
    let write = move |engine: &dyn LocalEngine, asker: &Asker, pipe: &mut Pipe| {
        // It is free before the pipe ends: whoever has read all of it may export again.
        let _slot = slot;
        export::write(engine, &query, asker, format, pipe)?;
        Ok(())
    };
    let allowance = state.allowance(&caller, Instant::now());
    let body = local.stream(&allowance, state.limits().time, (), write).await?;
    Ok(download(&format!("postern-export.{}", format.extension()), body))
}
