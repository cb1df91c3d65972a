//! Two tenants and three keys: nobody sees on any path what is not theirs.

use std::sync::OnceLock;

use postern_mail::{File, id_of};
use postern_upstream::fake::Misbehaviour;
use serde_json::json;
use tempfile::TempDir;

use super::assistants::call;
use super::indexed::{take_in, write};
use super::*;
use crate::config::Tenant;

/// What only one mailbox holds: words of everything that can be asked for.
const SECRETS: [&str; 6] = ["zebra", "Quagga", "gnu.pdf", "okapi@", "Tapir", "kudu"];

fn raw(mailbox: &str, secret: bool) -> String {
    if secret {
        format!(
            "From: Quagga <okapi@{mailbox}.example>\r\nTo: all@x.example\r\nSubject: zebra shared\r\nKeywords: Tapir\r\n\
             Message-ID: <{mailbox}@x>\r\nReferences: <root@x>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nkudu\r\n\
             --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=gnu.pdf\r\n\r\nkudu\r\n--b--\r\n"
        )
    } else {
        "From: own@x.example\r\nSubject: shared\r\nMessage-ID: <own@x>\r\nReferences: <root@x>\r\n\
         Date: Tue, 2 Jan 2024 10:00:00 +0000\r\n\r\nmine\r\n"
            .to_owned()
    }
}

/// A file of the hidden owner.
fn file() -> File {
    File {
        source: "datatap".into(),
        owner: Some("hidden".into()),
        item: "kudu-1".into(),
        name: "zebra gnu.pdf".into(),
        folder: Some("Tapir".into()),
        title: Some("zebra".into()),
        author: Some("okapi@hidden.example".into()),
        ..File::default()
    }
}

/// Tenant `t1` with the mailboxes `own` and `hidden`, tenant `t2` with `other`.
struct Place {
    router: Router,
    _folders: [TempDir; 2],
}

/// Keys: one sees the mailbox `own` of t1, one all of t1, one all of t2.
const NARROW: &str = "narrow";
const WIDE: &str = "wide";
const OTHER: &str = "other";

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        write(&folders[0].path().join("mail"), "own/Inbox/1.eml", &raw("own", false));
        write(&folders[0].path().join("mail"), "hidden/Secret-kudu/2.eml", &raw("hidden", true));
        // Lies in both mailboxes: nobody who sees one hears of the other place.
        write(&folders[0].path().join("mail"), "hidden/Secret-kudu/copy.eml", &raw("own", false));
        write(&folders[0].path().join("mail"), "files.jsonl", &file().to_line());
        write(&folders[1].path().join("mail"), "other/Secret-kudu/3.eml", &raw("other", true));
        let mut config = Config { mcp_over_http: true, ..one_key(None) };
        let narrow = Key { mailboxes: vec!["own".into()], ..key("narrow", NARROW, "t1") };
        config.access =
            Access::new(vec![narrow, key("wide", WIDE, "t1"), key("other", OTHER, "t2")]);
        for (id, folder) in [("t1", &folders[0]), ("t2", &folders[1])] {
            let data = folder.path().join("data");
            take_in(&folder.path().join("mail"), &data, false);
            config.tenants.push(Tenant { id: id.into(), data, ..Tenant::default() });
        }
        Place { router: app(State::new(&config, now).unwrap()), _folders: folders }
    })
}

