//! Documents of drives beside the mail of a tenant whose backups lie at Veeam.

use postern_upstream::fake::Misbehaviour;
use postern_upstream::veeam::Version;
use serde_json::json;

use super::veeam::{at_version, item, page, subjects, tenant, without_answers};
use super::*;

const FOLDERS: &str = r#"{"results":[{"id":"g1","name":"Reports"},
    {"id":"g2","name":"Old","_links":{"parent":{"href":"/v8/x/folders/g1"}}}]}"#;

fn drives() -> String {
    let url = "https://contoso-my.sharepoint.com/personal";
    let drive = |id: &str, name: &str, last: &str| json!({"id": id, "name": name, "url": format!("{url}/{last}")});
    json!({"results": [
        drive("d1", "Ann", "ann_x_com"), drive("d2", "Bob", "bob_x_com"), drive("d3", "Press", "press"),
    ]})
    .to_string()
}

fn document(drive: &str, id: &str, name: &str, folder: Option<&str>) -> String {
    let links = folder.map_or_else(
        || json!({}),
        |folder| json!({"parent": {"href": format!("/v8/x/folders/{folder}")}}),
    );
    json!({"id": id, "oneDriveId": drive, "name": name, "sizeBytes": 7 * id.len(), "version": "2.0",
        "versionId": 1024, "createdBy": "System Account", "creationTime": "2024-01-01T00:00:00Z",
        "modifiedBy": "Ann Archer", "modificationTime": format!("2024-02-0{}T00:00:00Z", id.len()),
        "isFolder": false, "_links": links})
    .to_string()
}

/// A server of mail and drives, whose searches find one message and a document in each drive.
async fn server() -> Fake {
    let fake = without_answers().await;
    fake.answer_at("/mailboxes/search", page(&[item("m1", "i", "f1", "one")], None));
    fake.answer_at("/mailboxes/m1/search", page(&[item("m1", "i", "f1", "one")], None));
    let found = [
        document("d1", "a", "q3_plan.docx", Some("g2")),
        document("d2", "bb", "plan.txt", None),
        document("d3", "ccc", "plan.pdf", None),
    ];
    let of_ann =
        [document("d1", "a", "q3_plan.docx", Some("g2")), document("d1", "aa", "top.txt", None)];
    for (part, body) in [
        ("/OneDrives/search", page(&found, None)),
        ("/OneDrives/d1/Folders/g2/search", page(&found[..1], None)),
        ("/OneDrives/d1/search", page(&of_ann, None)),
        ("/OneDrives/d1/Documents?", page(&of_ann, None)),
        ("/OneDrives?", drives()),
        ("GET /v8/RestoreSessions/s1/Organization/OneDrives/d1/Documents/a", found[0].clone()),
        ("/Folders?", FOLDERS.to_owned()),
    ] {
        fake.answer_at(part, body);
    }
    fake.answer_file_at("/Documents/a/save", "the bytes of a document");
    fake
}

