//! Liveness, readiness, metrics.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use super::native::{admit, permit};
use super::problem::{Problem, Problems};
use crate::State as Shared;
use crate::access::Right;
use crate::choose::BreakerState;
use crate::local::Local;
use crate::metrics::{Levels, Stores};

/// How long an engine may take to say that it can be asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, description = "It lives", body = String)))]
pub(super) async fn live() -> &'static str {
    "ok"
}

/// There is an engine that can be asked
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "Somebody can answer", body = String),
        (status = 503, description = "Nobody can answer", body = String),
    ))]
pub(super) async fn ready(State(state): State<Shared>) -> (StatusCode, &'static str) {
    if state.has_local() || state.can_ask(Instant::now() + PATIENCE).await {
        return (StatusCode::OK, "ready");
    }
    let why = match state.breakers().next() {
        None => "no local index and no premium service; index mail or configure premium\n",
        Some(_) if state.has_cluster() => "no local index, and the cluster gives no answer\n",
        Some(_) => "no local index, and premium fails; index mail\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, why)
}

/// What is counted, as Prometheus reads it
///
/// Of all keys, so a key needs the right `operate`.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "The metrics", body = String,
        content_type = "application/openmetrics-text"), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn metrics(
    State(state): State<Shared>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    permit(&admit(&state, &headers)?, Right::Operate)?;
    let coverages: Vec<_> = state.locals().map(Local::coverage).collect();
    let oldest = coverages.iter().filter_map(|coverage| coverage.as_of).min();
    let stores = state.stores(Instant::now() + PATIENCE).await;
    let levels = Levels {
        stores: Stores::of(&stores, state.now()),
        breaker: state.breakers().map(level).max().unwrap_or(0),
        messages: coverages.iter().map(|coverage| coverage.indexed).sum(),
        bytes: state.locals().map(|local| local.archive().index_bytes()).sum(),
        lag: oldest.map(|oldest| state.now().duration_since(oldest).as_secs()),
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], state.metrics().text(levels)))
}

const fn level(breaker: BreakerState) -> i64 {
    match breaker {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen(_) => 1,
        BreakerState::Open(_) => 2,
    }
}
