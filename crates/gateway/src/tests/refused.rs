//! A key that premium refuses reads no local mail, on any path.

use std::time::Instant;

use postern_mail::{File, id_of};
use postern_upstream::fake::Misbehaviour;
use tempfile::TempDir;

use super::indexed::{take_in, write};
use super::*;

const MAIL: &str = "From: okapi@contoso.com\r\nSubject: zebra\r\nMessage-ID: <1@x>\r\n\
    Date: Mon, 1 Jan 2024 10:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\n\r\nkudu\r\n--b\r\nContent-Type: text/plain\r\n\
    Content-Disposition: attachment; filename=gnu.txt\r\n\r\nkudu\r\n--b--\r\n";

/// Another key of the same tenant, mapped to the same key of premium; one that opens a mailbox and is
/// mapped to it too; one that opens a mailbox and is our own.
const TWIN: &str = "twin-key";
const NARROW: &str = "narrow-key";
const OWN: &str = "own-key";
const INNER: &str = "inner-key";

fn keys() -> Vec<Key> {
    let narrow =
        |name: &str, text: &str| Key { mailboxes: vec!["alice".into()], ..key(name, text, TENANT) };
    vec![
        key("main", KEY, TENANT),
        key("twin", TWIN, TENANT),
        narrow("narrow", NARROW),
        Key { upstream: None, ..narrow("own", OWN) },
    ]
}

fn file() -> File {
    File { owner: Some("alice".into()), name: "gnu.txt".into(), ..File::default() }
}

/// An index with one message and one file.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("mail"), "alice/Inbox/1.eml", MAIL);
    write(&folder.path().join("mail"), "files.jsonl", &file().to_line());
    take_in(&folder.path().join("mail"), &folder.path().join("data"), false);
    folder
}

/// A gateway over it that has not asked premium about any key.
fn over(folder: &TempDir, fake: &Fake) -> State {
    let mut config = one_key(Some(fake));
    config.access = Access::new(keys());
    let local = Local::below(&folder.path().join("data"));
    State::over(&config, Locals::common(local), now).unwrap()
}

/// Every operation of the description that wants a key, and the paths of DataTap that are not in it.
async fn operations(router: &Router) -> Vec<(Method, String, String)> {
    let described = send(router, Method::GET, "/openapi.json", None, "").await.json();
    let mut all = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // What is counted is no mail: premium is not asked who may see it.
            if operation["security"].is_array() && path != "/metrics" {
                // A question stands in the URL or in the body.
                let (uri, body) = match method.as_str() {
                    "post" | "put" => (filled(path), body_of(path)),
                    _ => (asking(filled(path)), String::new()),
                };
                all.push((method.to_uppercase().parse().unwrap(), uri, body));
            }
        }
    }
    let node = format!("/api/{TENANT}/discovery/x/source/alice/items");
    let id = id_of(MAIL.as_bytes());
    all.extend(
        [
            format!("{node}/-?types=MailboxFolder"),
            format!("{node}/-?types=MessageItem&fromDate=2020-01-01T00:00:00Z&toDate=2030-01-01T00:00:00Z"),
            format!("{node}/{id}/download"),
        ]
        .map(|uri| (Method::GET, uri, String::new())),
    );
    all
}

fn filled(path: &str) -> String {
    let is_item = path.starts_with("/v1/items/");
    let id = if is_item { file().id() } else { id_of(MAIL.as_bytes()) };
    let path = path.replace("{tenant}", TENANT).replace("{index}", "dg-search-index");
    path.replace("{id}", &id)
        .replace("{n}", "0")
        .replace("{verb}", "restore")
        .replace("{name}", "kept")
}

fn asking(path: String) -> String {
    match path.as_str() {
        "/v1/search" => format!("{path}?q=zebra&engine=local&facets=sender"),
        "/v1/complete" => format!("{path}?q=from:ok"),
        "/v1/translate" => format!("{path}?q=zebra"),
        _ => path,
    }
}

