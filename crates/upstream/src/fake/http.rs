//! Just enough HTTP/1.1: one request and one answer on a connection.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Misbehaviour, Seen};

const JSON: &str = "application/json; charset=utf-8";

/// An answer before anything goes wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Other headers, each a line with its end.
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type: JSON, headers: String::new(), body: body.into() }
    }

    pub(super) fn message(body: impl Into<Vec<u8>>) -> Self {
        Self { content_type: "message/rfc822", ..Self::json(body) }
    }

    pub(crate) fn file(body: impl Into<Vec<u8>>) -> Self {
        Self { content_type: "application/octet-stream", ..Self::json(body) }
    }

    pub(crate) fn error(status: u16) -> Self {
        Self { status, ..Self::json(error_body(status)) }
    }
}

/// The bytes of an answer after what goes wrong with it.
pub(super) fn response(how: Misbehaviour, reply: &Reply) -> Vec<u8> {
    let Reply { status, content_type, headers, body } = reply;
    match how {
        Misbehaviour::Status(status) => message(status, JSON, "", &error_body(status)),
        Misbehaviour::Busy(None) => message(429, JSON, "", &error_body(429)),
        Misbehaviour::Busy(Some(seconds)) => {
            message(429, JSON, &format!("Retry-After: {seconds}\r\n"), &error_body(429))
        }
        Misbehaviour::Garbage => message(200, JSON, "", b"{\"R\xff\0[,\xc3"),
        Misbehaviour::Html => {
            message(200, "text/html", headers, b"<!doctype html><p>Please sign in.")
        }
        Misbehaviour::Redirect => message(302, "text/html", "Location: /sign-in\r\n", b"Moved."),
        Misbehaviour::CutOff => {
            let mut whole = message(*status, content_type, headers, body);
            whole.truncate(whole.len() - body.len() / 2 - 1);
            whole
        }
        Misbehaviour::None | Misbehaviour::Slow(_) | Misbehaviour::Hang | Misbehaviour::Reset => {
            message(*status, content_type, headers, body)
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

/// Reads a request; `None` where the connection ends before it is whole.
pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Seen>> {
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
        while !seen.body.ends_with(b"0\r\n\r\n") {
            if stream.read_buf(&mut seen.body).await? == 0 {
                return Ok(None);
            }
        }
        seen.body = without_chunks(&seen.body);
    }
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while seen.body.len() < length {
        if stream.read_buf(&mut seen.body).await? == 0 {
            return Ok(None);
        }
    }
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
