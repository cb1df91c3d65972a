//! Version, password, tokens, organization, errors.

use http::{HeaderMap, StatusCode};

use super::*;
use crate::Secret;
use crate::fake::Misbehaviour;

#[tokio::test]
async fn the_newest_version_that_the_server_knows_is_spoken() {
    let fake = FakeVeeam::start(&[Version::V4, Version::V6]).await.unwrap();
    let client = client(fake.account());
    assert_eq!(client.version().await, Ok(Version::V6));
    assert_eq!(client.version().await, Ok(Version::V6));
    let asked: Vec<String> = fake.http().seen().into_iter().map(|seen| seen.target).collect();
    let expected = ["/v8/ServiceInstance", "/v7/ServiceInstance", "/v6/ServiceInstance"];
    assert_eq!(asked, expected);
    assert!(fake.http().seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn a_configured_version_is_not_looked_for() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let client = client(Account { version: Some(Version::V5), ..fake.account() });
    client.organization().await.unwrap();
    assert!(fake.http().seen().iter().all(|seen| seen.target.starts_with("/v5/")));
}

#[tokio::test]
async fn what_is_no_veeam_is_called_so() {
    let fake = FakeVeeam::start(&[]).await.unwrap();
    assert_eq!(client(fake.account()).version().await, Err(Problem::NotVeeam));
    fake.http().misbehave(Misbehaviour::Html);
    is_fault(client(fake.account()).version().await, Fault::Unparsable);
    fake.http().misbehave(Misbehaviour::Redirect);
    is_fault(client(fake.account()).version().await, Fault::Redirect(302));
}

#[tokio::test]
async fn the_password_is_sent_once_in_a_form_without_a_cookie() {
    let cookie = "&disable_antiforgery_token=true";
    for (version, cookie) in
        [(Version::V4, ""), (Version::V6, ""), (Version::V7, cookie), (Version::V8, cookie)]
    {
        let fake = FakeVeeam::start(&[version]).await.unwrap();
        let client = client(fake.account());
        assert_eq!(client.organization().await.unwrap().id, "o1");
        client.organization().await.unwrap();
        let tokens = fake.http().seen().into_iter().filter(|it| it.path().ends_with("/token"));
        let bodies: Vec<_> = tokens.map(|it| String::from_utf8(it.body).unwrap()).collect();
        let form = "grant_type=password&username=CONTOSO%5Cpostern&password=s3cret%20pass";
        assert_eq!(bodies, [format!("{form}{cookie}")], "{version}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_is_renewed_once() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let client = client(fake.account());
    client.organization().await.unwrap();
    fake.expire_tokens();
    client.organization().await.unwrap();
    let grants = fake.http().seen().into_iter().filter(|it| it.path().ends_with("token"));
    let grants =
        grants.map(|it| String::from_utf8_lossy(&it.body).chars().take(25).collect::<String>());
    assert_eq!(
        grants.collect::<Vec<_>>(),
        ["grant_type=password&usern", "grant_type=refresh_token&"]
    );
}

#[tokio::test]
async fn a_refresh_token_that_is_used_up_is_followed_by_the_password() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let client = client(fake.account());
    client.organization().await.unwrap();
    fake.restart();
    client.organization().await.unwrap();
    let grants = fake.http().seen().into_iter().filter(|it| it.path().ends_with("token")).count();
    assert_eq!(grants, 3, "password, refresh token, password");
}

#[tokio::test]
async fn all_who_ask_at_once_log_on_once() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let client = client(fake.account());
    let asking = (0..8).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.organization().await.unwrap() })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
    let grants = fake.http().seen().into_iter().filter(|it| it.path().ends_with("token")).count();
    assert_eq!(grants, 1);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let client = client(Account { password: Secret::new("wr0ng"), ..fake.account() });
    for _ in 0..3 {
        let problem = client.organization().await.unwrap_err();
        assert_eq!(problem.code(), "bad_password");
        let said = problem.to_string();
        assert!(said.contains("They are not correct.") && !said.contains("wr0ng"), "{said}");
    }
    let grants = fake.http().seen().into_iter().filter(|it| it.path().ends_with("token")).count();
    assert_eq!(grants, 1, "servers lock accounts");
}