fn body_of(path: &str) -> String {
    match path {
        "/v1/search" => r#"{"q":"zebra","engine":"local"}"#.to_owned(),
        "/v1/export" => r#"{"format":"jsonl"}"#.to_owned(),
        "/v1/tickets" => format!(r#"{{"message":"{}"}}"#, id_of(MAIL.as_bytes())),
        _ => r#"{"q":"zebra"}"#.to_owned(),
    }
}

fn tells(seen: &Seen) -> bool {
    let text = String::from_utf8_lossy(&seen.body);
    ["zebra", "okapi", "kudu", "gnu.txt", "alice"].iter().any(|word| text.contains(word))
}

/// Asks for all of them, and says how many told of the message.
async fn walk(router: &Router, key: &str, check: impl Fn(&str, &Seen)) -> usize {
    let mut told = 0;
    for (method, uri, body) in operations(router).await {
        let seen = send(router, method.clone(), &uri, Some(key), &body).await;
        check(&format!("{method} {uri}"), &seen);
        // What is translated is only what was asked.
        told += usize::from(tells(&seen) && !uri.starts_with("/v1/translate"));
    }
    told
}

/// The walk finds mail where a key may read it: premium knows the key, and has no search.
#[tokio::test]
async fn every_path_shows_local_mail_to_a_key_that_premium_knows() {
    let fake = Fake::start().await.unwrap();
    for part in ["/documents", "/discovery"] {
        fake.misbehave_at(part, Misbehaviour::Status(503));
    }
    let folder = folder();
    let router = app(over(&folder, &fake));
    let good = |what: &str, seen: &Seen| {
        if what.contains("/v1/saved/kept") {
            // Whether it is kept by then depends on the order of the paths.
            return assert!([200, 204, 404].contains(&seen.status.as_u16()), "{what}: {seen:?}");
        }
        // These keys may not act.
        let expected = match what {
            _ if ["/v1/actions", "/history", "/v1/audit", "/v1/reports", "/v1/sets"]
                .iter()
                .any(|path| what.contains(path)) =>
            {
                403
            }
            // DataTap gives no content of files.
            _ if what.ends_with("/content") => 404,
            _ => 200,
        };
        assert_eq!(seen.status, expected, "{what}: {seen:?}");
    };
    assert!(walk(&router, KEY, good).await >= 12);
}

#[tokio::test]
async fn no_path_shows_local_mail_to_a_key_that_premium_refuses() {
    let fake = Fake::start().await.unwrap();
    let folder = folder();
    let router = app(over(&folder, &fake).having_asked());
    fake.misbehave(Misbehaviour::Status(401));
    assert_eq!(get(&router, DOCUMENTS).await.status, 401);
    let refused = |what: &str, seen: &Seen| assert_eq!(seen.status, 401, "{what}: {seen:?}");
    for key in [KEY, TWIN, NARROW] {
        assert_eq!(walk(&router, key, refused).await, 0, "{key}");
    }
}

/// Each of them may be the first that a key is used for.
#[tokio::test]
async fn no_path_shows_local_mail_to_a_key_that_premium_would_refuse() {
    let fake = Fake::start().await.unwrap();
    let folder = folder();
    let all = operations(&app(over(&folder, &fake))).await;
    fake.misbehave(Misbehaviour::Status(401));
    for (method, uri, body) in all {
        for key in [KEY, NARROW] {
            let router = app(over(&folder, &fake));
            let seen = send(&router, method.clone(), &uri, Some(key), &body).await;
            // Translating shows nothing of an index, so premium is not asked for it.
            let expected = if uri.starts_with("/v1/translate") { 200 } else { 401 };
            assert_eq!(seen.status, expected, "{method} {uri} {key}: {seen:?}");
        }
    }
}

/// A key of ours that opens some mailboxes is nothing that premium knows: it is never sent there.
#[tokio::test]
async fn a_key_of_our_own_is_never_sent() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Status(401));
    let folder = folder();
    let router = app(over(&folder, &fake));
    let told = walk(&router, OWN, |what, seen| assert_ne!(seen.status, 401, "{what}")).await;
    assert!(told >= 11, "{told}");
    assert!(fake.seen().is_empty(), "{:?}", fake.seen());
    get(&router, DOCUMENTS).await;
    assert_eq!(send(&router, Method::GET, "/v1/search", Some(OWN), "").await.status, 200);
    assert!(fake.seen().iter().all(|seen| seen.header("x-api-key") == Some(INNER)));
}

/// Each path that hears a 401 tells all others.
#[tokio::test]
async fn every_path_that_hears_a_refusal_counts() {
    let paths = [
        (Method::GET, DOCUMENTS),
        (Method::GET, "/api/t1/indexes/other/documents"),
        (Method::GET, "/api/t1/indexes/dg-search-index/fields"),
        (Method::GET, "/v1/search?q=zebra"),
        (Method::GET, "/api/t1/locations"),
        (Method::GET, "/api/t1/discovery/x/source/alice/items/y/download"),
        (Method::POST, "/api/t1/jobs"),
    ];
    let folder = folder();
    for (method, uri) in paths {
        let fake = Fake::start().await.unwrap();
        let router = app(over(&folder, &fake).having_asked());
        let local = "/v1/search?q=zebra&engine=local";
        assert_eq!(get(&router, local).await.status, 200);
        fake.misbehave(Misbehaviour::Status(401));
        assert_eq!(send(&router, method, uri, Some(KEY), "").await.status, 401, "{uri}");
        for key in [KEY, TWIN, NARROW] {
            let seen = send(&router, Method::GET, local, Some(key), "").await;
            assert_eq!((seen.status.as_u16(), tells(&seen)), (401, false), "{uri} {key}");
        }
        assert_eq!(send(&router, Method::GET, local, Some(OWN), "").await.status, 200, "{uri}");
        fake.misbehave(Misbehaviour::None);
        assert_eq!(get(&router, DOCUMENTS).await.status, 200, "premium itself may say otherwise");
        assert_eq!(get(&router, local).await.status, 200, "{uri}: and that lifts it");
    }
}

