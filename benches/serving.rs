//! What does the gateway cost under load? Each pair takes turns in one process over loopback: passing premium
//! through against a bare forwarder, a local search against a bare search program, `/healthz` against a
//! bare hello. What is printed are ratios of requests a second and of the 99th percentile.
//!
//! `POSTERN_BENCH_COUNT` says how many messages the index has, `POSTERN_BENCH_ROUNDS` how often they
//! take turns, `POSTERN_BENCH_SECONDS` how long each turn is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark fails by panicking and prints what it found"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Query, State as Shared};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use postern_benches::{gateway, index, messages, raw_mail, write_mail};
use postern_mail::document;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::QueryParser;
use tantivy::schema::{STORED, Schema, TEXT, Value as _};
use tantivy::{Searcher, TantivyDocument, doc};
use tokio::net::TcpListener;

const QUESTIONS: [&str; 4] = [
    "query=message&top=10",
    "query=please+AND+message&top=10",
    "query=invoice+OR+meeting&top=10",
    "query=subject:report&top=10",
];

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn listen(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async {
        use axum::serve::ListenerExt as _;
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        axum::serve(listener, app).await
    });
    format!("http://{address}")
}

/// A premium that always says the same.
async fn premium(body: String) -> String {
    listen(Router::new().fallback(move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/json")], body) }
    }))
    .await
}

/// The least that passes a request on.
async fn forwarder(upstream: String) -> String {
    let client = postern_upstream::http().no_proxy().build().unwrap();
    let pass = move |uri: Uri| {
        let (client, url) = (client.clone(), format!("{upstream}{uri}"));
        async move {
            let answer = client.get(url).header("x-api-key", "k").send().await.unwrap();
            let status = answer.status();
            (status, [(CONTENT_TYPE, "application/json")], answer.bytes().await.unwrap())
        }
    };
    listen(Router::new().fallback(pass)).await
}

/// The least that searches: the fields and a page of stored documents.
struct Bare {
    searcher: Searcher,
    parser: QueryParser,
    document: tantivy::schema::Field,
}

impl Bare {
    fn over(raw: &[Vec<u8>]) -> Self {
        let mut schema = Schema::builder();
        let (subject, body) =
            (schema.add_text_field("subject", TEXT), schema.add_text_field("body", TEXT));
        let stored = schema.add_text_field("document", STORED);
        let index = tantivy::Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 64 << 20).unwrap();
        for message in messages(raw) {
            writer
                .add_document(doc!(
                    subject => message.subject.clone().unwrap_or_default(),
                    body => message.body.clone().unwrap_or_default(),
                    stored => document::to_json(&message),
                ))
                .unwrap();
        }
        writer.commit().unwrap();
        let parser = QueryParser::for_index(&index, vec![subject, body]);
        Self { searcher: index.reader().unwrap().searcher(), parser, document: stored }
    }

    fn answer(&self, text: &str) -> String {
        let query = self.parser.parse_query(text).unwrap();
        let best = TopDocs::with_limit(10).order_by_score();
        let (count, page) = self.searcher.search(&query, &(Count, best)).unwrap();
        let hits = page.into_iter().map(|(score, address)| {
            let found: TantivyDocument = self.searcher.doc(address).unwrap();
            let text = found.get_first(self.document).and_then(|value| value.as_str()).unwrap();
            let mut hit: serde_json::Value = serde_json::from_str(text).unwrap();
            hit["score"] = score.into();
            hit
        });
        let hits: Vec<_> = hits.collect();
        serde_json::json!({"Results": hits, "Count": count}).to_string()
    }
}

async fn search(
    Shared(bare): Shared<Arc<Bare>>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> impl IntoResponse {
    let text = parameters.into_iter().find(|(name, _)| name == "query").unwrap().1;
    let answer = tokio::task::spawn_blocking(move || bare.answer(&text)).await.unwrap();
    ([(CONTENT_TYPE, "application/json")], answer)
}

/// Times of all requests in seconds, and how long it took in all.
#[derive(Default)]
struct Load {
    times: Vec<f64>,
    seconds: f64,
}

impl Load {
    fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).unwrap()) / self.seconds
    }

    fn p99(&mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times[self.times.len() * 99 / 100]
    }
}