#[tokio::test]
async fn the_organization_is_named_or_the_only_one() {
    let two = r#"[{"id":"1","name":"a.example"},{"id":"2","name":"b","officeName":"b.example"}]"#;
    let table = [
        (two, None, Err("name an `organization`: the server has a.example, b")),
        (two, Some("B.Example"), Ok("2")),
        (two, Some("1"), Ok("1")),
        (two, Some("c"), Err("the server has no organization `c`; it has a.example, b")),
        ("[]", None, Err("name an `organization`: the server has none")),
    ];
    for (listed, wanted, expected) in table {
        let fake = FakeVeeam::start(&[Version::V7]).await.unwrap();
        fake.http().answer_at("/Organizations", listed);
        let account = Account { organization: wanted.map(str::to_owned), ..fake.account() };
        let found = client(account).organization().await;
        let found = found.as_ref().map(|it| it.id.as_str()).map_err(ToString::to_string);
        assert_eq!(found, expected.map_err(str::to_owned), "{wanted:?}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_when_it_wants_to_be() {
    let fake = FakeVeeam::start(&[Version::V8]).await.unwrap();
    let client = client(fake.account());
    fake.http().misbehave_at_times("/Organizations", Misbehaviour::Busy(Some(1)), 1);
    let start = std::time::Instant::now();
    client.organization().await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    fake.http().misbehave_at("/Organizations", Misbehaviour::Busy(Some(600)));
    let problem = client.organization().await.unwrap_err();
    assert_eq!(problem.retry_after(), Some(Duration::from_secs(600)), "that is given up at once");
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_is_polite() {
    let fake = FakeVeeam::start(&[Version::V8]).await.unwrap();
    let client = client(fake.account());
    client.organization().await.unwrap();
    fake.http().misbehave_at("/RestorePoints", Misbehaviour::Hang);
    let before = fake.http().seen().len();
    let asking = (0..9).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.restore_points(&PAGE).await.map(drop) })
    });
    let asking: Vec<_> = asking.collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fake.http().seen().len() - before, 4);
    asking.into_iter().for_each(|asked| asked.abort());
}

#[test]
fn secrets_are_never_printed() {
    let account = Account {
        url: "http://h".to_owned(),
        user: "u".to_owned(),
        password: Secret::new("s3cret"),
        organization: None,
        version: None,
        trust: crate::Trust::System,
        sessions: 1,
        answer_time: Duration::from_secs(1),
    };
    assert!(!format!("{account:?}").contains("s3cret"));
    assert!(!format!("{:?}", Veeam::new(account.clone()).unwrap()).contains("s3cret"));
    let in_url = Account { url: "https://u:s3cret@h".to_owned(), ..account };
    let refused = Veeam::new(in_url).unwrap_err().to_string();
    assert!(!refused.contains("s3cret"), "{refused}");
}

#[test]
fn every_status_has_a_meaning() {
    let message = r#"{"message":"Words.","errorCode":"X","stackTrace":"at Inside.Of(It)"}"#;
    let oauth = r#"{"error":"invalid_grant","error_description":"Words."}"#;
    let table = [
        (400, oauth, "refused", "Veeam refuses (status 400): Words."),
        (400, message, "refused", "Veeam refuses (status 400): Words."),
        (
            401,
            message,
            "logged_out",
            "Veeam does not accept its own token (status 401); check that the account may use the REST API",
        ),
        (
            403,
            message,
            "not_allowed",
            "Veeam does not allow this to the account (status 403): Words.; ask an administrator of the backup server",
        ),
        (404, message, "not_found", "Veeam does not have it (status 404): Words."),
        (409, "", "refused", "Veeam refuses (status 409)"),
        (429, "", "busy", "Veeam is busy (status 429); try again later"),
        (500, message, "server", "Veeam failed (status 500): Words."),
        (500, "<html>", "status", "Veeam failed: status 500"),
        (503, message, "busy", "Veeam is busy (status 503); try again later"),
        (302, "", "redirect", "Veeam failed: it redirects (status 302)"),
    ];
    for (status, body, code, said) in table {
        let status = StatusCode::from_u16(status).unwrap();
        let problem = Problem::of(status, &HeaderMap::new(), body.as_bytes(), &[]);
        assert_eq!((problem.code(), problem.to_string().as_str()), (code, said));
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_asked_for_once() {
    for (fault, may_pass) in
        [(Fault::Tls, false), (Fault::Certificate, false), (Fault::Connect, true)]
    {
        assert_eq!(Problem::Failed(fault).may_pass(), may_pass, "{fault}");
    }
}

#[test]
fn the_inside_of_the_server_and_secrets_are_not_told() {
    let body = r#"{"message":"Failed for s3cret.\r\n   at Veeam.Inside.Of(String)"}"#;
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let secret = Secret::new("s3cret");
    let problem = Problem::of(status, &HeaderMap::new(), body.as_bytes(), &[&secret]);
    assert_eq!(problem.to_string(), "Veeam failed (status 500): Failed for ***.");
}
