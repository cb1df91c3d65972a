//! Restoring, sending and device codes: what is sent in both forms, and what the answers mean.

use serde_json::{Value, json};

use super::{account, client, server, session};
use crate::fake::{Fake, Misbehaviour};
use crate::veeam::{
    Chosen, Credentials, DeviceSignIn, Kind, Letter, Problem, Restored, Session, Version,
};
use crate::{Fault, Secret};

fn item() -> Chosen {
    Chosen::Item { mailbox: "m1".into(), item: "i==".into() }
}

fn password() -> Credentials {
    Credentials::Password { user: "ann@x.com".into(), password: Secret::new("paSSw0rd") }
}

fn certificate(impersonate: Option<&str>) -> Credentials {
    Credentials::Certificate {
        application: "app".into(),
        certificate: Secret::new("MIIK"),
        password: Secret::new("xxx"),
        impersonate: impersonate.map(str::to_owned),
    }
}

/// The last thing that was asked: where, and with which body.
pub(super) fn last(fake: &Fake) -> (String, Value) {
    let seen = fake.seen();
    let seen = seen.last().unwrap();
    let body = serde_json::from_slice(&seen.body).unwrap_or(Value::Null);
    (format!("{} {}", seen.method, seen.target), body)
}

const OLD: &str = "POST /v4/RestoreSessions/s1/organization/mailboxes/m1/items/i%3D%3D/Action";
const NEW: &str = "POST /v7/RestoreSessions/s1/organization/mailboxes/m1/items/i%3D%3D";

#[track_caller]
pub(super) fn check(fake: &Fake, place: &str, body: &Value) {
    assert_eq!(last(fake), (place.to_owned(), body.clone()));
}

