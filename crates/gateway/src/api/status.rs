//! `/v1/status`, `/healthz`, `/readyz`.

use std::time::Instant;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::caller;
use super::problem::Problem;
use super::wire::CoverageView;
use crate::State;

/// The engines and how they are.
#[derive(Serialize)]
struct Engines {
    premium: Value,
    local: Value,
}

/// `GET /v1/status`
pub(super) async fn status(
    Shared(state): Shared<State>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let caller = caller(&state, &headers)?;
    let coverage =
        state.0.local.coverage().map(|coverage| CoverageView::seen(&coverage, &caller.mailboxes));
    let premium = state.0.premium.as_ref().map_or_else(
        || json!({"configured": false}),
        |premium| json!({"configured": true, "breaker": premium.breaker_state(Instant::now()).as_str()}),
    );
    let local = json!({"available": coverage.is_some(), "coverage": coverage});
    Ok(Json(json!({"version": env!("CARGO_PKG_VERSION"), "engines": Engines { premium, local }})))
}

/// `GET /healthz`: the process lives.
pub(super) async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: something can answer searches.
pub(super) async fn ready(Shared(state): Shared<State>) -> (StatusCode, &'static str) {
    if state.0.premium.is_some() || state.0.local.coverage().is_some() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "there is neither a premium endpoint nor a local index")
    }
}
