//! Whole runs against a fake upstream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use postern_local_index::mail::id_of;
use postern_local_index::search::{Index, Search};
use postern_query::schema::StringField;
use postern_query::{Condition, Expr, Located, Predicate, Span, StringTest};
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

    async fn run(&self, request: Request) -> Summary {
        self.run_at(request, now).await.unwrap()
    }

    async fn run_at(&self, request: Request, clock: fn() -> Timestamp) -> Result<Summary, Error> {
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
        run(tenant, TENANT, self.data.path(), request, clock, progress).await
    }

    /// Every message of the upstream is in the store and in the index, and nothing else.
    fn check(&self) {
        let store = Store::below(self.data.path());
        let expected: BTreeMap<_, _> =
            self.mail.iter().map(|one| (id_of(&one.bytes), one)).collect();
        for (id, one) in &expected {
            assert_eq!(store.get(id).unwrap().as_deref(), Some(&one.bytes[..]), "{}", one.id);
        }
        let index = Index::open(self.data.path()).unwrap();
        let search = Search {
            condition: &Expr::And(vec![]),
            order: &[],
            after: None,
            offset: 0,
            limit: 10_000,
            highlight: false,
        };
        let hits = index.search(&search).unwrap().hits;
        assert_eq!(hits.len(), expected.len());
        for hit in hits {
            let message = hit.message;
            let one = expected[&message.id];
            let place =
                (message.mailbox.as_deref(), message.folder.as_deref(), message.item_id.as_deref());
            assert_eq!(place, (Some(&*one.mailbox), Some(&*one.folder), Some(&*one.id)));
        }
    }

    fn requests(&self) -> usize {
        self.fake.seen().len()
    }

    fn downloads(&self) -> usize {
        self.fake.seen().iter().filter(|seen| seen.target.contains("/download?")).count()
    }
}

fn indexed(data: &Path) -> u64 {
    Index::open(data).unwrap().totals().indexed
}

