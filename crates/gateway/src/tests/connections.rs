//! Clients that keep the gateway waiting, over real sockets.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::bind;

/// How long a client may keep the gateway waiting in most of these tests.
const SHORT: Duration = Duration::from_secs(1);
/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// A gateway on a socket, until it is dropped.
struct Served {
    address: SocketAddr,
    running: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn start(config: &Config) -> Self {
        let bound = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let local = Local::answering(Arc::new(mail()));
        let state = State::over(config, Locals::common(local), now).unwrap();
        let address = bound.address();
        Self { address, running: tokio::spawn(bound.run(state, std::future::pending())) }
    }

    /// A connection on which `bytes` were sent.
    async fn sent(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(bytes.as_ref()).await.unwrap();
        socket
    }

    /// The whole answer to a request that asks for the connection to be closed.
    async fn asked(&self, line: &str, key: &str) -> String {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
        );
        text(self.sent(head).await).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// All that comes until the connection is closed, which must be soon.
async fn text(mut socket: TcpStream) -> String {
    let mut bytes = Vec::new();
    // One that is closed with something unread is reset.
    let read = timeout(LONG, socket.read_to_end(&mut bytes)).await.expect("it is closed");
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn short(premium: Option<&Fake>) -> Config {
    let mut config = one_key(premium);
    config.limits.time = SHORT;
    config
}

/// Two keys of the same tenant.
fn two_keys(premium: Option<&Fake>) -> Config {
    let mut config = one_key(premium);
    config.access = Access::new(vec![key("main", KEY, TENANT), key("other", "other-key", TENANT)]);
    config
}

fn post(path: &str, rest: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\n{rest}"
    )
}

#[tokio::test]
async fn whoever_does_not_ask_is_not_waited_for() {
    let served = Served::start(&short(None)).await;
    let whole = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let table = [
        ("nothing", String::new(), ""),
        ("a byte", "G".into(), ""),
        ("half a head", "GET /healthz HTTP/1.1\r\nHost: ".into(), ""),
        ("half a preface", "PRI * HTTP/2.0\r\n".into(), ""),
        ("most of a preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r".into(), ""),
        ("a request and no other", whole.into(), "HTTP/1.1 200 OK"),
        ("a request and half another", format!("{whole}GET /"), "HTTP/1.1 200 OK"),
    ];
    let mut all = Vec::new();
    for (what, bytes, expected) in table {
        all.push((what, served.sent(bytes).await, expected));
    }
    for (what, socket, expected) in all {
        let answer = text(socket).await;
        assert!(answer.starts_with(expected), "{what}: {answer}");
        assert!(!expected.is_empty() || !answer.contains("200 OK"), "{what}: {answer}");
    }
}

/// A head that comes a byte at a time is not whole in time either.
#[tokio::test]
async fn a_head_that_trickles_is_not_waited_for() {
    let served = Served::start(&short(None)).await;
    let mut socket = served.sent("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ").await;
    let start = Instant::now();
    while socket.write_all(b"x").await.is_ok() {
        assert!(start.elapsed() < LONG, "it is closed");
        sleep(SHORT / 10).await;
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// A frame of HTTP/2: its kind, its flags, its payload; nothing at the end of the connection.
async fn frame(socket: &mut TcpStream) -> Option<(u8, u8, Vec<u8>)> {
    let mut head = [0; 9];
    socket.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let mut payload = vec![0; length];
    socket.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], payload))
}

/// Answers what a living client answers, until the connection is closed; and the bytes of data that came.
async fn live(socket: &mut TcpStream) -> usize {
    let mut data = 0;
    while let Some((kind, flags, payload)) = frame(socket).await {
        let reply = match (kind, flags & 1) {
            (0, _) => {
                data += payload.len();
                continue;
            }
            (4, 0) => [0, 0, 0, 4, 1, 0, 0, 0, 0].to_vec(),
            (6, 0) => [&[0, 0, 8, 6, 1, 0, 0, 0, 0][..], payload.as_slice()].concat(),
            _ => continue,
        };
        if socket.write_all(&reply).await.is_err() {
            break;
        }
    }
    data
}

#[tokio::test]
async fn an_idle_connection_that_answers_pings_is_closed() {
    let served = Served::start(&short(None)).await;
    let mut socket = served.sent([PREFACE, &SETTINGS].concat()).await;
    timeout(LONG, live(&mut socket)).await.expect("it is closed");
}

/// The window of a stream that nobody opens again.
#[tokio::test]
async fn a_stream_that_nobody_reads_is_not_waited_for() {
    let fake = Fake::start().await.unwrap();
    fake.answer(vec![b'x'; 4 << 20]);
    let served = Served::start(&short(Some(&fake))).await;
    // Names of the static table, and one that is spelt out; every text with its length before it.
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    let names = [vec![0x82, 0x86, 0x44], text("/api/t1/jobs"), vec![0x41], text("localhost")];
    let block = [names.concat(), vec![0x40], text("x-api-key"), text(KEY)].concat();
    let head = [0, 0, u8::try_from(block.len()).unwrap(), 1, 5, 0, 0, 0, 1];
    let mut socket = served.sent([PREFACE, &SETTINGS, &head, &block].concat()).await;
    let data = timeout(LONG, live(&mut socket)).await.expect("it is closed");
    assert!((1..1 << 20).contains(&data), "{data}");
}

