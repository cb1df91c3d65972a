//! Two keys of two tenants: what premium answers to one is nothing to the other.

use postern_upstream::fake::Misbehaviour;

use super::*;
use crate::config::Tenant;

const A: &str = "key-a";
const B: &str = "key-b";
const UP_A: &str = "up-a";
const UP_B: &str = "up-b";

fn documents(tenant: &str) -> String {
    format!("/api/{tenant}/indexes/dg-search-index/documents")
}

fn two_keys(fake: &Fake) -> State {
    let upstream = |name: &str| Some(Secret::new(name));
    let mut config = one_key(Some(fake));
    config.access = Access::new(vec![
        Key { upstream: upstream(UP_A), ..key("a", A, "t1") },
        Key { upstream: upstream(UP_B), rights: Right::ALL.to_vec(), ..key("b", B, "t2") },
    ]);
    let place = |id: &str| Tenant { id: id.into(), data: id.into(), ..Tenant::default() };
    config.tenants = ["t1", "t2"].map(place).to_vec();
    let local = Local::answering(Arc::new(mail()));
    State::over(&config, Locals::common(local), now).unwrap()
}

async fn ask(router: &Router, key: &str) -> Seen {
    let tenant = if key == A { "t1" } else { "t2" };
    send(router, Method::GET, &documents(tenant), Some(key), "").await
}

async fn breaker(router: &Router) -> (String, bool) {
    let status = send(router, Method::GET, "/v1/status", Some(B), "").await.json();
    let metrics = send(router, Method::GET, "/metrics", Some(B), "").await.body;
    let is_open = String::from_utf8(metrics).unwrap().contains("postern_breaker_state 2");
    (status["engines"]["premium"]["breaker"].as_str().unwrap().to_owned(), is_open)
}

#[tokio::test]
async fn what_one_key_is_answered_is_nothing_to_another() {
    let table = [
        // what premium answers to a, and the status and engine that a sees in the end
        (Misbehaviour::Status(400), 400, Some("premium")),
        (Misbehaviour::Status(401), 401, Some("premium")),
        (Misbehaviour::Status(402), 200, Some("local")),
        (Misbehaviour::Status(403), 200, Some("local")),
        (Misbehaviour::Status(404), 200, Some("local")),
        (Misbehaviour::Status(409), 200, Some("local")),
        (Misbehaviour::Status(501), 200, Some("local")),
        (Misbehaviour::Busy(None), 200, Some("local")),
        (Misbehaviour::Busy(Some(60)), 200, Some("local")),
        (Misbehaviour::Status(500), 200, Some("local")),
        (Misbehaviour::Status(503), 200, Some("local")),
        (Misbehaviour::CutOff, 200, Some("local")),
        (Misbehaviour::Garbage, 200, Some("local")),
        (Misbehaviour::Html, 200, Some("local")),
        (Misbehaviour::Redirect, 200, Some("local")),
        (Misbehaviour::Reset, 200, Some("local")),
    ];
    for (how, status, engine) in table {
        let fake = Fake::start().await.unwrap();
        fake.misbehave_to(UP_A, how);
        let router = app(two_keys(&fake).having_asked());
        for _ in 0..10 {
            let seen = ask(&router, A).await;
            assert_eq!(seen.status, status, "{how:?}");
            assert_eq!(seen.header("postern-served-by"), engine, "{how:?}");
        }
        for key in [B, B] {
            assert_eq!(
                ask(&router, key).await.header("postern-served-by"),
                Some("premium"),
                "{how:?}"
            );
        }
        assert_eq!(breaker(&router).await, ("closed".into(), false), "{how:?}");
    }
}

#[tokio::test]
async fn a_key_that_fails_alone_waits_for_premium_no_longer() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_to(UP_A, Misbehaviour::Status(500));
    let router = app(two_keys(&fake).having_asked());
    for _ in 0..4 {
        ask(&router, A).await;
    }
    let before = fake.seen().len();
    let seen = ask(&router, A).await;
    let open = "premium failed repeatedly and is left alone for a while";
    assert_eq!((seen.header("postern-reason"), fake.seen().len()), (Some(open), before));
}

#[tokio::test]
async fn what_both_keys_are_answered_is_the_upstreams() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Status(500));
    let router = app(two_keys(&fake).having_asked());
    for key in [A, B, A, B] {
        ask(&router, key).await;
    }
    assert_eq!(breaker(&router).await, ("open".into(), true));
    let before = fake.seen().len();
    for key in [A, B] {
        assert_eq!(ask(&router, key).await.header("postern-served-by"), Some("local"));
    }
    assert_eq!(fake.seen().len(), before);
}

