//! An index in a cluster, with the real binary against a fake one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use postern_query::analysis;
use postern_upstream::cluster::fake::{FakeCluster, Trouble};
use postern_upstream::cluster::{Cluster, Outgoing, Pace, Writer};
use postern_upstream::fake::Misbehaviour;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, TENANT, get_with, postern, run, samples, stderr, stdout};
use crate::sync::{self, finished, summary};

struct Setting {
    fake: FakeCluster,
    folder: TempDir,
}

impl Setting {
    /// A cluster that cuts words as it should.
    async fn new() -> Self {
        let fake = FakeCluster::start().await.unwrap();
        fake.cut(analysis::terms);
        Self { fake, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PathBuf {
        let path = self.path("postern.toml");
        fs::write(&path, format!("[cluster]\nurls = [\"{}\"]\n", self.fake.http().url())).unwrap();
        path
    }

    /// The binary with a data folder of that name.
    async fn run(&self, data: &str, arguments: &[&str]) -> Output {
        let (data, config) = (self.path(data), self.config());
        let arguments: Vec<_> = arguments.iter().map(|one| (*one).to_owned()).collect();
        let running = move || {
            let config = ["--config", config.to_str().unwrap()];
            let all: Vec<_> =
                config.into_iter().chain(arguments.iter().map(String::as_str)).collect();
            run(Path::new(&data), &all)
        };
        tokio::task::spawn_blocking(running).await.unwrap()
    }
}

fn told(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

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

const ALIAS: &str = "postern-default";

fn mail(subject: &str) -> String {
    format!(
        "From: a@x.com\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nsome words\r\n"
    )
}

/// A folder with the messages of these numbers.
fn folder(setting: &Setting, name: &str, numbers: std::ops::Range<usize>) -> PathBuf {
    let folder = setting.path(name);
    fs::create_dir_all(&folder).unwrap();
    for number in numbers {
        fs::write(folder.join(format!("{number}.eml")), mail(&format!("n{number}"))).unwrap();
    }
    folder
}

impl Setting {
    async fn index(&self, data: &str, mailbox: &str, path: &Path, more: &[&str]) -> Output {
        let path = path.to_str().unwrap();
        let flags = ["index", "--to", "cluster", "--format", "json", "--mailbox", mailbox, path];
        self.run(data, &[&flags, more].concat()).await
    }

    /// The mailboxes of each message by its subject.
    fn mailboxes(&self) -> Vec<(String, Vec<String>)> {
        let mailboxes = |document: &Value| {
            let places = document["places"].as_array().unwrap().iter();
            places.map(|place| place["mailbox"].as_str().unwrap().to_owned()).collect()
        };
        let documents = self.fake.documents().into_values();
        let each =
            documents.map(|one| (one["subject"].as_str().unwrap().to_owned(), mailboxes(&one)));
        let mut all: Vec<_> = each.collect();
        all.sort();
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_into_a_cluster_once() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..40);
    let first = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!((&first["found"], &first["indexed"]), (&json!(40), &json!(40)));
    assert_eq!(setting.fake.documents().len(), 40);
    let second = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!((&second["indexed"], &second["alreadyThere"]), (&json!(0), &json!(40)));
    let forgetful = told(&setting.index("other", "ann", &path, &[]).await);
    assert_eq!((&forgetful["indexed"], &forgetful["duplicates"]), (&json!(0), &json!(40)));
    assert_eq!(setting.fake.documents().len(), 40);
}

/// Two machines bring overlapping mail at the same time: as one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn two_machines_at_the_same_time() {
    let together = Setting::new().await;
    together.fake.make(ALIAS);
    let (ann, bob) = (folder(&together, "a", 0..60), folder(&together, "b", 30..90));
    let (one, two) = tokio::join!(
        together.index("d1", "ann", &ann, &[]),
        together.index("d2", "bob", &bob, &[]),
    );
    assert!(one.status.success() && two.status.success(), "{} {}", stderr(&one), stderr(&two));
    let apart = Setting::new().await;
    apart.fake.make(ALIAS);
    apart.index("d2", "bob", &bob, &[]).await;
    apart.index("d1", "ann", &ann, &[]).await;
    assert_eq!(together.mailboxes(), apart.mailboxes());
    let both =
        together.mailboxes().into_iter().filter(|(_, mailboxes)| *mailboxes == ["ann", "bob"]);
    assert_eq!((together.mailboxes().len(), both.count()), (90, 30));
}

/// What the cluster did not acknowledge is sent again by the next run.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_document_is_listed_and_a_missing_index_keeps_nothing() {
    let setting = Setting::new().await;
    let path = folder(&setting, "mail", 0..5);
    let output = setting.index("d", "ann", &path, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("postern cluster init"), "{}", stderr(&output));
    setting.fake.make(ALIAS);
    let told_now = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!(told_now["indexed"], 5, "nothing was noted of the run that failed");
    let misfit = setting.fake.documents().into_keys().next().unwrap();
    let again = Setting::new().await;
    again.fake.make(ALIAS);
    again.fake.trouble(Trouble { misfit: Some(misfit), thirds: 2, ..Trouble::default() });
    let output = again.index("d", "ann", &path, &[]).await;
    let summary = told(&output);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!((&summary["indexed"], &summary["unreadableCount"]), (&json!(4), &json!(1)));
    let reason = summary["unreadable"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "the cluster refuses it: failed to parse field [sentDateTime]");
    assert!(summary["unreadable"][0]["path"].as_str().unwrap().ends_with(".eml"));
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

/// What a file no longer has, and what is gone, loses the place that this machine gave it, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_on_disk_is_gone_in_the_cluster() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let (ann, bob) = (folder(&setting, "a", 0..4), folder(&setting, "b", 2..5));
    setting.index("d1", "ann", &ann, &[]).await;
    setting.index("d2", "bob", &bob, &[]).await;
    // One is another message now, one is gone, and one that both have is gone from one of them.
    fs::write(ann.join("0.eml"), mail("n9")).unwrap();
    fs::remove_file(ann.join("1.eml")).unwrap();
    fs::remove_file(ann.join("2.eml")).unwrap();
    let first = told(&setting.index("d1", "ann", &ann, &[]).await);
    assert_eq!((&first["indexed"], &first["forgotten"]), (&json!(1), &json!(0)));
    let both = ["ann", "bob"].as_slice();
    let expected = |all: &[(&str, &[&str])]| -> Vec<(String, Vec<String>)> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        all.iter().map(|(subject, names)| ((*subject).to_owned(), owned(names))).collect()
    };
    let without_n0 =
        [("n1", &["ann"][..]), ("n2", both), ("n3", both), ("n4", &["bob"]), ("n9", &["ann"])];
    assert_eq!(setting.mailboxes(), expected(&without_n0));
    let second = told(&setting.index("d1", "ann", &ann, &["--prune"]).await);
    assert_eq!(second["forgotten"], 2);
    let pruned = [("n2", &["bob"][..]), ("n3", both), ("n4", &["bob"]), ("n9", &["ann"])];
    assert_eq!(setting.mailboxes(), expected(&pruned));
}

