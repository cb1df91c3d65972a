//! `/v1/sets/{name}/ids`: the ids of a frozen set, streamed.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use postern_archive::Sets;
use postern_archive::search::{Asker, Scope};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Keeper, unknown_set};
use crate::State as Shared;
use crate::api::native::named;
use crate::api::params::NoParams;
use crate::api::problem::{Problem, Problems};
use crate::local::LocalEngine;
use crate::local::pipe::{Pipe, Stopped};

/// The ids of a set.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it is written bit by bit; this describes it")]
pub(crate) struct SetIds {
    /// In their order.
    ids: Vec<String>,
}

/// The ids of a frozen set
///
/// As far as the key may see them. Needs the right `evidence`.
#[utoipa::path(get, path = "/v1/sets/{name}/ids", tag = "evidence",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The ids", body = SetIds), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    _: NoParams,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let keeper = Keeper::admit(&state, &headers).await?;
    let (name, scope): (String, _) = (named(name)?, keeper.visitor.caller.mailboxes.scope());
    let of = name.clone();
    if keeper.kept(move |archive| archive.sets().get(&of)).await?.is_none() {
        return Err(unknown_set());
    }
    let sets = keeper.archive.sets();
    let write = move |_: &dyn LocalEngine, _: &Asker, pipe: &mut Pipe| {
        write_ids(&sets, &name, &scope, pipe)
    };
    let allowance = state.allowance(&keeper.visitor.caller, Instant::now());
    let local = keeper.visitor.local();
    let body = local.stream(&allowance, state.limits().time, (), write).await?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// Writes the ids of a set as [`SetIds`], one at a time however many there are.
fn write_ids(sets: &Sets, name: &str, scope: &Scope, out: &mut impl Write) -> Result<(), Stopped> {
    let (mut before, mut written) = ("", Ok(()));
    out.write_all(b"{\"ids\":[")?;
    let read = sets.each_id(name, scope, &mut |id| {
        written = write!(out, "{before}{}", Value::from(id));
        before = ",";
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    read.map_err(|error| Stopped::Local(error.into()))?;
    written?;
    Ok(out.write_all(b"]}")?)
}
