//! What is answered from a real index: facets, completion, conversations, originals, exports.

use std::io::{Cursor, Read as _};
use std::path::Path;

use postern_archive::export::verify;
use postern_archive::ingest::Ingest;
use postern_archive::{Archive, WriteOptions};
use postern_mail::id_of;
use serde_json::json;
use tempfile::TempDir;
use zip::ZipArchive;

use super::*;

const RICH: &str = "From: Alice Smith <alice@contoso.com>\r\nTo: bob@contoso.com\r\nSubject: contract\r\n\
    Message-ID: <1@x>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/html\r\n\r\n<p onclick=x()>the contract<script>x()</script><img src=http://t/1.gif>\r\n\
    --b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"../a\u{202e}b.html\"\r\n\r\n<script>y()</script>\r\n--b--\r\n";
const REPLY: &str = "From: bob@contoso.com\r\nTo: alice@contoso.com\r\nSubject: =?utf-8?q?=3Dcontract?=\r\nMessage-ID: <2@x>\r\n\
    In-Reply-To: <1@x>\r\nReferences: <1@x>\r\nDate: Tue, 2 Jan 2024 10:00:00 +0000\r\n\r\nsigned\r\nFrom here on\r\n";

/// Mail, the index of it, and a gateway.
pub(super) struct Indexed {
    pub(super) mail: TempDir,
    pub(super) data: TempDir,
    pub(super) router: Router,
}

/// Takes in what lies below `mail`; the first folder names the mailbox.
pub(super) fn take_in(mail: &Path, data: &Path, rebuild: bool) {
    let options = WriteOptions { memory_bytes: 16 << 20, threads: 1, rebuild };
    let paths = vec![mail.to_owned()];
    let ingest = Ingest { paths, options, ..Ingest::default() };
    Archive::below(data).ingest(&ingest, &now, &mut |_| ControlFlow::Continue(())).unwrap();
}

pub(super) fn write(mail: &Path, path: &str, raw: &str) {
    let path = mail.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, raw).unwrap();
}

pub(super) fn indexed() -> Indexed {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(mail.path(), "alice/Sent/1.eml", RICH);
    write(mail.path(), "alice/Inbox/2.eml", REPLY);
    take_in(mail.path(), data.path(), false);
    let router = gateway_over(&one_key(None), Local::below(data.path()));
    Indexed { mail, data, router }
}

#[tokio::test]
async fn facets_count_all_that_matches() {
    let Indexed { router, .. } = &indexed();
    let uri = "/v1/search?q=contract&limit=1&facets=sender,folder,year";
    let json = get(router, uri).await.json();
    let sent = serde_json::json!([{"value": "alice@contoso.com", "count": 1}, {"value": "bob@contoso.com", "count": 1}]);
    assert_eq!(json["facets"]["sender"], serde_json::json!({"values": sent, "others": 0}));
    assert_eq!(json["facets"]["year"]["values"][0]["count"], 2);
    let body = r#"{"q":"contract signed","facets":["folder"]}"#;
    let post = send(router, Method::POST, "/v1/search", Some(KEY), body).await.json();
    assert_eq!(
        post["facets"]["folder"]["values"],
        serde_json::json!([{"value": "Inbox", "count": 1}])
    );
    assert_eq!(get(router, "/v1/search?facets=nosuch").await.status, 400);
}

#[tokio::test]
async fn people_and_files_are_marked() {
    let Indexed { router, .. } = &indexed();
    let json = get(router, "/v1/search?q=from:smith+ext:html&highlight=true").await.json();
    let snippet = &json["results"][0]["snippet"];
    assert_eq!(snippet["from"]["name"], serde_json::json!([[6, 11]]));
    assert_eq!(snippet["attachments"].as_array().unwrap().len(), 1);
    let matches = &json["results"][0]["matches"];
    let sender = serde_json::json!({"clause": "from:smith", "where": "sender", "attachment": null, "pointer": "/from/name", "ranges": [[6, 11]]});
    assert_eq!(matches[0], sender);
    let file = &matches[1];
    assert_eq!((&file["clause"], &file["where"]), (&"ext:html".into(), &"filename".into()));
    assert_eq!(file["pointer"], "/attachments/0/name");
    assert_eq!(file["attachment"], json["results"][0]["attachments"][0]["name"]);
    let plain = get(router, "/v1/search?q=from:smith").await.json();
    assert!(plain["results"][0].get("matches").is_none(), "only with `highlight`");
}

