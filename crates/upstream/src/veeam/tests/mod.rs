//! The client against a fake server.

mod access;
mod acts;
mod documents;
mod forms;
mod leftovers;
mod lies;
mod plain;
mod points;
mod rows;
mod sessions;

use std::time::Duration;

use tempfile::TempDir;

use crate::{Fault, Retry};

use super::fake::{BackedUp, FakeVeeam};
use plain::{account, server, session};

use super::{Account, Kind, Paging, Problem, Scope, Session, Sessions, Under, Veeam, Version};

/// The version of each form.
const ALL: [Version; 5] = [Version::V4, Version::V5, Version::V6, Version::V7, Version::V8];

const PAGE: Paging = Paging::first(100);

fn client(account: Account) -> Veeam {
    let retry = Retry { first_pause: Duration::from_millis(1), ..Retry::default() };
    Veeam::new(account).unwrap().with_retry(retry)
}

/// A server of one version with mail in two mailboxes, and sessions at it.
struct Stage {
    fake: FakeVeeam,
    folder: TempDir,
    sessions: Sessions,
}

impl Stage {
    async fn new(version: Version) -> Self {
        let fake = FakeVeeam::start(&[version]).await.unwrap();
        fake.hold([
            mail("alice@contoso.com", "Inbox", "i1", "Budget of May"),
            mail("alice@contoso.com", "Inbox/Projects", "i2", "Budget of June"),
            mail("alice@contoso.com", "Sent/2024", "i3", "Re: lunch"),
            mail("bob@contoso.com", "Inbox", "i4", "Budget"),
        ]);
        Self::at(fake)
    }

    fn at(fake: FakeVeeam) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = Account { answer_time: Duration::from_millis(400), ..fake.account() };
        let sessions = Sessions::open(client(account), folder.path()).unwrap();
        Self { fake, folder, sessions }
    }

    async fn session(&self) -> Session {
        self.sessions.session(Kind::Exchange, None).await.unwrap()
    }

    /// Path and body of the last request.
    fn last(&self) -> (String, String) {
        let seen = self.fake.http().seen().pop().unwrap();
        (format!("{} {}", seen.method, seen.target), String::from_utf8(seen.body).unwrap())
    }

    /// How many requests there were with `part` in them.
    fn count(&self, part: &str) -> usize {
        let seen = self.fake.http().seen();
        seen.iter().filter(|it| format!("{} {}", it.method, it.target).contains(part)).count()
    }

    /// What is written down as open.
    fn written(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("sessions-1.jsonl")).unwrap()
    }
}

fn mail(mailbox: &str, folder: &str, id: &str, subject: &str) -> BackedUp {
    BackedUp { subject: subject.to_owned(), ..BackedUp::new(mailbox, folder, id) }
}

fn is_fault<T: std::fmt::Debug>(answer: Result<T, Problem>, fault: Fault) {
    assert_eq!(answer.unwrap_err(), Problem::Failed(fault));
}
