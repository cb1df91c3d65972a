//! `postern files restore`, `copy`, `send`, and `postern retrieve` and `status` against a fake server of Veeam.

use postern_upstream::fake::{Fake, Misbehaviour};
use serde_json::{Value, json};

use crate::files::{check, configured, files, run, server};
use crate::support::{Gateway, get, postern, stdout};

const USER: [(&str, &str); 2] =
    [("POSTERN_RESTORE_USER", "admin"), ("POSTERN_RESTORE_PASSWORD", "12345678")];

/// The body of the last request whose target ends so.
pub(crate) fn body(fake: &Fake, end: &str) -> Value {
    let seen = fake.seen().into_iter().rfind(|seen| seen.path().ends_with(end)).unwrap();
    serde_json::from_slice(&seen.body).unwrap()
}

pub(crate) fn posts(fake: &Fake, end: &str) -> usize {
    let seen = fake.seen();
    seen.iter().filter(|seen| seen.method == "POST" && seen.path().ends_with(end)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_each_document_when_told_to() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    let order = ["files", "restore", "ann", "Reports/b.txt", "a.txt", "--existing", "keep"];
    let shown = run(&fake, folder.path(), &order, &USER);
    check(&shown, 0, &["restore 2 items", "documentAction  keep", "--yes --plan "]);
    assert_eq!(posts(&fake, "Documents/1/Action"), 0, "it was only shown");

    let yes = [&order[..], &["--yes"]].concat();
    let done = run(&fake, folder.path(), &yes, &USER);
    check(&done, 0, &["done  ann@contoso.com  a.txt", "done  ann@contoso.com  Reports  b.txt"]);
    let expected = json!({"restoreToOriginalLocation":
        {"userName": "admin", "userPassword": "12345678", "documentAction": "keep"}});
    assert_eq!(body(&fake, "Documents/1/Action"), expected);
    assert_eq!(body(&fake, "Documents/2/Action"), expected);

    check(&run(&fake, folder.path(), &yes, &USER), 0, &["done before"]);
    assert_eq!(posts(&fake, "Documents/1/Action"), 1, "nothing is done twice");
    let record = std::fs::read_to_string(folder.path().join("data/actions.jsonl")).unwrap();
    assert!(!record.contains("12345678"));
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_together_into_another_drive() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    let order = ["files", "copy", "ann", "Reports/b.txt", "a.txt", "--to", "press@contoso.com"];
    let more = ["--folder", "pictures", "--document-version", "all", "--existing", "merge"];
    let order = [&order[..], &more, &["--together", "--yes"]].concat();
    let done = run(&fake, folder.path(), &order, &USER);
    check(&done, 0, &["the folder pictures of the drive of press@contoso.com"]);
    let sent = body(&fake, "Documents/Action");
    let arguments = &sent["copyTo"];
    assert_eq!(arguments["oneDrive"]["id"], "d2");
    assert_eq!(arguments["Documents"].as_array().unwrap().len(), 2);
    assert_eq!(arguments["documentLastVersionAction"], "merge");
    assert_eq!(
        (&arguments["folder"], &arguments["documentVersion"]),
        (&json!("pictures"), &json!("all"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_in_one_mail_where_mail_is_set_up() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    let order = [
        "files",
        "send",
        "ann",
        "Reports/b.txt",
        "a.txt",
        "--from",
        "a@x.com",
        "--to",
        "b@x.com",
        "--yes",
    ];
    check(&run(&fake, folder.path(), &order, &[]), 1, &["Veeam cannot send documents yet"]);
    fake.answer_at("/VespEmailSettings", r#"{"enableNotification":true,"smtpServer":"mail"}"#);
    check(&run(&fake, folder.path(), &order, &[]), 0, &["one mail to b@x.com"]);
    let sent = body(&fake, "Documents/Action");
    assert_eq!(
        (&sent["sendTo"]["from"], &sent["sendTo"]["to"]),
        (&json!("a@x.com"), &json!("b@x.com"))
    );
    assert_eq!(sent["sendTo"]["Documents"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_missing_credentials_are_told() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    let order = ["files", "restore", "ann", "a.txt", "--yes"];
    check(&run(&fake, folder.path(), &order, &[]), 1, &["POSTERN_RESTORE_USER"]);
    assert_eq!(posts(&fake, "Documents/1/Action"), 0);
    check(
        &run(&fake, folder.path(), &["files", "restore", "ann", "nothing.txt"], &[]),
        1,
        &["no `nothing.txt`"],
    );
    let old = ["files", "save", "ann", "Reports/b.txt", "--version", "1.0"];
    check(&run(&fake, folder.path(), &old, &[]), 1, &["there is no version 1.0; there are 2.0"]);
}

/// The same server with a retrieval job, and a run of another one that is gone.
pub(crate) fn with_retrievals(fake: Fake) -> Fake {
    fake.answer_at("POST /v8/DataRetrievals", r#"{"id":"j9","name":"postern"}"#);
    fake.answer_at(
        "/DataRetrievalSessions",
        r#"{"results":[{"id":"r1","name":"Exchange data retrieval","retrievalId":"j1","status":"Success",
            "progress":7,"processedObjects":86,"creationTime":"2022-01-28T20:54:34.7064449+01:00"},
           {"id":"r2","name":"Teams data retrieval","retrievalId":"gone","status":"Failed","progress":0}]}"#,
    );
    fake.answer_at("j1/mailboxes", r#"{"results":[{"id":"m1","email":"ann@contoso.com"}]}"#);
    fake
}

pub(crate) fn job(state: &str, expires: &str) -> String {
    format!(
        r#"{{"results":[{{"id":"j1","name":"Q3","type":"Exchange","storageType":"AzureArchive","dataState":"{state}",
            "lastStatus":"Success","expirationTime":"{expires}"}}]}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_what_retrieval_jobs_mean() {
    let (fake, folder) = (with_retrievals(server().await), tempfile::tempdir().unwrap());
    for (state, expires, meaning) in [
        ("Retrieved", "2999-01-01T00:00:00Z", "can be read until 2999-01-01T00:00:00Z"),
        ("Retrieved", "2020-01-01T00:00:00Z", "cannot be read any more since 2020-01-01T00:00:00Z"),
        ("Retrieving", "2999-01-01T00:00:00Z", "is being retrieved"),
    ] {
        fake.answer_at("/DataRetrievals?", job(state, expires));
        let told = run(&fake, folder.path(), &["status", "v8"], &[]);
        check(
            &told,
            0,
            &[meaning, "ann@contoso.com", "Success, 7 done, 86 objects", "Teams data retrieval"],
        );
    }
    let told = run(&fake, folder.path(), &["status", "v8", "--format", "json"], &[]);
    let told: Value = serde_json::from_str(&stdout(&told)).unwrap();
    assert_eq!(told["retrievals"]["jobs"][0]["readiness"], "retrieving");
    assert_eq!(told["retrievals"]["runs"][0]["progress"], 7);

    let one = run(&fake, folder.path(), &["status", "v8", "--retrieval", "j1"], &[]);
    check(&one, 0, &["retrieval j1:", "is being retrieved", "run of 2022-01-28"]);
    let seen = fake.seen().into_iter().rfind(|seen| seen.path().ends_with("Sessions")).unwrap();
    assert!(seen.target.contains("dataRetrievalId=j1"), "{}", seen.target);
    let none = run(&fake, folder.path(), &["status", "v8", "--retrieval", "j2"], &[]);
    check(&none, 0, &["there is no such job; `postern status` lists"]);
    let old = run(&fake, folder.path(), &["status", "--retrieval", "j1"], &[]);
    check(&old, 0, &["from v6 on"]);

    let order = [
        "retrieve",
        "v8",
        "ann@contoso.com",
        "cold@contoso.com",
        "--days",
        "3",
        "--glacier",
        "bulk",
    ];
    let shown = run(&fake, folder.path(), &order, &[]);
    check(
        &shown,
        0,
        &[
            "already bringing back ann@contoso.com",
            "cold@contoso.com is listed in no backup",
            "3 days",
        ],
    );
    assert_eq!(posts(&fake, "/DataRetrievals"), 0);
    let done = run(&fake, folder.path(), &[&order[..], &["--yes"]].concat(), &[]);
    check(&done, 0, &["the job j9 runs at Veeam"]);
    let expected = json!({
        "name": "postern", "organizationId": "o1", "availabilityPeriodDays": 3,
        "amazonS3GlacierRetrievalPolicy": "Bulk",
        "mailboxes": [
            {"email": "cold@contoso.com"},
            {"id": "m1", "email": "ann@contoso.com", "isArchive": false, "organizationId": "o1"},
        ],
    });
    assert_eq!(body(&fake, "/DataRetrievals"), expected);
    check(&run(&fake, folder.path(), &["retrieve", "ann@contoso.com"], &[]), 1, &["from v6 on"]);
    check(&files(&fake, folder.path(), &["list"]), 0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_does_not_hang_when_veeam_does_not_answer() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    fake.misbehave(Misbehaviour::Hang);
    check(
        &run(&fake, folder.path(), &["status", "v8"], &[]),
        0,
        &["Veeam did not answer within 3 s"],
    );
    let before = fake.seen().len();
    check(&run(&fake, folder.path(), &["status", "v8", "--offline"], &[]), 0, &[]);
    assert_eq!(fake.seen().len(), before);
}

/// Who is asked, in which order, and what is known of each.
#[tokio::test(flavor = "multi_thread")]
async fn status_names_the_engines() {
    let (fake, folder) = (with_retrievals(server().await), tempfile::tempdir().unwrap());
    fake.answer_at("/DataRetrievals?", job("Retrieved", "2999-01-01T00:00:00Z"));
    let text = |arguments: &[&str]| stdout(&run(&fake, folder.path(), arguments, &[]));
    let engines = |veeam: &str, local: &str| {
        format!(
            "engines, in the order in which they are asked:\n  veeam    {veeam}\n  local    {local}"
        )
    };
    for (arguments, veeam) in [
        (&["status", "v8"][..], "answers"),
        (&["status", "v8", "--offline"], "configured, and not asked now"),
    ] {
        let told = text(arguments);
        assert!(told.starts_with(&engines(veeam, "not available: ")), "{told}");
    }
    fake.misbehave_at("/DataRetrievals", Misbehaviour::Status(403));
    let json = text(&["status", "v8", "--format", "json"]);
    assert!(json.contains(r#""veeam":{"configured":true,"answers":false,"reason":"#), "{json}");
    let told = text(&["status", "v8"]);
    assert!(told.contains("  veeam    does not answer: Veeam does not allow this"), "{told}");

    // Premium is asked too where the configuration says so; without one only what is here is known.
    let data = folder.path().join("data");
    let config = folder.path().join("postern.toml");
    let more = std::fs::read_to_string(&config)
        .unwrap()
        .replace("[tenants.veeam]\n", "[tenants.veeam]\npremium = true\n");
    std::fs::write(&config, format!("[premium]\nurl = \"https://datatap.example\"\n{more}"))
        .unwrap();
    let mut command = postern(&data);
    command.args(["status", "--offline", "--format", "json", "--config"]).arg(&config);
    let told: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(told["engines"]["premium"], json!({"configured": true}), "{told}");
    assert_eq!(told["engines"]["local"]["available"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_tells_the_same_and_asks_rarely() {
    let (fake, folder) = (with_retrievals(server().await), tempfile::tempdir().unwrap());
    fake.answer_at("/DataRetrievals?", job("Retrieved", "2999-01-01T00:00:00Z"));
    let config = configured(&fake, folder.path(), "v8");
    let mut command = postern(&folder.path().join("data"));
    command.env("POSTERN_VEEAM_PASSWORD", "s3cret").args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
    ]);
    let gateway = Gateway::run(command.arg(config));
    for _ in 0..3 {
        let status = get(&format!("{}/v1/status", gateway.url)).await.json();
        let job = &status["retrievals"]["jobs"][0];
        assert_eq!(
            (&job["readiness"], &job["until"]),
            (&json!("readable"), &json!("2999-01-01T00:00:00Z"))
        );
        assert_eq!(status["retrievals"]["runs"][0]["progress"], 7);
    }
    let seen = fake.seen();
    let asked = seen.iter().filter(|seen| seen.path().ends_with("/DataRetrievalSessions"));
    assert_eq!(asked.count(), 1, "it is remembered for a while");
}
