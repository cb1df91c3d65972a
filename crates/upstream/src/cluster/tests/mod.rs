//! A client against a cluster in trouble.

mod renewal;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::{FakeCluster, Trouble};
use super::*;
use crate::fake::Misbehaviour;

const ALIAS: &str = "mail";

async fn cluster() -> (FakeCluster, Cluster) {
    let fake = FakeCluster::start().await.unwrap();
    fake.make(ALIAS);
    let cluster = Cluster::new(&fake.account()).unwrap();
    (fake, cluster)
}

fn pace() -> Pace {
    Pace {
        items: 10,
        batches: 3,
        patience: Duration::from_secs(20),
        first_pause: Duration::from_millis(2),
        ..Pace::default()
    }
}

/// A document in some places; those of others are kept.
fn item(id: &str, places: &[&str]) -> Outgoing {
    let own: Vec<_> = places.iter().map(|place| (*place).to_owned()).collect();
    let document = json!({"id": id, "places": own}).to_string();
    let merge = move |there: &Value| {
        let known = there["places"].as_array().cloned().unwrap_or_default();
        let mut all: Vec<_> =
            known.iter().filter_map(|one| one.as_str()).map(str::to_owned).collect();
        all.extend(own.iter().cloned());
        all.sort();
        all.dedup();
        if all.len() > known.len() {
            Next::Change(json!({"places": all}).to_string())
        } else {
            Next::Keep
        }
    };
    Outgoing {
        id: id.to_owned(),
        document: Some(document),
        merge: Some(Arc::new(merge)),
        version: None,
    }
}

async fn write(
    cluster: &Cluster,
    items: impl IntoIterator<Item = Outgoing>,
) -> Result<Acknowledged, ClusterProblem> {
    let mut writer = Writer::new(cluster.clone(), ALIAS, pace(), |_| {});
    for item in items {
        writer.add(item).await?;
    }
    writer.flush().await
}

fn hundred() -> impl Iterator<Item = Outgoing> {
    (0..100).map(|number| item(&format!("m{number:03}"), &["in"]))
}

fn places(fake: &FakeCluster) -> BTreeMap<String, Value> {
    fake.documents().into_iter().map(|(id, document)| (id, document["places"].clone())).collect()
}

/// Whatever goes wrong for a while, each document is there once and was acknowledged once.
#[tokio::test]
async fn nothing_is_lost_in_trouble_that_passes() {
    for (name, trouble) in [
        ("a storm of 429", Trouble { busy: 30, ..Trouble::default() }),
        ("every third document refused", Trouble { thirds: 12, ..Trouble::default() }),
        ("full disks", Trouble { full: 12, ..Trouble::default() }),
    ] {
        let (fake, cluster) = cluster().await;
        fake.trouble(trouble);
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let mut writer = Writer::new(cluster, ALIAS, pace(), move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        for item in hundred() {
            writer.add(item).await.unwrap();
        }
        let done = writer.flush().await.unwrap();
        assert_eq!((done.written, done.merged, done.unchanged), (100, 0, 0), "{name}");
        assert!(done.again > 0 && told.load(Ordering::Relaxed) > 0, "{name}: {done:?}");
        assert_eq!(fake.documents().len(), 100, "{name}");
    }
}

/// A write whose answer never came may have happened; to send it again makes it once.
#[tokio::test]
async fn a_write_without_an_answer_is_made_once() {
    let (fake, cluster) = cluster().await;
    fake.http().misbehave_at_times("_bulk", Misbehaviour::CutOff, 3);
    let done = write(&cluster, hundred()).await.unwrap();
    assert_eq!(done.written + done.unchanged, 100, "{done:?}");
    assert!(done.unchanged > 0, "what was written without an answer was found");
    assert_eq!(fake.documents().len(), 100);
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_named_and_the_others_are_written() {
    let (fake, cluster) = cluster().await;
    fake.trouble(Trouble { misfit: Some("m042".into()), ..Trouble::default() });
    let done = write(&cluster, hundred()).await.unwrap();
    assert_eq!(done.written, 99);
    let refused: Vec<_> =
        done.refused.iter().map(|(id, reason)| (id.as_str(), reason.as_str())).collect();
    assert_eq!(refused, [("m042", "failed to parse field [sentDateTime]")]);
    assert!(!fake.documents().contains_key("m042"));
}

/// Two writers bring overlapping documents at the same time: the same as one after the other, in any order.
#[tokio::test]
async fn places_of_two_writers_are_joined() {
    let ann = || (0..60).map(|number| item(&format!("m{number:03}"), &["ann"]));
    let bob = || (40..100).rev().map(|number| item(&format!("m{number:03}"), &["bob"]));
    let (together, cluster) = cluster().await;
    let (one, two) = tokio::join!(write(&cluster, ann()), write(&cluster, bob()));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.written + two.written, one.merged + two.merged), (100, 20));
    let (apart, other) = self::cluster().await;
    write(&other, bob()).await.unwrap();
    write(&other, ann()).await.unwrap();
    assert_eq!(places(&together), places(&apart));
    assert_eq!(places(&together)["m050"], json!(["ann", "bob"]));
    let again = write(&cluster, ann().chain(bob())).await.unwrap();
    assert_eq!((again.written, again.merged, again.unchanged), (0, 0, 120), "twice is once");
}