fn ids(json: &Value) -> Vec<&str> {
    let results = json["results"].as_array().unwrap_or_else(|| panic!("{json}"));
    results.iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

/// Where the server was asked to search, in order, below the session.
fn searched(fake: &Fake) -> Vec<String> {
    let seen = fake.seen().into_iter().filter(|seen| seen.path().ends_with("/search"));
    seen.map(|seen| seen.path().split_once("rganization/").unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn documents_stand_behind_mail() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let json = get(&router, "/v1/search?q=plan").await.json();
    assert_eq!(
        ids(&json),
        ["veeam-m1.i", "veeam-~d1.a", "veeam-~d2.bb", "veeam-~d3.ccc"],
        "{json}"
    );
    assert_eq!(json["count"], json!({"value": 4, "exact": false}));
    assert!(json.get("filesMissing").is_none(), "{json}");
    let sent = json!({"query": "plan",
        "documents": "(filename:plan OR filename:~=plan) OR title:plan"});
    assert_eq!((&json["query"]["sent"], &json["query"]["direction"]), (&sent, &"either".into()));
    let hit = &json["results"][1];
    for (name, expected) in [
        ("kind", json!("file")),
        ("name", json!("q3_plan.docx")),
        ("path", json!("Reports/Old")),
        ("owner", json!("ann@x.com")),
        ("size", json!(7)),
        ("createdDateTime", json!("2024-01-01T00:00:00Z")),
        ("modifiedDateTime", json!("2024-02-01T00:00:00Z")),
        ("receivedDateTime", json!("2024-02-01T00:00:00Z")),
        ("version", json!("2.0")),
        ("source", json!("veeam")),
        ("from", json!({"name": "Ann Archer", "address": null})),
    ] {
        assert_eq!(hit[name], expected, "{name}: {hit}");
    }
    assert_eq!(json["results"][3]["owner"], "Press", "nobody's");
    let asked = fake.seen().into_iter().find(|seen| seen.path().ends_with("OneDrives/search"));
    let asked = asked.unwrap();
    assert!(asked.target.ends_with("/search?itemType=Documents&offset=0&limit=24"), "{asked:?}");
    let body = r#"{"query":"(filename:plan OR filename:~=plan) OR title:plan"}"#;
    assert_eq!(String::from_utf8(asked.body).unwrap(), body);
}

/// A part is asked only for what it can have.
#[tokio::test]
async fn who_is_asked() {
    let (mail, files) = ("mailboxes/search", "OneDrives/search");
    for (query, expected) in [
        ("plan", vec![mail, files]),
        ("kind:file+plan", vec![files]),
        ("kind:email+plan", vec![mail]),
        ("plan+to:bob", vec![mail]),
        ("body:plan", vec![mail]),
        ("created:2024", vec![files]),
        ("ext:docx+-to:bob", vec![mail, files]),
        ("kind:file+contents:budget", vec![files]),
    ] {
        let fake = server().await;
        let (_folder, router) = tenant(&fake, &[]);
        let json = get(&router, &format!("/v1/search?q={query}&engine=veeam")).await.json();
        assert_eq!(json["servedBy"]["engine"], "veeam", "{query}: {json}");
        assert_eq!(searched(&fake), expected, "{query}");
        let is_asked = fake.seen().iter().any(|seen| seen.target.contains("OneDrives"));
        assert_eq!(is_asked, expected.contains(&files), "{query}");
    }
}

#[tokio::test]
async fn which_way_documents_err() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    for (uri, direction, note) in [
        ("kind:file+ext:docx", "wider", "compared by words"),
        ("kind:file+-ext:docx", "narrower", "compared by words"),
        ("kind:file", "wider", "lists all documents"),
        ("kind:file+contents:plan", "either", "of which documents it searches the content"),
        ("kind:file+ext:docx&versions=all", "either", "in their newest versions alone"),
    ] {
        let json = get(&router, &format!("/v1/search?q={uri}&engine=veeam")).await.json();
        let query = &json["query"];
        let told = (&query["fidelity"], &query["direction"]);
        assert_eq!(told, (&"approximate".into(), &direction.into()), "{uri}: {json}");
        assert!(query["notes"].to_string().contains(note), "{uri}: {query}");
    }
    let refused = get(&router, "/v1/search?q=kind:file+mime:a/b&engine=veeam").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (400, &"veeam_cannot".into()));
}

/// A key of one owner is told of no other document, and no other drive is asked.
#[tokio::test]
async fn a_key_of_one_owner() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &["ann@x.com"]);
    let json = get(&router, "/v1/search?q=plan").await.json();
    assert_eq!(ids(&json), ["veeam-m1.i", "veeam-~d1.a", "veeam-~d1.aa"], "{json}");
    assert_eq!(searched(&fake), ["mailboxes/m1/search", "OneDrives/d1/search"]);
    fake.misbehave_at("/Documents/nothing", Misbehaviour::Status(404));
    let none = get(&router, "/v1/items/none").await.status;
    for (id, status) in [
        ("veeam-~d1.a", 200),
        ("veeam-~d2.bb", 404),
        ("veeam-~d3.ccc", 404),
        ("veeam-~d1.nothing", 404),
        ("veeam-~m1.i", 404),
        ("veeam-d1.a", 404),
        ("veeam-~d1...", 404),
        ("veeam-~d1%2F..%2Fd2.bb", 404),
    ] {
        for rest in ["", "/content"] {
            let answer = get(&router, &format!("/v1/items/{id}{rest}")).await;
            let text = String::from_utf8_lossy(&answer.body);
            let is_none = status == 404 && answer.status == none;
            assert!(answer.status == status || is_none, "{id}{rest}: {text}");
            assert!(!text.contains("plan.txt") && !text.contains("Bob"), "{id}{rest}: {text}");
        }
    }
    assert!(
        !fake
            .seen()
            .iter()
            .any(|seen| seen.target.contains("/d2/") || seen.target.contains("/d3/"))
    );
}

#[tokio::test]
async fn one_document_that_is_not_here() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let json = get(&router, "/v1/items/veeam-~d1.a").await.json();
    let told = (&json["id"], &json["name"], &json["path"], &json["owner"]);
    let expected =
        (&json!("veeam-~d1.a"), &json!("q3_plan.docx"), &json!("Reports/Old"), &json!("ann@x.com"));
    assert_eq!(told, expected, "{json}");
    assert!(!fake.seen().iter().any(|seen| seen.path().ends_with("/save")), "nothing was saved");
    let content = get(&router, "/v1/items/veeam-~d1.a/content").await;
    assert_eq!(content.body, b"the bytes of a document");
    assert!(content.header("content-disposition").unwrap().contains("q3_plan.docx"));
    // A document is no mail, and mail no document.
    let none = get(&router, "/v1/items/none").await.status;
    for uri in [
        "/v1/messages/veeam-~d1.a/original",
        "/v1/messages/veeam-~d1.a/eml",
        "/v1/items/veeam-m1.i",
        "/v1/items/veeam-m1.i/content",
    ] {
        assert_eq!(get(&router, uri).await.status, none, "{uri}");
    }
}

