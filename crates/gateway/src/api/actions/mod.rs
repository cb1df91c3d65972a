//! `/v1/actions`: what a query finds is restored, sent or exported by its source. The plan is shown first, and
//! carried out when it is confirmed by its id.

mod body;
mod plan;
mod run;

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use postern_actions::Verb;

use super::native::admit;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::access::Caller;
use crate::wire::ActionAnswer;
use body::ActionBody;

/// What can be done over HTTP so far.
const VERBS: [Verb; 3] = [Verb::Restore, Verb::Send, Verb::ExportPst];

/// Act on what a query finds
///
/// Without `confirm` the plan is shown, and nothing is done. With `confirm`, the id of that plan, it is carried
/// out, unless the query finds other items by then. What an earlier request did, or may have done, is left alone.
/// `export-pst` answers with the file itself.
#[utoipa::path(post, path = "/v1/actions/{verb}", tag = "actions", request_body = ActionBody,
    params(("verb" = String, Path, description = "`restore`, `send` or `export-pst`")),
    responses(
        (status = 200, description = "The plan, and what came of it", content(
            (ActionAnswer = "application/json"), (Vec<u8> = "application/octet-stream"))),
        (status = 202, description = "It goes on; ask with the same `confirm` later", body = ActionAnswer),
        Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let start = Instant::now();
    let caller = admit(&state, &headers)?;
    let named = path.ok().and_then(|Path(name)| Verb::named(&name));
    let verb = named.filter(|verb| VERBS.contains(verb));
    let verb =
        verb.ok_or_else(|| Problem::not_found("not_found").detail("there is no such act"))?;
    // Who may not read what is here hears nothing of it, not even what a key may do.
    state.admits(&caller, state.engine_deadline(start)).await?;
    permit(&caller, verb)?;
    let body: ActionBody = from_json(body)?;
    body.check(verb, &caller)?;
    let plan = plan::make(&state, &caller, verb, body, start).await?;
    run::answer(&state, &caller, plan, start).await
}

/// Whether the key may do this at all.
fn permit(caller: &Caller, verb: Verb) -> Result<(), Problem> {
    if caller.actions.contains(&verb) {
        return Ok(());
    }
    Err(forbidden(format!(
        "the key lacks the right to {verb}: `actions` of the key must name \"{verb}\""
    )))
}

fn forbidden(detail: String) -> Problem {
    Problem::new(403, "forbidden", "the key may not do this").detail(detail)
}