async fn load(
    base: &str,
    paths: &[String],
    connections: usize,
    most: usize,
    time: Duration,
) -> Load {
    let client = postern_upstream::http().no_proxy().pool_max_idle_per_host(128).build().unwrap();
    let began = Instant::now();
    let mut working = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let (client, base, paths) = (client.clone(), base.to_owned(), paths.to_vec());
        working.spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < time && times.len() < most / connections {
                let path = &paths[(connection + times.len()) % paths.len()];
                let start = Instant::now();
                let answer =
                    client.get(format!("{base}{path}")).header("x-api-key", "k").send().await;
                let answer = answer.unwrap();
                assert_eq!(answer.status(), 200, "{path}");
                drop(answer.bytes().await.unwrap());
                times.push(start.elapsed().as_secs_f64());
            }
            times
        });
    }
    let mut times = Vec::new();
    while let Some(one) = working.join_next().await {
        times.extend(one.unwrap());
    }
    Load { times, seconds: began.elapsed().as_secs_f64() }
}

async fn compare(what: &str, ours: &str, floor: &str, paths: &[String], floor_paths: &[String]) {
    let (rounds, seconds) =
        (setting("POSTERN_BENCH_ROUNDS", 5), setting("POSTERN_BENCH_SECONDS", 2));
    let time = Duration::from_secs(u64::try_from(seconds).unwrap());
    let (mut all_ours, mut all_floor) = (Load::default(), Load::default());
    for round in 0..=rounds {
        for is_ours in [true, false] {
            let (base, paths) = if is_ours { (ours, paths) } else { (floor, floor_paths) };
            let one = load(base, paths, 8, usize::MAX, time).await;
            // The first round warms up.
            let all = if is_ours { &mut all_ours } else { &mut all_floor };
            if round > 0 {
                all.times.extend(one.times);
                all.seconds += one.seconds;
            }
        }
    }
    println!(
        "{what}: {:.0} requests/s, floor {:.0}, ratio {:.2}; p99 {:.2} ms, floor {:.2} ms, ratio {:.2}",
        all_ours.rate(),
        all_floor.rate(),
        all_ours.rate() / all_floor.rate(),
        all_ours.p99() * 1e3,
        all_floor.p99() * 1e3,
        all_ours.p99() / all_floor.p99(),
    );
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[tokio::main]
async fn main() {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raw = raw_mail(setting("POSTERN_BENCH_COUNT", 20_000));
    write_mail(mail.path(), &raw).unwrap();
    index(data.path(), mail.path()).unwrap();
    let path = |question: &&str| format!("/api/t/indexes/i/documents?{question}");
    let paths: Vec<_> = QUESTIONS.iter().map(path).collect();
    let bare = Arc::new(Bare::over(&raw));
    let floor = listen(Router::new().fallback(search).with_state(bare)).await;
    let local = gateway(data.path(), None).await;
    compare("local search", &local, &floor, &paths, &paths).await;

    let client = postern_upstream::http().no_proxy().build().unwrap();
    let body = client.get(format!("{local}{}", paths[0])).send().await.unwrap();
    let body = body.text().await.unwrap();
    let premium = premium(body).await;
    // A folder of its own: two gateways that write one audit log wait for each other.
    let own = tempfile::tempdir().unwrap();
    index(own.path(), mail.path()).unwrap();
    let (through, bare) =
        (gateway(own.path(), Some(premium.clone())).await, forwarder(premium).await);
    compare("passing premium through", &through, &bare, &paths, &paths).await;

    let hello = listen(Router::new().route("/healthz", get(async || "ok"))).await;
    let health = ["/healthz".to_owned()];
    compare("healthz", &through, &hello, &health, &health).await;

    let long = Duration::from_secs(3_600);
    let done = load(&through, &paths, 64, 10_000, long).await;
    println!("{} requests at 64 connections without an error", done.times.len());
    let before = resident_kib();
    let requests = setting("POSTERN_BENCH_REQUESTS", 100_000);
    let done = load(&local, &paths[1..2], 8, requests, long).await;
    println!(
        "memory over {} local searches: {before} KiB, then {} KiB",
        done.times.len(),
        resident_kib()
    );
}