#[tokio::test]
async fn what_can_come_next() {
    let Indexed { router, .. } = &indexed();
    let json = get(router, "/v1/complete?q=contract+from:al").await.json();
    let alice = serde_json::json!([
        {"text": "alice@contoso.com", "kind": "address", "count": 1},
        {"text": "\"Alice Smith\"", "kind": "name", "count": 1},
    ]);
    assert_eq!((&json["suggestions"], &json["span"]["start"]), (&alice, &14.into()));
    let first = async |raw: &str| {
        let json = get(router, &format!("/v1/complete?{raw}")).await.json();
        json["suggestions"][0]["text"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(first("q=fro").await, "from:");
    assert_eq!(first("q=is:unr").await, "unread");
    assert_eq!(first("q=in:in").await, "Inbox");
    assert_eq!(first("q=in:s%20x&cursor=4").await, "Sent");
    assert_eq!(first("q=subject:co").await, "");
    assert_eq!(first("q=from:@con").await, "@contoso.com");
    assert_eq!(first("q=report+AND+(from:ali+to:x&cursor=20").await, "alice@contoso.com");
    assert_eq!(first("q=report+OR+sor").await, "", "an order cannot stand under OR");
    assert_eq!(get(router, "/v1/complete?cursor=x").await.status, 400);
}

#[tokio::test]
async fn a_conversation_by_a_message_or_by_its_own_id() {
    let Indexed { router, .. } = &indexed();
    let id = id_of(REPLY.as_bytes());
    let message = get(router, &format!("/v1/messages/{id}")).await.json();
    let conversation = message["conversationId"].as_str().unwrap();
    for id in [&id, conversation] {
        let json = get(router, &format!("/v1/threads/{id}")).await.json();
        let subjects: Vec<_> =
            json["messages"].as_array().unwrap().iter().map(|one| one["subject"].clone()).collect();
        assert_eq!(
            (subjects, &json["complete"]),
            (vec!["contract".into(), "=contract".into()], &true.into())
        );
    }
    assert_eq!(get(router, "/v1/threads/none").await.json()["code"], "unknown_message");
}

#[tokio::test]
async fn the_original_and_its_files() {
    let Indexed { router, mail, .. } = &indexed();
    let this = format!("/v1/messages/{}", id_of(RICH.as_bytes()));
    let eml = get(router, &format!("{this}/eml")).await;
    assert_eq!(
        (eml.body.as_slice(), eml.header("content-type")),
        (RICH.as_bytes(), Some("message/rfc822"))
    );
    let file = get(router, &format!("{this}/attachments/0")).await;
    assert_eq!(file.body.trim_ascii(), b"<script>y()</script>");
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert!(
        file.header("content-disposition").unwrap().starts_with("attachment; filename=\"ab.html\"")
    );
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(get(router, &format!("{this}/attachments/1")).await.status, 404);
    let html = get(router, &format!("{this}?format=html")).await;
    let text = String::from_utf8_lossy(&html.body);
    assert!(text.contains("<p>the contract<img></p>"), "{text}");
    assert!(html.header("content-security-policy").unwrap().contains("default-src 'none'"));
    std::fs::remove_file(mail.path().join("alice/Sent/1.eml")).unwrap();
    let gone = get(router, &format!("{this}/eml")).await;
    let told = gone.json();
    assert_eq!((gone.status.as_u16(), &told["code"]), (410, &"original_gone".into()));
    assert_eq!(told["title"], "the original of this message is not there");
    assert_eq!(told["hint"], "what is known of the message is at `/v1/messages/{id}`");
    let kept = get(router, &format!("{this}?format=html")).await;
    assert!(String::from_utf8_lossy(&kept.body).contains("contract"), "the text is kept");
}

async fn export(router: &Router, q: &str, format: &str) -> Seen {
    let body = serde_json::json!({"q": q, "format": format}).to_string();
    send(router, Method::POST, "/v1/export", Some(KEY), &body).await
}

#[tokio::test]
async fn everything_that_a_query_finds() {
    let Indexed { router, mail, .. } = &indexed();
    let mbox = String::from_utf8(export(router, "", "mbox").await.body).unwrap();
    assert_eq!(mbox.matches("\nFrom ").count() + 1, 2, "one line before each: {mbox}");
    assert!(mbox.contains("\n>From here on"), "{mbox}");
    let csv = export(router, "signed", "csv").await;
    assert_eq!(
        csv.header("content-disposition").unwrap().split(';').nth(1),
        Some(" filename=\"postern-export.csv\"")
    );
    let csv = String::from_utf8(csv.body).unwrap();
    assert_eq!(csv.lines().count(), 2);
    assert!(csv.contains(",'=contract,"), "{csv}");
    assert_eq!(
        export(router, "nosuchword", "csv").await.body.iter().filter(|b| **b == b'\n').count(),
        1
    );
    let lines = String::from_utf8(export(router, "", "jsonl").await.body).unwrap();
    assert_eq!(lines.lines().count(), 2);
    std::fs::remove_file(mail.path().join("alice/Sent/1.eml")).unwrap();
    let mut zip = ZipArchive::new(Cursor::new(export(router, "", "zip").await.body)).unwrap();
    assert_eq!(zip.len(), 3, "with the manifest");
    let name = format!("{}.eml", id_of(REPLY.as_bytes()));
    let mut whole = String::new();
    zip.by_name(&name).unwrap().read_to_string(&mut whole).unwrap();
    assert_eq!(whole, REPLY);
    assert!(zip.by_name(&format!("{}.missing.txt", id_of(RICH.as_bytes()))).is_ok());
    assert_eq!(export(router, "form:x", "zip").await.json()["code"], "unknown_field");
    assert_eq!(export(router, "", "pst").await.json()["code"], "invalid_body");
}

/// The file and its manifest come as one ZIP, and formats that are a ZIP have theirs in it.
#[tokio::test]
async fn an_export_comes_with_its_manifest() {
    let Indexed { router, .. } = &indexed();
    for (format, manifest, name, first) in [
        ("mbox", true, "postern-export.mbox.zip", "postern-export.mbox"),
        ("csv", true, "postern-export.csv.zip", "postern-export.csv"),
        ("jsonl", true, "postern-export.jsonl.zip", "postern-export.jsonl"),
        ("dat", false, "postern-export.dat.zip", "NATIVES/0001/DOC00000001.eml"),
        ("html", true, "postern-export.html.zip", "messages/0001/00000001.html"),
    ] {
        let body = json!({"q": "contract", "format": format, "manifest": manifest}).to_string();
        let seen = send(router, Method::POST, "/v1/export", Some(KEY), &body).await;
        assert_eq!(seen.status, 200, "{format}");
        let disposition = seen.header("content-disposition").unwrap().to_owned();
        assert!(disposition.contains(&format!("filename=\"{name}\"")), "{disposition}");
        let package = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(package.path(), &seen.body).unwrap();
        let (files, torn) = verify(package.path()).unwrap();
        assert_eq!((files > 0, torn), (true, Vec::new()), "{format}");
        let mut zip = ZipArchive::new(Cursor::new(&seen.body)).unwrap();
        assert_eq!(zip.by_index(0).unwrap().name().unwrap(), first);
        let mut told = String::new();
        zip.by_name("manifest.json").unwrap().read_to_string(&mut told).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told["query"], &told["counts"]["items"]), (&"contract".into(), &2.into()));
        let bare = json!({"q": "contract", "format": format}).to_string();
        let bare = send(router, Method::POST, "/v1/export", Some(KEY), &bare).await.body;
        if first == name.trim_end_matches(".zip") {
            let mut inner = Vec::new();
            zip.by_index(0).unwrap().read_to_end(&mut inner).unwrap();
            assert_eq!(inner, bare, "{format}: the bytes of the bare stream");
            // A byte less is found.
            std::fs::write(package.path(), &seen.body[..seen.body.len() - 1]).unwrap();
            assert!(!verify(package.path()).unwrap().1.is_empty());
        }
    }
}

