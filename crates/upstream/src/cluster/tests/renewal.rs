//! An index that takes the place of another one while both are used.

use super::*;
use crate::cluster::lease::Lease;

const OLD: &str = "mail-v1";
const NEW: &str = "mail-v1-2";

fn renewal(cluster: &Cluster) -> Renewal<'_> {
    Renewal { cluster, alias: ALIAS, old: OLD, new: NEW, pace: brief(), who: ("one", "now") }
}

/// One that is silent counts as gone soon.
fn brief() -> Pace {
    Pace { silence: Duration::from_millis(300), ..pace() }
}

fn body() -> Value {
    json!({"mappings": {"dynamic": "strict"}})
}

/// Documents with ids beyond those of a page.
fn many() -> impl Iterator<Item = Outgoing> {
    (0..6_000).map(|number| item(&format!("m{number:05}"), &["in"]))
}

#[tokio::test]
async fn the_name_moves_with_every_document() {
    let (fake, cluster) = cluster().await;
    let wide = Pace { items: 500, ..brief() };
    let mut writer = Writer::new(cluster.clone(), ALIAS, wide, |_| {});
    for item in many() {
        writer.add(item).await.unwrap();
    }
    writer.flush().await.unwrap();
    let (before, id) = (fake.documents(), cluster.index_id(ALIAS).await.unwrap());
    let renewal = Renewal { pace: wide, ..renewal(&cluster) };
    let done = renewal.run(&body()).await.unwrap();
    assert_eq!((done.documents, done.copied), (6_000, 6_000), "each is copied once");
    assert_eq!(cluster.behind(ALIAS).await.unwrap(), [NEW]);
    assert_eq!(cluster.behind(&next_of(ALIAS)).await.unwrap(), Vec::<String>::new());
    assert!(fake.documents() == before);
    assert_eq!(cluster.index_id(ALIAS).await.unwrap(), id, "what was sent to it is there");
    // Documents of the new index are changed and removed as before.
    let done = write(&cluster, [item("m00001", &["out"]), Outgoing::away("m00002")]).await.unwrap();
    assert_eq!((done.merged, done.removed.len()), (1, 1));
    assert_eq!(fake.documents()["m00001"]["places"], json!(["in", "out"]));
    // And once more, from that index to the next one.
    let third = Renewal { old: NEW, new: "mail-v1-3", ..renewal };
    assert_eq!(third.run(&body()).await.unwrap().documents, 5_999);
    assert_eq!(cluster.index_id(ALIAS).await.unwrap(), id);
}

/// Somebody writes, changes and removes documents all the time, while a third of all writes is refused for load.
#[tokio::test]
async fn what_is_written_meanwhile_is_there() {
    let (fake, cluster) = cluster().await;
    write(&cluster, hundred()).await.unwrap();
    fake.trouble(Trouble { thirds: 20, ..Trouble::default() });
    let other = async {
        for number in 0..60 {
            let (id, old) = (format!("n{number:03}"), format!("m{number:03}"));
            let items = [item(&id, &["in"]), item(&old, &["out"])];
            write(&cluster, items).await.unwrap();
            write(&cluster, [Outgoing::away(&format!("m{:03}", 99 - number))]).await.unwrap();
        }
    };
    let renewing = renewal(&cluster);
    let body = body();
    let (done, ()) = tokio::join!(renewing.run(&body), other);
    done.unwrap();
    assert_eq!(cluster.behind(ALIAS).await.unwrap(), [NEW]);
    // Those of 50 to 59 went, and came again.
    let there = fake.documents();
    let mut gone = (40..50).chain(60..100).map(|number| format!("m{number:03}"));
    assert!(gone.all(|id| !there.contains_key(&id)), "{:?}", there.keys());
    assert!((50..60).all(|number| there[&format!("m{number:03}")]["places"] == json!(["out"])));
    assert!((0..60).all(|number| there.contains_key(&format!("n{number:03}"))));
    assert!(
        (0..40).all(|number| there[&format!("m{number:03}")]["places"] == json!(["in", "out"]))
    );
}

