//! What does the gateway add to one drop-in request? The floor is a bare axum that answers the same
//! bytes, over the same loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use postern_benches::{gateway, index, raw_mail, write_mail};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const PATH: &str = "/api/t/indexes/i/documents?query=please+AND+message&top=10";

/// An axum that says `body`, and its address.
async fn bare(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(move || {
        let body = body.clone();
        async move { ([("content-type", "application/json")], body) }
    });
    tokio::spawn(async { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn ask(client: &reqwest::Client, base: &str) -> String {
    let response =
        client.get(format!("{base}{PATH}")).header("X-API-Key", "k").send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

fn requests(criterion: &mut Criterion) {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_mail(mail.path(), &raw_mail(2_000)).unwrap();
    index(data.path(), mail.path()).unwrap();
    let runtime = Runtime::new().unwrap();
    let client = postern_upstream::http().no_proxy().build().unwrap();
    let (local, floor, through) = runtime.block_on(async {
        let local = gateway(data.path(), None).await;
        let body = ask(&client, &local).await;
        let floor = bare(body).await;
        let through = gateway(data.path(), Some(floor.clone())).await;
        (local, floor, through)
    });
    let mut group = criterion.benchmark_group("one drop-in request");
    for (name, base) in [
        ("floor: bare axum", &floor),
        ("passed through to premium", &through),
        ("answered locally", &local),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                assert!(runtime.block_on(ask(&client, base)).starts_with("{\"Results\":[{"));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, requests);
criterion_main!(benches);
