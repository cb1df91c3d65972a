//! A server that gives set answers, whatever it is asked for.

use super::*;
use crate::fake::Fake;
use crate::{Secret, Trust};

pub(super) fn account(fake: &Fake) -> Account {
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

pub(super) async fn server() -> Fake {
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

pub(super) async fn session(fake: &Fake, version: Version) -> (TempDir, Sessions, Session) {
    let folder = tempfile::tempdir().unwrap();
    let client = client(Account { version: Some(version), ..account(fake) });
    let sessions = Sessions::open(client, folder.path()).unwrap();
    let session = sessions.session(Kind::Exchange, None).await.unwrap();
    (folder, sessions, session)
}
