//! Files beside mail.

use postern_query::{Attachment, FILE, NO_CONTENT};
use serde_json::json;

use super::*;

fn file(id: &str, owner: &str, unread: Option<&str>) -> Message {
    Message {
        id: id.into(),
        kind: Some(FILE.into()),
        subject: Some("Harbour study".into()),
        from_name: Some("Ann".into()),
        size: Some(7),
        created: "2024-01-01T00:00:00Z".parse().ok(),
        modified: "2024-02-01T00:00:00Z".parse().ok(),
        received: "2024-02-01T00:00:00Z".parse().ok(),
        has_attachments: Some(false),
        attachments: vec![Attachment {
            name: Some("invoice plan.pdf".into()),
            unread: unread.map(str::to_owned),
            ..Attachment::default()
        }],
        places: vec![Place {
            mailbox: Some(owner.into()),
            folder: Some("Documents".into()),
            source: Some("datatap".into()),
            ..Place::NOWHERE
        }],
        ..Message::default()
    }
}

/// Mail, a file of Alice's without content, and one of Bob's with an older version.
fn shelf() -> Memory {
    let mut shelf = mail();
    let older = Message {
        newest: Some("f2".into()),
        version: Some("1.0".into()),
        ..file("f3", "bob", None)
    };
    shelf.messages.extend([file("f1", "alice", Some(NO_CONTENT)), file("f2", "bob", None), older]);
    shelf
}

fn over(config: &Config) -> Router {
    gateway_over(config, Local::answering(Arc::new(shelf())))
}

#[tokio::test]
async fn a_hit_says_what_a_file_is() {
    let router = over(&one_key(None));
    let seen = get(&router, "/v1/search?q=kind:file+mailbox:alice+plan").await;
    let hit = &seen.json()["results"][0];
    for (name, expected) in [
        ("kind", json!("file")),
        ("name", json!("invoice plan.pdf")),
        ("path", json!("Documents")),
        ("owner", json!("alice")),
        ("size", json!(7)),
        ("createdDateTime", json!("2024-01-01T00:00:00Z")),
        ("modifiedDateTime", json!("2024-02-01T00:00:00Z")),
        ("receivedDateTime", json!("2024-02-01T00:00:00Z")),
        ("version", json!(null)),
        ("source", json!("datatap")),
        ("links", json!({"self": "/v1/items/f1"})),
    ] {
        assert_eq!(hit[name], expected, "{name}");
    }
    let mail = &get(&router, "/v1/search?q=kind:email+OR+holiday").await.json()["results"][0];
    assert_eq!((mail.get("kind"), mail.get("owner")), (None, None));
}

/// Searches find the newest version, and older ones where that is said.
#[tokio::test]
async fn versions() {
    let router = over(&one_key(None));
    let newest = get(&router, "/v1/search?q=kind:file").await;
    assert_eq!(newest.ids(), ["f1", "f2"]);
    let all = get(&router, "/v1/search?q=kind:file&versions=all").await;
    assert_eq!(all.ids(), ["f1", "f2", "f3"]);
    assert_eq!(all.json()["results"][2]["newest"], "f2");
    let refused = get(&router, "/v1/search?q=kind:file&versions=some").await;
    assert_eq!(refused.json()["code"], "invalid_parameter");
    let page = get(&router, "/v1/search?q=kind:file&limit=1&versions=all").await.json();
    let other =
        format!("/v1/search?q=kind:file&limit=1&cursor={}", page["nextCursor"].as_str().unwrap());
    assert_eq!(get(&router, &other).await.json()["code"], "invalid_parameter", "another search");
}