fn folder_is(name: &str) -> Condition {
    let test = Predicate::String(StringField::Folder, StringTest::Is(name.to_owned()));
    Expr::Leaf(Located::new(test, Span::default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_once() {
    let setting = Setting::new().await;
    let first = setting.run(Request::default()).await;
    assert!(first.ended.is_none() && first.failures == 0, "{first:?}");
    assert_eq!((first.mailboxes, first.known, first.here, first.downloaded), (3, 96, 96, 96));
    assert_eq!((first.requests, setting.downloads()), (setting.requests() as u64, 96));
    setting.check();
    let before = setting.requests();
    let second = setting.run(Request::default()).await;
    assert_eq!((second.downloaded, second.already_here, second.known), (0, 96, 96));
    let again = setting.requests() - before;
    assert!(again <= 2 + 3 * 6, "a handful for each mailbox, not {again}");
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mail_comes_and_what_is_gone_is_noted() {
    let mut setting = Setting::new().await;
    setting.run(Request::default()).await;
    let mut mail = some_mail();
    mail.retain(|one| one.id != "Inbox-3" || one.mailbox != "bob@x.com");
    mail.extend((0..15).map(|number| self::mail("bob@x.com", "Inbox", 500 + number, NOW - 60)));
    setting.hold(mail);
    let second = setting.run(Request::default()).await;
    assert_eq!((second.downloaded, second.known, second.gone), (15, 96 + 15, 1));
    assert_eq!(indexed(setting.data.path()), 96 + 15, "what is gone upstream stays here");
    let third = setting.run(Request { prune: true, ..Request::default() }).await;
    assert_eq!((third.downloaded, third.known, third.gone), (0, 96 + 14, 0));
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_mail_that_comes_up_later_is_found_when_all_is_listed_again() {
    let mut setting = Setting::new().await;
    setting.run(Request::default()).await;
    let mut mail = some_mail();
    mail.push(self::mail("ann@x.com", "Inbox", 900, 1_000_000_000 - 77));
    setting.hold(mail);
    assert_eq!(setting.run(Request::default()).await.downloaded, 0);
    assert_eq!(setting.run(Request { full: true, ..Request::default() }).await.downloaded, 1);
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_to_another_folder_moves_here() {
    let mut setting = Setting::new().await;
    setting.run(Request::default()).await;
    let mut mail = some_mail();
    for one in mail.iter_mut().filter(|one| one.id == "Inbox-2" && one.mailbox == "bob@x.com") {
        one.folder = "Archive".to_owned();
    }
    setting.hold(mail);
    let second = setting.run(Request::default()).await;
    assert_eq!((second.downloaded, second.here, second.gone), (0, 96, 0));
    setting.check();
    let index = Index::open(setting.data.path()).unwrap();
    let order = [];
    let search = Search {
        condition: &folder_is("Archive"),
        order: &order,
        after: None,
        offset: 0,
        limit: 5,
        highlight: false,
    };
    assert_eq!(index.search(&search).unwrap().count, 1);
}

/// The same bytes in two mailboxes are one message here, and both items are served.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_in_two_mailboxes() {
    let one = mail("ann@x.com", "Sent Items", 1, NOW);
    let twin = Mail {
        mailbox: "bob@x.com".into(),
        folder: "Inbox".into(),
        id: "twin".into(),
        ..one.clone()
    };
    let setting = Setting::with(vec![one.clone(), twin]).await;
    let first = setting.run(Request::default()).await;
    assert_eq!((first.known, first.here, first.downloaded), (2, 2, 2));
    assert_eq!(indexed(setting.data.path()), 1);
    let collected = Collected::below(setting.data.path());
    for (mailbox, item) in [("ann@x.com", "Sent-Items-1"), ("bob@x.com", "twin")] {
        let mailbox = collected.mailbox("blob", mailbox).unwrap().unwrap();
        assert_eq!(collected.download(&mailbox, item).unwrap(), Some(one.bytes.clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn some_mailboxes_and_a_date() {
    let setting = Setting::new().await;
    let request = || Request { mailboxes: vec!["BOB@x.com".into()], ..Request::default() };
    let since = Timestamp::from_second(NOW - 5 * DAY).ok();
    let first = setting.run(Request { since, ..request() }).await;
    assert_eq!((first.mailboxes, first.downloaded), (1, 6));
    let second = setting.run(request()).await;
    assert_eq!((second.downloaded, second.already_here), (24, 6));
    let none = Request { mailboxes: vec!["nobody@x.com".into()], ..Request::default() };
    let said = setting.run(none).await.ended.unwrap().to_string();
    assert!(said.contains("no collected mailbox `nobody@x.com`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let setting = Setting::new().await;
    let dry = || Request { dry_run: true, ..Request::default() };
    let first = setting.run(dry()).await;
    assert_eq!((first.known, first.here, first.downloaded, setting.downloads()), (96, 0, 0, 0));
    assert_eq!(std::fs::read_dir(setting.data.path()).unwrap().count(), 0);
    setting.run(Request { mailboxes: vec!["bob@x.com".into()], ..Request::default() }).await;
    let second = setting.run(dry()).await;
    assert_eq!((second.known, second.here), (96, 30));
    assert_eq!(Collected::below(setting.data.path()).status().unwrap().mailboxes.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_is_told_and_tried_again() {
    let setting = Setting::new().await;
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-7/download", Misbehaviour::Status(500));
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-8/download", Misbehaviour::Html);
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-9/download", Misbehaviour::Status(410));
    let first = setting.run(Request::default()).await;
    assert!(first.ended.is_none(), "{first:?}");
    assert_eq!((first.known, first.here, first.failures), (96, 93, 3));
    let reasons: Vec<_> =
        first.failed.iter().map(|one| (one.item.as_str(), one.reason.as_str())).collect();
    assert!(reasons[0].1.contains("500") && reasons[1].1.contains("cannot be read"), "{reasons:?}");
    assert!(reasons[2].0.ends_with("-9") && reasons[2].1.contains("410"), "{reasons:?}");
    for item in ["7", "8", "9"] {
        setting
            .fake
            .misbehave_at(&format!("bob%40x.com/items/Inbox-{item}/download"), Misbehaviour::None);
    }
    let second = setting.run(Request::default()).await;
    assert_eq!((second.downloaded, second.failures, second.here), (3, 0, 96));
    setting.check();
}

/// A mailbox that was never listed before, and cannot be now, is no mailbox without mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_mailbox_that_cannot_be_listed_is_told() {
    let setting = Setting::new().await;
    for fault in [Misbehaviour::Status(500), Misbehaviour::Status(403)] {
        setting.fake.misbehave_at("bob%40x.com/items/-", fault);
        let run = setting.run(Request::default()).await;
        assert_eq!((run.failures, run.failed[0].mailbox.as_str()), (1, "bob@x.com"), "{run:?}");
        assert!(run.failed[0].reason.contains("it cannot be listed"), "{run:?}");
    }
    setting.fake.misbehave_at("bob%40x.com/items/-", Misbehaviour::None);
    assert_eq!(setting.run(Request::default()).await.failures, 0);
    setting.check();
}

/// Every fault on every endpoint, each three times now and then: the end is the same.
#[tokio::test(flavor = "multi_thread")]
async fn faults_at_any_moment() {
    let faults = [
        Misbehaviour::Busy(Some(0)),
        Misbehaviour::Status(500),
        Misbehaviour::Hang,
        Misbehaviour::CutOff,
        Misbehaviour::Garbage,
        Misbehaviour::Html,
        Misbehaviour::Redirect,
        Misbehaviour::Reset,
    ];
    let setting = Arc::new(Setting::new().await);
    let disturbed = Arc::clone(&setting);
    let disturbing = tokio::spawn(async move {
        for fault in faults.iter().cycle() {
            disturbed.fake.misbehave_times(*fault, fastrand::usize(1..4));
            tokio::time::sleep(Duration::from_millis(fastrand::u64(5..40))).await;
        }
    });
    for run in 0.. {
        let summary = setting.run(Request::default()).await;
        if summary.ended.is_none() && summary.failures == 0 && summary.here == 96 {
            break;
        }
        assert!(run < 20, "{summary:?}");
    }
    disturbing.abort();
    setting.check();
}

/// A run that is dropped in the middle, as by a kill, is gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn cut_short_at_any_moment() {
    let setting = Setting::new().await;
    for moment in 0..12_u64 {
        let limit = Duration::from_millis(10 + moment * 15);
        drop(tokio::time::timeout(limit, setting.run_at(Request::default(), now)).await);
        // What was under way in other threads ends before the next run begins.
        while matches!(
            setting.run_at(Request { dry_run: true, ..Request::default() }, now).await,
            Err(Error::Busy(_))
        ) {}
    }
    let mut last = setting.run_at(Request::default(), now).await;
    while last.as_ref().is_ok_and(|summary| summary.ended.is_some()) || last.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        last = setting.run_at(Request::default(), now).await;
    }
    assert_eq!(last.unwrap().here, 96);
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_in_the_middle() {
    let setting = Setting::new().await;
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-9/download", Misbehaviour::Status(401));
    let first = setting.run(Request::default()).await;
    let said = first.ended.as_ref().unwrap().to_string();
    assert!(
        said.contains("the key was refused") && said.contains("what is done is kept"),
        "{said}"
    );
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-9/download", Misbehaviour::None);
    let second = setting.run(Request::default()).await;
    assert_eq!((second.here, second.already_here + second.downloaded), (96, 96));
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_is_left_alone() {
    let setting = Setting::new().await;
    setting.run(Request::default()).await;
    setting.fake.misbehave(Misbehaviour::Status(503));
    let before = setting.requests();
    let away = setting.run(Request::default()).await;
    assert!(matches!(away.ended, Some(Error::Away { .. })), "{away:?}");
    assert!(setting.requests() - before <= 30);
    assert_eq!(
        Collected::below(setting.data.path()).status().unwrap().error,
        away.ended.map(|error| error.to_string())
    );
}

/// A clock that was years ahead, and then years behind: no gap is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_backwards() {
    static CLOCK: AtomicI64 = AtomicI64::new(0);
    let clock = || Timestamp::from_second(CLOCK.load(Relaxed)).unwrap();
    let mut setting = Setting::new().await;
    for (number, second) in
        [NOW + 900 * DAY, NOW, NOW - 900 * DAY, NOW + DAY].into_iter().enumerate()
    {
        CLOCK.store(second, Relaxed);
        let mut mail = setting.mail.clone();
        let at = NOW + i64::try_from(number).unwrap();
        mail.extend(
            (0..12).map(|one| self::mail("bob@x.com", "Inbox", 1_000 * (number + 1) + one, at)),
        );
        setting.hold(mail);
        let summary = setting.run_at(Request::default(), clock).await.unwrap();
        assert!(summary.ended.is_none(), "{summary:?}");
        setting.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_gone_is_made_from_the_store() {
    let setting = Setting::new().await;
    setting.run(Request::default()).await;
    std::fs::remove_dir_all(setting.data.path().join("index")).unwrap();
    let second = setting.run(Request::default()).await;
    assert_eq!((second.downloaded, second.here, setting.downloads()), (0, 96, 96));
    setting.check();
    let mut request = Request::default();
    request.options.rebuild = true;
    setting.run(request).await;
    setting.check();
}

/// A damaged file of the store is fetched again as soon as somebody needs it.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_is_fetched_again() {
    let setting = Setting::new().await;
    setting.run(Request::default()).await;
    let store = Store::below(setting.data.path());
    let path = store.path(&id_of(&setting.mail[0].bytes)).unwrap();
    std::fs::write(path, "damaged").unwrap();
    std::fs::remove_dir_all(setting.data.path().join("index")).unwrap();
    let second = setting.run(Request::default()).await;
    assert_eq!((second.downloaded, second.here), (1, 96));
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_and_two_tenants() {
    let setting = Setting::new().await;
    let (one, two) = tokio::join!(
        setting.run_at(Request::default(), now),
        setting.run_at(Request::default(), now)
    );
    let busy = [one, two].into_iter().filter(|run| matches!(run, Err(Error::Busy(_)))).count();
    assert_eq!(busy, 1);
    setting.check();
    let service = DataTap::new(&setting.fake.url(), Settings::default()).unwrap();
    let tenant = service.tenant("other", Secret::new("key"), TenantSettings::default());
    let progress = Arc::new(Progress::default());
    let other = run(tenant, "other", setting.data.path(), Request::default(), now, progress).await;
    assert!(matches!(other, Err(Error::OtherTenant { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_synced_is_listed_as_upstream_lists_it() {
    let setting = Setting::new().await;
    setting.run(Request::default()).await;
    let collected = Collected::below(setting.data.path());
    let kinds: Vec<_> =
        collected.locations().unwrap().into_iter().map(|one| one.kind.name().to_owned()).collect();
    assert_eq!(kinds, ["EXCHANGE", "ONEDRIVE", "BLOB"]);
    assert_eq!(collected.sources("exchange").unwrap().len(), 3);
    let ann = collected.mailbox("blob", "ann@x.com").unwrap().unwrap();
    let folders = collected.folders(&ann, "-", 0, 10).unwrap().unwrap();
    assert_eq!(
        folders.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Inbox", "Sent Items"]
    );
    assert_eq!(folders[1].kind.as_deref(), Some("SentMailboxFolder"));
    let span =
        [Timestamp::from_second(400 * DAY).unwrap(), Timestamp::from_second(800 * DAY).unwrap()];
    let found = collected.messages(&ann, &folders[1].id, span, 0, 10).unwrap().unwrap();
    assert_eq!(
        found.iter().map(|one| one.name.as_deref()).collect::<Vec<_>>(),
        [Some("number101"), Some("number102")]
    );
    assert_eq!(found[0].fragment.as_deref(), Some("fragment-of-Sent-Items-101"));
    let all = [Timestamp::MIN, Timestamp::MAX];
    assert_eq!(collected.messages(&ann, "-", all, 0, 1_000).unwrap().unwrap().len(), 65);
    assert_eq!(collected.messages(&ann, "no-such-folder", all, 0, 1_000).unwrap(), None);
    assert_eq!(collected.mailbox("blob", "nobody@x.com").unwrap(), None);
}
