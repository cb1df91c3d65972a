//! A tenant whose mail lies at Veeam.

use postern_upstream::fake::Misbehaviour;
use postern_upstream::veeam::Version;

use super::*;
use crate::config::{EngineName, Tenant, Veeam, VeeamTrust};

const MAILBOXES: &str = r#"{"results":[
    {"id":"m1","name":"Ann","email":"ann@x.com"},
    {"id":"m2","name":"Bob","email":"bob@x.com"}]}"#;
const FOLDERS: &str = r#"{"results":[{"id":"f1","name":"Inbox"},
    {"id":"f2","name":"Old","_links":{"parent":{"href":"/v8/x/folders/f1"}}}]}"#;

pub(super) fn item(mailbox: &str, id: &str, folder: &str, subject: &str) -> String {
    format!(
        r#"{{"id":"{id}","mailboxId":"{mailbox}","subject":"{subject}","from":"Carl <carl@x.com>",
        "received":"2024-01-0{}T10:00:00Z","attachments":[],
        "_links":{{"parent":{{"href":"/v8/x/folders/{folder}"}}}}}}"#,
        id.len()
    )
}

pub(super) fn page(items: &[String], next: Option<u32>) -> String {
    let next = next.map_or_else(String::new, |offset| {
        format!(r#""next":{{"href":"/v8/x?offset={offset}&limit=2&setId=kept"}}"#)
    });
    let items = items.join(",");
    format!(r#"{{"results":[{items}],"setId":"kept","_links":{{{next}}}}}"#)
}

async fn server() -> Fake {
    let fake = without_answers().await;
    let found = [item("m1", "i", "f1", "one"), item("m2", "ii", "f2", "two")];
    fake.answer_at("/mailboxes/search", page(&found, None));
    fake.answer_at("/mailboxes/m1/search", page(&found, None));
    fake
}

/// A server that lists, and whose searches are told later.
pub(super) async fn without_answers() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.answer_at("/token", r#"{"access_token":"a1","refresh_token":"r1","expires_in":3600}"#);
    fake.answer_at("/Organizations?", r#"{"results":[{"id":"o1","name":"contoso"}]}"#);
    fake.answer_at("/explore", r#"{"id":"s1","state":"Working"}"#);
    fake.answer_at("/organization/mailboxes?", MAILBOXES);
    fake.answer_at("/folders?", FOLDERS);
    fake.answer_at("/OneDrives?", r#"{"results":[]}"#);
    fake.answer_file_at("/items/i/save", "the bytes of an Outlook message");
    fake
}

/// The gateway of that tenant; what it wrote of its sessions is in the folder.
pub(super) fn tenant(fake: &Fake, mailboxes: &[&str]) -> (tempfile::TempDir, Router) {
    beside(fake, mailboxes, Version::V8, None)
}

/// The same of a server that speaks that version.
pub(super) fn at_version(
    fake: &Fake,
    mailboxes: &[&str],
    version: Version,
) -> (tempfile::TempDir, Router) {
    beside(fake, mailboxes, version, None)
}

/// The same beside a premium endpoint.
fn beside(
    fake: &Fake,
    mailboxes: &[&str],
    version: Version,
    premium: Option<&Fake>,
) -> (tempfile::TempDir, Router) {
    let folder = tempfile::tempdir().unwrap();
    let veeam = Veeam {
        url: fake.url(),
        version: Some(version),
        organization: None,
        user: "u".into(),
        password: Some("s3cret".into()),
        password_file: None,
        trust: VeeamTrust::System,
        sessions: 2,
        source: "veeam".into(),
        premium: false,
        fresh: Duration::from_secs(3_600),
        ..a_server()
    };
    let data = folder.path().to_owned();
    let at = Tenant { id: TENANT.into(), data, veeam: Some(veeam), ..Tenant::default() };
    let mailboxes = mailboxes.iter().map(|name| (*name).to_owned()).collect();
    let key = Key { mailboxes, ..Key::same(TENANT, KEY) };
    let config = Config {
        tenants: vec![at],
        access: Access::new(vec![key]),
        deadline: Duration::from_secs(20),
        ..one_key(premium)
    };
    let state = State::new(&config, || Timestamp::UNIX_EPOCH).unwrap();
    (folder, app(state))
}

/// One read from a file, whose values do not matter.
pub(super) fn a_server() -> Veeam {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    let text = "[[tenants]]\nid = 't'\ndata = 'd'\n[tenants.veeam]\nurl = 'http://h'\nuser = 'u'\n";
    std::fs::write(&file, text).unwrap();
    let config = Config::load(Some(&file), &Overrides::default(), "data".into()).unwrap();
    config.veeam(None).unwrap().clone()
}

pub(super) fn subjects(json: &Value) -> Vec<&str> {
    let results = json["results"].as_array().unwrap();
    results.iter().map(|hit| hit["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_page_in_the_shape_of_search() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let json =
        get(&router, "/v1/search?q=subject:one+-kind:file&facets=year&highlight=true").await.json();
    assert_eq!(json["servedBy"]["engine"], "veeam", "{json}");
    assert_eq!(subjects(&json), ["one", "two"]);
    let hit = &json["results"][1];
    assert_eq!((&hit["id"], &hit["mailbox"]), (&"veeam-m2.ii".into(), &"bob@x.com".into()));
    assert_eq!(hit["folder"], "Inbox/Old");
    assert_eq!(hit["from"], serde_json::json!({"name": "Carl", "address": "carl@x.com"}));
    assert!(hit["score"].is_null() && hit["hasAttachments"] == false, "{hit}");
    assert_eq!(json["count"], serde_json::json!({"value": 2, "exact": false}));
    let query = &json["query"];
    assert_eq!((&query["fidelity"], &query["direction"]), (&"approximate".into(), &"wider".into()));
    assert_eq!(query["sent"]["query"], "subject:one");
    assert_eq!(json["facetsMissing"]["year"], "Veeam does not count what it finds");
    let missing = "Veeam does not say where a message matches; only subject, people, names of attachments and places that it tells were looked at";
    assert_eq!(json["highlightMissing"], missing);
    let asked = fake.seen().into_iter().filter(|seen| seen.path().ends_with("/search"));
    let bodies: Vec<_> = asked.map(|seen| String::from_utf8(seen.body).unwrap()).collect();
    assert_eq!(bodies, [r#"{"query":"subject:one"}"#]);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let fake = without_answers().await;
    let (_folder, router) = tenant(&fake, &[]);
    fake.answer_at("/mailboxes/search?offset=0", page(&[item("m1", "i", "f1", "a")], Some(1)));
    fake.answer_at("/mailboxes/search?offset=1", page(&[item("m1", "ii", "f1", "b")], None));
    let first = get(&router, "/v1/search?q=a+-kind:file&limit=1").await.json();
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!((subjects(&first), &first["count"]["value"]), (vec!["a"], &1.into()));
    let second =
        get(&router, &format!("/v1/search?q=a+-kind:file&limit=1&cursor={cursor}")).await.json();
    assert_eq!((subjects(&second), &second["count"]["value"]), (vec!["b"], &2.into()));
    assert!(second["nextCursor"].is_null(), "{second}");
    let asked = fake.seen().into_iter().rfind(|seen| seen.path().ends_with("/search"));
    assert!(asked.unwrap().target.contains("setId=kept"));
    let foreign = get(&router, &format!("/v1/search?q=b&limit=1&cursor={cursor}")).await;
    assert_eq!(foreign.status, 400);
}

/// A key that opens some mailboxes only is told of no other, and no other is asked.
#[tokio::test]
async fn a_key_for_one_mailbox() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &["ann@x.com"]);
    let json = get(&router, "/v1/search?q=subject:one").await.json();
    assert_eq!(subjects(&json), ["one"], "{json}");
    let asked: Vec<_> =
        fake.seen().into_iter().filter(|seen| seen.path().ends_with("/search")).collect();
    assert!(asked.iter().all(|seen| seen.path().contains("/mailboxes/m1/")), "{asked:?}");
    let none = get(&router, "/v1/search?q=subject:one+mailbox:bob@x.com").await.json();
    assert_eq!(subjects(&none), [] as [&str; 0]);
    for (id, status) in [("veeam-m1.i", 200), ("veeam-m2.ii", 404), ("veeam-m3.i", 404)] {
        let original = get(&router, &format!("/v1/messages/{id}/original")).await;
        assert_eq!(original.status, status, "{id}");
    }
    assert!(!fake.seen().iter().any(|seen| seen.path().contains("/mailboxes/m2/")));
}

/// Whoever makes up an id learns nothing by it, whether there is such a thing or not, and reaches nothing but
/// items of a mailbox that the key may see.
#[tokio::test]
async fn forged_ids_of_messages_look_like_mail_that_is_not_there() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &["ann@x.com"]);
    fake.misbehave_at("/mailboxes/m1/items/made-up/", Misbehaviour::Status(404));
    fake.misbehave_at("/mailboxes/m1/items/bad/", Misbehaviour::Status(400));
    let long = format!("veeam-m1.{}", "a".repeat(2_000));
    let none = get(&router, "/v1/messages/none/original").await.status;
    for id in [
        // Mail of a mailbox that the key may not see, with and without such an item, and of no mailbox at all.
        "veeam-m2.ii",
        "veeam-m2.nothing",
        "veeam-m3.i",
        "veeam-MAILBOX-OF-ANOTHER-TENANT.i",
        "veeam-ann@x.com.i",
        // Items that the server does not know, or takes for none.
        "veeam-m1.made-up",
        "veeam-m1.bad",
        // What would lead to another place if it were taken as it is.
        "veeam-m1..",
        "veeam-m1...",
        "veeam-...m2",
        "veeam-m1/../m2.ii",
        "veeam-m1%2F..%2Fm2.ii",
        "veeam-m1.%2E%2E%2F%2E%2E%2Fm2%2Fitems%2Fii",
        "veeam-m1.i%00",
        "veeam-m1.i%0D%0AX-Injected:%20yes",
        "veeam-m1.i%3Fx",
        // What is no such id.
        "veeam-",
        "veeam-.",
        "veeam-m1",
        "veeam-m1.",
        "veeam-.i",
        "veeam-%F0%9F%92%A9",
        "VEEAM-m1.i",
        long.as_str(),
    ] {
        for rest in ["", "/original", "/eml", "/view", "/attachments/0"] {
            let answer = get(&router, &format!("/v1/messages/{id}{rest}")).await;
            let status = answer.status;
            let is_none = matches!(status.as_u16(), 400 | 404) || status == none;
            assert!(is_none, "{id}{rest}: {status}");
            let text = String::from_utf8_lossy(&answer.body);
            assert!(!text.contains("bob") && !text.contains("Bob"), "{id}{rest}: {text}");
        }
    }
    let saves = fake.seen().into_iter().filter(|seen| seen.path().ends_with("/save"));
    for seen in saves {
        let parts: Vec<_> = seen.path().split('/').collect();
        let place = ["organization", "mailboxes", "m1", "items"];
        assert!(parts.len() == 10 && parts[4..8] == place, "{}", seen.path());
    }
}

/// Mailbox and folder are chosen by the URL; a folder is searched with those below it, which are left out.
#[tokio::test]
async fn places_become_the_scope() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let found = [item("m1", "i", "f1", "here"), item("m1", "ii", "f2", "below")];
    fake.answer_at("/mailboxes/m1/folders/f1/search", page(&found, None));
    let uri = "/v1/search?q=mailbox:ann@x.com+in:inbox+subject:here";
    let json = get(&router, uri).await.json();
    assert_eq!(subjects(&json), ["here"], "{json}");
    assert_eq!(json["query"]["sent"]["query"], "subject:here");
}

/// What a server finds outside of the mailbox that was asked for is left out.
#[tokio::test]
async fn a_hit_that_lies_elsewhere_is_left_out() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let json = get(&router, "/v1/search?q=subject:o+mailbox:ann@x.com").await.json();
    assert_eq!(subjects(&json), ["one"], "the server found one in each mailbox: {json}");
    assert_eq!(json["count"], serde_json::json!({"value": 1, "exact": false}));
    let seen = fake.seen().into_iter().filter(|seen| seen.path().ends_with("/search"));
    assert!(seen.map(|seen| seen.path().contains("/mailboxes/m1/")).eq([true]));
}

/// A query that is about nothing but places is no search: the items are listed, mailbox by mailbox.
#[tokio::test]
async fn everything_is_listed() {
    let fake = without_answers().await;
    let (_folder, router) = tenant(&fake, &[]);
    fake.answer_at("/mailboxes/m1/items?", page(&[item("m1", "i", "f1", "one")], None));
    fake.answer_at("/mailboxes/m2/items?", page(&[item("m2", "ii", "f2", "two")], None));
    for (query, expected) in [("*", vec!["one", "two"]), ("mailbox:bob@x.com", vec!["two"])] {
        let json = get(&router, &format!("/v1/search?q={query}")).await.json();
        assert_eq!(subjects(&json), expected, "{query}: {json}");
        let told = &json["query"];
        assert_eq!((&told["direction"], &told["sent"]), (&"wider".into(), &Value::Null), "{query}");
    }
    assert!(
        !fake.seen().iter().any(|seen| seen.path().ends_with("/search")),
        "nothing is searched"
    );
}

#[tokio::test]
async fn sorting_is_done_here() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let first = get(&router, "/v1/search?q=a+sort:newest&limit=1").await.json();
    assert_eq!(subjects(&first), ["two"], "{first}");
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = get(&router, &format!("/v1/search?q=a+sort:newest&limit=1&cursor={cursor}")).await;
    assert_eq!(subjects(&second.json()), ["one"]);
    let many: Vec<_> =
        (0..1_001).map(|number| item("m1", &format!("i{number}"), "f1", "x")).collect();
    fake.answer_at("/mailboxes/search", page(&many, None));
    for (uri, code) in [
        ("/v1/search?q=a+sort:newest&engine=veeam", "too_costly"),
        ("/v1/search?q=a+sort:largest&engine=veeam", "veeam_cannot"),
        ("/v1/search?q=colour~1&engine=veeam", "veeam_cannot"),
    ] {
        let answer = get(&router, uri).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &code.into()), "{uri}");
    }
}

