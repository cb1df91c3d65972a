//! The order of engines that a tenant has.

use postern_upstream::fake::Misbehaviour;

use super::*;
use crate::config::{EngineName, Tenant};

const SEARCH: &str = "/v1/search?q=invoice";
const FIELDS: &str = "/api/t1/indexes/dg-search-index/fields";
const LOCATIONS: &str = "/api/t1/locations";
const FILE: &str = "/api/t1/discovery/x/source/alice/items/y/download";

fn in_order(fake: &Fake, engines: &[EngineName]) -> Config {
    Config { engines: Some(engines.to_vec()), ..one_key(Some(fake)) }
}

/// Status, who served, and why it was not the first.
async fn told(router: &Router, uri: &str) -> (u16, String, String) {
    let seen = get(router, uri).await;
    let header = |name| seen.header(name).unwrap_or_default().to_owned();
    (seen.status.as_u16(), header("postern-served-by"), header("postern-reason"))
}

fn is(status: u16, served_by: &str, reason: &str) -> (u16, String, String) {
    (status, served_by.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn the_local_index_alone() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&in_order(&fake, &[EngineName::Local]));
    for uri in [SEARCH, DOCUMENTS, FIELDS] {
        assert_eq!(told(&router, uri).await, is(200, "local", ""), "{uri}");
    }
    let seen = get(&router, "/v1/search?engine=premium").await;
    assert_eq!(seen.json()["title"], "engine is none of this tenant; there are local");
    assert!(fake.seen().is_empty(), "{:?}", fake.seen());
    assert_eq!(get(&router, "/api/t1/jobs").await.status, 200, "other paths are passed on");
}

/// What is not here is asked of premium, on every path that walks.
#[tokio::test]
async fn the_local_index_first() {
    let fake = Fake::start().await.unwrap();
    let config = in_order(&fake, &[EngineName::Local, EngineName::Premium]);
    let router = gateway(&config);
    for uri in [SEARCH, DOCUMENTS, FIELDS] {
        assert_eq!(told(&router, uri).await, is(200, "local", ""), "{uri}");
    }
    assert!(fake.seen().is_empty(), "{:?}", fake.seen());
    let asked_for = is(200, "premium", "premium was asked for");
    assert_eq!(told(&router, "/v1/search?engine=premium").await, asked_for);
    let router = gateway_over(&config, Local::below("/nowhere".as_ref()));
    for uri in [SEARCH, DOCUMENTS, LOCATIONS, FILE] {
        let (status, served_by, reason) = told(&router, uri).await;
        assert_eq!((status, served_by.as_str()), (200, "premium"), "{uri}");
        assert!(!reason.is_empty() && !reason.contains("premium"), "{uri}: {reason}");
    }
    fake.misbehave(Misbehaviour::Status(401));
    for uri in [SEARCH, DOCUMENTS, LOCATIONS, FILE] {
        assert_eq!(told(&router, uri).await.0, 401, "{uri}");
    }
}

#[tokio::test]
async fn premium_alone() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&in_order(&fake, &[EngineName::Premium]));
    fake.misbehave(Misbehaviour::Status(500));
    let failed = "premium failed: status 500";
    for (uri, status) in [(SEARCH, 503), (DOCUMENTS, 503), (LOCATIONS, 502), (FILE, 502)] {
        assert_eq!(told(&router, uri).await, is(status, "", failed), "{uri}");
    }
}

#[tokio::test]
async fn each_tenant_has_its_own() {
    let fake = Fake::start().await.unwrap();
    let mut config = in_order(&fake, &[EngineName::Premium]);
    let engines = Some(vec![EngineName::Local]);
    config.tenants =
        vec![Tenant { id: TENANT.into(), data: "/nowhere".into(), engines, ..Tenant::default() }];
    assert_eq!(told(&gateway(&config), SEARCH).await, is(200, "local", ""));
}

/// Facets come from the first engine that counts, and what an engine lacks is said.
#[tokio::test]
async fn an_answer_says_what_it_lacks() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&in_order(&fake, &[EngineName::Premium]));
    let json = get(&router, "/v1/search?facets=year&highlight=true").await.json();
    assert_eq!(json["facetsMissing"]["year"], "no engine of this tenant counts");
    let missing = "premium does not say where a message matches; only subject, people, names of attachments and places that it tells were looked at";
    assert_eq!(json["highlightMissing"], missing);
    let router = gateway(&in_order(&fake, &[EngineName::Local]));
    let json = get(&router, "/v1/search?facets=year&highlight=true").await.json();
    assert!(json["facetsMissing"].is_null() && json["highlightMissing"].is_null(), "{json}");
}

/// Browsing and downloads take part: what they hear counts for searches, and what searches hear for them.
#[tokio::test]
async fn browsing_and_downloads_open_the_breaker() {
    for uri in [LOCATIONS, FILE] {
        let fake = Fake::start().await.unwrap();
        let router = gateway(&one_key(Some(&fake)));
        fake.misbehave(Misbehaviour::Status(500));
        for _ in 0..4 {
            get(&router, uri).await;
        }
        let asked = fake.seen().len();
        let (_, _, reason) = told(&router, SEARCH).await;
        assert!(reason.starts_with("premium failed repeatedly"), "{uri}: {reason}");
        let (_, _, reason) = told(&router, uri).await;
        assert!(reason.starts_with("premium failed repeatedly"), "{uri}: {reason}");
        assert_eq!(fake.seen().len(), asked, "{uri}: nobody is asked");
        let metrics = String::from_utf8(get(&router, "/metrics").await.body).unwrap();
        let line = "postern_fallbacks_total{reason=\"breaker_open\"} 2";
        assert!(metrics.lines().any(|one| one == line), "{uri}: {metrics}");
    }
}
