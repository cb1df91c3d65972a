//! Liveness and readiness.

use axum::extract::State;
use axum::http::StatusCode;

use crate::State as Shared;

/// `GET /healthz`: the process answers.
pub(super) async fn live() -> &'static str {
    "ok"
}

/// `GET /readyz`: there is an engine that can be asked.
pub(super) async fn ready(State(state): State<Shared>) -> (StatusCode, &'static str) {
    if state.has_local() || state.premium().is_some() {
        (StatusCode::OK, "ready")
    } else {
        let why = "no local index and no premium service; index mail or configure premium\n";
        (StatusCode::SERVICE_UNAVAILABLE, why)
    }
}