#[tokio::test]
async fn an_export_of_many_pages_leaves_nothing_out() {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for number in 0..450 {
        // All of one moment: pages must go on by id.
        let raw = format!("Subject: {number}\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nx");
        write(mail.path(), &format!("a/{number}.eml"), &raw);
    }
    take_in(mail.path(), data.path(), false);
    let router = gateway_over(&one_key(None), Local::below(data.path()));
    let lines = String::from_utf8(export(&router, "", "jsonl").await.body).unwrap();
    let ids: std::collections::BTreeSet<_> = lines.lines().collect();
    assert_eq!((ids.len(), lines.lines().count()), (450, 450));
}

/// Mail that is taken in, and an index that is made anew, are seen without a restart, and nobody
/// is turned away meanwhile.
#[tokio::test]
async fn an_index_made_anew_is_searched_without_a_restart() {
    let Indexed { router, mail, data } = indexed();
    let count = async || get(&router, "/v1/search?limit=0").await.json()["count"]["value"].clone();
    assert_eq!(count().await, 2);
    write(mail.path(), "alice/3.eml", "Subject: three\n\nx");
    std::thread::sleep(Duration::from_millis(20));
    let (place, mail_path) = (data.path().to_owned(), mail.path().to_owned());
    let rebuilding = std::thread::spawn(move || take_in(&mail_path, &place, true));
    while !rebuilding.is_finished() {
        assert_eq!(get(&router, "/v1/search?q=contract").await.status, 200);
    }
    rebuilding.join().unwrap();
    for _ in 0..50 {
        if count().await == 3 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the new index is not seen");
}

const BROWSE: &str = "/api/t1/discovery/some-location/source/Alice/items";

/// A client that walks folders and messages goes on when premium does not answer.
#[tokio::test]
async fn collected_mail_is_browsed_without_premium() {
    let Indexed { router, .. } = &indexed();
    let folders = get(router, &format!("{BROWSE}/-?types=MailboxFolder&PageSize=100")).await;
    assert_eq!(folders.header("postern-served-by"), Some("local"));
    let json = folders.json();
    let names: Vec<_> = json["Items"].as_array().unwrap().iter().map(|one| &one["Name"]).collect();
    assert_eq!(names, ["Inbox", "Sent"]);
    assert_eq!(json["Items"][1]["Discriminator"], "SentMailboxFolder");
    let sent = json["Items"][1]["ItemId"].as_str().unwrap();
    let range = "types=MessageItem&fromDate=2024-01-01T00:00:00Z&toDate=2024-01-31T00:00:00Z";
    let listed = get(router, &format!("{BROWSE}/{sent}?{range}")).await.json();
    assert_eq!(
        (&listed["Items"][0]["Name"], &listed["Options"]["Marker"]),
        (&"contract".into(), &Value::Null)
    );
    let item = listed["Items"][0]["ItemId"].as_str().unwrap();
    let raw = "dataType=email&fragmentId=x&format=eml";
    let file = get(router, &format!("{BROWSE}/{item}/download?{raw}")).await;
    assert_eq!(file.body, RICH.as_bytes());
    let first = get(router, &format!("{BROWSE}/-?{range}&PageSize=1")).await.json();
    let marker = first["Options"]["Marker"].as_str().unwrap();
    let second =
        get(router, &format!("{BROWSE}/-?{range}&PageSize=1&Marker={marker}")).await.json();
    assert_eq!(
        (&second["Items"][0]["Name"], &second["Options"]["Marker"]),
        (&"=contract".into(), &Value::Null)
    );
    for (uri, status) in [
        (format!("{BROWSE}/-?types=Other"), 400),
        (format!("{BROWSE}/-?types=MessageItem"), 400),
        (format!("{BROWSE}/none?{range}"), 502),
        (format!("{BROWSE}/-?types=MailboxFolder").replace("Alice", "nobody"), 502),
        (format!("{BROWSE}/none/download"), 502),
        (BROWSE.replace("t1", "t2") + "/-?types=MailboxFolder", 404),
    ] {
        assert_eq!(get(router, &uri).await.status, status, "{uri}");
    }
}

#[tokio::test]
async fn browsing_is_premiums_while_it_answers() {
    let Indexed { data, .. } = &indexed();
    let fake = Fake::start().await.unwrap();
    fake.answer("{\"Items\":[ ]}");
    let router = gateway_over(&one_key(Some(&fake)), Local::below(data.path()));
    let uri = format!("{BROWSE}/-?types=MailboxFolder");
    let seen = get(&router, &uri).await;
    assert_eq!(
        (seen.body.as_slice(), seen.header("postern-served-by")),
        (&b"{\"Items\":[ ]}"[..], Some("premium"))
    );
    assert_eq!(fake.seen()[0].target, uri);
    fake.misbehave(postern_upstream::fake::Misbehaviour::Status(503));
    assert_eq!(get(&router, &uri).await.json()["Items"].as_array().unwrap().len(), 2);
    fake.misbehave(postern_upstream::fake::Misbehaviour::Status(404));
    assert_eq!(get(&router, &uri).await.status, 404, "what premium says of it is passed on");
}
