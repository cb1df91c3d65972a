//! A gateway whose only index lies in a cluster.

use std::time::Instant;

use postern_query::emit::elasticsearch::{self, Profile};
use postern_upstream::cluster::fake::{FakeCluster, Trouble};
use postern_upstream::cluster::{Cluster, Outgoing, Pace, Renewal, Writer};
use postern_upstream::fake::Seen as Asked;
use serde_json::json;

use super::*;
use crate::config::Tenant;

/// The name of the index of the tenant.
const ALIAS: &str = "postern-t1";

/// A cluster with the four messages, and a gateway without anything else.
pub(super) struct Setting {
    pub(super) fake: FakeCluster,
    pub(super) router: Router,
}

impl Setting {
    async fn new() -> Self {
        Self::with(mail().messages).await
    }

    /// The same with these messages.
    pub(super) async fn with(messages: Vec<Message>) -> Self {
        let fake = holding(messages).await;
        let router = app(State::new(&config(&fake), now).unwrap());
        Self { fake, router }
    }

    /// The requests that the cluster saw for such a path, with their bodies.
    fn asked(&self, end: &str) -> Vec<Value> {
        let seen = self.fake.http().seen().into_iter();
        let seen = seen.filter(|seen| seen.path().ends_with(end));
        seen.map(|seen| serde_json::from_slice(&seen.body).unwrap_or_default()).collect()
    }

    /// How many states of the index were opened.
    fn opened(&self) -> usize {
        self.asked("/point_in_time").len()
    }
}

/// A cluster with these messages.
pub(super) async fn holding(messages: Vec<Message>) -> FakeCluster {
    let fake = FakeCluster::start().await.unwrap();
    let document = |message: &Message| elasticsearch::document(message, Profile::OpenSearch);
    let items = messages.iter().map(|one| Outgoing::once(&one.id, document(one).to_string()));
    write(&fake, ALIAS, items).await;
    fake
}

/// A machine says that so many messages are known and not there, at that time.
pub(super) async fn say_missing(fake: &FakeCluster, missing: u64, at: Timestamp) {
    let at = at.as_millisecond();
    let word = json!({"source": "files", "machine": "m", "missing": missing, "at": at});
    let item = Outgoing::once("word", word.to_string());
    write(fake, &format!("{ALIAS}-coverage"), std::iter::once(item)).await;
}

async fn write(fake: &FakeCluster, alias: &str, items: impl Iterator<Item = Outgoing>) {
    fake.make(alias);
    let client = Cluster::new(&fake.account()).unwrap();
    let mut writer = Writer::new(client, alias, Pace::default(), |_| {});
    for item in items {
        writer.add(item).await.unwrap();
    }
    writer.flush().await.unwrap();
}

fn config(fake: &FakeCluster) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    std::fs::write(&file, format!("[cluster]\nurls = [\"{}\"]\n", fake.http().url())).unwrap();
    let mut config = Config::load(Some(&file), &Overrides::default(), "/nowhere".into()).unwrap();
    let narrow = Key { mailboxes: vec!["ann".into()], ..key("narrow", "narrow", TENANT) };
    config.access = Access::new(vec![key("main", KEY, TENANT), narrow]);
    config
}

#[tokio::test]
async fn results_that_begin_together_share_a_state() {
    let setting = Setting::new().await;
    let search = |uri: &'static str| get(&setting.router, uri);
    let begun = Instant::now();
    let (one, two) = tokio::join!(search("/v1/search?limit=2"), search("/v1/search?q=a&limit=2"));
    let next = one.json()["nextCursor"].as_str().unwrap().to_owned();
    let three = get(&setting.router, &format!("/v1/search?limit=2&cursor={next}")).await;
    for seen in [&one, &two, &three] {
        assert_eq!((seen.status.as_u16(), seen.ids().len()), (200, 2), "{seen:?}");
    }
    let asked = setting.asked("/_search");
    // Coverage is asked of no state, and marks are read once in each.
    let states: Vec<_> = asked
        .iter()
        .filter(|body| body["pit"].is_object() && !is_marks(body))
        .map(|body| &body["pit"]["id"])
        .collect();
    assert_eq!(states.len(), 3);
    let took = begun.elapsed();
    assert!(setting.opened() == 1 || took > Duration::from_secs(1), "{states:?} in {took:?}");
    assert_eq!(states[0], states[2], "pages are of one state");
    // What is only counted needs none.
    assert_eq!(search("/v1/search?limit=0").await.json()["count"]["value"], 4);
    assert_eq!(setting.asked("/_search").last().unwrap()["pit"], Value::Null);
}