/// Every path that could tell of a message.
fn paths(tenant: &str) -> Vec<(Method, String, String)> {
    let ids = [id_of(raw("hidden", true).as_bytes()), id_of(raw("other", true).as_bytes())];
    let documents = format!("/api/{tenant}/indexes/dg-search-index/documents");
    let mut uris: Vec<String> = [
        "/v1/search?q=zebra&highlight=true&facets=sender,domain,year,month,day,folder,mailbox,type,hasAttachment,kind,extension,category,source,histogram",
        "/v1/search?highlight=true&facets=sender,senderDomain,year,month,folder,mailbox,attachmentType",
        "/v1/search?q=mailbox:hidden+OR+mailbox:other",
        "/v1/search?filter=mailbox+eq+'hidden'+or+mailbox+eq+'other'",
        "/v1/search?q=kind:file&versions=all&facets=kind,extension,mailbox,folder,source",
        "/v1/search?q=-mine&limit=0",
        "/v1/search?q=mine&facets=mailbox,folder,source",
        "/v1/search?q=-in:sent",
        "/v1/complete?q=source:",
        "/v1/complete?q=from:",
        "/v1/complete?q=from:ok",
        "/v1/complete?q=in:sec",
        "/v1/complete?q=mailbox:",
        "/v1/complete?q=filename:",
        "/v1/complete?q=ext:",
        "/v1/complete?q=category:",
        "/v1/status",
        "/metrics",
        "/readyz",
    ]
    .map(str::to_owned)
    .to_vec();
    for raw in ["", "?query=zebra", "?filter=mailbox+ne+'x'", "?query=kudu&$orderby=size+desc"] {
        uris.push(format!("{documents}{raw}"));
    }
    let browse = format!("/api/{tenant}/discovery/x/source");
    for mailbox in ["hidden", "other"] {
        uris.push(format!("{browse}/{mailbox}/items/-?types=MailboxFolder"));
        uris.push(format!(
            "{browse}/{mailbox}/items/-?types=MessageItem&fromDate=2020-01-01T00:00:00Z&toDate=2030-01-01T00:00:00Z"
        ));
        uris.extend(ids.iter().map(|id| format!("{browse}/{mailbox}/items/{id}/download")));
    }
    for id in ids.into_iter().chain([id_of(raw("own", false).as_bytes())]) {
        for rest in ["", "?format=html", "/eml", "/attachments/0"] {
            uris.push(format!("/v1/messages/{id}{rest}"));
        }
        uris.push(format!("/v1/threads/{id}"));
    }
    for rest in ["", "/content"] {
        uris.push(format!("/v1/items/{}{rest}", file().id()));
    }
    uris.push(format!("/v1/messages/{}", file().id()));
    let mut all: Vec<_> = uris.into_iter().map(|uri| (Method::GET, uri, String::new())).collect();
    for format in ["mbox", "zip", "csv", "jsonl", "dat", "html"] {
        let body = format!(r#"{{"format":"{format}"}}"#);
        all.push((Method::POST, "/v1/export".into(), body));
    }
    for format in ["mbox", "jsonl"] {
        let body = format!(r#"{{"format":"{format}","manifest":true}}"#);
        all.push((Method::POST, "/v1/export".into(), body));
    }
    all
}

/// The names and the bytes of what is in a ZIP.
fn unpacked(zip: &[u8]) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut text = String::new();
    for number in 0..zip.len() {
        let (mut file, mut bytes) = (zip.by_index(number).unwrap(), Vec::new());
        text += &file.name().unwrap();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        text += &String::from_utf8_lossy(&bytes);
    }
    text
}

fn told(seen: &Seen) -> Option<&'static str> {
    let headers = format!("{:?}", seen.headers);
    let mut text = format!("{headers}{}", String::from_utf8_lossy(&seen.body)).to_lowercase();
    if seen.body.starts_with(b"PK") {
        text += &unpacked(&seen.body).to_lowercase();
    }
    SECRETS.into_iter().find(|secret| text.contains(&secret.to_lowercase()))
}

#[tokio::test]
async fn a_key_of_one_mailbox_hears_nothing_of_another() {
    for (method, uri, body) in paths("t1") {
        let seen = send(&place().router, method, &uri, Some(NARROW), &body).await;
        let mut echoed = seen;
        if echoed.body.starts_with(b"PK") {
            echoed.body = unpacked(&echoed.body).into_bytes();
        }
        // What was asked may be repeated.
        echoed.body = String::from_utf8_lossy(&echoed.body)
            .replace("\"canonical\":\"zebra\"", "")
            .into_bytes();
        assert_eq!(told(&echoed), None, "{uri}: {}", String::from_utf8_lossy(&echoed.body));
        let text = String::from_utf8_lossy(&echoed.body).replace("mailbox:hidden", "");
        assert!(!text.contains("\"hidden\"") && !text.contains("\"other\""), "{uri}: {text}");
    }
}

