//! `/v1/status`: the engines, and how much of the mail is here.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde::Serialize;

use super::search::admit;
use super::wire::CoverageView;
use crate::State as Shared;
use crate::choose::{BreakerState, Premium};

#[derive(Debug, Serialize)]
struct StatusAnswer {
    version: &'static str,
    engines: Engines,
}

#[derive(Debug, Serialize)]
struct Engines {
    premium: PremiumStatus,
    local: LocalStatus,
}

#[derive(Debug, Default, Serialize)]
struct PremiumStatus {
    configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<&'static str>,
    /// When the breaker opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

#[derive(Debug, Serialize)]
struct LocalStatus {
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    coverage: CoverageView,
}

/// `GET /v1/status`
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
    }
}
