//! Documents of drives: the published examples in both forms.

use serde_json::{Value, json};

use super::acts::{check, last, ready};
use crate::Secret;
use crate::fake::Fake;
use crate::veeam::{
    CopyDocuments, Credentials, Document, Documents, Drive, DriveScope, Existing, Letter, Paging,
    Problem, RestoreDocuments, Session, Under, Version, Versions,
};

/// The bodies of the four examples of the vendor's page on document actions, as they are printed.
fn published(verb: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("onedrive.json")).unwrap();
    in_lower_case(&all[verb])
}

/// Names in the examples have three casings.
fn in_lower_case(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.to_lowercase(), in_lower_case(value))).collect()
        }
        Value::Array(list) => list.iter().map(in_lower_case).collect(),
        other => other.clone(),
    }
}

/// The drive and the two documents of the examples, as the server lists them.
async fn listed(fake: &Fake, session: &Session, verb: &str) -> (Drive, Drive, Vec<Document>) {
    let all: Value = serde_json::from_str(include_str!("onedrive.json")).unwrap();
    let (_, arguments) = all[verb].as_object().unwrap().iter().next().unwrap();
    let into = &all["copy"]["copyto"]["OneDrive"];
    let drives = json!({"results": [{"id": "d1", "name": "Ann", "url": "https://x/ann"}, into]});
    fake.answer_at("OneDrives?", drives.to_string());
    fake.answer_at("Documents?", json!({"results": arguments["Documents"]}).to_string());
    let page = Paging::first(30);
    let [drive, into] = session.drives(&page).await.unwrap().results.try_into().unwrap();
    let documents = session.documents(&drive.id, Under::Everything, &page).await.unwrap();
    if verb == "save" {
        fake.answer_file("PK");
    }
    (drive, into, documents.results)
}

fn admin() -> Credentials {
    Credentials::Password { user: "admin".into(), password: Secret::new("12345678") }
}

fn letter() -> Letter {
    Letter {
        from: "fromUser@example.com".into(),
        to: "toUser@example.com".into(),
        subject: Some("Send document".into()),
        text: Some("Hello. It’s your document!".into()),
    }
}

const RESTORE: RestoreDocuments =
    RestoreDocuments { versions: Some(Versions::Last), existing: Some(Existing::Keep) };

fn copy(into: Drive) -> CopyDocuments {
    let (folder, versions) = (Some("pictures".into()), Some(Versions::All));
    CopyDocuments { into, folder, versions, existing: None }
}

#[tokio::test]
async fn the_published_examples_up_to_v5() {
    for version in [Version::V2, Version::V4] {
        for verb in ["send", "save", "restore", "copy"] {
            let (fake, _folder, session) = ready(version).await;
            let (drive, into, documents) = listed(&fake, &session, verb).await;
            let documents = Documents::Several(documents);
            act(&session, verb, &drive, into, &documents).await;
            let (place, body) = last(&fake);
            let expected = "RestoreSessions/s1/Organization/OneDrives/d1/Documents/Action";
            assert_eq!(place, format!("POST /{version}/{expected}"));
            assert_eq!(in_lower_case(&body), published(verb), "{verb}");
        }
    }
}

async fn act(session: &Session, verb: &str, drive: &Drive, into: Drive, documents: &Documents) {
    match verb {
        "send" => session.send_documents(drive, documents, &letter()).await.unwrap(),
        "save" => drop(session.save_documents(drive, documents, None).await.unwrap()),
        "restore" => {
            drop(session.restore_documents(drive, documents, RESTORE, &admin()).await.unwrap());
        }
        _ => drop(session.copy_documents(drive, documents, &copy(into), &admin()).await.unwrap()),
    }
}

#[tokio::test]
async fn the_published_examples_from_v6_on() {
    for (verb, path) in
        [("send", "send"), ("save", "save"), ("restore", "restore"), ("copy", "copyTo")]
    {
        for version in [Version::V6, Version::V8] {
            let (fake, _folder, session) = ready(version).await;
            let (drive, into, documents) = listed(&fake, &session, verb).await;
            let ids: Value = documents.iter().map(|one| json!({"id": one.id})).collect();
            act(&session, verb, &drive, into, &Documents::Several(documents)).await;
            let (place, body) = last(&fake);
            let expected = "RestoreSessions/s1/Organization/OneDrives/d1/Documents";
            assert_eq!(place, format!("POST /{version}/{expected}/{path}"));
            // The same arguments without the name of the verb, and ids instead of whole documents.
            let all = published(verb);
            let (_, arguments) = all.as_object().unwrap().iter().next().unwrap();
            let mut arguments = arguments.clone();
            arguments["documents"] = ids;
            assert_eq!(in_lower_case(&body), arguments, "{verb}");
        }
    }
}