/// Whether it asks which fields have values that are too long, in some message of the index.
fn is_marks(body: &Value) -> bool {
    body["aggs"]["marks"]["terms"]["field"] == "leftOut"
}

/// The cursor with another state in it, and maybe another index.
fn forged(cursor: &str, point: &str, index: Option<&str>) -> String {
    let parts: Vec<_> = cursor.split('-').collect();
    let [engine, hex, kind, query] = parts[..] else { panic!("{cursor}") };
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes: Vec<_> = hex.as_bytes().chunks(2).map(byte).collect();
    let position: Value = serde_json::from_slice(&bytes).unwrap();
    let index = index.or(position["index"].as_str()).unwrap();
    let written =
        format!(r#"{{"point":"{point}","index":"{index}","after":{}}}"#, position["after"]);
    let written: String = written.bytes().map(|byte| format!("{byte:02x}")).collect();
    [engine, &written, kind, query].join("-")
}

#[tokio::test]
async fn a_page_finds_nothing_of_another_index_and_begins_anew_where_its_state_is_gone() {
    let setting = Setting::new().await;
    let first = get(&setting.router, "/v1/search?limit=2").await;
    let cursor = first.json()["nextCursor"].as_str().unwrap().to_owned();
    let page = async |cursor: &str| {
        get(&setting.router, &format!("/v1/search?limit=2&cursor={cursor}")).await
    };
    // The state of the index of somebody else, in a cursor that says it is ours.
    let client = Cluster::new(&setting.fake.account()).unwrap();
    let theirs = client
        .open_point("postern-t2-v1", Duration::from_secs(9), client.deadline())
        .await
        .unwrap();
    let stolen = page(&forged(&cursor, &theirs, None)).await;
    assert_eq!((stolen.status.as_u16(), stolen.ids().len()), (200, 0), "{stolen:?}");
    assert_eq!(stolen.json()["count"]["value"], 0);
    let own = setting.asked("/_search").pop().unwrap()["query"]["bool"]["filter"][0].clone();
    assert_eq!(own, json!({"term": {"_index": "postern-t1-v1"}}));
    // One that says whose it is begins in our index.
    let honest = page(&forged(&cursor, &theirs, Some("postern-t2-v1"))).await;
    assert_eq!(honest.ids(), ["m3", "m4"], "{honest:?}");
    setting.fake.trouble(Trouble { gone: true, ..Trouble::default() });
    let opened = setting.opened();
    assert_eq!(page(&cursor).await.ids(), ["m3", "m4"], "its order depends on the messages alone");
    assert_eq!(setting.opened(), opened + 1);
    // Relevance is of one state.
    let ranked = get(&setting.router, "/v1/search?q=invoice+sort:relevance&limit=2").await;
    let cursor = ranked.json()["nextCursor"].as_str().unwrap().to_owned();
    setting.fake.trouble(Trouble { gone: true, ..Trouble::default() });
    let uri = format!("/v1/search?q=invoice+sort:relevance&limit=2&cursor={cursor}");
    let refused = get(&setting.router, &uri).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.body).contains("begin again without `cursor`"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_cluster_that_keeps_no_more_states_says_so() {
    let setting = Setting::new().await;
    setting.fake.trouble(Trouble { no_more_points: true, ..Trouble::default() });
    let refused = get(&setting.router, "/v1/search").await;
    assert_eq!(refused.status, 503);
    let text = String::from_utf8_lossy(&refused.body).into_owned();
    assert!(text.contains("search.max_open_pit_context"), "{text}");
    assert_eq!(get(&setting.router, "/v1/search?limit=0").await.status, 200);
    setting.fake.trouble(Trouble::default());
    assert_eq!(get(&setting.router, "/v1/search").await.status, 200);
}

/// Everything that is read of a message, without an index on this machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_needs_no_index_of_its_own() {
    let setting = Setting::new().await;
    let answer = async |uri: &str| {
        let seen = get(&setting.router, uri).await;
        assert_eq!(seen.status, 200, "{uri}: {seen:?}");
        seen
    };
    assert_eq!(answer("/v1/messages/m3").await.json()["subject"], "invoice three");
    let html = answer("/v1/messages/m3?format=html").await;
    assert!(String::from_utf8_lossy(&html.body).contains("three"), "{html:?}");
    let thread = answer("/v1/threads/m3").await.json();
    assert!(
        thread["messages"].as_array().unwrap().len() == 4 && thread["complete"] == true,
        "{thread}"
    );
    assert_eq!(answer("/readyz").await.body, b"ready");
    let status = answer("/v1/status").await.json();
    let store = json!({
        "health": "green", "nodes": 3, "shards": 3, "unassigned": 0, "documents": 4,
        "rejectedWrites": 0, "retriedWrites": 0,
    });
    assert_eq!(status["engines"]["cluster"]["store"], store);
    // What needs an original says so by its name.
    for rest in ["original", "eml", "attachments/0"] {
        let gone = get(&setting.router, &format!("/v1/messages/m3/{rest}")).await;
        assert_eq!(
            (gone.status.as_u16(), &gone.json()["code"]),
            (410, &json!("original_gone")),
            "{rest}"
        );
        assert_eq!(
            gone.json()["detail"],
            "the message lies in a cluster, which has no original of it"
        );
    }
    let export = async |format: &str| {
        let body = json!({ "format": format }).to_string();
        let seen = send(&setting.router, Method::POST, "/v1/export", Some(KEY), &body).await;
        assert_eq!(seen.status, 200, "{seen:?}");
        String::from_utf8_lossy(&seen.body).into_owned()
    };
    assert_eq!(export("jsonl").await.lines().count(), 4);
    assert_eq!(
        export("mbox").await.matches("has no original of it").count(),
        4,
        "each that was left out"
    );
    // One that is kept is read.
    let raw = b"Subject: invoice one\r\nContent-Type: text/html\r\n\r\n<b>one</b>";
    setting.fake.keep_original(ALIAS, "m1", raw);
    assert_eq!(answer("/v1/messages/m1/original").await.body, raw);
    assert!(
        String::from_utf8_lossy(&answer("/v1/messages/m1?format=html").await.body)
            .contains("<b>one</b>")
    );
    assert_eq!(export("mbox").await.matches("has no original of it").count(), 3);
    let body = json!({"format": "csv", "expect": 5}).to_string();
    let other = send(&setting.router, Method::POST, "/v1/export", Some(KEY), &body).await;
    assert_eq!((other.status.as_u16(), &other.json()["code"]), (409, &json!("other_count")));
}

/// Where the cluster is away, what is read comes from the index of this machine, if there is one.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_cannot_tell_the_local_index_does() {
    let setting = Setting::new().await;
    let local = Local::answering(Arc::new(mail()));
    let both = app(State::over(&config(&setting.fake), Locals::common(local), now).unwrap());
    setting.fake.trouble(Trouble { silent_shards: 1, ..Trouble::default() });
    assert_eq!(get(&both, "/v1/messages/m3").await.json()["subject"], "invoice three");
    let alone = get(&setting.router, "/v1/messages/m3").await;
    assert_eq!(alone.status, 503);
    let text = String::from_utf8_lossy(&alone.body).into_owned();
    assert!(text.contains("1 of 3 shards of the cluster did not answer"), "{text}");
    assert_eq!(get(&setting.router, "/readyz").await.status, 503);
}

