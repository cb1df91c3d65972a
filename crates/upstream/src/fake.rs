//! A small upstream on loopback with faults to order, for tests.
//!
//! It speaks just enough HTTP/1.1 over real sockets to be cut off, hang and reset as a real
//! service would. Every answer closes its connection.

use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Nothing: the answer that was set.
    #[default]
    None,
    /// This status with a JSON error.
    Status(u16),
    /// 429, with `Retry-After` in seconds if given.
    Busy(Option<u64>),
    /// No answer ever.
    Hang,
    /// The right answer, late.
    Slow(Duration),
    /// Half of the answer that was promised.
    CutOff,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// 200 with a sign-in page.
    Html,
    /// A redirect to another place.
    Redirect,
    /// The connection is reset without an answer.
    Reset,
}

impl FromStr for Misbehaviour {
    type Err = String;

    /// `ok`, `status:CODE`, `busy`, `busy:SECONDS`, `hang`, `slow:MILLISECONDS`, `cut-off`, `garbage`,
    /// `html`, `redirect` or `reset`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once(':').unwrap_or((text, ""));
        let unknown = |_| format!("`{text}` is no misbehaviour");
        match name {
            "ok" => Ok(Self::None),
            "status" => number.parse().map(Self::Status).map_err(unknown),
            "busy" if number.is_empty() => Ok(Self::Busy(None)),
            "busy" => number.parse().map(|wait| Self::Busy(Some(wait))).map_err(unknown),
            "hang" => Ok(Self::Hang),
            "slow" => {
                number.parse().map(|wait| Self::Slow(Duration::from_millis(wait))).map_err(unknown)
            }
            "cut-off" => Ok(Self::CutOff),
            "garbage" => Ok(Self::Garbage),
            "html" => Ok(Self::Html),
            "redirect" => Ok(Self::Redirect),
            "reset" => Ok(Self::Reset),
            _ => Err(format!("`{text}` is no misbehaviour")),
        }
    }
}

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Names in lower case and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The value of a header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct State {
    body: Vec<u8>,
    fields: Option<Vec<u8>>,
    key: Option<String>,
    misbehaviour: Misbehaviour,
    times: Option<usize>,
    seen: Vec<Seen>,
}

/// The upstream; it stops when dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use postern_upstream::fake::{Fake, Misbehaviour};
///
/// let fake = Fake::start().await?;
/// fake.misbehave(Misbehaviour::Status(500));
/// assert!(fake.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Fake {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Starts on a free port, answering every request with an empty result.
    ///
    /// # Errors
    ///
    /// When loopback cannot be listened on.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let body = br#"{"Results":[],"Count":0}"#.to_vec();
        let state = Arc::new(Mutex::new(State { body, ..State::default() }));
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The body of every good answer from now on.
    pub fn answer(&self, body: impl Into<Vec<u8>>) {
        lock(&self.state).body = body.into();
    }

    /// The body of every good answer to `/fields` from now on; until then they are like all others.
    pub fn answer_fields(&self, body: impl Into<Vec<u8>>) {
        lock(&self.state).fields = Some(body.into());
    }

    /// The key without which a request is answered with 401.
    pub fn demand_key(&self, key: impl Into<String>) {
        lock(&self.state).key = Some(key.into());
    }

    /// What goes wrong from now on.
    pub fn misbehave(&self, how: Misbehaviour) {
        let mut state = lock(&self.state);
        (state.misbehaviour, state.times) = (how, None);
    }

    /// What goes wrong for the next `times` requests.
    pub fn misbehave_times(&self, how: Misbehaviour, times: usize) {
        let mut state = lock(&self.state);
        (state.misbehaviour, state.times) = (how, Some(times));
    }

    /// Every request so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Notes a request and says how to treat it.
    fn next(&mut self, seen: Seen) -> (Misbehaviour, Vec<u8>) {
        let of_fields = seen.target.ends_with("/fields").then(|| self.fields.clone()).flatten();
        let refused = self.key.as_deref().is_some_and(|key| seen.header("x-api-key") != Some(key));
        self.seen.push(seen);
        let how = match &mut self.times {
            None => self.misbehaviour,
            Some(0) => Misbehaviour::None,
            Some(times) => {
                *times -= 1;
                self.misbehaviour
            }
        };
        let denied = refused && how == Misbehaviour::None;
        (
            if denied { Misbehaviour::Status(401) } else { how },
            of_fields.unwrap_or_else(|| self.body.clone()),
        )
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        // Detached: a connection ends by itself, or with the runtime of the test.
        drop(tokio::spawn(async move { converse(stream, &state).await }));
    }
}

