//! Several documents in one request, and what became of each.

use std::time::Instant;

use http::Method;
use serde_json::{Value, json};

use super::admin::segment;
use super::client::Ask;
use super::{Cluster, ClusterProblem};
use crate::Fault;

/// What is done with a document. Each may be sent twice: the second time changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made, unless one of this id is there.
    Create,
    /// It takes the place of the one that is there.
    Replace,
    /// It takes the place of the one that is there, unless that one has a higher version.
    Copy(u64),
    /// Some members of it are changed, if nobody has changed it since it was seen.
    Change(Seen),
    /// Another one takes its place, if nobody has changed it since it was seen.
    Exchange(Seen),
    /// It goes away, if nobody has changed it since it was seen.
    Remove(Seen),
}

/// The last change of a document when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub number: u64,
    /// The term in which it was made.
    pub term: u64,
}

/// One document to be written.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// Its id.
    pub id: &'a str,
    /// What is done.
    pub action: Action,
    /// The document, or the members to change, as JSON on one line; nothing of one that goes away.
    pub body: &'a str,
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is written.
    Written,
    /// Another one of this id is there, or it was changed since it was read.
    Another,
    /// Not now.
    Later(ClusterProblem),
    /// Never, and why.
    Refused(String),
}

/// A document that is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) source: Value,
    pub(super) seen: Seen,
}

impl Cluster {
    /// Writes documents into the index behind an alias. What became of each stands at its place.
    ///
    /// # Errors
    ///
    /// Why the request as a whole failed. Then some documents may have been written.
    pub async fn bulk(
        &self,
        alias: &str,
        writes: &[Write<'_>],
        deadline: Instant,
    ) -> Result<Vec<Done>, ClusterProblem> {
        let mut body = String::new();
        for write in writes {
            body.push_str(&head(write));
            body.push('\n');
            let (before, after) = match write.action {
                Action::Change(_) => ("{\"doc\":", "}\n"),
                Action::Create | Action::Replace | Action::Copy(_) | Action::Exchange(_) => {
                    ("", "\n")
                }
                Action::Remove(_) => continue,
            };
            [before, write.body, after].iter().for_each(|part| body.push_str(part));
        }
        let path = format!("/{}/_bulk?require_alias=true", segment(alias));
        let ask = Ask::read(Method::POST, path, body);
        let said = self.json(&Ask { kind: "application/x-ndjson", ..ask }, deadline).await?;
        let items = said.get("items").and_then(Value::as_array);
        let items = items.filter(|items| items.len() == writes.len());
        let items = items.ok_or(ClusterProblem::Failed(Fault::Unparsable))?;
        items.iter().map(done).collect()
    }

    /// Some members of one document; nothing of one that is not there.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    pub async fn members(
        &self,
        alias: &str,
        id: &str,
        members: &str,
        deadline: Instant,
    ) -> Result<Value, ClusterProblem> {
        let found = self.stored(alias, &[id], members, deadline).await?;
        Ok(found.into_iter().flatten().next().map(|one| one.source).unwrap_or_default())
    }

    /// Some members of documents, or all where none is named, each at the place of its id; nothing where there is none.
    pub(super) async fn stored(
        &self,
        alias: &str,
        ids: &[&str],
        members: &str,
        deadline: Instant,
    ) -> Result<Vec<Option<Stored>>, ClusterProblem> {
        let which =
            if members.is_empty() { String::new() } else { format!("?_source_includes={members}") };
        let path = format!("/{}/_mget{which}", segment(alias));
        let ask = Ask::read(Method::POST, path, json!({ "ids": ids }).to_string());
        let said = self.json(&ask, deadline).await?;
        let found = said.get("docs").and_then(Value::as_array);
        let found = found.filter(|docs| docs.len() == ids.len());
        found.ok_or(ClusterProblem::Failed(Fault::Unparsable))?.iter().map(stored).collect()
    }
}

fn head(write: &Write<'_>) -> String {
    let id = write.id;
    let head = match write.action {
        Action::Create => json!({"create": {"_id": id}}),
        Action::Replace => json!({"index": {"_id": id}}),
        Action::Copy(version) => {
            json!({"index": {"_id": id, "version": version, "version_type": "external_gte"}})
        }
        Action::Change(seen) => json!({"update": seen.head(id)}),
        Action::Exchange(seen) => json!({"index": seen.head(id)}),
        Action::Remove(seen) => json!({"delete": seen.head(id)}),
    };
    head.to_string()
}

impl Seen {
    fn head(self, id: &str) -> Value {
        json!({"_id": id, "if_seq_no": self.number, "if_primary_term": self.term})
    }
}

fn done(item: &Value) -> Result<Done, ClusterProblem> {
    let unparsable = ClusterProblem::Failed(Fault::Unparsable);
    let inner = item.as_object().and_then(|item| item.values().next());
    let inner = inner.ok_or_else(|| unparsable.clone())?;
    let status = inner.get("status").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok()).ok_or(unparsable)?;
    let error = inner.get("error").unwrap_or(&Value::Null);
    Ok(match status {
        200..=299 if error.is_null() => Done::Written,
        // What was to go away is gone.
        404 if error.is_null() => Done::Another,
        409 => Done::Another,
        _ => match ClusterProblem::of_error(status, error, None) {
            // The document went while it was changed.
            ClusterProblem::Refused { status: 404, .. } => Done::Another,
            ClusterProblem::Refused { reason, .. } | ClusterProblem::TooMuch { reason } => {
                Done::Refused(reason)
            }
            problem if problem.may_pass() => Done::Later(problem),
            problem => return Err(problem),
        },
    })
}

fn stored(found: &Value) -> Result<Option<Stored>, ClusterProblem> {
    if let Some(error) = found.get("error") {
        return Err(ClusterProblem::of_error(503, error, None));
    }
    if found.get("found").and_then(Value::as_bool) != Some(true) {
        return Ok(None);
    }
    let number = |name: &str| found.get(name).and_then(Value::as_u64);
    let (Some(number), Some(term)) = (number("_seq_no"), number("_primary_term")) else {
        return Err(ClusterProblem::Failed(Fault::Unparsable));
    };
    let source = found.get("_source").cloned().unwrap_or_default();
    Ok(Some(Stored { source, seen: Seen { number, term } }))
}