/// A path that wants a key of another kind says nothing of this one: nobody refuses a key for others.
#[tokio::test]
async fn an_odd_path_refuses_no_key() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_at("/odd", Misbehaviour::Status(401));
    let folder = folder();
    let router = app(over(&folder, &fake).having_asked());
    assert_eq!(get(&router, "/api/t1/odd").await.status, 401);
    assert_eq!(send(&router, Method::GET, "/v1/status", Some(TWIN), "").await.status, 200);
    assert!(fake.seen().last().unwrap().target.ends_with("/fields"));
}

#[tokio::test]
async fn a_key_is_asked_about_once_however_many_wait() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Slow(Duration::from_millis(50)));
    let folder = folder();
    let router = app(over(&folder, &fake));
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..32 {
        let router = router.clone();
        let key = [KEY, TWIN, NARROW][number % 3];
        asking.spawn(async move {
            send(&router, Method::GET, "/v1/search?engine=local", Some(key), "").await.status
        });
    }
    while let Some(status) = asking.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    let seen: Vec<_> = fake.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(seen, ["/api/t1/indexes/dg-search-index/fields"]);
}

/// A client writes no part of the question that decides: what premium says of a request does not.
#[tokio::test]
async fn a_request_that_never_reaches_the_check_of_keys_proves_nothing() {
    let folder = folder();
    for how in [Misbehaviour::Status(403), Misbehaviour::Status(404), Misbehaviour::Busy(None)] {
        let fake = Fake::start().await.unwrap();
        fake.misbehave(Misbehaviour::Status(401));
        fake.misbehave_at("/documents", how);
        let router = app(over(&folder, &fake));
        let seen = get(&router, &format!("{DOCUMENTS}?query=zebra")).await;
        assert_eq!((seen.status.as_u16(), tells(&seen)), (401, false), "{how:?}");
    }
}

#[tokio::test]
async fn where_premium_does_not_say_the_configuration_decides() {
    let folder = folder();
    for how in [Misbehaviour::Hang, Misbehaviour::Status(500), Misbehaviour::Reset] {
        let fake = Fake::start().await.unwrap();
        fake.misbehave(how);
        let router = app(over(&folder, &fake));
        for round in 0..3 {
            let start = Instant::now();
            let seen = get(&router, "/v1/search?q=zebra&engine=local").await;
            assert_eq!((seen.status.as_u16(), tells(&seen)), (200, true), "{how:?}");
            let waited = start.elapsed() > Duration::from_millis(600);
            assert!(!waited || round == 0, "{how:?}: it is not waited for again");
        }
        let asked = fake.seen().len();
        assert!(asked <= 2, "{how:?}: once, and a retry, but {asked}");
    }
}

/// What premium says later, to a probe, counts too.
#[tokio::test]
async fn a_probe_refuses_and_lifts() {
    let fake = Fake::start().await.unwrap();
    let mut config = one_key(Some(&fake));
    config.premium.as_mut().unwrap().probe = Some(Duration::from_millis(20));
    let local = Local::answering(Arc::new(mail()));
    let state = State::over(&config, Locals::common(local), now).unwrap().having_asked();
    let probing = tokio::spawn(state.clone().keep_probing());
    let router = app(state);
    for (how, expected) in [(Misbehaviour::Status(401), 401), (Misbehaviour::None, 200)] {
        fake.misbehave(how);
        let mut status = 0;
        for _ in 0..250 {
            status = get(&router, "/v1/messages/m1").await.status.as_u16();
            if status == expected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(status, expected);
    }
    probing.abort();
}

/// Without configured keys a key that is presented is the client's own: where premium refuses it, it opens
/// nothing here. Who presents none is the one user of this machine.
#[tokio::test]
async fn without_keys_a_refused_key_opens_nothing() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_to("revoked", Misbehaviour::Status(401));
    let router = app(State::over(
        &nobody(Some(&fake)),
        Locals::common(Local::answering(Arc::new(mail()))),
        now,
    )
    .unwrap());
    let ask = async |uri: &str, key| send(&router, Method::GET, uri, key, "").await.status.as_u16();
    assert_eq!(
        ask("/v1/messages/m1", Some("revoked")).await,
        200,
        "nobody knows a tenant to ask for"
    );
    assert_eq!(ask(DOCUMENTS, Some("revoked")).await, 401);
    for uri in ["/v1/messages/m1", "/v1/search", "/v1/status", "/v1/complete?q=from:"] {
        assert_eq!(ask(uri, Some("revoked")).await, 401, "{uri}");
        assert_eq!(ask(uri, Some("another")).await, 200, "{uri}");
        assert_eq!(ask(uri, None).await, 200, "{uri}");
    }
    fake.misbehave_at("/documents", Misbehaviour::Status(503));
    assert_eq!(ask(DOCUMENTS, Some("revoked")).await, 401);
    assert_eq!(ask(DOCUMENTS, Some("never-asked")).await, 200);
}
