//! Counts over HTTP: facets, histograms, and the zone and the addresses that a query is read with.

use serde_json::json;

use super::indexed::{Indexed, indexed};
use super::*;

#[tokio::test]
async fn every_facet_has_its_name_and_older_names_are_taken() {
    let Indexed { router, .. } = &indexed();
    let all = "sender,domain,mailbox,folder,year,month,day,kind,type,extension,category,hasAttachment,source";
    let json = get(router, &format!("/v1/search?limit=0&facets={all},senderDomain,attachmentType"))
        .await
        .json();
    assert_eq!(json["facets"].as_object().unwrap().len(), 15, "{json}");
    assert_eq!(json["facets"]["domain"], json["facets"]["senderDomain"]);
    assert_eq!(json["facets"]["type"], json["facets"]["attachmentType"]);
    assert_eq!(json["facets"]["day"]["values"][0], json!({"value": "2024-01-01", "count": 1}));
    assert_eq!((&json["facetsBy"], &json["query"]["zone"]), (&json!("local"), &json!("UTC")));
    assert!(get(router, "/v1/search?limit=0").await.json()["facetsBy"].is_null());
}

/// Ten in the morning of the first is midnight of the second on Kiritimati.
#[tokio::test]
async fn one_zone_serves_dates_and_counts() {
    let Indexed { router, .. } = &indexed();
    let search = async |raw: &str| get(router, &format!("/v1/search?{raw}")).await.json();
    let count = |json: &Value| json["count"]["value"].as_u64().unwrap();
    assert_eq!(count(&search("q=date:2024-01-01").await), 1);
    let there = "zone=Pacific/Kiritimati";
    assert_eq!(count(&search(&format!("q=date:2024-01-01&{there}")).await), 0);
    let json = search(&format!("{there}&facets=day,histogram&histogram.step=day&limit=0")).await;
    let days = [("2024-01-02", "2024-01-03"), ("2024-01-03", "2024-01-04")];
    let bars = days.map(|(from, to)| json!({"from": format!("{from}T00:00:00+14:00"), "to": format!("{to}T00:00:00+14:00"), "count": 1}));
    let zone = "Pacific/Kiritimati";
    assert_eq!(
        json["facets"]["histogram"],
        json!({"step": "day", "zone": zone, "bars": bars, "outside": 0, "undated": 0})
    );
    assert_eq!(
        json["facets"]["day"]["values"],
        json!(days.map(|(day, _)| json!({"value": day, "count": 1})))
    );
    assert_eq!(json["query"]["zone"], zone);
    let elsewhere = search(&format!("{there}&histogram.zone=UTC&histogram.step=month")).await;
    assert_eq!(elsewhere["facets"]["histogram"]["bars"][0]["from"], "2024-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_histogram_of_given_bounds() {
    let Indexed { router, .. } = &indexed();
    let body =
        r#"{"limit": 0, "histogram": {"from": "2024-01-02", "to": "2024-01", "step": "week"}}"#;
    let json = send(router, Method::POST, "/v1/search", Some(KEY), body).await.json();
    let histogram = &json["facets"]["histogram"];
    let counts: Vec<_> =
        histogram["bars"].as_array().unwrap().iter().map(|bar| bar["count"].clone()).collect();
    assert_eq!(
        (counts, &histogram["outside"]),
        (vec![1.into(), 0.into(), 0.into(), 0.into(), 0.into()], &1.into())
    );
    for bad in [
        "histogram.step=x",
        "histogram.from=x",
        "histogram.from=2024&histogram.to=2023",
        "histogram.zone=x",
        "zone=x",
        "me=x",
    ] {
        let seen = get(router, &format!("/v1/search?{bad}")).await;
        assert_eq!(seen.status, 400, "{bad}");
    }
    let unknown = r#"{"histogram": {"width": 1}}"#;
    assert_eq!(send(router, Method::POST, "/v1/search", Some(KEY), unknown).await.status, 400);
}

#[tokio::test]
async fn me_is_whoever_asks() {
    let Indexed { router, .. } = &indexed();
    assert_eq!(get(router, "/v1/search?q=from:me").await.status, 400);
    let one = get(router, "/v1/search?q=from:me&me=alice@contoso.com").await.json();
    assert_eq!(one["count"]["value"], 1);
    let body = r#"{"q": "from:me", "me": ["alice@contoso.com", "bob@contoso.com"]}"#;
    let both = send(router, Method::POST, "/v1/search", Some(KEY), body).await.json();
    assert_eq!(both["count"]["value"], 2);
    let translated =
        get(router, "/v1/translate?q=from:me&me=alice@contoso.com,bob@contoso.com").await.json();
    assert!(translated["english"].as_str().unwrap().contains("bob@contoso.com"), "{translated}");
    let body = r#"{"q": "from:me", "me": "alice@contoso.com", "format": "jsonl"}"#;
    let exported = send(router, Method::POST, "/v1/export", Some(KEY), body).await;
    assert_eq!(exported.body.iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[tokio::test]
async fn a_zone_of_the_configuration_holds_until_a_request_says_another() {
    let Indexed { data, .. } = &indexed();
    let me = ["alice@contoso.com".to_owned()];
    let viewpoint =
        crate::Viewpoint::default().with(Some("Pacific/Kiritimati"), Some(&me)).unwrap();
    let config = Config { viewpoint, ..one_key(None) };
    let router = &gateway_over(&config, Local::below(data.path()));
    let count = async |raw: &str| {
        get(router, &format!("/v1/search?{raw}")).await.json()["count"]["value"].clone()
    };
    assert_eq!(count("q=from:me+date:2024-01-02").await, 1);
    assert_eq!(count("q=from:me+date:2024-01-02&zone=UTC").await, 0);
    assert_eq!(count("q=from:me&me=nobody@contoso.com").await, 0);
}

/// A page of another zone is of another query.
#[tokio::test]
async fn a_cursor_belongs_to_its_zone() {
    let Indexed { router, .. } = &indexed();
    let first = get(router, "/v1/search?q=after:2024&limit=1&zone=Asia/Tokyo").await.json();
    let cursor = first["nextCursor"].as_str().unwrap();
    let next = async |zone: &str| {
        get(router, &format!("/v1/search?q=after:2024&limit=1&zone={zone}&cursor={cursor}")).await
    };
    assert_eq!(next("Asia/Tokyo").await.json()["results"].as_array().unwrap().len(), 1);
    assert_eq!(next("UTC").await.status, 400);
}
