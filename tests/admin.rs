//! `postern admin` against the fake upstream.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use postern_upstream::fake::{Fake, Misbehaviour};
use serde_json::{Value, json};

use crate::support::{KEY, TENANT, postern, stderr, stdout};

const OPERATOR: &str = "op1:s3cret";
const ISSUED: &str = "issued-t3nant-key";

async fn upstream() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.demand_key(OPERATOR);
    let issued = json!({"ApiKey": ISSUED, "ExpirationDate": "2027-01-02T03:04:05Z"});
    fake.answer_at("/generateApiKey", issued.to_string());
    fake.answer_at("/consent-url", r#"{"ConsentUrl":"https://login.example/consent?x=1"}"#);
    fake.answer_at("/config/tenants", "");
    fake
}

/// Runs `postern admin` in a folder, with a key in the environment.
fn admin(fake: &Fake, folder: &Path, key: &str, arguments: &[&str]) -> Output {
    let mut command = postern(folder);
    command.current_dir(folder).stdin(Stdio::null()).env("POSTERN_ADMIN_KEY", key);
    command.arg("admin").args(arguments).args(["--premium", &fake.url()]).output().unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, said: &str) {
    let all = format!("{}{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{all}");
    assert!(all.contains(said), "`{said}` in {all}");
    assert!(!all.contains("s3cret"), "{all}");
}

fn issue() -> Vec<&'static str> {
    vec!["issue-key", "--tenant", TENANT]
}

fn roll_out() -> Vec<&'static str> {
    vec![
        "rollout",
        "--tenant",
        TENANT,
        "--tenant",
        "t2",
        "--tag",
        "v2.2.0",
        "--digest",
        "sha256:aa",
    ]
}

