//! `/v1/reports`: search-term reports, made beside the requests.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use postern_archive::Original;
use postern_archive::report::{spelt, terms};
use postern_archive::search::{Asker, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::download;
use super::native::{admit, permit};
use super::params::{BadParam, NoParams, Params, viewpoint};
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::access::{Caller, Mailboxes, Right};
use crate::language::Versions;
use crate::local::{Local, LocalEngine, told};
use crate::reports::store::{FORMS, Record, Store};
use crate::reports::{HowFar, MOST_WAITING, Reports, Wish};
use crate::viewpoint::Addresses;

/// What to report on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"terms": "invoice overdue\nlease\tsubject:lease"}))]
pub(super) struct ReportBody {
    /// The list: one query a line, or a name, a tab and a query; CSV where its first line is exactly `name,query`.
    terms: String,
    /// An OData filter that must hold too.
    filter: Option<String>,
    /// Only these mailboxes.
    #[serde(default)]
    mailboxes: Vec<String>,
    /// Where days of the queries begin: an IANA name.
    zone: Option<String>,
    /// The addresses that `me` stands for.
    me: Option<Addresses>,
    /// Whether older versions of files count too.
    #[serde(default)]
    versions: Versions,
    /// Who is to answer: `auto`, `cluster` or `local`.
    engine: Option<String>,
}

/// The reports of the key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportsAnswer {
    /// The latest first.
    reports: Vec<JobView>,
}

/// A report that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobView {
    id: String,
    /// `waiting`, `running`, `done`, `failed`, or `interrupted` where the gateway ended before it was done.
    state: &'static str,
    /// Why there is no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// When it was asked for.
    asked: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// Until when it is kept.
    expires: String,
    progress: ProgressView,
    links: JobLinks,
}

/// How far a report is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProgressView {
    /// Messages that were looked at, which comes first.
    looked: u64,
    /// Messages in all.
    messages: u64,
    /// Queries that were counted.
    counted: u64,
    /// Queries in all.
    queries: u64,
}

/// Where to go from a report.
#[derive(Debug, Serialize, ToSchema)]
struct JobLinks {
    #[serde(rename = "self")]
    own: String,
    /// The result, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
}

/// A key with the right to reports, and what is kept for it.
struct Keeper {
    caller: Caller,
    owner: String,
    local: Local,
    store: Store,
}

impl Keeper {
    async fn admit(state: &Shared, headers: &HeaderMap) -> Result<Self, Problem> {
        let caller = admit(state, headers)?;
        let local = state.local_for(&caller, state.engine_deadline(Instant::now())).await?.clone();
        permit(&caller, Right::Evidence)?;
        let store = Store::below(local.archive().data());
        let owner = caller.owner();
        Ok(Self { owner, caller, local, store })
    }

    /// Who counts for it, of those that may be asked.
    fn engine(&self, state: &Shared, name: Option<&str>) -> Result<Arc<dyn LocalEngine>, Problem> {
        let tenant = self.caller.tenant.as_deref();
        let why = match name {
            None | Some("auto") => return Ok(self.local.engine()),
            Some("local") => return Ok(state.local_beside(tenant).engine()),
            Some("cluster") => match state.in_cluster(tenant) {
                Some(engine) => return Ok(engine),
                None => "no cluster is configured here",
            },
            Some("premium" | "veeam") => {
                "reports come from the local index or a cluster: this engine tells neither which messages two queries \
                 share, nor how many a query finds in each mailbox"
            }
            Some(_) => {
                return Err(BadParam::new("engine", "is `auto`, `cluster` or `local`").into());
            }
        };
        Err(Problem::new(400, "unsupported", "this engine makes no reports").detail(why))
    }

    /// The mailboxes that it sees; nothing where these are all.
    fn mailboxes(&self) -> Option<Vec<String>> {
        match &self.caller.mailboxes {
            Mailboxes::All => None,
            Mailboxes::Only(names) => Some(names.clone()),
        }
    }