/// What the server answers, what the client hears where it asked for Veeam, and what is never told.
#[tokio::test]
async fn what_goes_wrong_is_said_in_clear_words() {
    let table = [
        (Misbehaviour::Status(500), "Veeam failed: status 500"),
        (Misbehaviour::Status(403), "does not allow this to the account"),
        (Misbehaviour::Busy(None), "Veeam is busy"),
        (Misbehaviour::Garbage, "Veeam failed"),
    ];
    for (how, expected) in table {
        let fake = server().await;
        let (_folder, router) = tenant(&fake, &[]);
        fake.misbehave_at("/mailboxes/search", how);
        let answer = get(&router, "/v1/search?q=a&engine=veeam").await;
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 503, "{how:?} {text}");
        assert!(text.contains(expected) && !text.contains("s3cret"), "{how:?} {text}");
    }
}

#[tokio::test]
async fn the_default_order() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let status = get(&router, "/v1/status").await.json();
    let engines: Vec<_> = status["engines"].as_object().unwrap().keys().collect();
    assert_eq!(engines, ["local", "veeam"]);
    assert_eq!(status["engines"]["veeam"]["breaker"], "closed");
    let answer = get(&router, "/v1/search?q=a&engine=premium").await;
    assert_eq!(answer.status, 400, "premium is not used for this tenant");
    assert_eq!(EngineName::parse("veeam"), Some(EngineName::Veeam));
}

/// Premium knows nothing of this tenant: it is neither searched, nor asked about its keys, nor passed anything.
#[tokio::test]
async fn premium_is_not_used() {
    let (fake, premium) = (server().await, Fake::start().await.unwrap());
    premium.misbehave(Misbehaviour::Status(401));
    let (_folder, router) = beside(&fake, &[], Version::V8, Some(&premium));
    let json = get(&router, "/v1/search?q=subject:one").await.json();
    assert_eq!(json["servedBy"]["engine"], "veeam", "{json}");
    for uri in ["/v1/status", "/api/t1/jobs", "/v1/messages/none"] {
        assert_ne!(get(&router, uri).await.status, 401, "{uri}");
    }
    assert_eq!(premium.seen().len(), 0);
}