#[tokio::test]
async fn pages_lead_from_mail_to_documents() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let of_drives = |id: &str, next| page(&[document("d1", id, "plan.txt", None)], next);
    fake.answer_at("/OneDrives/search", of_drives("a", Some(1)));
    fake.refuse_at("/OneDrives/search?itemType=Documents&offset=1", 200, of_drives("aa", None));
    let (mut seen, mut cursor, mut counts) = (Vec::new(), String::new(), Vec::new());
    for _ in 0..3 {
        let json = get(&router, &format!("/v1/search?q=plan&limit=1{cursor}")).await.json();
        seen.extend(ids(&json).into_iter().map(str::to_owned));
        counts.push(json["count"]["value"].as_u64().unwrap());
        cursor = json["nextCursor"].as_str().map(|it| format!("&cursor={it}")).unwrap_or_default();
    }
    assert_eq!(seen, ["veeam-m1.i", "veeam-~d1.a", "veeam-~d1.aa"]);
    assert_eq!((counts, cursor.as_str()), (vec![1, 2, 3], ""));
}

/// Owner and folder are chosen by the URL. A folder is searched with those below it, which are left out.
#[tokio::test]
async fn places_of_documents_become_the_scope() {
    for (query, asked, found) in [
        ("mailbox:ann@x.com+ext:docx", "OneDrives/d1/search", vec!["veeam-~d1.a", "veeam-~d1.aa"]),
        (
            "mailbox:ann@x.com+in:old+ext:docx",
            "OneDrives/d1/Folders/g2/search",
            vec!["veeam-~d1.a"],
        ),
        ("mailbox:ann@x.com+-in:old+ext:docx", "OneDrives/d1/search", vec!["veeam-~d1.aa"]),
    ] {
        let fake = server().await;
        let (_folder, router) = tenant(&fake, &[]);
        let json = get(&router, &format!("/v1/search?q=kind:file+{query}")).await.json();
        assert_eq!(
            (ids(&json), searched(&fake)),
            (found, vec![asked.to_owned()]),
            "{query}: {json}"
        );
        assert_eq!(json["query"]["sent"], json!({"documents": "filename:\".docx\""}), "{query}");
    }
}

/// A query that is about nothing but places is no search: documents are listed, drive by drive.
#[tokio::test]
async fn documents_are_listed() {
    let fake = server().await;
    let (_folder, router) = tenant(&fake, &[]);
    let uri = "/v1/search?q=kind:file+mailbox:ann@x.com+sort:largest";
    let json = get(&router, uri).await.json();
    assert_eq!(ids(&json), ["veeam-~d1.aa", "veeam-~d1.a"], "{json}");
    assert_eq!(json["servedBy"]["engine"], "veeam");
    assert!(searched(&fake).is_empty());
}

/// What has no drives, or shows none, still has mail; and a query for files alone goes to the next engine.
#[tokio::test]
async fn why_no_drive_was_asked() {
    let old = "the search of drives exists from v6 on, and v5 is spoken";
    for (version, how, why) in [
        (Version::V5, Misbehaviour::None, old),
        (Version::V8, Misbehaviour::Status(403), "Veeam does not allow this to the account"),
    ] {
        let fake = server().await;
        fake.answer_at("GET /v5/Organizations", r#"[{"id":"o1","name":"contoso"}]"#);
        fake.answer_at("/o1/action", r#"{"id":"s1","state":"Working"}"#);
        fake.answer_at("/mailboxes/action", page(&[item("m1", "i", "f1", "one")], None));
        fake.misbehave_at("OneDrives", how);
        let (_folder, router) = at_version(&fake, &[], version);
        let json = get(&router, "/v1/search?q=one&engine=veeam").await.json();
        assert!(json["results"].is_array(), "{version}: {json}");
        assert_eq!(subjects(&json), ["one"], "{version}: {json}");
        assert!(json["filesMissing"].as_str().unwrap().contains(why), "{version}: {json}");
        for _ in 0..8 {
            let answer = get(&router, "/v1/search?q=kind:file+plan").await;
            let text = String::from_utf8_lossy(&answer.body);
            assert!(text.contains(why), "the next engine answers, or says that it cannot: {text}");
        }
        let json = get(&router, "/v1/search?q=kind:email+one&engine=veeam").await.json();
        assert_eq!(subjects(&json), ["one"], "mail is asked for as before: {json}");
        assert!(json.get("filesMissing").is_none(), "{json}");
    }
}
