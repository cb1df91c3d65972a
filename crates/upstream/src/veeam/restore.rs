//! Mail put back into mailboxes.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::sleep;

use super::ask::{Ask, Take, path};
use super::verb::{RESTORE, RESTORE_TO};
use super::{Chosen, Credentials, Kind, Problem, Session, Version};
use crate::answer::{Record, read};

/// How often a server of v8 is asked how a restore goes on, and how long it is waited for between.
const LOOKS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What the server says of a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many items were put there or merged with what was there.
    pub done: u64,
    /// How many were not.
    pub failed: u64,
    /// How many were left out, because they are there already.
    pub skipped: u64,
    /// What the server says about it: hostile text.
    pub said: Vec<String>,
}

impl Session {
    /// Puts mail back where it was, or with `to` into the mailbox of that address. It is asked once.
    ///
    /// # Errors
    ///
    /// Why there is no answer. Unless the problem is [surely undone](Problem::is_surely_undone) or a refusal, it may have
    /// been restored.
    pub async fn restore(
        &self,
        chosen: &Chosen,
        to: Option<&str>,
        credentials: &Credentials,
    ) -> Result<Restored, Problem> {
        let version = self.version().await?;
        let mut arguments = chosen.arguments();
        if let Some(mailbox) = to {
            arguments.insert("mailbox".to_owned(), mailbox.into());
        }
        credentials.put(&mut arguments, Kind::Exchange, version)?;
        let verb = if to.is_some() { RESTORE_TO } else { RESTORE };
        let ask = verb.at(version, &chosen.place()?, Some(&Value::Object(arguments)));
        let ask = Ask { secrets: credentials.secrets(), ..ask.taken(Take::Done) };
        let answer = self.ask(ask, answer).await?;
        self.restored(answer, version).await
    }

    /// What an answer says, where the server gives it at once; from v8 on it is asked until the restore
    /// is over.
    pub(super) async fn restored(
        &self,
        answer: Record,
        version: Version,
    ) -> Result<Restored, Problem> {
        match answer.word("sessionId").filter(|_| version >= Version::V8) {
            Some(session) => self.client().follow_restore(&session).await,
            None => Ok(Restored::read(&answer)),
        }
    }
}

impl super::Veeam {
    /// Asks how a restore ends that runs on in a session of its own.
    async fn follow_restore(&self, session: &str) -> Result<Restored, Problem> {
        let place = path(&["RestoreSessions", session])?;
        let mut pause = PAUSE;
        for _ in 0..LOOKS {
            let state = self.ask(Ask::get(place.clone()), answer).await?;
            let counts = self.ask(Ask::get(format!("{place}/Statistics")), answer).await?;
            let restored = Restored::read(&counts);
            if restored.is_over(&counts) || state.text("state") != Some("Working") {
                return Ok(restored);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(Problem::Failed(crate::Fault::Timeout))
    }
}

/// An answer with an object in it. Where nothing is said, it was done.
pub(super) fn answer(body: &Bytes) -> Option<Record> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some(Record::default());
    }
    read(body).and_then(Record::new)
}

impl Restored {
    /// The names changed with the versions, and differ between mail and documents.
    pub(super) fn read(answer: &Record) -> Self {
        let sum = |names: &[&str]| {
            let numbers = names.iter().filter_map(|name| answer.get(name)?.as_u64());
            numbers.fold(0, u64::saturating_add)
        };
        let mut said = Vec::new();
        for name in ["cannotContinueError", "exceptions", "warnings", "message"] {
            collect(answer.get(name), &mut said);
        }
        Self {
            done: sum(&["createdItemsCount", "mergedItemsCount", "restoredItemsCount"]),
            failed: sum(&["failedItemsCount", "failedRestrictionsCount"]),
            skipped: sum(&[
                "skippedItemsCount",
                "skippedItemsByErrorCount",
                "skippedItemsByNoChangesCount",
            ]),
            said,
        }
    }

    /// Whether every item is accounted for.
    fn is_over(&self, counts: &Record) -> bool {
        let total = counts.get("totalItemsCount").and_then(Value::as_u64).unwrap_or_default();
        total > 0 && self.done + self.failed + self.skipped >= total
    }
}

/// The texts in a value, whatever its shape.
fn collect(value: Option<&Value>, texts: &mut Vec<String>) {
    const MOST: usize = 10;
    match value {
        Some(Value::String(text)) if !text.is_empty() && texts.len() < MOST => {
            texts.push(text.chars().take(300).collect());
        }
        Some(Value::Array(list)) => list.iter().for_each(|one| collect(Some(one), texts)),
        Some(Value::Object(fields)) => collect(fields.get("message"), texts),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
    }
}
