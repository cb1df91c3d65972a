//! What is synced goes into the cluster.

use super::*;

/// Mail that is synced goes into the cluster, also where the run is killed again and again; what moved moves there, and
/// what is gone upstream goes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_synced_goes_into_the_cluster() {
    let alias = format!("postern-{TENANT}");
    let (upstream, setting) = (sync::Setting::new().await, Setting::new().await);
    setting.fake.make(&alias);
    let config = setting.config();
    let sync = |data: &str, more: &[&str]| {
        let flags = ["--config", config.to_str().unwrap(), "--to", "cluster"];
        upstream.sync(data, &[&flags, more].concat())
    };
    for number in 0..6 {
        let mut killed = sync("killed", &[]);
        let mut child = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = Duration::from_millis(60 + 110 * number);
        tokio::time::sleep(moment).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = finished(sync("killed", &[])).await;
    assert_eq!(summary(&last)["here"], 400, "{}", stderr(&last));
    let after_kills = without_holders(setting.fake.documents());
    let straight = Setting::new().await;
    straight.fake.make(&alias);
    let other = straight.config();
    let flags = ["--config", other.to_str().unwrap(), "--to", "cluster"];
    finished(upstream.sync("straight", &flags)).await;
    assert_eq!(after_kills.len(), 400);
    assert_eq!(after_kills, without_holders(straight.fake.documents()));
    assert!(!upstream.data("killed").join("index").exists(), "nothing was indexed here");

    // One moves to another folder, one is gone.
    let mut mail: Vec<_> = (0..400).map(sync::mail).collect();
    mail[3].folder = "Archive".to_owned();
    mail.remove(7);
    upstream.fake.drop_mail();
    upstream.fake.hold(mail);
    let done = finished(sync("killed", &["--full", "--prune"])).await;
    assert!(done.status.success(), "{}", stderr(&done));
    let documents = setting.fake.documents();
    assert_eq!(documents.len(), 399);
    let moved = documents.values().find(|one| one["subject"] == "number3").unwrap();
    let folders: Vec<_> =
        moved["places"].as_array().unwrap().iter().map(|place| &place["folder"]).collect();
    assert_eq!(folders, ["Archive"]);
    assert!(documents.values().all(|one| one["subject"] != "number7"));
    let words = setting.fake.documents_of(&format!("{alias}-coverage"));
    let of_ann = words.values().find(|word| word["mailbox"] == "ann@x.com").unwrap();
    assert_eq!((&of_ann["source"], &of_ann["missing"]), (&json!("datatap"), &json!(0)));
    assert!(of_ann["listed"].is_string());
}

/// Both is both: the local index is filled from what is stored when it is asked for later.
#[tokio::test(flavor = "multi_thread")]
async fn another_destination_is_filled_from_what_is_stored() {
    let (upstream, setting) = (sync::Setting::new().await, Setting::new().await);
    setting.fake.make(&format!("postern-{TENANT}"));
    let config = setting.config();
    let config = config.to_str().unwrap();
    finished(upstream.sync("d", &["--config", config])).await;
    assert!(setting.fake.documents().is_empty());
    let done = summary(&finished(upstream.sync("d", &["--config", config, "--to", "both"])).await);
    assert_eq!((&done["downloaded"], setting.fake.documents().len()), (&json!(0), 400));
}
