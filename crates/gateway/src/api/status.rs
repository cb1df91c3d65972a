//! `/v1/status`: the engines, and how much of the mail is here.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use super::native::admit;
use super::problem::Problems;
use super::wire::CoverageView;
use crate::State as Shared;
use crate::choose::{BreakerState, Premium};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    version: &'static str,
    engines: Engines,
}

#[derive(Debug, Serialize, ToSchema)]
struct Engines {
    premium: PremiumStatus,
    local: LocalStatus,
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct PremiumStatus {
    configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<&'static str>,
    /// When the breaker opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// How far the local index can be trusted to stand in: with `shadow`, what came of asking it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LocalStatus {
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    coverage: CoverageView,
}

/// The engines, and how much of the mail is here
#[utoipa::path(get, path = "/v1/status", tag = "operation",
    responses((status = 200, description = "The state of things", body = StatusAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(State(state): State<Shared>, headers: HeaderMap) -> Response {
    let caller = match admit(&state, &headers) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let local = state.local(caller.tenant.as_deref());
    let reason = local.absent();
    let coverage = CoverageView::seen(&caller.mailboxes.view(local.coverage()), &[]);
    let premium = state.premium().map(|premium| describe(&state, premium));
    let engines = Engines {
        premium: premium.unwrap_or_default(),
        local: LocalStatus { available: reason.is_none(), reason, coverage },
    };
    Json(StatusAnswer { version: env!("CARGO_PKG_VERSION"), engines }).into_response()
}

fn describe(state: &Shared, premium: &Premium) -> PremiumStatus {
    let now = Instant::now();
    let (name, opened) = match premium.breaker(now) {
        BreakerState::Closed => ("closed", None),
        BreakerState::Open(since) => ("open", Some(since)),
        BreakerState::HalfOpen(since) => ("half-open", Some(since)),
    };
    let ago = opened.and_then(|since| SignedDuration::try_from(now.duration_since(since)).ok());
    let since = ago.and_then(|ago| state.now().checked_sub(ago).ok());
    PremiumStatus {
        configured: true,
        breaker: Some(name),
        since: since.map(|since| since.to_string()),
        fallback: (state.shadow() > 0.0).then(|| trust(state.metrics().trust())),
    }
}

fn trust((compared, same): (u64, u64)) -> String {
    format!("of {compared} answers that were compared the local index gave {same} the same")
}