#[tokio::test]
async fn documents_are_searched_from_v6_on() {
    for (version, scope, place) in [
        (Version::V6, DriveScope::Drives, "OneDrives/search"),
        (Version::V7, DriveScope::Drive("d/1".into()), "OneDrives/d%2F1/search"),
        (
            Version::V8,
            DriveScope::Folder("d1".into(), "f1".into()),
            "OneDrives/d1/Folders/f1/search",
        ),
    ] {
        let (fake, _folder, session) = ready(version).await;
        fake.answer_at(
            "/search",
            r#"{"setId":"kept","results":[
                {"id":"1","name":"a.txt","sizeBytes":5,"oneDriveId":"d1","_links":{"parent":{"href":"/x/folders/f1"}}},
                {"id":"2","name":"b.txt","_links":{"onedrive":{"href":"/v6/x/onedrives/d2/"}}},
                {"id":"3","name":"A folder","isFolder":true}],
                "_links":{"next":{"href":"/x?offset=3&limit=3&setId=kept"}}}"#,
        );
        let page = Paging::first(3);
        let found = session.search_documents(&scope, "filename:\"a b\"", &page).await.unwrap();
        let told: Vec<_> = found.results.iter().map(|it| (&*it.id, it.drive.as_deref())).collect();
        assert_eq!(told, [("1", Some("d1")), ("2", Some("d2"))]);
        assert_eq!(found.results[0].parent.as_deref(), Some("f1"));
        let sent = format!("POST /{version}/RestoreSessions/s1/organization/{place}");
        let asked = format!("{sent}?itemType=Documents&offset=0&limit=3");
        assert_eq!(last(&fake), (asked, json!({"query": "filename:\"a b\""})));
        fake.answer_at("/search", r#"{"results":[]}"#);
        session.search_documents(&scope, "x", &found.next.unwrap()).await.unwrap();
        assert!(last(&fake).0.ends_with("?itemType=Documents&offset=3&limit=3&setId=kept"));
    }
    let (fake, _folder, session) = ready(Version::V5).await;
    let before = fake.seen().len();
    let refused = session.search_documents(&DriveScope::Drives, "x", &Paging::first(3)).await;
    let said = refused.unwrap_err().to_string();
    assert_eq!(said, "the search of drives exists from v6 on, and v5 is spoken");
    assert_eq!(fake.seen().len(), before, "nothing was sent");
}

#[tokio::test]
async fn one_document_has_a_url_of_its_own() {
    let (fake, _folder, session) = ready(Version::V4).await;
    let (drive, _, documents) = listed(&fake, &session, "save").await;
    let one = Documents::One(documents[0].clone());
    let place = "RestoreSessions/s1/Organization/OneDrives/d1/Documents/0e4079a2-faa5-41bf-b8a7-ba883308cbc9";
    session.save_documents(&drive, &one, Some(true)).await.unwrap();
    check(&fake, &format!("POST /v4/{place}/Action"), &json!({"save": {"asZip": true}}));
    fake.answer("{}");
    session.restore_documents(&drive, &one, RestoreDocuments::default(), &admin()).await.unwrap();
    check(
        &fake,
        &format!("POST /v4/{place}/Action"),
        &json!({"restoreToOriginalLocation": {"userName": "admin", "userPassword": "12345678"}}),
    );

    let (fake, _folder, session) = ready(Version::V8).await;
    let (drive, _, _) = listed(&fake, &session, "save").await;
    session.save_documents(&drive, &one, Some(false)).await.unwrap();
    check(&fake, &format!("POST /v8/{place}/save"), &json!({"asZip": false}));
}

#[tokio::test]
async fn an_older_version_has_a_url_from_v6_on() {
    let (fake, _folder, session) = ready(Version::V8).await;
    let (drive, _, _) = listed(&fake, &session, "save").await;
    let versions = json!({"results": [
        {"id": "x", "name": "plan.docx", "version": "2.0", "versionId": 1024, "sizeBytes": 7},
        {"id": "x", "name": "plan.docx", "version": "1.0", "versionId": 512, "sizeBytes": 5},
    ]});
    fake.answer_at("/Versions?", versions.to_string());
    let found = session.versions("d1", "x", &Paging::first(30)).await.unwrap().results;
    assert_eq!(found.iter().map(|one| one.size).collect::<Vec<_>>(), [Some(7), Some(5)]);
    let old = Documents::InVersion(found[1].clone());
    session.save_documents(&drive, &old, Some(false)).await.unwrap();
    let place = "RestoreSessions/s1/Organization/OneDrives/d1/Documents/x";
    check(&fake, &format!("POST /v8/{place}/Versions/512/save"), &json!({"asZip": false}));

    let (fake, _folder, session) = ready(Version::V4).await;
    let before = fake.seen().len();
    let refused = session.save_documents(&drive, &old, None).await.unwrap_err();
    assert!(matches!(refused, Problem::NotInVersion { .. }), "{refused}");
    let none = Documents::Several(Vec::new());
    let refused = session.save_documents(&drive, &none, None).await.unwrap_err();
    assert_eq!(refused, Problem::Invalid("no document is chosen"));
    assert_eq!(fake.seen().len(), before, "without a list it would be about the whole drive");
}