pub(super) async fn ready(version: Version) -> (Fake, tempfile::TempDir, Session) {
    let fake = server().await;
    fake.answer_at(&format!("POST /{version}/Organizations"), r#"{"id":"s1"}"#);
    let (folder, sessions, session) = session(&fake, version).await;
    // It lives as long as its session.
    std::mem::forget(sessions);
    fake.answer("{}");
    (fake, folder, session)
}

#[tokio::test]
async fn restores_in_both_forms() {
    for (credentials, old, new) in [
        (
            password(),
            json!({"userName": "ann@x.com", "userPassword": "paSSw0rd"}),
            json!({"userName": "ann@x.com", "userPassword": "paSSw0rd"}),
        ),
        (
            Credentials::Code(Secret::new("C6A9")),
            json!({"userCode": "C6A9"}),
            json!({"userCode": "C6A9"}),
        ),
        (
            certificate(Some("ann@x.com")),
            json!({"applicationId": "app", "applicationCertificate": "MIIK",
                   "applicationCertificatePassword": "xxx"}),
            json!({"applicationId": "app", "applicationCertificate": "MIIK",
                   "applicationCertificatePassword": "xxx", "impersonationAccountName": "ann@x.com"}),
        ),
    ] {
        let (fake, _folder, session) = ready(Version::V4).await;
        session.restore(&item(), None, &credentials).await.unwrap();
        check(&fake, OLD, &json!({"restoretoOriginallocation": old}));
        let to = json!({"mailbox": "bob@x.com"});
        session.restore(&item(), Some("bob@x.com"), &credentials).await.unwrap();
        check(&fake, OLD, &json!({"restoreTo": merged(&to, &old)}));

        let (fake, _folder, session) = ready(Version::V7).await;
        session.restore(&item(), None, &credentials).await.unwrap();
        check(&fake, &format!("{NEW}/restore"), &new);
        session.restore(&item(), Some("bob@x.com"), &credentials).await.unwrap();
        check(&fake, &format!("{NEW}/restoreTo"), &merged(&to, &new));
    }
}

fn merged(one: &Value, other: &Value) -> Value {
    let mut all = one.as_object().unwrap().clone();
    all.extend(other.as_object().unwrap().clone());
    Value::Object(all)
}

#[tokio::test]
async fn a_certificate_needs_an_account_from_v6_on() {
    let (fake, _folder, session) = ready(Version::V7).await;
    let before = fake.seen().len();
    let refused = session.restore(&item(), None, &certificate(None)).await.unwrap_err();
    assert!(refused.is_surely_undone() && refused.to_string().contains("--impersonate"));
    assert_eq!(fake.seen().len(), before, "nothing was sent");
    let (_fake, _folder, session) = ready(Version::V4).await;
    assert!(session.restore(&item(), None, &certificate(None)).await.is_ok());
}

#[tokio::test]
async fn what_a_restore_says() {
    let (fake, _folder, session) = ready(Version::V7).await;
    for (answer, expected) in [
        ("", (0, 0, 0, &[][..])),
        (r#"{"createdItemsCount":1,"mergedItemsCount":2,"failedItemsCount":0}"#, (3, 0, 0, &[])),
        (r#"{"CreatedItemsCount":0,"skippedItemsCount":1}"#, (0, 0, 1, &[])),
        (r#"{"failedItemsCount":1,"exceptions":["no","room"]}"#, (0, 1, 0, &["no", "room"])),
        (r#"{"failedItemsCount":1,"exceptions":[{"message":"no"}]}"#, (0, 1, 0, &["no"])),
    ] {
        fake.answer_at("/restore", answer);
        let restored = session.restore(&item(), None, &password()).await.unwrap();
        let (done, failed, skipped, said) = expected;
        let said = said.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(restored, Restored { done, failed, skipped, said }, "{answer}");
    }
}

#[tokio::test]
async fn a_restore_of_v8_is_followed_to_its_end() {
    let (fake, _folder, session) = ready(Version::V8).await;
    fake.answer_at("/restore", r#"{"sessionId":"run"}"#);
    fake.answer_at(
        "/run/Statistics",
        r#"{"totalItemsCount":1,"restoredItemsCount":0,"failedItemsCount":1,"warnings":["quota"]}"#,
    );
    fake.answer_at("RestoreSessions/run", r#"{"id":"run","state":"Stopped"}"#);
    let restored = session.restore(&item(), None, &password()).await.unwrap();
    assert_eq!((restored.done, restored.failed), (0, 1));
    assert_eq!(restored.said, ["quota"]);
}

/// What changes something is sent once, unless it surely had no effect.
#[tokio::test]
async fn an_act_is_asked_once() {
    for (how, asked) in
        [(Misbehaviour::Status(500), 1), (Misbehaviour::Status(503), 1), (Misbehaviour::CutOff, 1)]
    {
        let (fake, _folder, session) = ready(Version::V7).await;
        fake.misbehave_at("/sendToDefaultAddress", how);
        assert!(session.send_default(&item()).await.is_err());
        let seen = fake.seen();
        let sent = seen.iter().filter(|seen| seen.target.ends_with("/sendToDefaultAddress"));
        assert_eq!(sent.count(), asked, "{how:?}");
    }
}

#[tokio::test]
async fn a_secret_that_the_server_repeats_is_not_told() {
    let (fake, _folder, session) = ready(Version::V7).await;
    fake.misbehave_at("/restore", Misbehaviour::Status(400));
    let refused = session.restore(&item(), None, &password()).await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("paSSw0rd"));
    assert!(!format!("{:?}", password()).contains("paSSw0rd"));
}

#[tokio::test]
async fn sends_in_both_forms() {
    let letter = Letter {
        from: "a@x.com".into(),
        to: "b@x.com".into(),
        subject: Some("Tickets".into()),
        text: Some("As you asked".into()),
    };
    let body = json!({"from": "a@x.com", "to": "b@x.com", "subject": "Tickets",
                      "text": "As you asked"});
    let (fake, _folder, session) = ready(Version::V4).await;
    session.send_default(&item()).await.unwrap();
    check(&fake, OLD, &json!({"sendtoDefaultaddress": null}));
    session.send_to(&item(), &letter).await.unwrap();
    check(&fake, OLD, &json!({"sendtoDifferentaddress": body}));

    let (fake, _folder, session) = ready(Version::V7).await;
    session.send_default(&item()).await.unwrap();
    check(&fake, &format!("{NEW}/sendToDefaultAddress"), &Value::Null);
    session.send_to(&item(), &letter).await.unwrap();
    check(&fake, &format!("{NEW}/sendToDifferentAddress"), &body);
}

#[tokio::test]
async fn whether_mail_can_be_sent() {
    let fake = server().await;
    let client = client(super::Account { version: Some(Version::V7), ..account(&fake) });
    for (answer, server, from) in [
        (r#"{"enableNotification":true,"server":"s.x","from":"a@x"}"#, Some("s.x"), Some("a@x")),
        (r#"{"enableNotification":false,"server":"s.x","from":"a@x"}"#, None, Some("a@x")),
        (r#"{"SmtpServer":"s.x"}"#, Some("s.x"), None),
        ("{}", None, None),
    ] {
        fake.answer_at("/VexEmailSettings", answer);
        let settings = client.mail_settings(Kind::Exchange).await.unwrap();
        assert_eq!((settings.server.as_deref(), settings.from.as_deref()), (server, from));
    }
}

#[tokio::test]
async fn a_person_signs_in_with_a_device_code() {
    let (fake, _folder, session) = ready(Version::V7).await;
    fake.answer_at(
        "/restoreDeviceCode",
        r#"{"userCode":"ABC","verificationUrl":"https://x/device","expiresIn":60,"message":""}"#,
    );
    let sign_in = DeviceSignIn { application: "app".into(), ..DeviceSignIn::default() };
    let code = session.device_code(&sign_in).await.unwrap();
    let place = "POST /v7/RestoreSessions/s1/organization/restoreDeviceCode";
    check(&fake, place, &json!({"targetApplicationId": "app"}));
    assert_eq!((code.code.expose(), code.url.as_str()), ("ABC", "https://x/device"));
    assert!(!format!("{code:?}").contains("ABC"));
    fake.answer_at("/DeviceCode/check", r#"{"authenticated":false}"#);
    assert_eq!(session.client().is_signed_in(&code.code).await, Ok(Some(false)));
    check(&fake, "POST /v7/DeviceCode/check", &json!({"userCode": "ABC"}));
    let (_fake, _folder, session) = ready(Version::V4).await;
    assert_eq!(session.client().is_signed_in(&code.code).await, Ok(None));
}

#[test]
fn an_answer_that_did_not_come_may_have_been_done() {
    for (problem, is_undone) in [
        (Problem::Failed(Fault::Connect), true),
        (Problem::Failed(Fault::Timeout), false),
        (Problem::Failed(Fault::CutOff), false),
    ] {
        assert_eq!(problem.is_surely_undone(), is_undone, "{problem}");
    }
}
