//! Every row of the outcome table, and what the breaker makes of many.

use std::time::Instant;

use postern_upstream::fake::Misbehaviour;

use super::*;

/// Status, who served, and the beginning of the reason.
type Row = (Misbehaviour, u16, &'static str, Option<&'static str>);

const FAILED: Option<&str> = Some("premium failed");

const DROP_IN: &[Row] = &[
    (Misbehaviour::None, 200, "premium", None),
    (Misbehaviour::Status(400), 400, "premium", None),
    (Misbehaviour::Status(401), 401, "premium", None),
    (Misbehaviour::Status(402), 200, "local", Some("premium is not there")),
    (Misbehaviour::Status(403), 200, "local", Some("premium is not there")),
    (Misbehaviour::Status(404), 200, "local", Some("premium is not there")),
    (Misbehaviour::Status(409), 200, "local", Some("premium is not there")),
    (Misbehaviour::Status(501), 200, "local", Some("premium is not there")),
    (Misbehaviour::Busy(None), 200, "local", Some("premium is busy")),
    (Misbehaviour::Busy(Some(60)), 200, "local", Some("premium is busy")),
    (Misbehaviour::Status(500), 200, "local", Some("premium failed: status 500")),
    (Misbehaviour::Status(503), 200, "local", Some("premium failed: status 503")),
    (Misbehaviour::Hang, 200, "local", Some("premium failed: no answer in time")),
    (Misbehaviour::CutOff, 200, "local", Some("premium failed: the answer was cut off")),
    (Misbehaviour::Garbage, 200, "local", Some("premium failed: the answer cannot be read")),
    (Misbehaviour::Html, 200, "local", Some("premium failed: the answer cannot be read")),
    (Misbehaviour::Redirect, 200, "local", Some("premium failed: it redirects")),
    (Misbehaviour::Reset, 200, "local", FAILED),
];

async fn check(uri: &str, row: &Row) {
    let (how, status, served_by, reason) = row;
    let fake = Fake::start().await.unwrap();
    fake.misbehave(*how);
    let router = gateway(&one_key(Some(&fake)));
    let start = Instant::now();
    let seen = get(&router, uri).await;
    assert!(start.elapsed() < Duration::from_millis(4_500), "{how:?} took {:?}", start.elapsed());
    assert_eq!(seen.status, *status, "{how:?}");
    assert_eq!(seen.header("postern-served-by"), Some(*served_by), "{how:?}");
    let told = seen.header("postern-reason");
    assert_eq!(told.is_some(), reason.is_some(), "{how:?}: {told:?}");
    assert!(told.unwrap_or("").starts_with(reason.unwrap_or("")), "{how:?}: {told:?}");
    assert_eq!(seen.header("postern-coverage"), Some("4/5; as-of=2024-06-01T12:00:00Z"));
    assert_eq!(seen.header("postern-query-id").map(str::len), Some(16));
    if *served_by == "local" {
        assert_eq!(seen.ids(), ["m3", "m2", "m1"], "{how:?}");
    }
}

#[tokio::test]
async fn drop_in() {
    for row in DROP_IN {
        check(&format!("{DOCUMENTS}?query=invoice"), row).await;
    }
}

#[tokio::test]
async fn native() {
    let differs = [
        (Misbehaviour::Status(400), 200, "local", Some("premium refused our request")),
        (Misbehaviour::None, 200, "premium", None),
    ];
    let refusals = [Misbehaviour::Status(400), Misbehaviour::Status(401)];
    let same = DROP_IN.iter().filter(|row| !refusals.contains(&row.0));
    for row in same.chain(&differs) {
        check("/v1/search?q=invoice", row).await;
    }
}

#[tokio::test]
async fn a_key_that_premium_refuses_reads_nothing() {
    let fake = Fake::start().await.unwrap();
    fake.demand_key("another-key");
    let router = gateway(&one_key(Some(&fake)));
    for uri in [DOCUMENTS, "/v1/search"] {
        let seen = get(&router, uri).await;
        assert_eq!(seen.status, 401);
        assert!(!String::from_utf8_lossy(&seen.body).contains("invoice"));
    }
}

#[tokio::test]
async fn one_retry_hides_a_short_fault() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    for how in [Misbehaviour::Status(502), Misbehaviour::CutOff, Misbehaviour::Busy(Some(0))] {
        fake.misbehave_times(how, 1);
        let seen = get(&router, DOCUMENTS).await;
        assert_eq!(seen.header("postern-served-by"), Some("premium"), "{how:?}");
    }
}

