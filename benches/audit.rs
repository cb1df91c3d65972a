//! What does the audit log cost of a request? The same requests go to a gateway that audits and to one that does not,
//! in turns in one process: first without sockets and clients, then over HTTP, where the client is a process of its own.
//! What is printed is the CPU of all threads of the gateways.
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

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

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

/// What has this process ask as a client alone.
const CLIENT: &str = "--client";

/// A gateway, and where it listens.
struct Asked {
    gateway: Router,
    address: String,
}

impl Asked {
    async fn listening(gateway: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app = gateway.clone();
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { gateway, address }
    }

    /// The same over HTTP.
    async fn ask_over_http(&self, requests: usize, tasks: usize) {
        let mut client = Command::new(std::env::current_exe().unwrap());
        client.args([CLIENT, &self.address, &requests.to_string(), &tasks.to_string()]);
        let ended = tokio::task::spawn_blocking(move || client.status().unwrap()).await;
        assert!(ended.unwrap().success());
    }
}

/// The client: as many connections as tasks, one request behind the other on each.
fn client(address: &str, requests: usize, tasks: usize) {
    let connection = |task: usize| {
        let mut to = TcpStream::connect(address).unwrap();
        to.set_nodelay(true).unwrap();
        let mut from = BufReader::new(to.try_clone().unwrap());
        for number in 0..requests / tasks {
            let path = PATHS[(task + number) % PATHS.len()];
            let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
            to.write_all(request.as_bytes()).unwrap();
            read_answer(&mut from);
        }
    };
    std::thread::scope(|scope| {
        (0..tasks).for_each(|task| drop(scope.spawn(move || connection(task))));
    });
}

fn read_answer(from: &mut BufReader<TcpStream>) {
    let (mut line, mut length) = (String::new(), None);
    from.read_line(&mut line).unwrap();
    assert!(line.contains(" 200 "), "{line}");
    while line.trim_end() != "" {
        line.clear();
        from.read_line(&mut line).unwrap();
        let value = line.to_lowercase();
        let value = value.trim_end().strip_prefix("content-length: ").map(str::to_owned);
        length = length.or(value);
    }
    let length = length.expect("an answer says how long it is").parse().unwrap();
    from.read_exact(&mut vec![0; length]).unwrap();
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
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, mode, address, requests, tasks] = arguments.as_slice()
        && mode == CLIENT
    {
        client(address, requests.parse().unwrap(), tasks.parse().unwrap());
        return;
    }
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_mail(mail.path(), &raw_mail(setting("POSTERN_BENCH_COUNT", 20_000))).unwrap();
    index(data.path(), mail.path()).unwrap();
    let on = Asked::listening(gateway(data.path(), Level::On)).await;
    let off = Asked::listening(gateway(data.path(), Level::Off)).await;
    let requests = setting("POSTERN_BENCH_REQUESTS", 2_000);
    for (tasks, over_http) in [(1, false), (8, false), (1, true), (8, true)] {
        let mut used = [0.0; 2];
        for round in 0..=setting("POSTERN_BENCH_ROUNDS", 5) {
            for (of, asked) in [&on, &off].into_iter().enumerate() {
                let before = cpu();
                if over_http {
                    asked.ask_over_http(requests, tasks).await;
                } else {
                    ask(&asked.gateway, requests, tasks).await;
                }
                // The first round warms up.
                used[of] += if round > 0 { cpu() - before } else { 0.0 };
            }
        }
        println!(
            "{}{tasks} at the same time: {:.2} s of CPU with the audit log, {:.2} s without, ratio {:.3}",
            if over_http { "over HTTP, " } else { "" },
            used[0],
            used[1],
            used[0] / used[1],
        );
    }
}