/// Originals are kept beside the index, and go with the message.
#[tokio::test(flavor = "multi_thread")]
async fn originals_are_kept_where_that_is_asked() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..3);
    setting.index("other", "ann", &path, &[]).await;
    let originals = || setting.fake.documents_of("postern-default-originals").len();
    assert_eq!(originals(), 0, "nobody asked for them");
    let config = setting.path("keeping.toml");
    let url = setting.fake.http().url();
    let text =
        format!("[cluster]\nurls = [\"{url}\"]\noriginals = true\n[index]\nto = \"cluster\"\n");
    fs::write(&config, text).unwrap();
    let (data, path_text) = (setting.path("d"), path.to_str().unwrap().to_owned());
    let index = |more: &'static [&'static str]| {
        let (data, config, path) = (data.clone(), config.clone(), path_text.clone());
        tokio::task::spawn_blocking(move || {
            let flags = ["--config", config.to_str().unwrap(), "index", "--mailbox", "ann", &path];
            run(&data, &[&flags, more].concat())
        })
    };
    let output = index(&[]).await.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(originals(), 3);
    let cluster = Cluster::new(&setting.fake.account()).unwrap();
    let id = setting.fake.documents().into_keys().next().unwrap();
    let read = cluster.original(ALIAS, &id, cluster.deadline()).await.unwrap().unwrap();
    assert_eq!(postern_mail::id_of(&read), id);
    fs::remove_file(path.join("0.eml")).unwrap();
    index(&["--prune"]).await.unwrap();
    assert_eq!(originals(), 3, "another machine still has the message");
    setting.index("other", "ann", &path, &["--prune"]).await;
    assert_eq!(setting.fake.documents().len(), 2);
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

/// Both indexes find what either finds, and what is gone goes from both.
#[tokio::test(flavor = "multi_thread")]
async fn both_indexes_are_written_at_once() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..6);
    let index = |more: &'static str| {
        let text = path.to_str().unwrap().to_owned();
        let setting = &setting;
        async move {
            let flags = ["index", "--to", "both", "--format", "json", "--mailbox", "ann", &text];
            let more: &[&str] = if more.is_empty() { &[] } else { &[more] };
            told(&setting.run("d", &[&flags, more].concat()).await)
        }
    };
    assert_eq!(index("").await["indexed"], 6);
    let here = || stdout(&run(&setting.path("d"), &["count", "from:a@x.com"])).trim().to_owned();
    assert_eq!((here().as_str(), setting.fake.documents().len()), ("6", 6));
    assert_eq!(index("").await["alreadyThere"], 6);
    fs::remove_file(path.join("5.eml")).unwrap();
    assert_eq!(index("--prune").await["forgotten"], 1);
    assert_eq!((here().as_str(), setting.fake.documents().len()), ("5", 5));
}

/// A document without what tells which machine holds it.
fn without_holders(documents: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let plain = documents.into_iter().map(|(id, mut document)| {
        document["kept"].as_object_mut().unwrap().remove("holders");
        (id, document)
    });
    plain.collect()
}

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