#[tokio::test]
async fn the_breaker_opens_and_nobody_waits() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Status(500));
    let router = gateway(&one_key(Some(&fake)));
    for _ in 0..4 {
        get(&router, DOCUMENTS).await;
    }
    fake.misbehave(Misbehaviour::Hang);
    let (before, start) = (fake.seen().len(), Instant::now());
    let seen = get(&router, DOCUMENTS).await;
    assert!(start.elapsed() < Duration::from_millis(300));
    assert_eq!(
        seen.header("postern-reason"),
        Some("premium failed repeatedly and is left alone for a while")
    );
    assert_eq!(fake.seen().len(), before, "nothing was sent");
    let json = get(&router, "/v1/search").await.json();
    let since = json["servedBy"]["since"].as_str().unwrap();
    assert!(since.starts_with("2024-06-01T1"), "{since}");
    let status = get(&router, "/v1/status").await.json();
    assert_eq!(status["engines"]["premium"]["breaker"], "open");
}

#[tokio::test]
async fn after_one_silence_nobody_waits() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Hang);
    let router = gateway(&one_key(Some(&fake)));
    get(&router, DOCUMENTS).await;
    let start = Instant::now();
    assert_eq!(get(&router, DOCUMENTS).await.header("postern-served-by"), Some("local"));
    assert!(start.elapsed() < Duration::from_millis(300));
}

#[tokio::test]
async fn a_busy_service_is_left_alone_as_long_as_it_says() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_times(Misbehaviour::Busy(Some(60)), 1);
    let router = gateway(&one_key(Some(&fake)));
    for _ in 0..2 {
        let seen = get(&router, DOCUMENTS).await;
        assert_eq!(seen.header("postern-reason"), Some("premium is busy (status 429)"));
    }
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn client_errors_never_open_the_breaker() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    for how in [Misbehaviour::Status(400), Misbehaviour::Status(401), Misbehaviour::Busy(None)] {
        fake.misbehave(how);
        for _ in 0..6 {
            get(&router, DOCUMENTS).await;
        }
    }
    fake.misbehave(Misbehaviour::None);
    assert_eq!(get(&router, DOCUMENTS).await.header("postern-served-by"), Some("premium"));
}

#[tokio::test]
async fn not_premium_is_remembered_for_that_index() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_times(Misbehaviour::Status(403), 1);
    let router = gateway(&one_key(Some(&fake)));
    get(&router, DOCUMENTS).await;
    let seen = get(&router, DOCUMENTS).await;
    let known = Some("premium is not there for this tenant");
    assert_eq!((seen.header("postern-reason"), fake.seen().len()), (known, 1));
    let other = get(&router, "/api/t1/indexes/other/documents").await;
    assert_eq!(other.header("postern-served-by"), Some("premium"));
}

#[tokio::test]
async fn not_premium_is_asked_again_after_a_while() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_times(Misbehaviour::Status(403), 1);
    let mut config = one_key(Some(&fake));
    config.premium.as_mut().unwrap().recheck = Duration::from_millis(50);
    let router = gateway(&config);
    assert_eq!(get(&router, DOCUMENTS).await.header("postern-served-by"), Some("local"));
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(get(&router, DOCUMENTS).await.header("postern-served-by"), Some("premium"));
}

#[tokio::test]
async fn without_an_index_premium_still_answers() {
    let fake = Fake::start().await.unwrap();
    let absent = || Local::below("/data".as_ref());
    let router = gateway_over(&one_key(Some(&fake)), absent());
    assert_eq!(get(&router, DOCUMENTS).await.status, 200);
    assert_eq!(get(&router, "/readyz").await.status, 200);
    fake.misbehave(Misbehaviour::Status(403));
    let seen = get(&router, DOCUMENTS).await;
    let why = "premium is not there for this tenant (status 403); there is no index here";
    assert_eq!(seen.status, 503);
    let json = seen.json();
    let message = json["error"]["message"].as_str().unwrap();
    assert!(message.starts_with(why), "{message}");
    assert_eq!(seen.header("postern-coverage"), Some("0/0; as-of=never"));
    assert_eq!(seen.header("postern-served-by"), None, "nobody did");
    assert_eq!(
        seen.header("postern-reason"),
        Some("premium is not there for this tenant (status 403)")
    );
    let problem = get(&router, "/v1/search").await;
    assert_eq!((problem.status.as_u16(), &problem.json()["code"]), (503, &"unavailable".into()));
    let alone = gateway_over(&one_key(None), absent());
    assert_eq!(get(&alone, "/readyz").await.status, 503);
}

#[tokio::test]
async fn a_slow_local_search_ends_with_the_deadline() {
    let slow = Local::answering(Arc::new(slow_mail(Duration::from_secs(2))));
    let config = Config { deadline: Duration::from_millis(200), ..one_key(None) };
    let start = Instant::now();
    let seen = get(&gateway_over(&config, slow), DOCUMENTS).await;
    assert_eq!(seen.status, 503);
    assert_eq!(seen.header("retry-after"), Some("1"));
    assert!(start.elapsed() < Duration::from_secs(1));
}
