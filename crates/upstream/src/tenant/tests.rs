//! The tenant's client against real sockets.

mod disagreements;
mod jobs;

use std::time::{Duration, Instant};

use crate::fake::{Fake, Mail, Misbehaviour};
use crate::{
    DataTap, Failure, Fault, Listing, LocationKind, Place, Retry, Secret, Settings, SourceFilter,
    Tenant, TenantSettings, Window,
};

const FOLDER: Place<'_> = Place { location: "b 1", source: "a@x.example", node: "f/1" };
const ITEM: Place<'_> = Place { location: "b1", source: "a@x.example", node: "i1" };

fn impatient() -> TenantSettings {
    let pause = Duration::from_millis(1);
    let retry = Retry { attempts: 3, first_pause: pause, longest_pause: Duration::from_secs(2) };
    let time = Duration::from_millis(400);
    TenantSettings { retry, answer_time: time, download_time: time, ..TenantSettings::default() }
}

fn tenant(fake: &Fake, settings: Settings) -> Tenant {
    let service = DataTap::new(&fake.url(), settings).unwrap();
    service.tenant("t 1", Secret::new("s3cret"), impatient())
}

async fn start(body: &str) -> (Fake, Tenant) {
    let fake = Fake::start().await.unwrap();
    fake.answer(body);
    let tenant = tenant(&fake, Settings::default());
    (fake, tenant)
}

fn last_target(fake: &Fake) -> String {
    fake.seen().last().unwrap().target.clone()
}

fn messages() -> Listing {
    let (from, to) = ("2024-01-01T00:00:00Z", "2024-03-31T23:59:59.5Z");
    Listing::Messages(Window { from: from.parse().unwrap(), to: to.parse().unwrap() })
}

#[tokio::test]
async fn locations() {
    let body = r#"[{"Id":"e","Type":"EXCHANGE"},{"id":3,"type":"Blob","Name":"Backup"},{"Id":"s","Type":"SHAREPOINT"},{"Type":"BLOB"}]"#;
    let (fake, tenant) = start(body).await;
    let page = tenant.locations().await.unwrap();
    let read: Vec<_> = page.items.iter().map(|it| (it.id.as_str(), &it.kind)).collect();
    let other = LocationKind::Other("SHAREPOINT".into());
    assert_eq!(read, [("e", &LocationKind::Exchange), ("3", &LocationKind::Blob), ("s", &other)]);
    assert_eq!(page.items[1].name.as_deref(), Some("Backup"));
    assert_eq!(page.unreadable, 1);
    assert_eq!(last_target(&fake), "/api/t%201/locations");
    assert_eq!(fake.seen()[0].header("x-api-key"), Some("s3cret"));
}

#[tokio::test]
async fn mailboxes_page_by_page() {
    let body = r#"{"Sources":[{"Id":"1","Email":"a@x.example","Name":"A","Type":"User"},{"Email":"b@x.example"}],"Options":{"Marker":"n/1"}}"#;
    let (fake, tenant) = start(body).await;
    let page = tenant.users("e 1", &SourceFilter::default(), None).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, ["1", "b@x.example"]);
    assert_eq!(page.items[0].kind.as_deref(), Some("User"));
    assert_eq!(page.marker.as_deref(), Some("n/1"));
    assert_eq!(last_target(&fake), "/api/t%201/discovery/e%201/users?PageSize=100");

    let filter = SourceFilter { shared: true, name: Some("a&b".into()) };
    tenant.users("e", &filter, Some("m+1")).await.unwrap();
    let sent = "filter.type=USERS_AND_SHAREDMAILBOXES&filter.name=a%26b&PageSize=100&Marker=m%2B1";
    assert_eq!(last_target(&fake), format!("/api/t%201/discovery/e/users?{sent}"));
}

#[tokio::test]
async fn folders() {
    let body = r#"{"Items":[{"ItemId":"s","Name":"Sent Items","Discriminator":"SentMailboxFolder"},{"ItemId":"m","Discriminator":"MessageItem"}],"Options":{}}"#;
    let (fake, tenant) = start(body).await;
    let place = Place { node: Place::ROOT, ..FOLDER };
    let page = tenant.items(place, Listing::Folders, None).await.unwrap();
    assert_eq!(page.items[0].name.as_deref(), Some("Sent Items"));
    assert_eq!([page.items[0].is_folder(), page.items[1].is_folder()], [true, false]);
    let path = "/api/t%201/discovery/b%201/source/a%40x.example/items/-";
    assert_eq!(last_target(&fake), format!("{path}?types=MailboxFolder&PageSize=100"));
}