#[tokio::test]
async fn one_file_and_its_bytes() {
    let router = over(&one_key(None));
    let item = get(&router, "/v1/items/f2").await.json();
    assert_eq!(
        (&item["name"], &item["links"]["content"]),
        (&json!("invoice plan.pdf"), &json!("/v1/items/f2/content"))
    );
    let content = get(&router, "/v1/items/f2/content").await;
    assert_eq!(content.body, b"From: the bytes");
    assert_eq!(content.header("content-type"), Some("application/octet-stream"));
    assert!(content.header("content-disposition").unwrap().contains("invoice plan.pdf"));
    let nothing = get(&router, "/v1/items/f1/content").await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["code"]), (404, &json!("no_content")));
    let gone = get(&router, "/v1/items/f3/content").await;
    assert_eq!((gone.status.as_u16(), &gone.json()["code"]), (410, &json!("original_gone")));
    assert_eq!(gone.json()["title"], "the content of this file is not there");
    assert_eq!(gone.json()["hint"], "what is known of the file is at `/v1/items/{id}`");
    let text = String::from_utf8(gone.body).unwrap();
    assert!(!text.contains("message") && !text.contains("/eml"), "{text}");
    // Mail is no file, and a file no mail.
    for uri in [
        "/v1/items/m1",
        "/v1/items/m1/content",
        "/v1/messages/f2/eml",
        "/v1/messages/f2/original",
        "/v1/messages/f2/attachments/0",
    ] {
        let seen = get(&router, uri).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.json()["code"]),
            (404, &json!("unknown_message")),
            "{uri}"
        );
    }
    let shown = get(&router, "/v1/messages/f2?format=html").await;
    assert!(!String::from_utf8_lossy(&shown.body).contains("the bytes"));
}

#[tokio::test]
async fn clients_of_datatap_see_mail_alone() {
    let router = over(&one_key(None));
    for query in ["", "?query=plan", "?filter=mailbox+eq+'alice'"] {
        let ids = get(&router, &format!("{DOCUMENTS}{query}")).await.ids();
        assert!(ids.iter().all(|id| id.starts_with('m')), "{query}: {ids:?}");
    }
}

#[tokio::test]
async fn a_key_of_one_owner_sees_no_files_of_another() {
    let mut config = one_key(None);
    let narrow = Key { mailboxes: vec!["alice".into()], ..key("narrow", "narrow", TENANT) };
    config.access = Access::new(vec![narrow]);
    let router = over(&config);
    let ask = async |uri: &str| send(&router, Method::GET, uri, Some("narrow"), "").await;
    assert_eq!(ask("/v1/search?q=kind:file&versions=all").await.ids(), ["f1"]);
    for uri in ["/v1/items/f2", "/v1/items/f2/content", "/v1/items/none", "/v1/items/none/content"]
    {
        let seen = ask(uri).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.json()["code"]),
            (404, &json!("unknown_message")),
            "{uri}"
        );
    }
}

/// Premium is asked for the mail, and says so; what it cannot say is answered here, with files.
#[tokio::test]
async fn premium_has_no_files() {
    let fake = Fake::start().await.unwrap();
    fake.answer(r#"{"Count":1,"Results":[{"Id":"m1","Subject":"invoice one"}]}"#);
    let router = over(&one_key(Some(&fake)));
    let seen = get(&router, "/v1/search?q=invoice").await.json();
    assert_eq!(
        (&seen["servedBy"]["engine"], &seen["query"]["fidelity"]),
        (&json!("premium"), &json!("exact"))
    );
    let told = seen["filesMissing"].as_str().unwrap();
    assert!(told.contains("engine=local"), "{told}");
    let local = get(&router, "/v1/search?q=invoice&engine=local").await;
    assert_eq!(
        (local.json().get("filesMissing"), local.ids().contains(&"f1".to_owned())),
        (None, true)
    );
    let here = get(&router, "/v1/search?q=kind:file").await.json();
    assert_eq!((&here["servedBy"]["engine"], here.get("filesMissing")), (&json!("local"), None));
    // Nobody who asks for mail alone misses files, nor does a tenant without any.
    let mail = get(&router, "/v1/search?q=kind:email+invoice").await.json();
    assert_eq!(mail.get("filesMissing"), None);
    let without = get(&gateway(&one_key(Some(&fake))), "/v1/search?q=invoice").await.json();
    assert_eq!(without.get("filesMissing"), None);
}
