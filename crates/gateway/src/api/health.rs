//! Liveness, readiness, metrics.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::State as Shared;
use crate::choose::BreakerState;
use crate::local::Local;
use crate::metrics::Levels;

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
    // An engine that is left alone for its faults answers nobody.
    let can_ask = state.breakers().any(|breaker| !matches!(breaker, BreakerState::Open(_)));
    if state.has_local() || can_ask {
        return (StatusCode::OK, "ready");
    }
    let why = match state.breakers().next() {
        None => "no local index and no premium service; index mail or configure premium\n",
        Some(_) => "no local index, and premium fails; index mail\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, why)
}

/// What is counted, as Prometheus reads it
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "The metrics", body = String,
        content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(state): State<Shared>) -> impl IntoResponse {
    let coverages: Vec<_> = state.locals().map(Local::coverage).collect();
    let oldest = coverages.iter().filter_map(|coverage| coverage.as_of).min();
    let levels = Levels {
        breaker: state.breakers().map(level).max().unwrap_or(0),
        messages: coverages.iter().map(|coverage| coverage.indexed).sum(),
        lag: oldest.map(|oldest| state.now().duration_since(oldest).as_secs()),
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], state.metrics().text(levels))
}

const fn level(breaker: BreakerState) -> i64 {
    match breaker {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen(_) => 1,
        BreakerState::Open(_) => 2,
    }
}