/// Coverage counts all mailboxes of the tenant; each caller is shown its own of them.
fn is_coverage(seen: &Asked) -> bool {
    let body = String::from_utf8_lossy(&seen.body);
    seen.path().contains("-coverage/") || body.contains(r#""mailboxes":{"terms""#)
}

/// Each tenant asks its own index, and each key for its own mailboxes, on every path.
#[tokio::test(flavor = "multi_thread")]
async fn every_question_names_its_tenant_and_its_mailboxes() {
    let setting = Setting::new().await;
    setting.fake.make("postern-t2");
    let mut config = config(&setting.fake);
    let keys = [("narrow", "narrow", "t1"), ("other", "other", "t2")];
    let keys = keys.map(|(name, text, tenant)| Key {
        mailboxes: vec![format!("box-of-{name}")],
        ..key(name, text, tenant)
    });
    config.access = Access::new(keys.into());
    config.tenants = ["t1", "t2"]
        .map(|id| Tenant {
            id: id.into(),
            data: format!("/nowhere/{id}").into(),
            ..Tenant::default()
        })
        .into();
    let router = app(State::new(&config, now).unwrap());
    for (name, tenant, foreign) in [("narrow", "t1", "t2"), ("other", "t2", "t1")] {
        let before = setting.fake.http().seen().len();
        let mut paths: Vec<_> = [
            "search?q=a&facets=sender,folder,histogram",
            "search?limit=0",
            "complete?q=from:a",
            "complete?q=in:a",
            "messages/m3",
            "threads/m3",
        ]
        .map(|path| (Method::GET, format!("/v1/{path}"), ""))
        .into();
        paths.push((Method::GET, format!("/api/{tenant}/indexes/x/documents?query=a"), ""));
        paths.push((Method::POST, "/v1/export".into(), r#"{"format":"csv"}"#));
        for (method, uri, body) in paths {
            let seen = send(&router, method, &uri, Some(name), body).await;
            assert!(seen.status.as_u16() < 500, "{uri}: {seen:?}");
        }
        let seen = setting.fake.http().seen().split_off(before);
        let questions: Vec<_> = seen
            .iter()
            .filter(|seen| seen.path().ends_with("_search") && !is_coverage(seen))
            .filter(|seen| !is_marks(&serde_json::from_slice(&seen.body).unwrap()))
            .collect();
        assert!(questions.len() > 8, "{}", questions.len());
        for question in questions {
            let body = String::from_utf8_lossy(&question.body);
            assert!(body.contains(&format!("box-of-{name}")), "{} {body}", question.target);
            // States are opened of the tenant's index alone, as the last assertion says.
            assert!(
                question.target.contains(&format!("/postern-{tenant}/"))
                    || body.contains("\"pit\""),
                "{} {body}",
                question.target
            );
        }
        let others = seen.iter().filter(|seen| seen.target.contains(&format!("postern-{foreign}")));
        assert_eq!(others.count(), 0, "{name}");
    }
}

/// What is counted of the cluster; where it gives no answer, that is all that is told.
#[tokio::test]
async fn metrics_tell_how_the_cluster_is() {
    let setting = Setting::new().await;
    let word = json!({"source": "files", "machine": "m", "rejected": 2, "retried": 5, "at": 0});
    let item = Outgoing::once("w", word.to_string());
    write(&setting.fake, &format!("{ALIAS}-coverage"), std::iter::once(item)).await;
    let mut config = config(&setting.fake);
    // The index of the only tenant is that of everybody too, and is counted once.
    config.tenants =
        vec![Tenant { id: TENANT.into(), data: "/nowhere/t1".into(), ..Tenant::default() }];
    let rights = Right::ALL.to_vec();
    config.access = Access::new(vec![Key { rights, ..key("main", KEY, TENANT) }]);
    let shown = async || {
        let router = app(State::new(&config, now).unwrap());
        let text = String::from_utf8(get(&router, "/metrics").await.body).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("postern_cluster"));
        (lines.map(str::to_owned).collect::<Vec<_>>(), get(&router, "/v1/status").await.json())
    };
    let (lines, status) = shown().await;
    let lag = now().as_second();
    let expected = [
        "postern_cluster_health 0",
        "postern_cluster_nodes 3",
        "postern_cluster_documents 4",
        "postern_cluster_shards 3",
        "postern_cluster_unassigned_shards 0",
        &format!("postern_cluster_lag_seconds {lag}"),
        "postern_cluster_rejected_writes 2",
        "postern_cluster_retried_writes 5",
    ];
    assert_eq!(lines, expected);
    let store = &status["engines"]["cluster"]["store"];
    assert_eq!(
        (
            &store["written"],
            &store["lagSeconds"],
            &store["rejectedWrites"],
            &store["retriedWrites"]
        ),
        (&json!("1970-01-01T00:00:00Z"), &json!(lag), &json!(2), &json!(5))
    );
    setting.fake.trouble(Trouble { silent_shards: 1, ..Trouble::default() });
    assert_eq!(shown().await.0, ["postern_cluster_health 3"]);
}

/// A result that was begun goes on in the index that it is of, and the next one is of the new index.
#[tokio::test]
async fn pages_go_on_when_another_index_takes_the_place() {
    let setting = Setting::new().await;
    let first = get(&setting.router, "/v1/search?limit=2").await;
    let cursor = first.json()["nextCursor"].as_str().unwrap().to_owned();
    let cluster = Cluster::new(&setting.fake.account()).unwrap();
    let (old, new) = (&format!("{ALIAS}-v1"), &format!("{ALIAS}-v2"));
    let (pace, who) = (Pace::default(), ("a test", "now"));
    let renewal = Renewal { cluster: &cluster, alias: ALIAS, old, new, pace, who };
    renewal.run(&json!({"mappings": {}})).await.unwrap();
    let second = get(&setting.router, &format!("/v1/search?limit=2&cursor={cursor}")).await;
    assert_eq!([first.ids(), second.ids()].concat(), ["m1", "m2", "m3", "m4"]);
    let router = app(State::new(&config(&setting.fake), now).unwrap());
    assert_eq!(get(&router, "/v1/search").await.ids(), ["m1", "m2", "m3", "m4"]);
    let marks = setting.asked("/_search").into_iter().rfind(is_marks).unwrap();
    assert_eq!(marks["query"]["bool"]["filter"][0], json!({"term": {"_index": new}}));
    // In a process that never knew the old index the page begins in the new one.
    let elsewhere = get(&router, &format!("/v1/search?limit=2&cursor={cursor}")).await;
    assert_eq!(elsewhere.ids(), ["m3", "m4"]);
}
