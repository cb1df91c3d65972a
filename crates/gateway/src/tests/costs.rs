//! What a query may cost before anybody is asked.

use super::*;

/// An expression of which no automaton is made here, but that others may answer: `/.*a.{100}/`.
const DEAR: &str = "%2F.*a.%7B100%7D%2F";

#[tokio::test]
async fn what_is_too_costly_here_is_still_asked_of_premium() {
    let fake = Fake::start().await.unwrap();
    fake.answer(r#"{"Count":0,"Results":[]}"#);
    let router = gateway(&one_key(Some(&fake)));
    let seen = get(&router, &format!("/v1/search?q={DEAR}")).await;
    assert_eq!(seen.json()["servedBy"]["engine"], "premium");
    assert_eq!(seen.json()["query"]["sent"]["query"], "/.*a.{100}/");
    let filter = format!("search.ismatch('{DEAR}','body','full','any')");
    let seen = get(&router, &format!("{DOCUMENTS}?filter={filter}")).await;
    assert_eq!(seen.header("postern-served-by"), Some("premium"));
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn what_is_too_costly_is_refused_by_name() {
    let router = gateway(&one_key(None));
    let seen = get(&router, &format!("/v1/search?q=invoice+{DEAR}&facets=sender")).await;
    let json = seen.json();
    assert_eq!((seen.status.as_u16(), &json["code"]), (400, &"too_costly".into()));
    assert_eq!(json["span"], serde_json::json!({"start": 8, "end": 19}));
    assert_eq!(json["detail"], "in parameter `q`");
    assert!(json["hint"].as_str().unwrap().starts_with("use smaller numbers"), "{json}");
    assert_eq!(json["errors"][0]["label"], "the dearest part, `/.*a.{100}/`");

    let body = format!(
        "{{\"q\": \"invoice\", \"filter\": \"{}\"}}",
        vec!["size ne 5"; 40_000].join(" and ")
    );
    let seen = send(&router, Method::POST, "/v1/search", Some(KEY), &body).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (400, &"too_costly".into()));
    assert_eq!(seen.json()["detail"], "in parameter `filter`");

    let body = r#"{"q": "/.*a.{100}/", "format": "jsonl"}"#;
    let seen = send(&router, Method::POST, "/v1/export", Some(KEY), body).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (400, &"too_costly".into()));

    let filter = format!("search.ismatch('{DEAR}','body','full','any')");
    let seen = get(&router, &format!("{DOCUMENTS}?filter={filter}")).await;
    let message = seen.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(seen.status, 400);
    assert!(message.starts_with("Invalid filter: a regular expression is too large"), "{message}");
}
