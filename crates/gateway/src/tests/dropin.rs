//! The drop-in face beyond the outcome table.

use postern_upstream::fake::Misbehaviour;

use super::*;

const FIELDS: &str = "/api/t1/indexes/dg-search-index/fields";

#[tokio::test]
async fn premium_passes_through_byte_for_byte() {
    let fake = Fake::start().await.unwrap();
    let odd = "{ \"Count\" : 1,\r\n\t\"Results\":[ {\"subject\":\"Überfällig \\u00e9 請求書\", \"score\":1.50} ] }\n";
    fake.answer(odd);
    let router = gateway(&one_key(Some(&fake)));
    let raw = "top=5&query=a+b%20c&%24orderby=size%20desc&odd=1";
    let seen = get(&router, &format!("{DOCUMENTS}?{raw}")).await;
    assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), odd);
    assert_eq!(seen.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(seen.header("connection"), None, "headers of the connection stay behind");
    let asked = fake.seen().remove(0);
    assert_eq!(asked.target, format!("{DOCUMENTS}?{raw}"), "the query string as it came");
    assert_eq!(asked.header("x-api-key"), Some("inner-key"), "the key that it maps to");
}

#[tokio::test]
async fn a_refusal_of_premium_passes_through_too() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Status(400));
    let seen = get(&gateway(&one_key(Some(&fake))), &format!("{DOCUMENTS}?filter=x")).await;
    assert_eq!(seen.status, 400);
    assert_eq!(seen.json()["error"]["message"], "status 400 was ordered");
}

async fn local(raw: &str) -> Seen {
    get(&gateway(&one_key(None)), &format!("{DOCUMENTS}?{raw}")).await
}

#[tokio::test]
async fn the_local_answer_has_the_same_shape() {
    let seen = local("filter=hasAttachments%20eq%20true&query=invoice").await;
    assert_eq!(seen.header("content-type"), Some("application/json"));
    let json = seen.json();
    assert_eq!(json["Count"], 1);
    let hit = json["Results"][0].as_object().unwrap();
    let names: Vec<_> = hit.keys().map(String::as_str).collect();
    let fields = get(&gateway(&one_key(None)), FIELDS).await.json();
    let known: Vec<_> =
        fields.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    for name in &known {
        assert!(names.contains(name), "{name}");
    }
    assert_eq!(names.len(), known.len() + 1, "and the score");
    assert_eq!(hit["score"], 1.0);
    assert_eq!(hit["receivedDateTime"], "2024-01-03T00:00:00Z");
    assert_eq!(hit["toRecipients"], serde_json::json!([]));
    assert_eq!(hit["conversationId"], Value::Null);
}

#[tokio::test]
async fn paging() {
    #[track_caller]
    fn check(seen: &Seen, ids: &[&str]) {
        assert_eq!(seen.ids(), ids);
        assert_eq!(seen.json()["Count"], 4);
    }
    check(&local("").await, &["m4", "m3", "m2", "m1"]);
    check(&local("top=2").await, &["m4", "m3"]);
    check(&local("top=2&skip=3").await, &["m1"]);
    check(&local("top=0").await, &[]);
    check(&local("top=5000&skip=100000").await, &[]);
}

#[tokio::test]
async fn refusals_are_those_of_the_service() {
    let table = [
        ("top=-1", "top is a whole number from 0"),
        ("top=ten", "top is a whole number from 0"),
        ("skip=-1", "skip is a whole number from 0"),
        ("skip=100001", "skip may be 0 to 100000"),
        ("top=1&top=1", "top is given twice"),
        ("$filter=x", "there is no parameter `$filter`"),
        ("query=%ff", "query is not UTF-8"),
        ("filter=nosuch%20eq%201", "Invalid filter: "),
        ("filter=isRead%20eq%20(", "Invalid filter: "),
        ("query=invoice%20AND", "Invalid query: "),
        ("$orderby=body", "Invalid $orderby: "),
    ];
    for (raw, expected) in table {
        let seen = local(raw).await;
        assert_eq!(seen.status, 400, "{raw}");
        let json = seen.json();
        let message = json["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{raw}: {message}");
        assert_eq!(json["error"]["code"], "InvalidRequestParameter");
    }
}

#[tokio::test]
async fn another_index_is_only_premiums() {
    let fake = Fake::start().await.unwrap();
    let mut config = one_key(Some(&fake));
    let premium = config.premium.as_mut().unwrap();
    (premium.index, premium.only_index) = ("mail".into(), true);
    let router = gateway(&config);
    fake.misbehave(Misbehaviour::Status(503));
    assert_eq!(get(&router, "/api/t1/indexes/other/documents").await.status, 404);
    assert_eq!(get(&router, "/api/t1/indexes/mail/documents").await.status, 200);
}

#[tokio::test]
async fn fields_come_from_premium_or_from_here() {
    let fake = Fake::start().await.unwrap();
    fake.answer("[ {\"name\":\"x\"} ]");
    let router = gateway(&one_key(Some(&fake)));
    assert_eq!(get(&router, FIELDS).await.body, b"[ {\"name\":\"x\"} ]");
    fake.misbehave(Misbehaviour::Garbage);
    let seen = get(&router, FIELDS).await;
    assert_eq!(seen.header("postern-served-by"), Some("local"));
    let read = postern_document::index_fields(std::str::from_utf8(&seen.body).unwrap()).unwrap();
    assert!(read.get("toRecipients/address").filterable && !read.get("body").filterable);
    assert!(read.contains("body"));
    let shape = serde_json::json!({
        "name": "id", "type": "Edm.String", "key": true, "searchable": false, "filterable": true,
        "sortable": false, "facetable": false, "retrievable": true
    });
    assert_eq!(seen.json()[0], shape);
}

#[tokio::test]
async fn other_paths_are_passed_on() {
    let fake = Fake::start().await.unwrap();
    fake.answer("bytes \u{1} of any kind");
    let router = gateway(&one_key(Some(&fake)));
    let uri = "/api/t1/jobs/1/start?a=b%20c&a=d";
    let seen = send(&router, Method::POST, uri, Some(KEY), "{\"x\":1}").await;
    assert_eq!((seen.status.as_u16(), seen.body.as_slice()), (200, &b"bytes \x01 of any kind"[..]));
    let asked = fake.seen().remove(0);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", uri));
    assert_eq!(asked.body, b"{\"x\":1}");
    assert_eq!(asked.header("x-api-key"), Some("inner-key"));
    fake.misbehave(Misbehaviour::Status(409));
    assert_eq!(get(&router, uri).await.status, 409, "every status passes");
    fake.misbehave(Misbehaviour::Reset);
    let seen = get(&router, uri).await;
    assert_eq!(seen.status, 502);
    assert_eq!(seen.json()["error"]["message"], "premium failed: the answer was cut off");
    let alone = get(&gateway(&one_key(None)), uri).await;
    let json = alone.json();
    let message = json["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("no premium endpoint is configured"), "{message}");
}

/// The upstream would send back what it got, and the inner key with it.
#[tokio::test]
async fn trace_does_not_echo_the_key() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    for uri in [DOCUMENTS, "/api/t1/locations"] {
        let seen = send(&router, Method::TRACE, uri, Some(KEY), "").await;
        assert_eq!(seen.status, 405, "{uri}");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn another_method_without_premium_is_405() {
    let seen = send(&gateway(&one_key(None)), Method::DELETE, DOCUMENTS, Some(KEY), "").await;
    assert_eq!(
        (seen.status.as_u16(), &seen.json()["error"]["code"]),
        (405, &"MethodNotAllowed".into())
    );
}
