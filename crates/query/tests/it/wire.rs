//! What comes out as JSON with the feature `serde`.

use postern_query::emit::elasticsearch;
use postern_query::{Capabilities, datatap};
use serde_json::json;

#[test]
fn faults_and_requests() {
    let errors = crate::parse("form:alice").unwrap_err();
    let shown = serde_json::to_value(&errors).unwrap();
    assert_eq!(shown[0]["code"], "unknown_field");
    assert_eq!(shown[0]["span"], json!({"start": 0, "end": 4}));

    let query = crate::parse("invoice from:a@x.com").unwrap().query;
    let sent = serde_json::to_value(datatap::compile(&query, &Capabilities::default())).unwrap();
    assert_eq!(sent["sent"]["query"], "invoice");
    assert_eq!(sent["notes"][0]["fidelity"], "approximate");
    let body = elasticsearch::compile(&query, elasticsearch::Profile::OpenSearch).sent.unwrap();
    let text: serde_json::Value = serde_json::from_str(&body.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&body).unwrap(), text);
}

#[test]
fn capabilities_of_an_endpoint() {
    let read: Capabilities = serde_json::from_value(json!({
        "fields": {"listId": {"filterable": true}},
        "syntax": "simple",
        "url_budget": 100,
    }))
    .unwrap();
    assert!(read.fields.get("listId").filterable && !read.search_functions);
    assert_eq!(serde_json::from_value::<Capabilities>(json!(read)).unwrap(), read);
}