#[tokio::test]
async fn silence_to_one_key_is_silence_to_all() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_to(UP_A, Misbehaviour::Hang);
    let router = app(two_keys(&fake).having_asked());
    ask(&router, A).await;
    assert_eq!(breaker(&router).await, ("open".into(), true));
}

/// While browsing, a client writes the whole request, and may never end it: that is no silence of premium.
#[tokio::test]
async fn browsing_that_is_never_answered_keeps_no_other_key_away() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_to(UP_A, Misbehaviour::Hang);
    let router = app(two_keys(&fake).having_asked());
    let mut browsing = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let router = router.clone();
        browsing.spawn(async move {
            send(&router, Method::GET, "/api/t1/locations", Some(A), "").await.status
        });
    }
    while let Some(status) = browsing.join_next().await {
        assert_eq!(status.unwrap(), 502, "nothing was synced");
    }
    assert_eq!(ask(&router, B).await.header("postern-served-by"), Some("premium"));
    assert_eq!(breaker(&router).await, ("closed".into(), false));
}

/// Every path that goes upstream with a key: what it adds to the breaker of that key, and of the others.
#[tokio::test]
async fn what_other_paths_teach() {
    let table = [
        // what a asks for, and whether ten of 500 keep its searches from premium
        (Method::GET, "/api/t1/locations", true),
        (Method::GET, "/api/t1/discovery/x/users", true),
        (Method::GET, "/api/t1/discovery/x/source/y/items/z?types=MailboxFolder", true),
        (Method::GET, "/api/t1/discovery/x/source/y/items/z/download", true),
        (Method::GET, "/api/t1/indexes/dg-search-index/fields", true),
        (Method::GET, "/v1/search?q=invoice", true),
        (Method::POST, "/api/t1/jobs", false),
        (Method::GET, "/api/t1/reporting", false),
    ];
    for (method, uri, keeps_away) in table {
        let fake = Fake::start().await.unwrap();
        fake.misbehave_to(UP_A, Misbehaviour::Status(500));
        let router = app(two_keys(&fake).having_asked());
        for _ in 0..10 {
            let body = if method == Method::POST { "{}" } else { "" };
            send(&router, method.clone(), uri, Some(A), body).await;
        }
        fake.misbehave_to(UP_A, Misbehaviour::None);
        let engine = if keeps_away { "local" } else { "premium" };
        assert_eq!(ask(&router, A).await.header("postern-served-by"), Some(engine), "{uri}");
        assert_eq!(ask(&router, B).await.header("postern-served-by"), Some("premium"), "{uri}");
        assert_eq!(breaker(&router).await, ("closed".into(), false), "{uri}");
    }
}

/// What a browser of folders asks for counts like a search where there is one key.
#[tokio::test]
async fn browsing_opens_the_breaker_too() {
    for how in [Misbehaviour::Status(500), Misbehaviour::Reset, Misbehaviour::Redirect] {
        let fake = Fake::start().await.unwrap();
        fake.misbehave(how);
        let router = gateway(&one_key(Some(&fake)));
        for _ in 0..4 {
            get(&router, "/api/t1/locations").await;
        }
        let before = fake.seen().len();
        let seen = get(&router, DOCUMENTS).await;
        let open = "premium failed repeatedly and is left alone for a while";
        assert_eq!(
            (seen.header("postern-reason"), fake.seen().len()),
            (Some(open), before),
            "{how:?}"
        );
    }
}

/// Names of indexes come from clients: what one answer teaches is known of that spelling only.
#[tokio::test]
async fn a_spelling_of_an_index_says_nothing_of_another() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_at("/indexes/DG-search-index/", Misbehaviour::Status(404));
    let router = gateway(&one_key(Some(&fake)));
    let odd = get(&router, "/api/t1/indexes/DG-search-index/documents").await;
    assert_eq!(odd.header("postern-served-by"), Some("local"));
    assert_eq!(get(&router, DOCUMENTS).await.header("postern-served-by"), Some("premium"));
}

/// What is counted has no name in it that a client chose.
#[tokio::test]
async fn names_of_clients_make_no_metrics() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let lines = async |name: &str| {
        for uri in [
            format!("/api/t1/indexes/{name}/documents?query={name}"),
            format!("/api/t1/indexes/{name}/fields"),
            format!("/api/{name}/indexes/x/documents"),
            format!("/api/t1/{name}"),
            format!("/v1/search?q={name}&{name}=1"),
            format!("/v1/messages/{name}"),
            format!("/{name}"),
        ] {
            get(&router, &uri).await;
            send(&router, Method::GET, &uri, Some(name), "").await;
        }
        let text = get(&router, "/metrics").await.body;
        String::from_utf8(text).unwrap().lines().count()
    };
    let first = lines("first").await;
    for number in 0..20 {
        assert_eq!(lines(&format!("name-{number}")).await, first);
    }
}
