//! Whole runs against a fake upstream.

mod backups;
mod cabinet;
mod damage;
mod drives;
mod faults;
mod holds;
mod kept;
mod runs;
mod shelf;
mod vault;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::search::{Asker, Search};
use postern_archive::{
    Archive, DATATAP, Entry, Holds, Identity, Location, Mailbox, Moment, Owner, ToFetch, VEEAM,
    Window,
};
use postern_mail::id_of;
use postern_query::schema::StringField;
use postern_query::{Predicate, Query, StringTest};
use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use postern_upstream::{DataTap, Retry, Secret, Settings, TenantSettings};

use super::*;

const TENANT: &str = "tenant";
const NOW: i64 = 1_700_000_000;
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn mail(mailbox: &str, folder: &str, number: usize, second: i64) -> Mail {
    Mail {
        mailbox: mailbox.to_owned(),
        folder: folder.to_owned(),
        id: format!("{folder}-{number}").replace(' ', "-"),
        subject: format!("number{number}"),
        created: Timestamp::from_second(second).unwrap().to_string(),
        bytes: format!("From: a@x.com\r\nSubject: number{number}\r\n\r\nto {mailbox}\r\n")
            .into_bytes(),
    }
}

/// Three mailboxes: more than a page in one second, years in between, and one message alone.
fn some_mail() -> Vec<Mail> {
    let crowd = (0..25).map(|number| mail("ann@x.com", "Inbox", number, 1_000_000_000));
    let years = (0..40_i64).map(|year| {
        mail("ann@x.com", "Sent Items", 100 + usize::try_from(year).unwrap(), year * 400 * DAY)
    });
    let near = (0..30_i64)
        .map(|day| mail("bob@x.com", "Inbox", usize::try_from(day).unwrap(), NOW - day * DAY));
    crowd.chain(years).chain(near).chain([mail("zoe@x.com", "Inbox", 1, -5_000_000_000)]).collect()
}

/// An upstream with mail in pages of ten, and a data folder.
struct Setting {
    fake: Fake,
    mail: Vec<Mail>,
    data: tempfile::TempDir,
}

impl Setting {
    async fn with(mail: Vec<Mail>) -> Self {
        let fake = Fake::start().await.unwrap();
        fake.page_size(10);
        fake.hold(mail.clone());
        Self { fake, mail, data: tempfile::tempdir().unwrap() }
    }

    async fn new() -> Self {
        Self::with(some_mail()).await
    }

    fn hold(&mut self, mail: Vec<Mail>) {
        self.fake.drop_mail();
        self.fake.hold(mail.clone());
        self.mail = mail;
    }

    async fn run(&self, options: SyncOptions) -> Summary {
        self.run_at(options, now).await.unwrap()
    }

    async fn run_at(
        &self,
        options: SyncOptions,
        clock: fn() -> Timestamp,
    ) -> Result<Summary, Error> {
        let retry = Retry {
            attempts: 3,
            first_pause: Duration::from_millis(2),
            longest_pause: Duration::from_millis(20),
        };
        let time = Duration::from_millis(1_500);
        let settings =
            TenantSettings { parallel: 4, retry, answer_time: time, download_time: time };
        let service = DataTap::new(&self.fake.url(), Settings::default()).unwrap();
        let tenant = service.tenant(TENANT, Secret::new("key"), settings);
        let progress = Arc::new(Progress::default());
        run(Arc::new(tenant), TENANT, &self.archive(), options, clock, progress).await
    }

    /// Every message of the upstream is in the store and in the index, and nothing else.
    fn check(&self) {
        let archive = self.archive();
        let expected: BTreeMap<_, _> =
            self.mail.iter().map(|one| (id_of(&one.bytes), one)).collect();
        for (id, one) in &expected {
            let original = archive.original(id).unwrap().into_bytes().unwrap();
            assert_eq!(original, one.bytes, "{}", one.id);
        }
        let index = archive.index().unwrap();
        let search = Search {
            query: &Query::everything(),
            order: &[],
            after: None,
            offset: 0,
            limit: 10_000,
            highlight: false,
        };
        let hits = index.search(&search, &Asker::unlimited()).unwrap().hits;
        assert_eq!(hits.len(), expected.len());
        for hit in hits {
            let (one, place) = (expected[&hit.message.id], hit.message.place());
            let place =
                (place.mailbox.as_deref(), place.folder.as_deref(), place.item_id.as_deref());
            assert_eq!(place, (Some(&*one.mailbox), Some(&*one.folder), Some(&*one.id)));
        }
    }

    fn archive(&self) -> Archive {
        Archive::below(self.data.path())
    }

    fn requests(&self) -> usize {
        self.fake.seen().len()
    }

    fn downloads(&self) -> usize {
        self.fake.seen().iter().filter(|seen| seen.target.contains("/download?")).count()
    }
}

/// Where the original of a message is stored.
fn stored_at(data: &Path, id: &str) -> PathBuf {
    data.join("sync/messages").join(id.get(..1).unwrap()).join(format!("{id}.eml.gz"))
}

fn indexed(archive: &Archive) -> u64 {
    archive.index().unwrap().totals().indexed
}

fn folder_is(name: &str) -> Query {
    let test = Predicate::String(StringField::Folder, StringTest::Is(name.to_owned()));
    Query::of(test)
}