#[tokio::test]
async fn an_assistant_hears_nothing_of_another_mailbox() {
    let own = id_of(raw("own", false).as_bytes());
    for (tool, arguments) in [
        ("search", json!({"query": "zebra"})),
        ("search", json!({"query": "", "limit": 50})),
        ("search", json!({"query": "kind:file"})),
        ("count", json!({"query": "", "by": "sender"})),
        ("count", json!({"query": "", "by": "mailbox"})),
        ("count", json!({"query": "", "by": "folder"})),
        ("count", json!({"query": "", "by": "extension"})),
        ("get_message", json!({"id": own})),
        ("get_thread", json!({"id": own})),
    ] {
        let (is_answer, text) = call(&place().router, NARROW, tool, arguments.clone()).await;
        let heard = text.replace("query: zebra\n", "").to_lowercase();
        let secret = SECRETS.into_iter().find(|secret| heard.contains(&secret.to_lowercase()));
        assert!(is_answer && secret.is_none(), "{tool} {arguments}: {text}");
        assert!(!heard.contains("hidden") && !heard.contains("other /"), "{tool}: {text}");
    }
    for tool in ["get_message", "get_thread"] {
        for hidden in [raw("hidden", true), raw("other", true)] {
            let ask = async |id: &str| call(&place().router, NARROW, tool, json!({"id": id})).await;
            let hidden = ask(&id_of(hidden.as_bytes())).await;
            assert_eq!(hidden, ask(&"0".repeat(32)).await, "{tool}");
            assert!(!hidden.0);
        }
    }
    let (_, seen) = call(&place().router, WIDE, "search", json!({"query": "zebra"})).await;
    assert!(seen.contains("Quagga (okapi@hidden.example)"), "{seen}");
}

#[tokio::test]
async fn what_is_hidden_looks_like_what_is_not_there() {
    for id in [id_of(raw("hidden", true).as_bytes()), id_of(raw("other", true).as_bytes())] {
        for rest in ["", "/eml", "/attachments/0"] {
            let ask = async |id: &str| {
                send(
                    &place().router,
                    Method::GET,
                    &format!("/v1/messages/{id}{rest}"),
                    Some(NARROW),
                    "",
                )
                .await
            };
            let (hidden, absent) = (ask(&id).await, ask(&"0".repeat(32)).await);
            assert_eq!((hidden.status, hidden.body), (absent.status, absent.body), "{rest}");
            assert_eq!(hidden.status, 404);
        }
    }
}

/// A file that is hidden looks like one that is not there, and shows itself to whoever sees its owner.
#[tokio::test]
async fn a_hidden_file_looks_like_none() {
    for rest in ["", "/content"] {
        let ask = async |id: &str, key| {
            let uri = format!("/v1/items/{id}{rest}");
            send(&place().router, Method::GET, &uri, Some(key), "").await
        };
        let (hidden, absent) = (ask(&file().id(), NARROW).await, ask("none", NARROW).await);
        assert_eq!((hidden.status, hidden.body), (absent.status, absent.body), "{rest}");
        let wide = ask(&file().id(), WIDE).await;
        let expected = if rest.is_empty() { "datatap" } else { "no_content" };
        assert!(String::from_utf8_lossy(&wide.body).contains(expected), "{rest}: {wide:?}");
    }
    let status = send(&place().router, Method::GET, "/v1/search?limit=0", Some(NARROW), "").await;
    assert_eq!(status.json()["coverage"].get("filesWithoutContent"), None);
}

#[tokio::test]
async fn one_tenant_hears_nothing_of_another() {
    // What the wide key of the first tenant sees is the hidden mailbox and never that of the second.
    for (method, uri, body) in paths("t1") {
        let seen = send(&place().router, method, &uri, Some(WIDE), &body).await;
        let text = String::from_utf8_lossy(&seen.body).into_owned();
        assert!(!text.contains("other.example") && !text.contains("<other@x>"), "{uri}: {text}");
    }
    for (method, uri, body) in
        paths("t1").into_iter().filter(|(_, uri, _)| uri.starts_with("/api/"))
    {
        let seen = send(&place().router, method, &uri, Some(OTHER), &body).await;
        assert_eq!(seen.status, 404, "{uri}");
    }
    let own = send(&place().router, Method::GET, "/v1/search?q=zebra", Some(OTHER), "").await;
    assert_eq!(own.json()["count"]["value"], 1, "and each sees its own");
    let wide = send(&place().router, Method::GET, "/v1/complete?q=from:ok", Some(WIDE), "").await;
    assert_eq!(wide.json()["suggestions"][0]["text"], "okapi@hidden.example");
}

