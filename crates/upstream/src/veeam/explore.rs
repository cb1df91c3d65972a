//! Opening a restore session, asking about it, and stopping it.

use serde_json::Value;

use super::ask::{Ask, path};
use super::client::{Tries, readable};
use super::leftovers::Listed;
use super::pool::BACKUP_AGE;
use super::session::Kind;
use super::slot::{Key, View};
use super::verb::{EXPLORE, STOP};
use super::{Problem, Veeam, Version};
use crate::answer::{Record, read};

impl Veeam {
    /// The request that opens a session of this key.
    pub(super) async fn explore_ask(&self, key: &Key) -> Result<Ask, Problem> {
        let version = self.version().await?;
        let time = match &key.view {
            View::Last => None,
            View::At(time) => Some(time.to_string()),
            View::Retrieved(retrieval) => {
                let (what, where_it_is, instead) = ("a retrieval job", "from v6 on", "");
                if version < Version::V6 {
                    return Err(Problem::NotInVersion { what, where_it_is, version, instead });
                }
                return Ok(EXPLORE.at(version, &path(&["DataRetrievals", retrieval])?, None));
            }
        };
        let organization = self.organization_within(BACKUP_AGE).await?;
        let place = path(&["Organizations", &organization.id])?;
        let arguments = arguments(key.kind, time.as_deref());
        Ok(EXPLORE.at(version, &place, Some(&arguments)))
    }

    /// Whether a session is over, as far as the server can say.
    pub(super) async fn is_gone(&self, id: &str) -> bool {
        let Ok(place) = path(&["RestoreSessions", id]) else { return true };
        match self.attempt(&Ask::get(place)).await {
            Ok(got) => {
                let state = read(&got.body).and_then(Record::new).and_then(|it| it.word("state"));
                state.is_some_and(|state| !state.eq_ignore_ascii_case("Working"))
            }
            Err(Problem::NotFound { .. } | Problem::Refused { .. }) => true,
            // A server that has forgotten it may fail over its id, and still list those that it has.
            Err(Problem::Server { .. }) => self.is_not_listed(id).await,
            Err(_) => false,
        }
    }

    /// Whether the server lists those that work, and not this one. A refusal of one request says less.
    async fn is_not_listed(&self, id: &str) -> bool {
        let listed = self.working_sessions().await;
        let is_it = |session: &Listed| session.id.eq_ignore_ascii_case(id);
        listed.is_ok_and(|listed| !listed.iter().any(is_it))
    }

    /// Stops a session; one that is over is stopped.
    pub(super) async fn stop(&self, id: &str) -> Result<(), Problem> {
        let ask = STOP.at(self.version().await?, &path(&["RestoreSessions", id])?, None);
        let mut tries = Tries::default();
        loop {
            match self.attempt(&ask).await.and_then(|got| readable(says_done(&got.body))) {
                Ok(()) => return Ok(()),
                Err(problem)
                    if problem.may_mean_a_gone_session() && self.is_not_listed(id).await =>
                {
                    return Ok(());
                }
                Err(problem) => self.wait(&mut tries, &ask, problem).await?,
            }
        }
    }
}

/// A success says nothing or speaks JSON. Something between that answers with a page of its own stopped nothing.
fn says_done(body: &[u8]) -> Option<()> {
    (body.trim_ascii().is_empty() || read::<Value>(body).is_some()).then_some(())
}

/// Without a time the last backup is shown.
fn arguments(kind: Kind, time: Option<&str>) -> Value {
    let arguments = [
        ("dateTime", time.map(Value::from)),
        ("type", Some(kind.as_str().into())),
        ("showDeleted", Some(false.into())),
        ("showAllVersions", Some(false.into())),
    ];
    let given = arguments.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect())
}

/// The session that was opened.
pub(super) fn session_id(body: &[u8]) -> Option<String> {
    read(body).and_then(Record::new)?.word("id")
}
