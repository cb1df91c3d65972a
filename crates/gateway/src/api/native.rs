//! What the handlers of `/v1` that ask the local index alone have in common.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use postern_archive::IndexError;
use postern_archive::search::Asker;
use postern_mail::parse;
use postern_query::schema::StringField;
use postern_query::{FILE, Message, Predicate, Query, StringTest};

use super::dropin;
use super::problem::Problem;
use crate::State as Shared;
use crate::access::{Caller, Right};
use crate::choose::{Entry, Member};
use crate::config::EngineName;
use crate::engine::{Ask, Filed, Outcome, Reason, Saved, Why};
use crate::local::{Allowance, Local, LocalEngine, LocalError};
use postern_archive::Original;

/// The key that a client presents, by either header.
pub(super) fn presented_key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|text| text.strip_prefix("Bearer "));
    dropin::presented_key(headers).or(bearer)
}

/// Who asks for what premium decides on.
pub(super) fn caller(state: &Shared, headers: &HeaderMap) -> Result<Caller, Problem> {
    Ok(state.caller(presented_key(headers), None)?)
}

/// Who asks for what is answered without premium.
pub(super) fn admit(state: &Shared, headers: &HeaderMap) -> Result<Caller, Problem> {
    Ok(state.known(caller(state, headers)?)?)
}

/// Whether a caller has a right.
pub(super) fn permit(caller: &Caller, right: Right) -> Result<(), Problem> {
    if caller.rights.contains(&right) {
        return Ok(());
    }
    let detail = format!("this needs the right `{}`, which the key has not", right.as_str());
    let hint = format!("add it to `rights` of the key `{}` in the settings", caller.name);
    Err(Problem::new(403, "forbidden", "the key may not do this").detail(detail).hint(hint))
}

/// Someone who may look at a local index.
pub(super) struct Visitor {
    pub(super) caller: Caller,
    local: Local,
    allowance: Allowance,
    /// Those that may have messages that are not here.
    engines: Vec<(EngineName, Arc<Member>)>,
}

impl Visitor {
    pub(super) async fn admit(state: &Shared, headers: &HeaderMap) -> Result<Self, Problem> {
        let start = Instant::now();
        Self::of(state, admit(state, headers)?, start).await
    }

    /// A caller who is known, since then.
    pub(super) async fn of(
        state: &Shared,
        caller: Caller,
        start: Instant,
    ) -> Result<Self, Problem> {
        let local = state.local_for(&caller, state.engine_deadline(start)).await?.clone();
        let allowance = state.allowance(&caller, start);
        let entries = state.engines(caller.tenant.as_deref()).iter();
        let made = |entry: &Entry| Some((entry.name, Arc::clone(entry.member.as_ref().ok()?)));
        let engines = entries.filter_map(made).collect();
        Ok(Self { caller, local, allowance, engines })
    }

    /// What stores the mail that may be looked at.
    pub(super) const fn local(&self) -> &Local {
        &self.local
    }

    pub(super) async fn ask<T: Send + 'static, E: Into<LocalError>>(
        &self,
        work: impl FnOnce(&dyn LocalEngine, &Asker) -> Result<T, E> + Send + 'static,
    ) -> Result<T, LocalError> {
        self.local.ask(&self.allowance, work).await
    }

    /// The message of that id.
    pub(super) async fn message(&self, id: &str) -> Result<Message, Problem> {
        if let Some((raw, place)) = self.fetched(id).await? {
            let id = id.to_owned();
            let read = move |_: &dyn LocalEngine, _: &Asker| {
                Ok::<_, IndexError>(Message { id, ..parse(&raw, &place) })
            };
            return Ok(self.ask(read).await?);
        }
        self.find(by(StringField::Id, id)).await
    }

    /// A message of those that may be seen. One that may not is not there: it is never read, so that
    /// time does not tell either.
    pub(super) async fn find(&self, query: Query) -> Result<Message, Problem> {
        self.ask(move |engine, asker| engine.one(&query, asker)).await?.ok_or_else(unknown)
    }

    /// The file of that id.
    pub(super) async fn file(&self, id: &str) -> Result<Message, Problem> {
        if let Some((file, _)) = self.fetched_file(id, false).await? {
            return Ok(file);
        }
        self.find(by(StringField::Id, id).and(by(StringField::Kind, FILE))).await
    }

    /// A file that an engine has under an id of its own, with its bytes if they are wanted; `None` for an id that is
    /// of another kind.
    pub(super) async fn fetched_file(&self, id: &str, whole: bool) -> Result<Filed, Problem> {
        let deadline = self.allowance.deadline();
        self.elsewhere(|member| member.engine.file(id, whole, &self.caller, deadline)).await
    }

    /// The bytes of mail as they were read.
    pub(super) async fn original(&self, id: &str) -> Result<Original, Problem> {
        if let Some((raw, _)) = self.fetched(id).await? {
            return Ok(Original::Whole(raw));
        }
        let message = self.message(id).await?;
        if message.is_file() {
            return Err(unknown());
        }
        Ok(self.ask(move |engine, _| engine.original(&message.id)).await?)
    }
}

impl Visitor {
    /// The message that an engine has under an id of its own; `None` for an id that is of another kind.
    async fn fetched(&self, id: &str) -> Result<Saved, Problem> {
        let deadline = self.allowance.deadline();
        self.elsewhere(|member| member.engine.original(id, &self.caller, deadline)).await
    }

    /// What the first engine has that knows such ids.
    async fn elsewhere<T>(
        &self,
        ask: impl Fn(&Member) -> Option<Ask<Option<T>>>,
    ) -> Result<Option<T>, Problem> {
        let asked =
            self.engines.iter().find_map(|(engine, member)| Some((*engine, member, ask(member)?)));
        let Some((engine, member, ask)) = asked else { return Ok(None) };
        let reason = |why| Reason { engine, why }.to_string();
        match member.ask(ask).await.map_err(|why| Problem::unavailable(reason(why)))? {
            Outcome::Served(Some(saved)) => Ok(Some(saved)),
            Outcome::Served(None) => Err(unknown()),
            Outcome::Failed(failure) => Err(Problem::unavailable(failure.text)),
            Outcome::Busy(_) => Err(Problem::unavailable(reason(Why::Busy))),
            Outcome::Absent(status) => Err(Problem::unavailable(reason(Why::Absent(status)))),
            Outcome::RefusedKey(refusal)
            | Outcome::RefusedQuery(refusal)
            | Outcome::TooCostly(refusal) => Err(Problem::unavailable(refusal.to_string())),
        }
    }
}

/// The messages of which a field is exactly this.
pub(super) fn by(field: StringField, value: &str) -> Query {
    Query::of(Predicate::String(field, StringTest::Is(value.to_owned())))
}

/// No such message, or none that may be seen.
pub(super) fn unknown() -> Problem {
    Problem::not_found("unknown_message")
}

/// A part of a path; one that is not UTF-8 names nothing.
pub(super) fn named<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    path.map(|Path(part)| part).map_err(|_| unknown())
}