/// A gateway without any local index, and one that has one behind the cluster.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_asks_the_cluster_first() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    setting.index("d", "ann", &folder(&setting, "mail", 0..3), &[]).await;
    let config = setting.config();
    let gateway = |data: &Path| Gateway::start(data, &["--config", config.to_str().unwrap()]);
    let alone = gateway(&setting.path("none"));
    let found = get_with(&format!("{}/v1/search?q=words&facets=sender", alone.url), None).await;
    let answer = found.json();
    assert_eq!((found.status, &answer["count"]), (200, &json!({"value": 3, "exact": true})));
    assert_eq!(answer["servedBy"]["engine"], "cluster");
    assert_eq!(answer["results"][0]["mailbox"], "ann");
    assert_eq!(
        (&answer["facetsBy"], &answer["coverage"]["indexed"]),
        (&json!("cluster"), &json!(3))
    );
    assert_eq!(answer["facets"]["sender"]["values"], json!([{"value": "a@x.com", "count": 3}]));

    setting.fake.trouble(Trouble { silent_shards: 1, ..Trouble::default() });
    let refused = get_with(&format!("{}/v1/search?q=words", alone.url), None).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(
        refused.body.contains("1 of 3 shards of the cluster did not answer"),
        "{}",
        refused.body
    );
    let behind = gateway(samples());
    let other = get_with(&format!("{}/v1/search?q=subject:a*", behind.url), None).await;
    assert_eq!((other.status, &other.json()["servedBy"]["engine"]), (200, &json!("local")));

    setting.fake.trouble(Trouble { too_many_clauses: true, ..Trouble::default() });
    let fresh = gateway(&setting.path("none"));
    for _ in 0..20 {
        let many = get_with(&format!("{}/v1/search?q=words&engine=cluster", fresh.url), None).await;
        assert_eq!(many.status, 400, "{}", many.body);
    }
    setting.fake.trouble(Trouble::default());
    let well = get_with(&format!("{}/v1/search?q=words&engine=cluster", fresh.url), None).await;
    assert_eq!(well.status, 200, "no breaker opens for what a client asks: {}", well.body);
}

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
        assert!(setting.fake.documents() == before, "killed for the {number}. time");
    }
    let last = setting.run("d", &["cluster", "reindex", "--again"]).await;
    assert!(last.status.success(), "{}", stderr(&last));
    assert!(setting.fake.documents() == before);
}

/// Sets and holds over an index that lies in a cluster alone: what is held stays there and here.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_stays_in_the_cluster() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let (mail, data, config) =
        (folder(&setting, "mail", 1..3), setting.path("d"), setting.path("keeping.toml"));
    let url = setting.fake.http().url();
    let text =
        format!("[cluster]\nurls = [\"{url}\"]\noriginals = true\n[index]\nto = \"cluster\"\n");
    fs::write(&config, text).unwrap();
    let index = |more: &'static [&'static str]| {
        let (data, config, mail) = (data.clone(), config.clone(), mail.clone());
        tokio::task::spawn_blocking(move || {
            let [config, mail] = [&config, &mail].map(|path| path.to_str().unwrap());
            let flags = ["--config", config, "index", "--mailbox", "ann", mail];
            let output = run(&data, &[&flags, more].concat());
            assert!(output.status.success(), "{}", stderr(&output));
        })
    };
    index(&[]).await.unwrap();
    let gateway = Gateway::start(&data, &["--config", config.to_str().unwrap()]);
    let send = async |method: &str, path: &str, body: Value| {
        let client = postern_upstream::http().no_proxy().build().unwrap();
        let url = format!("{}/v1/sets/{path}", gateway.url);
        let request = client.request(method.parse().unwrap(), url);
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let made = send("PUT", "two", json!({"q": "words"})).await;
    let [count, here] = ["count", "here"].map(|name| made[name].as_u64());
    assert_eq!((count, here, made["coverage"]["indexed"].as_u64()), (Some(2), Some(2), Some(2)));
    folder(&setting, "mail", 0..1);
    index(&[]).await.unwrap();
    let held = send("POST", "two/hold", json!({})).await;
    assert_eq!(held, json!({"held": 2, "notHeld": []}));
    let found = get_with(&format!("{}/v1/search?q=set:two", gateway.url), None).await.json();
    assert_eq!(
        (&found["count"]["value"], &found["servedBy"]["engine"]),
        (&json!(2), &json!("cluster"))
    );
    let subjects =
        || setting.mailboxes().into_iter().map(|(subject, _)| subject).collect::<Vec<_>>();
    assert_eq!(subjects(), ["n0", "n1", "n2"]);
    for number in 0..3 {
        fs::remove_file(mail.join(format!("{number}.eml"))).unwrap();
    }
    index(&["--prune"]).await.unwrap();
    assert_eq!(subjects(), ["n1", "n2"], "what is held stays");
    send("POST", "two/release", json!({})).await;
    assert_eq!(subjects(), Vec::<String>::new());
    assert!(!data.join("index").exists(), "no index was made here");
}