/// Whenever it ends early, the name stands for an index with all documents, and the next run goes on.
#[tokio::test]
async fn a_renewal_that_was_cut_off_is_gone_on_with() {
    for requests in 1..60 {
        let (fake, cluster) = cluster().await;
        write(&cluster, hundred()).await.unwrap();
        let (before, begun) = (fake.documents(), fake.http().seen().len());
        let enough = async {
            while fake.http().seen().len() < begun + requests {
                tokio::task::yield_now().await;
            }
        };
        let (renewing, body) = (renewal(&cluster), body());
        let ended = tokio::select! {
            done = renewing.run(&body) => done.is_ok(),
            () = enough => false,
        };
        assert!(fake.documents() == before, "after {requests} requests");
        let behind = cluster.behind(ALIAS).await.unwrap();
        if behind == [OLD] {
            assert!(!ended);
            renewing.run(&body).await.unwrap();
        }
        assert_eq!(cluster.behind(ALIAS).await.unwrap(), [NEW], "after {requests} requests");
        assert!(fake.documents() == before, "after {requests} requests");
        if ended {
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test]
async fn the_name_stays_where_something_does_not_fit() {
    let (fake, cluster) = cluster().await;
    write(&cluster, hundred()).await.unwrap();
    fake.trouble(Trouble { misfit: Some("m042".into()), ..Trouble::default() });
    let problem = renewal(&cluster).run(&body()).await.unwrap_err();
    let text = problem.to_string();
    assert!(text.contains("does not take 1 documents, such as m042: failed to parse"), "{text}");
    // Nor does it move where the cluster fails at the end; writes go on then.
    fake.trouble(Trouble::default());
    for (part, how) in [
        ("/_block", Misbehaviour::Status(403)),
        ("/_count", Misbehaviour::Status(500)),
        ("/_aliases", Misbehaviour::Status(400)),
    ] {
        fake.http().misbehave_at_times(part, how, 1);
        renewal(&cluster).run(&body()).await.unwrap_err();
        assert_eq!(cluster.behind(ALIAS).await.unwrap(), [OLD], "{part}");
        let done = write(&cluster, [item(part, &["in"])]).await.unwrap();
        assert_eq!(done.written, 1, "{part}");
    }
    assert_eq!(renewal(&cluster).run(&body()).await.unwrap().documents, 103);
}

/// A machine that writes brings the same into the index that is being filled.
#[tokio::test]
async fn writes_go_to_both_indexes() {
    let (fake, cluster) = cluster().await;
    write(&cluster, hundred()).await.unwrap();
    let ids = ["m001".to_owned(), "m002".to_owned(), "new".to_owned()];
    cluster.mirror(ALIAS, &ids).await;
    assert_eq!(fake.documents_of(&next_of(ALIAS)).len(), 0, "no other index is being filled");
    fake.http().misbehave_at_times("/_block", Misbehaviour::Status(403), 1);
    renewal(&cluster).run(&body()).await.unwrap_err();
    write(&cluster, [item("m001", &["out"]), Outgoing::away("m002"), item("new", &["in"])])
        .await
        .unwrap();
    cluster.mirror(ALIAS, &ids).await;
    assert!(fake.documents_of(&next_of(ALIAS)) == fake.documents());
    assert_eq!(renewal(&cluster).run(&body()).await.unwrap().copied, 0, "nothing is left to do");
}

/// The second one is told who does it since when, and takes the place of one that is gone.
#[tokio::test]
async fn one_at_a_time() {
    let (fake, cluster) = cluster().await;
    write(&cluster, hundred()).await.unwrap();
    let minute = Duration::from_secs(60);
    let mut first = Lease::take(&cluster, ALIAS, ("the first", "noon"), minute).await.unwrap();
    first.silence = Duration::from_millis(60);
    let patient = Pace { silence: Duration::from_secs(6), ..pace() };
    let second = Renewal { who: ("the second", "now"), pace: patient, ..renewal(&cluster) };
    let body = body();
    let refused = tokio::select! {
        refused = second.run(&body) => refused.unwrap_err().to_string(),
        lost = first.keep() => panic!("{lost}"),
    };
    assert!(refused == "the first fills it since noon", "{refused}");
    assert_eq!(cluster.behind(ALIAS).await.unwrap(), [OLD]);
    // It says nothing any more.
    assert_eq!(renewal(&cluster).run(&body).await.unwrap().documents, 100);
    assert!(fake.documents_of(&format!("{ALIAS}-reindex")).is_empty(), "it was given back");
    assert!(matches!(first.keep().await, RenewalProblem::Held { .. }), "who was slow is told");
}

/// Machines that write wait no longer for one that was killed while it held them back.
#[tokio::test]
async fn writes_go_on_when_nobody_holds_them_back_any_more() {
    let (fake, cluster) = cluster().await;
    write(&cluster, hundred()).await.unwrap();
    let lease = Lease::take(&cluster, ALIAS, ("killed", "noon"), brief().silence).await.unwrap();
    cluster.hold_writes(OLD).await.unwrap();
    drop(lease);
    let mut writer = Writer::new(cluster.clone(), ALIAS, brief(), |_| {});
    writer.add(item("new", &["in"])).await.unwrap();
    assert_eq!(writer.flush().await.unwrap().written, 1);
    // Where nobody said so, the block is somebody's wish.
    cluster.hold_writes(OLD).await.unwrap();
    let short = Pace { patience: Duration::from_secs(2), ..brief() };
    let mut writer = Writer::new(cluster.clone(), ALIAS, short, |_| {});
    writer.add(item("newer", &["in"])).await.unwrap();
    writer.flush().await.unwrap_err();
    assert!(!fake.documents().contains_key("newer"));
}
