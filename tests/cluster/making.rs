//! An index is made, compared and looked at.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_made_once() {
    let setting = Setting::new().await;
    for made in [true, false] {
        let output = setting.run("d", &["cluster", "init", "--format", "json"]).await;
        let expected = json!({
            "alias": "postern-default", "index": "postern-default-v1", "made": made,
            "version": "2.19.6", "nodes": 3, "warning": null,
        });
        assert_eq!(told(&output), expected);
    }
    let made = setting.fake.http().seen().into_iter().find(|seen| seen.method == "PUT").unwrap();
    assert_eq!(made.target, "/postern-default-v1");
    let body: Value = serde_json::from_slice(&made.body).unwrap();
    assert_eq!(body["mappings"]["dynamic"], "strict");
    assert_eq!(body["settings"]["index"]["number_of_shards"], 3);
    assert_eq!(body["settings"]["index"]["number_of_replicas"], 1);
}

/// What is missing is named, and nothing is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_fit_is_refused() {
    let setting = Setting::new().await;
    let versions = [("opensearch", "2.18.0"), ("opensearch", "4.0.0"), ("", "8.15.0")];
    for version in versions {
        setting.fake.trouble(Trouble { version: Some(version), ..Trouble::default() });
        let output = setting.run("d", &["cluster", "init"]).await;
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("its version") && said.contains(version.1), "{said}");
    }
    setting.fake.trouble(Trouble::default());
    setting.fake.cut(|text| text.split_whitespace().map(str::to_lowercase).collect());
    let said = stderr(&setting.run("d", &["cluster", "init"]).await);
    assert!(said.contains("its tokenizer `standard`"), "{said}");
    assert!(setting.fake.http().seen().iter().all(|seen| seen.method != "PUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_it_is_said_what_to_write() {
    let setting = Setting::new().await;
    fs::write(setting.path("postern.toml"), "").unwrap();
    let config = setting.path("postern.toml");
    let output =
        run(&setting.path("d"), &["--config", config.to_str().unwrap(), "cluster", "init"]);
    assert!(stderr(&output).contains("write [cluster] with urls"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cluster_cannot_do_is_refused() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..1);
    let said = stderr(&setting.index("d", "ann", &path, &["--rebuild"]).await);
    assert!(said.contains("--rebuild works on the index of this machine only"), "{said}");
    assert!(setting.fake.documents().is_empty());
}

/// What is missing there is named, and the exit code says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_missing() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..5);
    let check = ["cluster", "check", "--format", "json"];
    let output = setting.run("d", &check).await;
    assert!(stderr(&output).contains("nothing here can be compared"), "{}", stderr(&output));
    setting.index("d", "ann", &path, &[]).await;
    let output = setting.run("d", &check).await;
    let found = told(&output);
    assert_eq!(
        (output.status.code(), &found["cluster"], &found["sent"]),
        (Some(0), &json!(5), &json!(5))
    );
    assert_eq!(found["differences"], json!([]));
    let lost = setting.fake.documents().into_keys().next().unwrap();
    let away = Cluster::new(&setting.fake.account()).unwrap();
    let mut writer = Writer::new(away, ALIAS, Pace::default(), |_| {});
    writer.add(Outgoing::away(&lost)).await.unwrap();
    writer.flush().await.unwrap();
    let output = setting.run("d", &check).await;
    let differences = told(&output)["differences"].to_string();
    assert_eq!(output.status.code(), Some(1));
    assert!(differences.contains("has sent 5 messages, and the cluster has 4"), "{differences}");
    assert!(
        differences.contains(&format!("the message {lost} is not in the cluster")),
        "{differences}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_cluster_is_told() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    setting.fake.trouble(Trouble { thirds: 1, ..Trouble::default() });
    setting.index("d", "ann", &folder(&setting, "mail", 0..5), &[]).await;
    let status = ["status", "--format", "json"];
    let engine = told(&setting.run("d", &status).await)["engines"]["cluster"].clone();
    assert_eq!((&engine["answers"], &engine["health"]), (&json!(true), &json!("green")));
    assert_eq!((&engine["documents"], &engine["nodes"]), (&json!(5), &json!(3)));
    assert_eq!((&engine["rejectedWrites"], &engine["retriedWrites"]), (&json!(0), &json!(1)));
    assert!(engine["written"].is_string());
    setting.fake.trouble(Trouble { silent_shards: 1, ..Trouble::default() });
    let engine = told(&setting.run("d", &status).await)["engines"]["cluster"].clone();
    assert_eq!(engine["reason"], "1 of 3 shards of the cluster did not answer");
}