async fn converse(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let Some(seen) = read_request(&mut stream).await? else { return Ok(()) };
    let kind = content_type(&seen.target);
    let (how, body) = lock(state).next(seen);
    match how {
        Misbehaviour::Hang => std::future::pending().await,
        Misbehaviour::Reset => return reset(&stream),
        Misbehaviour::Slow(pause) => tokio::time::sleep(pause).await,
        _ => {}
    }
    stream.write_all(&response(how, kind, &body)).await?;
    stream.shutdown().await
}

/// Closing with nothing left to linger sends a reset.
fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}

const JSON: &str = "application/json; charset=utf-8";

/// What a good answer is.
fn content_type(target: &str) -> &'static str {
    let is_message = target.split('?').next().is_some_and(|path| path.ends_with("/download"));
    if is_message { "message/rfc822" } else { JSON }
}

fn response(how: Misbehaviour, kind: &str, body: &[u8]) -> Vec<u8> {
    match how {
        Misbehaviour::Status(status) => message(status, JSON, "", &error_body(status)),
        Misbehaviour::Busy(None) => message(429, JSON, "", &error_body(429)),
        Misbehaviour::Busy(Some(seconds)) => {
            message(429, JSON, &format!("Retry-After: {seconds}\r\n"), &error_body(429))
        }
        Misbehaviour::Garbage => message(200, JSON, "", b"{\"R\xff\0[,\xc3"),
        Misbehaviour::Html => message(200, "text/html", "", b"<!doctype html><p>Please sign in."),
        Misbehaviour::Redirect => message(302, "text/html", "Location: /sign-in\r\n", b"Moved."),
        Misbehaviour::CutOff => {
            let mut whole = message(200, kind, "", body);
            whole.truncate(whole.len() - body.len() / 2 - 1);
            whole
        }
        Misbehaviour::None | Misbehaviour::Slow(_) | Misbehaviour::Hang | Misbehaviour::Reset => {
            message(200, kind, "", body)
        }
    }
}

fn error_body(status: u16) -> Vec<u8> {
    format!(r#"{{"error":{{"code":"Fault","message":"status {status} was ordered"}}}}"#)
        .into_bytes()
}

fn message(status: u16, content_type: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Ordered\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
         {headers}Connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let body = bytes.split_off(end);
    let mut seen = read_head(&String::from_utf8_lossy(&bytes));
    seen.body = body;
    if seen.header("transfer-encoding") == Some("chunked") {
        while !seen.body.ends_with(b"0\r\n\r\n") && stream.read_buf(&mut seen.body).await? > 0 {}
        seen.body = without_chunks(&seen.body);
    }
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while seen.body.len() < length && stream.read_buf(&mut seen.body).await? > 0 {}
    Ok(Some(seen))
}

/// The body in chunks that each say their length.
fn without_chunks(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let (size, rest) = chunks.split_at(end);
        let size =
            std::str::from_utf8(size).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let chunk = size.and_then(|size| rest.get(2..2 + size)).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        body.extend_from_slice(chunk);
        chunks = rest.get(4 + chunk.len()..).unwrap_or_default();
    }
    body
}

fn read_head(head: &str) -> Seen {
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    Seen {
        method: first.next().unwrap_or_default(),
        target: first.next().unwrap_or_default(),
        headers,
        body: Vec::new(),
    }
}