/// What lies in a folder.
fn made(folder: &std::path::Path) -> Vec<String> {
    let there = std::fs::read_dir(folder).unwrap();
    there.map(|one| one.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_is_shown_first() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    for (arguments, said) in [
        (
            issue(),
            "makes a key for the tenant 11111111-1111-4111-8111-111111111111, which goes into",
        ),
        (vec!["consent-url"], "asks for the address"),
        (roll_out(), "t2 on the build v2.2.0 (sha256:aa)"),
    ] {
        let output = admin(&fake, folder.path(), OPERATOR, &arguments);
        check(&output, 0, said);
        check(&output, 0, "nothing was done; to do it, add --yes");
        let json = admin(
            &fake,
            folder.path(),
            OPERATOR,
            &[&arguments[..], &["--format", "json"]].concat(),
        );
        let answer: Value = serde_json::from_str(&stdout(&json)).unwrap();
        assert_eq!((&answer["done"], &answer["verb"]), (&json!(false), &json!(arguments[0])));
    }
    assert!(fake.seen().is_empty(), "nobody was asked");
    assert_eq!(made(folder.path()), ["audit"], "no file was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issued_key_is_kept_for_its_owner_alone() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let order = [&issue()[..], &["--yes"]].concat();
    let output = admin(&fake, folder.path(), OPERATOR, &order);
    check(
        &output,
        0,
        "good until 2027-01-02T03:04:05Z, is in 11111111-1111-4111-8111-111111111111.key",
    );
    assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains(ISSUED));
    let file = folder.path().join(format!("{TENANT}.key"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{ISSUED}\n"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let seen = fake.seen().remove(0);
    assert_eq!(seen.target, "/api/authentication/generateApiKey");
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(body, json!({"scope": "Tenant", "tenantId": TENANT}));

    check(&admin(&fake, folder.path(), OPERATOR, &order), 1, "no key is written over");
    assert_eq!(fake.seen().len(), 1, "no second key is made for nothing");
    let output =
        admin(&fake, folder.path(), OPERATOR, &[&order[..], &["--stdout", "--quiet"]].concat());
    assert_eq!((stdout(&output), stderr(&output)), (format!("{ISSUED}\n"), String::new()));
    let output =
        admin(&fake, folder.path(), OPERATOR, &[&order[..], &["--out", "no/such/folder"]].concat());
    check(&output, 1, "no key was made");
    assert_eq!(fake.seen().len(), 2);
    let output = admin(
        &fake,
        folder.path(),
        OPERATOR,
        &[&order[..], &["--out", "b.key", "--format", "json"]].concat(),
    );
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&answer["file"], &answer["key"]), (&json!("b.key"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_and_rollout() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let output = admin(&fake, folder.path(), OPERATOR, &["consent-url", "--yes"]);
    assert_eq!(stdout(&output), "https://login.example/consent?x=1\n");
    check(
        &admin(&fake, folder.path(), OPERATOR, &[&roll_out()[..], &["--yes"]].concat()),
        0,
        "run v2.2.0 now",
    );
    let body: Value = serde_json::from_slice(&fake.seen()[1].body).unwrap();
    let version = json!({"tag": "v2.2.0", "digest": "sha256:aa"});
    assert_eq!(body, json!({"tenantIds": [TENANT, "t2"], "newContainerVersion": version}));
    let wrong = ["rollout", "--tenant", "t", "--tag", "v1", "--digest", "aa"];
    check(&admin(&fake, folder.path(), OPERATOR, &wrong), 2, "`aa` is no digest; write sha256:");
    check(
        &admin(&fake, folder.path(), OPERATOR, &["rollout", "--tag", "v1", "--digest", "sha256:a"]),
        2,
        "--tenant",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_tenant_is_refused() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    for arguments in [issue(), vec!["consent-url"], roll_out()] {
        let order = [&arguments[..], &["--yes"]].concat();
        check(
            &admin(&fake, folder.path(), KEY, &order),
            1,
            "this is no key of the operator, which looks like keyId:secret",
        );
        check(&admin(&fake, folder.path(), "", &order), 1, "there is nothing in POSTERN_ADMIN_KEY");
    }
    assert!(fake.seen().is_empty(), "a key of a tenant is not even sent");

    // One that looks like a key of the operator, and is hidden from by the service.
    fake.misbehave(Misbehaviour::Status(404));
    for arguments in [issue(), vec!["consent-url"], roll_out()] {
        let order = [&arguments[..], &["--yes"]].concat();
        check(
            &admin(&fake, folder.path(), "a:s3cret", &order),
            1,
            "it takes the full-scope key of the operator",
        );
    }
    fake.misbehave(Misbehaviour::None);
    check(
        &admin(&fake, folder.path(), "a:s3cret", &[&issue()[..], &["--yes"]].concat()),
        1,
        "check the key",
    );
    assert_eq!(made(folder.path()), ["audit"], "no empty file is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_key_of_the_operator_comes_from() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let url = fake.url();
    let file = folder.path().join("op.txt");
    std::fs::write(&file, format!("{OPERATOR}\n")).unwrap();
    let ask = |more: &[&str]| {
        let mut command = postern(folder.path());
        command.stdin(Stdio::null()).args(["admin", "consent-url", "--yes"]).args(more);
        command.output().unwrap()
    };
    check(
        &ask(&["--premium", &url, "--admin-key-file", file.to_str().unwrap()]),
        0,
        "login.example",
    );
    check(&ask(&["--premium", &url]), 1, "give it with --admin-key-file FILE or POSTERN_ADMIN_KEY");
    check(
        &ask(&["--admin-key-file", file.to_str().unwrap()]),
        1,
        "give its address with --premium URL",
    );
    check(&ask(&["--premium", &url, "--admin-key", "a:b"]), 2, "unexpected argument");
}

/// The answer is lost: whether there is a key nobody knows, and so none is made again.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_done_is_not_done_again() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    fake.misbehave_at("POST", Misbehaviour::CutOff);
    for arguments in [issue(), roll_out()] {
        let order = [&arguments[..], &["--yes"]].concat();
        check(
            &admin(&fake, folder.path(), OPERATOR, &order),
            1,
            "look at the service before you try again",
        );
    }
    assert_eq!(fake.seen().len(), 2);
}
