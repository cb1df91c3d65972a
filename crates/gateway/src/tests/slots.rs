//! How many requests and exports are answered at the same time.

use axum::response::Response;

use super::*;
use crate::config::Tenant;

async fn answer(router: &Router, method: Method, uri: &str, key: &str, body: &str) -> Response {
    let request = Request::builder().method(method).uri(uri).header("x-api-key", key);
    let request = request.header("content-type", "application/json");
    router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

/// A slot is not given back with the head of an answer.
#[tokio::test]
async fn a_slot_is_held_until_the_answer_has_ended() {
    let fake = Fake::start().await.unwrap();
    let mut config = one_key(Some(&fake));
    config.limits.concurrency = 1;
    let router = gateway(&config);
    for uri in [DOCUMENTS, "/api/t1/jobs", "/v1/search?q=a", "/v1/status"] {
        let first = answer(&router, Method::GET, uri, KEY, "").await;
        assert_eq!(first.status(), 200, "{uri}");
        let native = get(&router, "/v1/status").await;
        assert_eq!(
            (native.status.as_u16(), &native.json()["code"]),
            (503, &"busy".into()),
            "{uri}"
        );
        let drop_in = get(&router, "/api/t1/locations").await;
        assert_eq!(
            (drop_in.status.as_u16(), &drop_in.json()["error"]["code"]),
            (503, &"busy".into())
        );
        assert_eq!(drop_in.header("retry-after"), Some("1"));
        assert_eq!(get(&router, "/healthz").await.status, 200);
        assert_eq!(get(&router, "/").await.status, 200, "pages are the same for everybody");
        drop(first);
        assert_eq!(get(&router, "/v1/status").await.status, 200, "{uri}");
    }
}

/// Messages that fill whatever lies between an export and its reader.
fn long_mail() -> Local {
    let mut long = mail();
    for message in &mut long.messages {
        message.body = Some("x".repeat(4 << 20));
    }
    Local::answering(Arc::new(long))
}

const EXPORT: &str = r#"{"format":"jsonl"}"#;

#[tokio::test]
async fn one_key_holds_at_most_half_of_the_exports() {
    let mut config = one_key(None);
    config.access = Access::new(vec![key("main", KEY, TENANT), key("other", "other", TENANT)]);
    config.limits.exports = 2;
    let router = gateway_over(&config, long_mail());
    let export = async |key: &str| answer(&router, Method::POST, "/v1/export", key, EXPORT).await;
    let first = export(KEY).await;
    assert_eq!(first.status(), 200);
    let seen = send(&router, Method::POST, "/v1/export", Some(KEY), EXPORT).await;
    assert_eq!((seen.status.as_u16(), seen.header("retry-after")), (503, Some("1")));
    let title = seen.json()["title"].as_str().unwrap().to_owned();
    assert!(title.contains("this key has 1 exports under way"), "{title}");
    let other = export("other").await;
    assert_eq!(other.status(), 200);
}

/// However many exports others run, those of a tenant are its own.
#[tokio::test]
async fn exports_of_one_tenant_wait_for_no_other() {
    let mut config = one_key(None);
    let tenants = ["t1", "t2", "t3", "t4", "t5"];
    config.access = Access::new(tenants.iter().map(|one| key(one, one, one)).collect());
    let folder = |id: &&str| Tenant {
        id: (*id).into(),
        data: format!("/none/{id}").into(),
        ..Tenant::default()
    };
    config.tenants = tenants.iter().map(folder).collect();
    config.limits.exports = 2;
    let router = gateway_over(&config, long_mail());
    let mut running = Vec::new();
    for tenant in tenants {
        let export = answer(&router, Method::POST, "/v1/export", tenant, EXPORT).await;
        assert_eq!(export.status(), 200, "{tenant}");
        running.push(export);
    }
}
