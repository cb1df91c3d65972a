//! What assistants are told at `/mcp`: what the same key hears of the native face, under the same limits, and audited.

use serde_json::json;

use super::audited::{audited, check};
use super::*;

/// What a bare request to `/mcp` gets.
async fn bare(router: &Router, headers: &[(&str, &str)], method: &str, params: Value) -> Seen {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut request = Request::post("/mcp")
        .header("Host", "localhost")
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-06-18");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    exchange(router, request.body(Body::from(body.to_string())).unwrap()).await
}

/// What a tool says to this key, and whether it is an answer.
pub(super) async fn call(
    router: &Router,
    key: &str,
    tool: &str,
    arguments: Value,
) -> (bool, String) {
    let params = json!({"name": tool, "arguments": arguments});
    let seen = bare(router, &[("X-API-Key", key)], "tools/call", params).await;
    let told = seen.json();
    let text = told.pointer("/result/content/0/text").and_then(Value::as_str);
    let text = text.unwrap_or_else(|| panic!("{}: {told}", seen.status));
    (told["result"]["isError"].as_bool() != Some(true), text.to_owned())
}

fn serving(change: impl FnOnce(&mut Config)) -> Router {
    let mut config = Config { mcp_over_http: true, ..one_key(None) };
    change(&mut config);
    gateway(&config)
}

#[tokio::test]
async fn each_tool_answers() {
    let gateway = serving(|_| ());
    for (tool, arguments, expected) in [
        ("search", json!({"query": "invoice", "sort": "oldest", "limit": 2}), "1. id=m3 "),
        ("search", json!({"query": "invoice", "limit": 2}), "\nnext cursor: "),
        ("search", json!({"query": "invoice"}), "\ncoverage: 4 of 5 known messages"),
        ("count", json!({"query": "from:alice"}), "count: 2 (exact)\n"),
        ("get_message", json!({"id": "m3", "length": 7}), "\nbody: characters 0 to 7 of 21\n"),
        ("get_message", json!({"id": "m3", "offset": 8}), ">>\ninvoice three\n<<end "),
        ("get_thread", json!({"id": "m1"}), "messages: 1\n"),
        ("explain", json!({"query": "frm OR from:a@x.org"}), "canonical: frm OR from:a@x.org\n"),
        ("syntax_help", json!({"topic": "from"}), "`from:`"),
    ] {
        let (is_answer, text) = call(&gateway, KEY, tool, arguments).await;
        assert!(is_answer && text.contains(expected), "{tool}: {expected} is not in\n{text}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do() {
    let gateway = serving(|_| ());
    for (tool, arguments, expected) in [
        ("search", json!({"query": "form:alice"}), "\nfixed: from:alice\n"),
        ("count", json!({"query": "form:alice"}), "^^^^ not an operator"),
        ("explain", json!({"query": "(a"}), "\nfixed: (a)\n"),
        ("search", json!({"query": "a", "sort": "sideways"}), "`sideways` is not an order"),
        ("search", json!({"query": "a", "limit": 51}), "error: `limit` is 1 to 50\n"),
        ("search", json!({"query": "a", "cursor": "x"}), "error: "),
        ("search", json!({"text": "a"}), "unknown field `text`"),
        ("count", json!({"query": "a", "by": "body"}), "`by` is one of sender, domain"),
        ("get_message", json!({"id": "../status"}), "code: unknown_message\n"),
        ("get_thread", json!({"id": "m9"}), "code: unknown_message\n"),
    ] {
        let (is_answer, text) = call(&gateway, KEY, tool, arguments).await;
        assert!(!is_answer && text.contains(expected), "{tool}: {expected} is not in\n{text}");
    }
}

#[tokio::test]
async fn keys_and_origins_are_checked() {
    let gateway = serving(|config| config.origins = vec!["https://mail.example".into()]);
    let (key, bearer) = (("X-API-Key", KEY), format!("Bearer {KEY}"));
    for (headers, expected) in [
        (&[key][..], 200),
        (&[("Authorization", bearer.as_str())], 200),
        (&[], 401),
        (&[("X-API-Key", "another")], 401),
        (&[key, ("Origin", "https://evil.example")], 403),
        (&[key, ("Origin", "null")], 403),
        (&[key, ("Sec-Fetch-Site", "cross-site")], 403),
        (&[key, ("Origin", "http://localhost")], 200),
        (&[key, ("Origin", "https://mail.example")], 200),
    ] {
        let seen = bare(&gateway, headers, "tools/list", json!({})).await;
        assert_eq!(seen.status, expected, "{headers:?}: {seen:?}");
    }
    let gateway = serving(|config| config.access = Access::default());
    for (headers, expected) in [
        (&[][..], 200),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "http://localhost")], 200),
    ] {
        let seen = bare(&gateway, headers, "tools/list", json!({})).await;
        assert_eq!(seen.status, expected, "{headers:?}: {seen:?}");
    }
}

#[tokio::test]
async fn it_is_off_unless_the_configuration_turns_it_on() {
    let gateway = gateway(&one_key(None));
    let seen = bare(&gateway, &[("X-API-Key", KEY)], "tools/list", json!({})).await;
    assert_eq!(seen.status, 404);
}

#[tokio::test]
async fn the_limits_are_those_of_all_requests() {
    let gateway = serving(|config| {
        config.limits.rate = std::num::NonZeroU32::new(1);
        config.limits.burst = std::num::NonZeroU32::MIN;
    });
    assert!(call(&gateway, KEY, "count", json!({"query": "a"})).await.0);
    let (is_answer, text) = call(&gateway, KEY, "count", json!({"query": "a"})).await;
    assert!(!is_answer && text.contains("code: too_often\n"), "{text}");

    let gateway = serving(|config| config.limits.concurrency = 0);
    let seen = bare(&gateway, &[("X-API-Key", KEY)], "tools/list", json!({})).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (503, &"busy".into()));

    let gateway = serving(|config| config.limits.body = 100);
    let long = json!({"name": "count", "arguments": {"query": "a".repeat(100)}});
    let seen = bare(&gateway, &[("X-API-Key", KEY)], "tools/call", long).await;
    assert_eq!(seen.status, 413);
}

#[tokio::test]
async fn each_question_is_audited_as_one_of_an_assistant() {
    let data = tempfile::tempdir().unwrap();
    let gateway = audited(data.path());
    call(&gateway, KEY, "search", json!({"query": "subject:invoice"})).await;
    call(&gateway, KEY, "count", json!({"query": "nonsense:"})).await;
    call(&gateway, KEY, "get_message", json!({"id": "m1"})).await;
    call(&gateway, KEY, "get_thread", json!({"id": "m2"})).await;
    call(&gateway, KEY, "explain", json!({"query": "invoice"})).await;
    get(&gateway, "/v1/search?q=invoice").await;
    check(
        &data,
        &["what", "who", "how", "path", "status", "query", "count"],
        &[
            "search | reviewer | mcp | /v1/search | 200 | subject:invoice | 3",
            "search | reviewer | mcp | /v1/search | 400 | nonsense: | -",
            "view | reviewer | mcp | /v1/messages/m1 | 200 | - | -",
            "view | reviewer | mcp | /v1/threads/m2 | 200 | - | -",
            "search | reviewer | mcp | /v1/translate | 200 | invoice | -",
            "search | reviewer | http | /v1/search | 200 | invoice | 3",
        ],
    );
}
