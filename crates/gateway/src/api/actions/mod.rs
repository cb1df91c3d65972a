//! `/v1/actions`: mail and documents are restored, sent, copied, exported, retrieved or collected by their source. The
//! plan is shown first, and carried out when it is confirmed by its id.

mod body;
mod documents;
mod jobs;
mod mail;
mod order;
mod plan;
mod retrieval;
mod run;

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use postern_actions::Verb;
use serde_json::Value;
use utoipa::ToSchema;

use super::native::admit;
use super::problem::{Problem, Problems};
use super::search::from_json;
use crate::State as Shared;
use crate::access::Caller;
use crate::audit::Noted;
use crate::wire::ActionAnswer;
use body::ActionBody;
use documents::DocumentsBody;
use jobs::CollectBody;
use retrieval::RetrieveBody;

/// What can be done over HTTP so far.
const VERBS: [Verb; 6] =
    [Verb::Restore, Verb::Send, Verb::ExportPst, Verb::Copy, Verb::Retrieve, Verb::Collect];

/// What an act is told: which mail, which documents, or what is brought back.
#[derive(ToSchema)]
#[schema(as = ActionBody)]
enum Body {
    /// Mail that a query finds.
    Mail(Box<ActionBody>),
    /// Documents of a drive: where `owner` is named.
    Documents(DocumentsBody),
    /// Data in archive tiers: `retrieve`.
    Retrieval(RetrieveBody),
    /// Live mailboxes or drives: `collect`.
    Collection(CollectBody),
}

impl Body {
    fn read(verb: Verb, body: Result<Bytes, BytesRejection>) -> Result<Self, Problem> {
        let names_owner = |bytes: &Bytes| {
            let told: Result<Value, _> = serde_json::from_slice(bytes);
            told.is_ok_and(|told| told.get("owner").is_some())
        };
        match verb {
            Verb::Retrieve => from_json(body).map(Self::Retrieval),
            Verb::Collect => from_json(body).map(Self::Collection),
            Verb::Copy => from_json(body).map(Self::Documents),
            Verb::Restore | Verb::Send if body.as_ref().is_ok_and(names_owner) => {
                from_json(body).map(Self::Documents)
            }
            Verb::Restore | Verb::Send | Verb::Save | Verb::ExportPst => {
                from_json(body).map(|body| Self::Mail(Box::new(body)))
            }
        }
    }

    fn check(&self, verb: Verb, caller: &Caller) -> Result<(), Problem> {
        match self {
            Self::Mail(body) => body.check(verb, caller),
            Self::Documents(body) => body.check(verb, caller),
            Self::Retrieval(body) => body.check(caller),
            Self::Collection(body) => body.check(caller),
        }
    }
}

/// Act on mail that a query finds, on documents of a drive, or on live mailboxes and drives
///
/// Without `confirm` the plan is shown, and nothing is done. With `confirm`, the id of that plan, it is carried
/// out, unless the query finds other items by then. What an earlier request did, or may have done, is left alone.
/// `export-pst` answers with the file itself.
#[utoipa::path(post, path = "/v1/actions/{verb}", tag = "actions", request_body = Body,
    params(("verb" = String, Path, description = "`restore`, `send`, `copy`, `export-pst`, `retrieve` or `collect`")),
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
    noted: Noted,
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
    let body = Body::read(verb, body)?;
    body.check(verb, &caller)?;
    let plan = plan::make(&state, &caller, verb, body, start).await?;
    run::answer(&state, &caller, plan, &noted, start).await
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
