//! The client against a fake server.

mod acts;
mod documents;

use std::time::Duration;

use crate::fake::{Fake, Misbehaviour};
use crate::{Retry, Secret, Trust};

use super::{Account, Kind, Paging, Problem, Scope, Session, Sessions, Veeam, Version};

fn account(fake: &Fake) -> Account {
    Account {
        url: fake.url(),
        user: r"CONTOSO\postern".to_owned(),
        password: Secret::new("s3cret pass"),
        organization: None,
        version: None,
        trust: Trust::System,
        sessions: 2,
        answer_time: Duration::from_secs(5),
    }
}

async fn server() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.answer_at("/token", r#"{"access_token":"a1","refresh_token":"r1","expires_in":3600}"#);
    fake.answer_at("/Organizations?", r#"{"results":[{"id":"o1","name":"contoso"}]}"#);
    fake.answer_at("/Organizations ", r#"[{"id":"o1","name":"contoso"}]"#);
    fake.answer_at("xplore", r#"{"id":"s1","state":"Working"}"#);
    fake.answer_at("/search", r#"{"results":[{"id":"i1","subject":"Hi"}],"setId":"k"}"#);
    fake.answer_at("POST /v5/RestoreSessions", r#"{"results":[],"setId":"k"}"#);
    fake.answer_at("POST /v5/Organizations", r#"{"id":"s1"}"#);
    fake.answer("[{\"id\":\"o1\",\"name\":\"contoso\"}]");
    fake
}

fn client(account: Account) -> Veeam {
    let retry = Retry { first_pause: Duration::from_millis(1), ..Retry::default() };
    Veeam::new(account).unwrap().with_retry(retry)
}

async fn session(fake: &Fake, version: Version) -> (tempfile::TempDir, Sessions, Session) {
    let folder = tempfile::tempdir().unwrap();
    let client = client(Account { version: Some(version), ..account(fake) });
    let sessions = Sessions::open(client, folder.path()).unwrap();
    let session = sessions.session(Kind::Exchange, None).await.unwrap();
    (folder, sessions, session)
}

#[tokio::test]
async fn the_newest_version_that_the_server_knows_is_spoken() {
    let fake = server().await;
    fake.misbehave(Misbehaviour::Status(404));
    fake.misbehave_at("/v6/", Misbehaviour::Status(401));
    let client = client(account(&fake));
    assert_eq!(client.version().await, Ok(Version::V6));
    assert_eq!(client.version().await, Ok(Version::V6));
    let asked: Vec<String> = fake.seen().into_iter().map(|seen| seen.target).collect();
    let expected = ["/v8/ServiceInstance", "/v7/ServiceInstance", "/v6/ServiceInstance"];
    assert_eq!(asked, expected);
    assert!(fake.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn what_is_no_veeam_is_called_so() {
    let fake = server().await;
    fake.misbehave(Misbehaviour::Status(404));
    assert_eq!(client(account(&fake)).version().await, Err(Problem::NotVeeam));
}

#[tokio::test]
async fn the_password_is_sent_once_in_a_form() {
    let fake = server().await;
    let client = client(Account { version: Some(Version::V7), ..account(&fake) });
    assert_eq!(client.organization().await.unwrap().id, "o1");
    client.organization().await.unwrap();
    let tokens: Vec<_> = fake.seen().into_iter().filter(|it| it.path() == "/v7/token").collect();
    let form = "grant_type=password&username=CONTOSO%5Cpostern&password=s3cret%20pass&\
                disable_antiforgery_token=true";
    assert_eq!(tokens.iter().map(|it| it.body.clone()).collect::<Vec<_>>(), [form.as_bytes()]);
    assert_eq!(fake.seen().last().unwrap().header("authorization"), Some("Bearer a1"));
}

#[tokio::test]
async fn a_session_is_shared_and_stopped() {
    let fake = server().await;
    let (folder, sessions, session) = session(&fake, Version::V8).await;
    let other = sessions.session(Kind::Exchange, None).await.unwrap();
    assert_eq!(session.id().await, other.id().await);
    sessions.stop_all().await;
    let seen = fake.seen();
    let opened = seen.iter().filter(|it| it.target == "/v8/Organizations/o1/explore");
    assert_eq!(opened.count(), 1);
    assert_eq!(seen.last().unwrap().target, "/v8/RestoreSessions/s1/Stop");
    let written = std::fs::read(folder.path().join("sessions-1.jsonl")).unwrap();
    assert_eq!(written, b"", "nothing is left to stop");
    assert_eq!(sessions.session(Kind::Exchange, None).await.unwrap_err(), Problem::Ending);
}

#[tokio::test]
async fn search_has_a_form_for_each_version() {
    let table = [
        (Version::V5, "/organization/mailboxes/m1/action", r#"{"search":{"query":"a b"}}"#),
        (Version::V6, "/organization/mailboxes/m1/search", r#"{"query":"a b"}"#),
        (Version::V8, "/organization/mailboxes/m1/search", r#"{"query":"a b"}"#),
    ];
    for (version, place, body) in table {
        let fake = server().await;
        let (_folder, _sessions, session) = session(&fake, version).await;
        let scope = Scope::Mailbox("m1".to_owned());
        let found = session.search(&scope, "a b", &Paging::first(1)).await;
        found.unwrap();
        let seen = fake.seen().pop().unwrap();
        assert_eq!(seen.path(), format!("/{version}/RestoreSessions/s1{place}"));
        assert_eq!(String::from_utf8(seen.body).unwrap(), body);
    }
}
