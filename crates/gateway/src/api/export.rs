//! `/v1/export`: everything that a query finds, streamed.

use std::ops::ControlFlow;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use postern_archive::export::{self, Broken, Manifest, Wishes, Written};
use postern_archive::search::{Asker, Search};
use postern_audit::{Entry, What};
use postern_query::Query;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::download::download;
use super::native::{admit, permit};
use super::params::viewpoint;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::access::{Caller, Right};
use crate::audit::{Noted, entry, who};
use crate::language::{Understood, Versions};
use crate::local::pipe::Pipe;
use crate::local::{Allowance, Local, LocalEngine};
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
    /// What equal messages have in common, of which only the first is written: a manifest names the others.
    dedupe: Option<Dedupe>,
    /// Whether the answer is a ZIP of the file and its manifest. A format that is a ZIP always has its manifest in it.
    #[serde(default)]
    manifest: bool,
    /// How many it was said to find: where that has changed, nothing is exported.
    expect: Option<u64>,
}

/// What makes messages equal, beside equal bytes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
pub(super) enum Dedupe {
    /// The same Message-ID.
    #[serde(rename = "message-id")]
    MessageId,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// The original messages, in one mailbox file (mboxrd).
    Mbox,
    /// The original messages, each in a file, and a manifest as the last one.
    Zip,
    /// A table of their fields.
    Csv,
    /// Every field, one JSON object a line.
    Jsonl,
    /// A ZIP with a load file of Concordance, and the bytes and the text of each message and attachment.
    Dat,
    /// A ZIP with a page for each message, and an index of them.
    Html,
}

impl From<Format> for export::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Mbox => Self::Mbox,
            Format::Zip => Self::Zip,
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::Jsonl,
            Format::Dat => Self::Dat,
            Format::Html => Self::Html,
        }
    }
}

/// Whether a query finds as many as it is expected to.
async fn check_count(
    local: &Local,
    allowance: &Allowance,
    query: Query,
    expected: u64,
) -> Result<(), Problem> {
    let count = move |engine: &dyn LocalEngine, asker: &Asker| {
        let search = Search {
            query: &query,
            order: &[],
            after: None,
            offset: 0,
            limit: 0,
            highlight: false,
        };
        engine.each(&search, asker, &mut |_| ControlFlow::Continue(())).map(|page| page.count)
    };
    let found = local.ask(allowance, count).await?;
    if u64::try_from(found).is_ok_and(|found| found == expected) {
        return Ok(());
    }
    let detail = format!("it finds {found} now, not {expected}; nothing is exported");
    Err(Problem::new(409, "other_count", "the query finds another number by now").detail(detail))
}

/// What the manifest says of what was asked, of whom, and what of it is here.
fn about(state: &Shared, caller: &Caller, noted: &Noted) -> Map<String, Value> {
    let told = noted.fields().into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut about: Map<String, Value> = told.collect();
    let stored = state.stored_for(caller.tenant.as_deref());
    let coverage = caller.mailboxes.view(stored.coverage());
    let canonical = about.get("canonical").cloned().unwrap_or_default();
    about.insert("sent".to_owned(), json!({ stored.engine().name(): canonical }));
    about.insert("by".to_owned(), who(caller).into());
    about.insert("tenant".to_owned(), caller.tenant.clone().into());
    about.insert("time".to_owned(), state.now().to_string().into());
    about.insert(
        "coverage".to_owned(),
        json!({
            "indexed": coverage.indexed, "known": coverage.known,
            "asOf": coverage.as_of.map(|time| time.to_string()),
        }),
    );
    about
}

/// The entry of how an export ended.
fn ended(caller: &Caller, noted: &Noted, written: &Result<Written, Broken>) -> Entry {
    let entry = entry(What::Export, caller).with_all(noted.fields());
    match written {
        Ok(written) => entry
            .with("event", "ended")
            .with("messages", written.messages)
            .with("lost", written.lost)
            .with("manifest", written.manifest.as_deref()),
        Err(broken) => entry.with("event", "broken off").with("why", broken.to_string()),
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
    noted: Noted,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let caller = admit(&state, &headers)?;
    let body: ExportBody = from_json(body)?;
    let format = export::Format::from(body.format);
    let noted = noted.told_elsewhere();
    noted.put("query", body.q.as_str());
    noted.put("filter", body.filter.as_deref());
    noted.put("format", format.name());
    let known = state.viewpoint_of(&caller);
    let viewpoint = viewpoint(&known, body.zone.as_deref(), body.me.as_ref())?;
    let (q, filter, context) = (body.q, body.filter, viewpoint.context(state.now()));
    let reading = state.language().aside(state.deadline(Instant::now()), move |reader| {
        reader.read_here(&q, filter.as_deref(), &context)
    });
    let understood = reading.await??;
    noted.put("canonical", understood.canonical.as_str());
    noted.put("zone", viewpoint.zone_name());
    let (once, is_packed) = (body.dedupe.is_some(), body.manifest && !format.is_package());
    let query = Understood { versions: body.versions, ..understood }.here();
    let asked_until = state.engine_deadline(Instant::now());
    let local = state.local_for(&caller, asked_until).await?.clone();
    permit(&caller, Right::Export)?;
    if let Some(why) = local.absent() {
        return Err(Problem::unavailable(why));
    }
    let allowance = state.allowance(&caller, Instant::now());
    if let Some(expected) = body.expect {
        check_count(&local, &allowance, query.clone(), expected).await?;
    }
    let begun = state.audits().begin(What::Export, &caller, &noted).await?;
    let slot = state.slot_to_export(&caller, &begun).map_err(|full| {
        state.metrics().refusal("exports");
        Problem::new(503, "busy", full.why("exports"))
    })?;
    let texts = state.attachment_text();
    let (audited, exporter) = (state.clone(), caller.clone());
    let manifest = (is_packed || format.is_package()).then(|| about(&state, &caller, &noted));
    let write = move |engine: &dyn LocalEngine, asker: &Asker, pipe: &mut Pipe| {
        // It is free before the pipe ends: whoever has read all of it may export again.
        let _slot = slot;
        let manifest = manifest.map(Manifest::new).transpose()?;
        let wishes = Wishes { format, manifest, once, texts };
        let written = if is_packed {
            export::write_packed(engine, &query, asker, wishes, pipe)
        } else {
            export::write(engine, &query, asker, wishes, pipe).map(|(written, _)| written)
        };
        audited.audits().note(&exporter, ended(&exporter, &noted, &written));
        written?;
        Ok(())
    };
    let body = local.stream(&allowance, state.limits().time, (), write).await?;
    let ending = if is_packed { ".zip" } else { "" };
    Ok(download(&format!("{}{ending}", format.file_name()), body))
}
