//! What does the audit log cost of a request? The same requests go to a gateway that audits and to one that does not,
//! in turns in one process, without sockets and clients. What is printed is the CPU of all threads for each request.
//!
//! `POSTERN_BENCH_COUNT` says how many messages the index has, `POSTERN_BENCH_ROUNDS` how often they take turns,
//! `POSTERN_BENCH_REQUESTS` how many requests each turn has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark fails by panicking and prints what it found"
)]

use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::Timestamp;
use postern_benches::{index, raw_mail, write_mail};
use postern_gateway::config::{Config, Level, Overrides};
use postern_gateway::{State, api};
use tower::ServiceExt as _;

const PATHS: [&str; 3] = [
    "/v1/search?q=message&limit=10",
    "/v1/search?q=please+message&limit=10",
    "/v1/search?q=invoice+OR+meeting&limit=10",
];

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn gateway(data: &Path, level: Level) -> Router {
    let mut config = Config::load(None, &Overrides::default(), data.to_path_buf()).unwrap();
    config.audit.level = level;
    api::app(State::new(&config, || Timestamp::UNIX_EPOCH).unwrap())
}

/// Asks so many times, from so many tasks at the same time.
async fn ask(gateway: &Router, requests: usize, tasks: usize) {
    let mut asking = tokio::task::JoinSet::new();
    for task in 0..tasks {
        let gateway = gateway.clone();
        asking.spawn(async move {
            for number in 0..requests / tasks {
                let path = PATHS[(task + number) % PATHS.len()];
                let request = Request::get(path).header("host", "127.0.0.1");
                let request = request.body(Body::empty()).unwrap();
                let answer = gateway.clone().oneshot(request).await.unwrap();
                assert_eq!(answer.status(), 200);
                drop(to_bytes(answer.into_body(), usize::MAX).await.unwrap());
            }
        });
    }
    asking.join_all().await;
}

/// Seconds of CPU that this process used, in ticks of the system (`proc_pid_stat(5)`): fields 14 and 15.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

#[tokio::main]
async fn main() {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_mail(mail.path(), &raw_mail(setting("POSTERN_BENCH_COUNT", 20_000))).unwrap();
    index(data.path(), mail.path()).unwrap();
    let (on, off) = (gateway(data.path(), Level::On), gateway(data.path(), Level::Off));
    let requests = setting("POSTERN_BENCH_REQUESTS", 2_000);
    for tasks in [1, 8] {
        let mut used = [0.0; 2];
        for round in 0..=setting("POSTERN_BENCH_ROUNDS", 5) {
            for (of, gateway) in [&on, &off].into_iter().enumerate() {
                let before = cpu();
                ask(gateway, requests, tasks).await;
                // The first round warms up.
                used[of] += if round > 0 { cpu() - before } else { 0.0 };
            }
        }
        println!(
            "{tasks} at the same time: {:.2} s of CPU with the audit log, {:.2} s without, ratio {:.3}",
            used[0],
            used[1],
            used[0] / used[1],
        );
    }
}