#[tokio::test]
async fn dates_of_creation() {
    let table = [
        ("2024-02-03T04:05:06+02:00", Some("2024-02-03T02:05:06Z")),
        ("2024-02-03T04:05:06.1234567", Some("2024-02-03T04:05:06.1234567Z")),
        ("2024-02-03", Some("2024-02-03T00:00:00Z")),
        ("yesterday", None),
        ("", None),
    ];
    let (fake, tenant) = start("").await;
    for (text, expected) in table {
        fake.answer(format!(r#"[{{"ItemId":"i","CreatedDate":"{text}"}}]"#));
        let page = tenant.items(FOLDER, messages(), None).await.unwrap();
        assert_eq!(page.items[0].created, expected.map(|time| time.parse().unwrap()), "{text}");
    }
}

#[tokio::test]
async fn a_page_that_leads_to_itself_is_an_error() {
    let (_fake, tenant) = start(r#"{"Items":[],"Options":{"Marker":"m"}}"#).await;
    assert!(tenant.items(FOLDER, Listing::Folders, None).await.is_ok());
    let stuck = tenant.items(FOLDER, Listing::Folders, Some("m")).await;
    assert_eq!(stuck, Err(Failure::Failed(Fault::Unparsable)));
}

#[tokio::test]
async fn a_message_comes_byte_for_byte() {
    let (fake, tenant) = start("").await;
    let bytes = b"Subject: \xff\0\r\n\r\nhello\r\n";
    fake.answer(bytes);
    assert_eq!(tenant.download(ITEM, Some("f 1")).await.unwrap(), &bytes[..]);
    let sent = "items/i1/download?dataType=email&fragmentId=f%201&format=eml";
    assert!(last_target(&fake).ends_with(sent), "{}", last_target(&fake));
    tenant.download(ITEM, None).await.unwrap();
    assert!(last_target(&fake).ends_with("download?dataType=email&format=eml"));
}

#[tokio::test]
async fn what_is_no_message_is_an_error() {
    let (fake, tenant) = start("Subject: a message of some length\r\n\r\nbody").await;
    let table = [
        (Misbehaviour::CutOff, "cut_off"),
        (Misbehaviour::Html, "unparsable"),
        (Misbehaviour::Garbage, "unparsable"),
        (Misbehaviour::Redirect, "redirect"),
        (Misbehaviour::Hang, "timeout"),
        (Misbehaviour::Reset, "cut_off"),
        (Misbehaviour::Status(404), "not_found"),
        (Misbehaviour::Status(500), "status"),
    ];
    for (how, expected) in table {
        fake.misbehave(how);
        assert_eq!(tenant.download(ITEM, None).await.unwrap_err().code(), expected, "{how:?}");
    }
    fake.misbehave(Misbehaviour::None);
    fake.answer("");
    assert_eq!(tenant.download(ITEM, None).await.unwrap_err().code(), "unparsable");
}

#[tokio::test]
async fn a_message_over_the_limit_is_not_read() {
    let fake = Fake::start().await.unwrap();
    fake.answer("x".repeat(1_001));
    let tenant = tenant(&fake, Settings { answer_limit: 1_000, ..Settings::default() });
    let failure = tenant.download(ITEM, None).await.unwrap_err();
    assert_eq!(failure, Failure::Failed(Fault::TooLarge));
    assert_eq!(tenant.requests(), 1, "asking again would not make it smaller");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_counted() {
    let (fake, tenant) = start("[]").await;
    let passing = [
        Misbehaviour::Status(500),
        Misbehaviour::Status(503),
        Misbehaviour::Busy(None),
        Misbehaviour::CutOff,
        Misbehaviour::Garbage,
        Misbehaviour::Html,
        Misbehaviour::Hang,
        Misbehaviour::Reset,
    ];
    for how in passing {
        let before = (fake.seen().len(), tenant.requests());
        fake.misbehave_times(how, 2);
        assert_eq!(tenant.locations().await.map(|page| page.items.len()), Ok(0), "{how:?}");
        assert_eq!((fake.seen().len(), tenant.requests()), (before.0 + 3, before.1 + 3), "{how:?}");
    }
    fake.misbehave(Misbehaviour::Status(500));
    let before = tenant.requests();
    assert_eq!(tenant.locations().await, Err(Failure::Failed(Fault::Status(500))));
    assert_eq!(tenant.clone().requests() - before, 3, "no more attempts than were allowed");
}

#[tokio::test]
async fn what_cannot_pass_is_asked_once() {
    let (fake, tenant) = start("[]").await;
    for (status, code) in [(400, "refused"), (401, "bad_key"), (403, "refused"), (404, "not_found")]
    {
        let before = tenant.requests();
        fake.misbehave(Misbehaviour::Status(status));
        assert_eq!(tenant.locations().await.unwrap_err().code(), code);
        assert_eq!(tenant.requests() - before, 1, "{status}");
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept_or_given_up() {
    let (fake, tenant) = start("[]").await;
    fake.misbehave_times(Misbehaviour::Busy(Some(1)), 1);
    let start = Instant::now();
    assert!(tenant.locations().await.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));

    fake.misbehave(Misbehaviour::Busy(Some(3)));
    let failure = tenant.locations().await.unwrap_err();
    assert_eq!(failure.retry_after(), Some(Duration::from_secs(3)), "over the longest pause");
    assert_eq!(tenant.requests(), 3);
}

/// A path is cut at its slashes, and `..` leads up: neither may come from an id.
#[tokio::test]
async fn ids_stay_inside_their_place_in_the_path() {
    let (fake, tenant) = start(r#"{"Items":[]}"#).await;
    for node in ["", ".", ".."] {
        let place = Place { node, ..FOLDER };
        let answer = tenant.items(place, Listing::Folders, None).await;
        assert_eq!(answer, Err(Failure::NotFound), "{node:?}");
    }
    assert_eq!(fake.seen().len(), 0);
    let place = Place { node: "../a?b#c%2f", ..FOLDER };
    tenant.items(place, Listing::Files, None).await.unwrap();
    assert!(last_target(&fake).contains("/items/..%2Fa%3Fb%23c%252f?types=OneDriveFile&"));
}

#[tokio::test]
async fn no_more_requests_at_once_than_allowed() {
    let fake = Fake::start().await.unwrap();
    fake.answer("[]");
    fake.misbehave(Misbehaviour::Hang);
    let service = DataTap::new(&fake.url(), Settings::default()).unwrap();
    let settings = TenantSettings { parallel: 2, ..TenantSettings::default() };
    let tenant = service.tenant("t", Secret::new("k"), settings);
    let all = async { tokio::join!(tenant.locations(), tenant.locations(), tenant.locations()) };
    assert!(tokio::time::timeout(Duration::from_millis(300), all).await.is_err());
    assert_eq!(tenant.requests(), 2);
}

fn mail(mailbox: &str, folder: &str, id: &str, created: &str) -> Mail {
    let [mailbox, folder, id, created] = [mailbox, folder, id, created].map(str::to_owned);
    let bytes = format!("Subject: {id}\r\n\r\nhello\r\n").into_bytes();
    Mail { mailbox, folder, subject: id.clone(), id, created, bytes }
}

/// Everything a page at a time, as a reader of a mailbox would go.
#[tokio::test]
async fn browses_what_is_held() {
    let fake = Fake::start().await.unwrap();
    fake.hold([
        mail("a@x.example", "Inbox", "m1", "2024-01-01T00:00:00Z"),
        mail("a@x.example", "Inbox", "m2", "2024-02-01T00:00:00Z"),
        mail("a@x.example", "Inbox", "m3", "2025-02-01T00:00:00Z"),
        mail("a@x.example", "Sent Items", "m4", "2024-01-01T00:00:00Z"),
        mail("team@x.example", "Inbox", "m5", "2024-01-01T00:00:00Z"),
    ]);
    fake.share("team@x.example");
    fake.page_size(1);
    let tenant = tenant(&fake, Settings::default());
    let own = tenant.users("exchange", &SourceFilter::default(), None).await.unwrap();
    assert_eq!((own.items.len(), own.marker), (1, None));
    let all = SourceFilter { shared: true, name: None };
    let first = tenant.users("exchange", &all, None).await.unwrap();
    let second = tenant.users("exchange", &all, first.marker.as_deref()).await.unwrap();
    assert_eq!(second.items[0].email.as_deref(), Some("team@x.example"));
    assert_eq!(
        tenant.all_users("exchange", &all).await.unwrap(),
        [first.items, second.items].concat()
    );

    let root = Place { location: "blob", source: "a@x.example", node: Place::ROOT };
    let folders = tenant.items(root, Listing::Folders, None).await.unwrap();
    let inbox = Place { node: &folders.items[0].id, ..root };
    let mut found = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let page = tenant.items(inbox, messages(), marker.as_deref()).await.unwrap();
        found.extend(page.items);
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    let ids: Vec<_> = found.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["m1", "m2"], "m3 is of the year after");
    let place = Place { node: "m2", ..root };
    let bytes = tenant.download(place, found[1].fragment.as_deref()).await.unwrap();
    assert_eq!(bytes, &b"Subject: m2\r\n\r\nhello\r\n"[..]);
    assert_eq!(tenant.download(place, None).await, Err(Failure::NotFound));
}

/// One message that cannot be had leaves the others alone.
#[tokio::test]
async fn faults_can_be_ordered_for_one_item() {
    let fake = Fake::start().await.unwrap();
    let created = "2024-01-01T00:00:00Z";
    fake.hold(["m1", "m2"].map(|id| mail("a@x.example", "Inbox", id, created)));
    fake.misbehave_at("/items/m2/download", Misbehaviour::CutOff);
    let tenant = tenant(&fake, Settings::default());
    let place = Place { location: "blob", source: "a@x.example", node: "m1" };
    assert!(tenant.download(place, Some("fragment-of-m1")).await.is_ok());
    let place = Place { node: "m2", ..place };
    let failure = tenant.download(place, Some("fragment-of-m2")).await.unwrap_err();
    assert_eq!(failure, Failure::Failed(Fault::CutOff));
    fake.misbehave_at("/items/m2/download", Misbehaviour::None);
    assert!(tenant.download(place, Some("fragment-of-m2")).await.is_ok());
}