    /// Its report of that id. One that was made of mailboxes that the key does not see any more is not there.
    async fn named(
        &self,
        state: &Shared,
        id: Result<Path<String>, PathRejection>,
    ) -> Result<Job, Problem> {
        let unknown = || Problem::not_found("unknown_report").detail("no report has this id");
        let Path(id) = id.map_err(|_| unknown())?;
        let (now, reports) = (state.now(), Arc::clone(state.reports()));
        let found = self.kept(move |store| Job::of(&reports, &id, || store.get(&id))).await?;
        let is_own = |job: &Job| self.owns(&job.record) && job.record.expires() > now;
        found.filter(is_own).ok_or_else(unknown)
    }

    /// Notes a report of so many queries that is about to begin.
    async fn note(&self, state: &Shared, queries: usize) -> Result<Record, Problem> {
        let now = state.now();
        let record = Record::new(new_id()?, self.owner.clone(), self.mailboxes(), queries, now);
        let noted = record.clone();
        let written = self.kept(move |store| {
            store.tidy(now);
            store.put(&noted)
        });
        written.await?.map_err(|error| {
            tracing::warn!(%error, "a report cannot be noted");
            Problem::unavailable("a report cannot be noted; the log says why")
        })?;
        Ok(record)
    }

    fn owns(&self, one: &Record) -> bool {
        one.owner == self.owner && one.mailboxes == self.mailboxes()
    }

    /// Reads or writes what is kept, off the threads that talk to clients.
    async fn kept<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.map_err(|_| Problem::unavailable("it broke off"))
    }

    /// What may be seen of it: some of what the key sees, where the body says so.
    async fn scope(
        &self,
        engine: &Arc<dyn LocalEngine>,
        only: &[String],
    ) -> Result<Scope, Problem> {
        if only.is_empty() {
            return Ok(self.caller.mailboxes.scope());
        }
        let engine = Arc::clone(engine);
        let coverage = self.kept(move |_| engine.coverage_to_keep(&Asker::unlimited())).await?;
        let coverage = self.caller.mailboxes.view(coverage);
        let known = spelt(only, &coverage);
        let known = known.map_err(|unknown| BadParam::new("mailboxes", unknown.to_string()))?;
        Ok(Scope::Mailboxes(known))
    }
}

/// A report, and how far it is where it waits or is being made.
struct Job {
    record: Record,
    open: Option<HowFar>,
}

impl Job {
    /// A report that is not open any more has its end in its record, so the record is read last.
    fn of(reports: &Reports, id: &str, record: impl FnOnce() -> Option<Record>) -> Option<Self> {
        let open = reports.how_far(id);
        Some(Self { record: record()?, open })
    }
}

fn view(Job { record, open }: &Job) -> JobView {
    let (name, error) = match (open, record.ended(), &record.error) {
        (_, Some(_), Some(error)) => ("failed", Some(error.clone())),
        (_, Some(_), None) => ("done", None),
        (Some(open), None, _) if open.has_begun => ("running", None),
        (Some(_), None, _) => ("waiting", None),
        (None, None, _) => {
            ("interrupted", Some("the gateway ended before it was done; ask again".to_owned()))
        }
    };
    let own = format!("/v1/reports/{}", record.id);
    let result = (name == "done").then(|| format!("{own}/result"));
    let (queries, ended) = (record.queries as u64, record.ended());
    let [looked, messages, counted] = match (open, name) {
        (_, "done") => [0, 0, queries],
        (Some(open), _) => [open.looked, open.messages, open.counted],
        (None, _) => [0; 3],
    };
    JobView {
        id: record.id.clone(),
        state: name,
        error,
        asked: record.asked().to_string(),
        ended: ended.map(|time| time.to_string()),
        expires: record.expires().to_string(),
        progress: ProgressView { looked, messages, counted, queries },
        links: JobLinks { own, result },
    }
}