#[tokio::test]
async fn half_a_body_is_408_in_the_shape_of_its_face() {
    let fake = Fake::start().await.unwrap();
    let served = Served::start(&short(Some(&fake))).await;
    let told = "Content-Length: 10\r\n\r\nabc";
    let chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let (drop_in, native) =
        (r#"{"error":{"code":"request_timeout""#, r#""code":"request_timeout""#);
    let table = [
        ("/api/t1/jobs", drop_in),
        (DOCUMENTS, drop_in),
        ("/api/t1/locations", drop_in),
        ("/api/t1/discovery/x/source/y/items/z/download", drop_in),
        ("/v1/search", native),
        ("/v1/translate", native),
        ("/v1/export", native),
    ];
    let mut all = Vec::new();
    for (path, expected) in table {
        for rest in [told, chunked] {
            all.push((path, served.sent(post(path, rest)).await, expected));
        }
    }
    for (path, socket, expected) in all {
        let answer = text(socket).await;
        assert!(
            answer.starts_with("HTTP/1.1 408") && answer.contains(expected),
            "{path}: {answer}"
        );
    }
    assert_eq!(fake.seen(), [], "half a body is no request");
}

#[tokio::test]
async fn a_body_that_trickles_is_408() {
    let fake = Fake::start().await.unwrap();
    let served = Served::start(&short(Some(&fake))).await;
    let mut socket = served.sent(post("/api/t1/jobs", "Content-Length: 100000\r\n\r\n")).await;
    let start = Instant::now();
    while timeout(SHORT / 10, socket.readable()).await.is_err() {
        assert!(start.elapsed() < LONG);
        drop(socket.try_write(b"x"));
    }
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

/// Nobody who is not known sends a body, or holds a place with it.
#[tokio::test]
async fn half_a_body_of_a_stranger_is_refused_at_once() {
    let mut config = one_key(None);
    (config.limits.time, config.limits.concurrency) = (LONG * 10, 1);
    let served = Served::start(&config).await;
    for path in ["/api/t1/jobs", "/v1/search"] {
        let wrong = post(path, "Content-Length: 10\r\n\r\nabc").replace(KEY, "wrong");
        let mut first = [0; 12];
        let mut socket = served.sent(wrong).await;
        timeout(LONG, socket.read_exact(&mut first)).await.expect("at once").unwrap();
        assert_eq!(&first, b"HTTP/1.1 401", "{path}");
        let answer = served.asked("GET /v1/status", KEY).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
}

/// An answer that nobody reads is given up, and its place with it.
#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_waited_for() {
    let fake = Fake::start().await.unwrap();
    fake.answer(vec![b'x'; 32 << 20]);
    let mut config = short(Some(&fake));
    config.limits.concurrency = 1;
    let served = Served::start(&config).await;
    let head = format!("GET /api/t1/jobs HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {KEY}\r\n\r\n");
    let mut unread = served.sent(head).await;
    let mut first = [0; 12];
    unread.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let start = Instant::now();
    while !served.asked("GET /v1/status", KEY).await.starts_with("HTTP/1.1 200") {
        assert!(start.elapsed() < LONG, "the place is free again");
        sleep(SHORT / 10).await;
    }
    assert!(text(unread).await.len() < 32 << 20, "it was cut off");
}

/// What takes its time upstream is no fault of the client.
#[tokio::test]
async fn an_answer_that_comes_slowly_is_waited_for() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    let mut config = short(None);
    config.premium = Some(Premium { probe: None, ..Premium::at(url) });
    let served = Served::start(&config).await;
    let answering = tokio::spawn(async move {
        let (mut socket, _) = upstream.accept().await.unwrap();
        let mut request = [0; 1_000];
        assert_ne!(socket.read(&mut request).await.unwrap(), 0);
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").await.unwrap();
        for byte in [b"a", b"b", b"c"] {
            sleep(SHORT * 3 / 2).await;
            socket.write_all(byte).await.unwrap();
        }
    });
    let answer = served.asked("GET /api/t1/jobs", KEY).await;
    assert!(answer.ends_with("\r\n\r\nabc"), "{answer}");
    answering.await.unwrap();
}

/// At the cap, whoever has been silent for the longest makes room.
#[tokio::test]
async fn one_connection_too_many_takes_the_place_of_the_longest_silent() {
    let mut config = one_key(None);
    (config.limits.time, config.limits.connections) = (LONG * 10, 3);
    let served = Served::start(&config).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(served.sent("GET ").await);
        // It is there before the next one comes.
        let answer = served.asked("GET /healthz", "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let first = silent.remove(0);
    assert_eq!(text(first).await, "");
    let mut last = silent.pop().unwrap();
    last.write_all(b"/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    timeout(LONG, last.read_exact(&mut answer)).await.expect("it is served").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200", "the newest stays");
}

/// Half-sent bodies of one key leave the other key its places.
#[tokio::test]
async fn one_key_holds_at_most_half_of_the_places() {
    let fake = Fake::start().await.unwrap();
    let mut config = two_keys(Some(&fake));
    (config.limits.time, config.limits.concurrency) = (LONG * 10, 4);
    let served = Served::start(&config).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(served.sent(post("/api/t1/jobs", "Content-Length: 10\r\n\r\nabc")).await);
    }
    let start = Instant::now();
    let refusal = loop {
        let answer = served.asked("GET /api/t1/jobs", KEY).await;
        if answer.starts_with("HTTP/1.1 503") {
            break answer;
        }
        assert!(start.elapsed() < LONG, "{answer}");
    };
    assert!(
        refusal.contains("retry-after: 1") && refusal.contains("this key has 2 requests"),
        "{refusal}"
    );
    for path in ["GET /api/t1/jobs", "GET /v1/status"] {
        let answer = served.asked(path, "other-key").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    for (path, status) in [("GET /healthz", 200), ("GET /readyz", 200), ("GET /metrics", 401)] {
        let answer = served.asked(path, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
}
