//! Every other upstream path: passed on as it is, streaming both ways.

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use postern_upstream::{Forward, without_hop_by_hop};

use super::dropin::Refusal;
use super::presented;
use crate::State;

/// Any method below `/api`.
pub(super) async fn any(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let tenant = head.uri.path().split('/').nth(2);
    let caller = state.0.access.caller(presented(&head.headers), tenant)?;
    let Some(premium) = &state.0.premium else {
        return Err(unreachable("no upstream is configured; start with --premium URL"));
    };
    if !caller.mailboxes.is_empty() {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            "there is nothing here for this key",
        ));
    }
    let path_and_query = head.uri.path_and_query().map_or("/", |text| text.as_str());
    let forward = Forward {
        method: head.method,
        path_and_query,
        headers: &head.headers,
        key: caller.upstream.as_ref(),
        body: reqwest::Body::wrap_stream(body.into_data_stream()),
    };
    let answer = premium
        .client
        .forward(forward)
        .await
        .map_err(|fault| unreachable(&format!("upstream failed: {fault}")))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = without_hop_by_hop(answer.headers());
    *response.body_mut() = Body::from_stream(answer.bytes_stream());
    Ok(response)
}

fn unreachable(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, "BadGateway", message)
}
