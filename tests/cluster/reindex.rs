//! An index takes the place of another one.

use super::*;

/// Searches go on while a new index is filled, and what is written meanwhile is there afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_takes_the_place_of_another_one() {
    let setting = Setting::new().await;
    let missing = setting.run("d", &["cluster", "reindex"]).await;
    assert!(stderr(&missing).contains("postern cluster init"), "{}", stderr(&missing));
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..5);
    setting.index("d", "ann", &path, &[]).await;
    let again = ["cluster", "reindex", "--again", "--format", "json"];
    let without = setting.run("d", &again[..2]).await;
    assert!(stderr(&without).contains("add --again"), "{}", stderr(&without));

    // Another one is told who fills it. That one says again and again that it is there.
    let held = Held::by("process 1 on a.example", &setting.fake);
    while setting.fake.documents_of("postern-default-reindex").is_empty() {
        tokio::task::yield_now().await;
    }
    let refused = setting.run("d", &again).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = stderr(&refused);
    assert!(said.contains("process 1 on a.example, since 2026-01-02T03:04:05Z"), "{said}");
    assert!(said.contains("Wait until it has ended"), "{said}");
    drop(held);
    let_go(&setting).await;

    // It ends early once, so that mail comes while the new index is filled.
    setting.fake.http().misbehave_at_times("/_block", Misbehaviour::Status(403), 1);
    let early = setting.run("d", &again).await;
    assert_eq!(early.status.code(), Some(1));
    assert!(stderr(&early).contains("run it again to go on"), "{}", stderr(&early));
    let gateway = {
        let config = setting.config();
        Gateway::start(&setting.path("none"), &["--config", config.to_str().unwrap()])
    };
    let count = async || {
        let found = get_with(&format!("{}/v1/search?q=words", gateway.url), None).await;
        (found.status, found.json()["count"]["value"].as_u64().unwrap_or_default())
    };
    assert_eq!(count().await, (200, 5));
    fs::write(path.join("new.eml"), mail("new")).unwrap();
    fs::remove_file(path.join("0.eml")).unwrap();
    setting.index("d", "ann", &path, &["--prune"]).await;
    let next = setting.fake.documents_of("postern-default-next");
    assert!(next == setting.fake.documents(), "it was written into both");

    let done = told(&setting.run("d", &["cluster", "reindex", "--format", "json"]).await);
    assert_eq!(
        (&done["from"], &done["to"]),
        (&json!("postern-default-v1"), &json!("postern-default-v1-2"))
    );
    assert_eq!(done["documents"], 5);
    assert_eq!(count().await, (200, 5));
    // What this machine has sent is known to be there.
    let told_now = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!((&told_now["indexed"], &told_now["alreadyThere"]), (&json!(0), &json!(5)));
    assert_eq!(
        told(&setting.run("d", &["cluster", "check", "--format", "json"]).await)["differences"],
        json!([])
    );
    let init = told(&setting.run("d", &["cluster", "init", "--format", "json"]).await);
    assert_eq!((&init["index"], &init["made"]), (&json!("postern-default-v1-2"), &json!(false)));
}

/// Killed at any moment, the name stands for an index with all mail, and the next run goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_reindex_leaves_an_index_with_all_mail() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    setting.index("d", "ann", &folder(&setting, "mail", 0..300), &[]).await;
    let (before, config) = (setting.fake.documents(), setting.config());
    for number in 0..8 {
        let mut child = postern(&setting.path("d"))
            .args(["--config", config.to_str().unwrap(), "cluster", "reindex", "--again"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(10 + 15 * number)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // Nobody waits until it counts as gone.
        let_go(&setting).await;
        assert!(setting.fake.documents() == before, "killed for the {number}. time");
    }
    let last = setting.run("d", &["cluster", "reindex", "--again"]).await;
    assert!(last.status.success(), "{}", stderr(&last));
    assert!(setting.fake.documents() == before);
}

/// Whoever filled the next index does so no longer.
async fn let_go(setting: &Setting) {
    let cluster = Cluster::new(&setting.fake.account()).unwrap();
    let mut writer = Writer::new(cluster, "postern-default-reindex", Pace::default(), |_| {});
    writer.add(Outgoing::away("reindex")).await.unwrap();
    // Killed before it began, it has made no such index.
    drop(writer.flush().await);
}

/// Somebody else who fills the next index.
struct Held(tokio::task::JoinHandle<()>);

impl Held {
    fn by(who: &str, fake: &FakeCluster) -> Self {
        let word = json!({"by": who, "since": "2026-01-02T03:04:05Z", "draw": 1});
        let (alias, account) = (format!("{ALIAS}-reindex"), fake.account());
        fake.make(&alias);
        Self(tokio::spawn(async move {
            let cluster = Cluster::new(&account).unwrap();
            for beat in 0.. {
                let mut word = word.clone();
                word["beat"] = json!(beat);
                let write =
                    Write { id: "reindex", action: Action::Replace, body: &word.to_string() };
                drop(cluster.bulk(&alias, &[write], cluster.deadline()).await);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}
