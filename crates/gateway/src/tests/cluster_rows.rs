//! Equal messages of a cluster in one row.

use serde_json::json;

use super::cluster::Setting;
use super::*;

/// Messages of these ids, with these Message-IDs.
const MAIL: [(&str, Option<&str>); 7] = [
    ("m1", Some("<1@x>")),
    ("m2", Some("<1@x>")),
    ("m3", Some("<2@x>")),
    ("m4", None),
    ("m5", Some("< >")),
    ("m6", Some("< >")),
    ("m7", Some("<1@x>")),
];

async fn setting() -> Setting {
    let message = |(id, message_id): (&str, Option<&str>)| Message {
        id: id.into(),
        internet_message_id: message_id.map(str::to_owned),
        ..Message::default()
    };
    Setting::with(MAIL.map(message).to_vec()).await
}

/// Each row with its copies.
fn told(json: &Value) -> Vec<String> {
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let copies = row["copies"].as_array().unwrap().iter().map(id);
        std::iter::once(id(row)).chain(copies).collect::<Vec<_>>().join(" ")
    };
    json["results"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn the_first_of_equal_messages_is_the_row() {
    let setting = setting().await;
    let json = get(&setting.router, "/v1/search?collapse=messageId").await.json();
    assert_eq!(told(&json), ["m1 m2 m7", "m3", "m4", "m5", "m6"], "{json}");
    assert_eq!(json["count"], json!({"value": 7, "exact": true, "rows": 5}));
    assert_eq!((&json["collapsed"], &json["nextCursor"]), (&json!(true), &Value::Null));
    let counted = get(&setting.router, "/v1/search?collapse=messageId&limit=0").await.json();
    assert_eq!(counted["count"], json!({"value": 7, "exact": true, "rows": 5}), "{counted}");
}

#[tokio::test]
async fn pages_of_rows_have_each_row_once() {
    let setting = setting().await;
    for limit in [1, 2, 3, 100] {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let uri = format!("/v1/search?collapse=messageId&limit={limit}{cursor}");
            let json = get(&setting.router, &uri).await.json();
            assert_eq!(json["count"]["rows"], 5, "{json}");
            rows.extend(told(&json));
            let Some(next) = json["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(rows, ["m1 m2 m7", "m3", "m4", "m5", "m6"], "pages of {limit}");
    }
}