/// What goes away goes once, also where the answer to that never came.
#[tokio::test]
async fn documents_go_away_and_others_take_their_place() {
    let (fake, cluster) = cluster().await;
    write(&cluster, hundred()).await.unwrap();
    fake.http().misbehave_at_times("_bulk", Misbehaviour::CutOff, 2);
    let away = (0..40).map(|number| Outgoing::away(&format!("m{number:03}")));
    let done = write(&cluster, away.chain([Outgoing::away("never there")])).await.unwrap();
    let gone = done.removed.len() as u64 + done.unchanged;
    assert_eq!((gone, fake.documents().len()), (41, 60), "{done:?}");
    let exchange: Merge = Arc::new(|_| Next::Exchange(json!({"id": "m050", "new": 1}).to_string()));
    let other = Outgoing { merge: Some(exchange), ..item("m050", &["in"]) };
    let done = write(&cluster, [other]).await.unwrap();
    assert_eq!((done.merged, &fake.documents()["m050"]), (1, &json!({"id": "m050", "new": 1})));
}

/// One that is too long is refused before it is sent, and the bytes of the others are what they were.
#[tokio::test]
async fn originals_are_kept_and_read() {
    let (fake, cluster) = cluster().await;
    fake.make(&originals_of(ALIAS));
    let mut writer = Writer::new(cluster.clone(), &originals_of(ALIAS), pace(), |_| {});
    for (id, bytes) in [("a", &b"\xff\0\r\n"[..]), ("b", b""), ("a", b"never")] {
        writer.add(outgoing_original(id, bytes, false).unwrap()).await.unwrap();
        writer.flush().await.unwrap();
    }
    let read = |id: &'static str| cluster.original(ALIAS, id, cluster.deadline());
    assert_eq!(read("a").await, Ok(Some(b"\xff\0\r\n".to_vec())));
    assert_eq!(read("b").await, Ok(Some(Vec::new())));
    assert_eq!(read("c").await, Ok(None));
    assert!(outgoing_original("a", &vec![0; LONGEST_ORIGINAL + 1], false).is_none());
    let other = cluster.original("other", "a", cluster.deadline());
    assert_eq!(other.await, Ok(None), "nobody keeps originals beside that index");
}

#[tokio::test]
async fn trouble_that_does_not_pass_is_an_error_in_the_end() {
    let (fake, cluster) = cluster().await;
    fake.trouble(Trouble { full: usize::MAX, ..Trouble::default() });
    let pace = Pace { patience: Duration::from_millis(50), ..pace() };
    let mut writer = Writer::new(cluster, ALIAS, pace, |_| {});
    writer.add(item("a", &["in"])).await.unwrap();
    let problem = writer.flush().await.unwrap_err();
    assert!(
        matches!(&problem, ClusterProblem::Blocked { reason } if reason.contains("flood-stage")),
        "{problem}"
    );
}

#[tokio::test]
async fn without_the_name_no_index_is_made_by_chance() {
    let (fake, cluster) = cluster().await;
    let mut writer = Writer::new(cluster, "other", pace(), |_| {});
    writer.add(item("a", &["in"])).await.unwrap();
    assert_eq!(writer.flush().await, Err(ClusterProblem::NoIndex));
    let seen = fake.http().seen();
    assert!(seen.iter().any(|seen| seen.target.ends_with("_bulk?require_alias=true")));
}

/// The total of a search that a shard failed to answer looks exact.
#[tokio::test]
async fn a_search_without_a_shard_is_no_answer() {
    let (fake, cluster) = cluster().await;
    write(&cluster, [item("a", &["in"])]).await.unwrap();
    let search = || cluster.search(Within::Index(ALIAS), "{}".into(), cluster.deadline());
    assert_eq!(search().await.unwrap().total, 1);
    fake.trouble(Trouble { silent_shards: 1, ..Trouble::default() });
    assert_eq!(search().await, Err(ClusterProblem::Partial { failed: 1, total: 3 }));
    fake.trouble(Trouble { too_many_clauses: true, ..Trouble::default() });
    assert_eq!(search().await.unwrap_err().code(), "too_much");
}

/// A node that is down costs nothing, and a silent one half of the time.
#[tokio::test]
async fn another_node_answers() {
    let (fake, _) = cluster().await;
    let mut account = fake.account();
    // Nothing listens on the port of a socket that was closed.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    account.urls.insert(0, format!("http://{gone}"));
    let cluster = Cluster::new(&account).unwrap();
    for _ in 0..4 {
        assert_eq!(cluster.version().await.unwrap().number, "2.19.6");
    }
    let silent = FakeCluster::start().await.unwrap();
    silent.http().misbehave(Misbehaviour::Hang);
    account.urls = vec![silent.http().url(), fake.http().url()];
    let cluster = Cluster::new(&account).unwrap();
    let deadline = Instant::now() + Duration::from_millis(600);
    assert_eq!(cluster.search(Within::Index(ALIAS), "{}".into(), deadline).await.unwrap().total, 0);
}

#[tokio::test]
async fn who_asks_is_said_and_never_printed() {
    let (fake, _) = cluster().await;
    for (login, header) in [
        (Login::User("u".into(), "s3cret".into()), "Basic dTpzM2NyZXQ="),
        (Login::ApiKey("k3y".into()), "ApiKey k3y"),
    ] {
        let account = ClusterAccount { login, ..fake.account() };
        let cluster = Cluster::new(&account).unwrap();
        cluster.version().await.unwrap();
        let seen = fake.http().seen();
        assert_eq!(seen.last().unwrap().header("authorization"), Some(header));
        let printed = format!("{account:?} {cluster:?}");
        assert!(!printed.contains("s3cret") && !printed.contains("k3y"), "{printed}");
    }
}