/// A message in two mailboxes is searched, counted and shown by the places that the key may see.
#[tokio::test]
async fn each_key_sees_its_own_places_of_a_message() {
    let place = |mailbox: &str, folder: &str| serde_json::json!({"source": "files", "mailbox": mailbox, "folder": folder});
    let (inbox, copy) = (place("own", "Inbox"), place("hidden", "Secret-kudu"));
    let uri = format!("/v1/messages/{}", id_of(raw("own", false).as_bytes()));
    let jsonl = r#"{"q":"mailbox:own","format":"jsonl"}"#;
    for (key, expected) in [(NARROW, vec![&inbox]), (WIDE, vec![&copy, &inbox])] {
        let router = &self::place().router;
        let seen = send(router, Method::GET, &uri, Some(key), "").await.json();
        let line = send(router, Method::POST, "/v1/export", Some(key), jsonl).await.json();
        for (shown, how) in [(seen, "alone"), (line, "in an export")] {
            let mut places: Vec<_> = shown["places"].as_array().unwrap().iter().collect();
            places.sort_by_key(|place| place["mailbox"].to_string());
            assert_eq!(places, expected, "{key} {how}");
        }
    }
    for (query, narrow, wide) in [
        ("mailbox:own", 1, 1),
        ("mailbox:hidden", 0, 3),
        ("in:secret-kudu", 0, 2),
        ("-in:secret-kudu", 1, 1),
        ("mailbox:own+in:secret-kudu", 0, 0),
    ] {
        for (key, expected) in [(NARROW, narrow), (WIDE, wide)] {
            let uri = format!("/v1/search?q={query}&limit=0");
            let seen = send(&self::place().router, Method::GET, &uri, Some(key), "").await;
            assert_eq!(seen.json()["count"]["value"], expected, "{query} by {key}");
        }
    }
}

#[tokio::test]
async fn a_conversation_shows_only_what_may_be_seen() {
    let id = id_of(raw("own", false).as_bytes());
    let uri = format!("/v1/threads/{id}");
    let count = async |key| {
        let seen = send(&place().router, Method::GET, &uri, Some(key), "").await;
        seen.json()["messages"].as_array().unwrap().len()
    };
    assert_eq!((count(WIDE).await, count(NARROW).await), (2, 1));
}

/// What premium says to the key of one tenant takes neither premium nor local mail from the other.
#[tokio::test]
async fn a_refusal_of_one_tenant_is_nothing_to_another() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_to("inner-t1", Misbehaviour::Status(401));
    let mut config = one_key(Some(&fake));
    let mapped = |text: &str, tenant: &str| {
        let upstream = Some(Secret::new(format!("inner-{tenant}")));
        Key { upstream, ..key(tenant, text, tenant) }
    };
    config.access = Access::new(vec![mapped(WIDE, "t1"), mapped(OTHER, "t2")]);
    let place = |id: &str| Tenant { id: id.into(), data: id.into(), ..Tenant::default() };
    config.tenants = ["t1", "t2"].map(place).to_vec();
    let router = gateway_over(&config, Local::answering(Arc::new(mail())));
    let ask = async |uri: &str, key| send(&router, Method::GET, uri, Some(key), "").await;
    assert_eq!(ask("/v1/search", WIDE).await.status, 401);
    for uri in ["/v1/search?engine=local", "/v1/messages/m1", "/v1/complete?q=from:"] {
        let (one, other) = (ask(uri, WIDE).await, ask(uri, OTHER).await);
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (401, 200), "{uri}");
    }
    let other = ask("/v1/search?q=invoice", OTHER).await;
    assert_eq!(other.header("postern-served-by"), Some("premium"));
}