/// Begin a search-term report
///
/// How much each query of a list finds, beside the others. It is made beside the requests: one at a time for each
/// key, the others wait. It is kept for 7 days. Needs the right `evidence`.
#[utoipa::path(post, path = "/v1/reports", tag = "evidence", request_body = ReportBody,
    responses((status = 202, description = "It has begun, or waits", body = JobView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let body: ReportBody = from_json(body)?;
    let engine = keeper.engine(&state, body.engine.as_deref())?;
    let terms = terms(body.terms.as_bytes());
    let terms = terms.map_err(|error| BadParam::new("terms", error.to_string()))?;
    let known = state.viewpoint_of(&keeper.caller);
    let viewpoint = viewpoint(&known, body.zone.as_deref(), body.me.as_ref())?;
    let scope = keeper.scope(&engine, &body.mailboxes).await?;
    if let Some(error) = engine.absent() {
        return Err(Problem::unavailable(told(&error)));
    }
    let (filter, context) = (body.filter.clone(), viewpoint.context(state.now()));
    let reading = state.language().aside(state.deadline(Instant::now()), move |reader| {
        reader.read_here("", filter.as_deref(), &context)
    });
    drop(reading.await??);
    let record = keeper.note(&state, terms.len()).await?;
    let wish = Wish {
        terms,
        filter: body.filter,
        versions: body.versions == Versions::All,
        viewpoint,
        scope,
        only: body.mailboxes,
        archive: Arc::clone(keeper.local.archive()),
        engine,
    };
    if state.reports().begin(record.clone(), wish, state.clock()).is_none() {
        let id = record.id;
        keeper.kept(move |store| store.remove(&id)).await?;
        state.metrics().refusal("reports");
        let what = format!("{MOST_WAITING} reports of this key wait or are being made");
        return Err(Problem::new(503, "busy", what));
    }
    // It may have ended by now.
    let view = view(&Job { record, open: Some(HowFar::default()) });
    let mut response = (StatusCode::ACCEPTED, Json(&view)).into_response();
    if let Ok(place) = HeaderValue::from_str(&view.links.own) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// A name that nobody guesses.
fn new_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Problem::unavailable("there is no randomness"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The reports of the key
///
/// Those of the last 7 days. Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/reports", tag = "evidence",
    responses((status = 200, description = "The reports", body = ReportsAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
) -> Result<Json<ReportsAnswer>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let now = state.now();
    let reports = Arc::clone(state.reports());
    let all = keeper.kept(move |store| {
        store.tidy(now);
        let ids = store.list().into_iter().map(|one| one.id);
        let jobs = ids.filter_map(|id| Job::of(&reports, &id, || store.get(&id)));
        jobs.collect::<Vec<_>>()
    });
    let all = all.await?;
    let own = all.iter().filter(|job| keeper.owns(&job.record));
    Ok(Json(ReportsAnswer { reports: own.map(view).collect() }))
}

/// How far a report is
///
/// Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/reports/{id}", tag = "evidence",
    params(("id" = String, Path, description = "The id of a report")),
    responses((status = 200, description = "How far it is", body = JobView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<JobView>, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    Ok(Json(view(&keeper.named(&state, id).await?)))
}

/// The result of a report
///
/// As JSON, as a table of comma-separated values, or as one page by itself. Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/reports/{id}/result", tag = "evidence",
    params(
        ("id" = String, Path, description = "The id of a report"),
        ("format" = Option<String>, Query, description = "`json` (the default), `csv` or `html`"),
    ),
    responses((status = 200, description = "The report", body = crate::wire::ReportView), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn result(
    State(state): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let mut params = Params::parse(query.as_deref().unwrap_or_default(), &["format"])?;
    let format = params.take("format").unwrap_or_else(|| "json".to_owned());
    let format = FORMS.into_iter().find(|form| *form == format);
    let format = format.ok_or_else(|| BadParam::new("format", "is json, csv or html"))?;
    let named = keeper.named(&state, id).await?;
    let job = view(&named);
    if job.links.result.is_none() {
        let detail = job.error.unwrap_or_else(|| format!("it is {}", job.state));
        return Err(Problem::new(409, "not_done", "the report has no result").detail(detail));
    }
    let read = keeper.kept(move |store| store.result(&named.record.id, format)).await?;
    let file = read.map_err(|_| Problem::not_found("unknown_report"))?;
    let name = format!("postern-report.{format}");
    let whole = Original::Streamed(Box::new(file));
    let mut response = download::original(&state, &keeper.caller, &name, whole)?;
    if format == "json" {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    Ok(response)
}

/// Stop or remove a report
///
/// Needs the right `evidence`.
#[utoipa::path(delete, path = "/v1/reports/{id}", tag = "evidence",
    params(("id" = String, Path, description = "The id of a report")),
    responses((status = 204, description = "It is gone"), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn remove(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let record = keeper.named(&state, id).await?.record;
    state.reports().stop(&record.id);
    keeper.kept(move |store| store.remove(&record.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
