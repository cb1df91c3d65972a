//! A server that lies: answers without an end, of another size than they say, or nested without measure.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;
use crate::Secret;
use crate::veeam::Chosen;

const TOKEN: &str = r#"{"access_token":"a1","refresh_token":"r1","expires_in":3600}"#;

/// What a server says to everything but the request for a token.
#[derive(Clone, Copy, Debug)]
struct Lie {
    head: &'static str,
    body: &'static [u8],
    /// Said again and again after the body.
    more: &'static [u8],
}

const ENDLESS: Lie = Lie { head: "200 OK", body: b"[", more: &[b' '; 1 << 16] };

/// A server that stops when dropped.
struct Liar {
    url: String,
    task: JoinHandle<()>,
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Liar {
    async fn start(lie: Lie) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(tokio::spawn(answer(stream, lie)));
            }
        });
        Self { url, task }
    }

    fn account(&self) -> Account {
        Account {
            url: self.url.clone(),
            user: "u".to_owned(),
            password: Secret::new("s3cret"),
            organization: None,
            version: Some(Version::V8),
            trust: crate::Trust::System,
            sessions: 1,
            answer_time: Duration::from_secs(20),
        }
    }
}

/// Ends when the client goes away.
async fn answer(mut stream: TcpStream, lie: Lie) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let asked = String::from_utf8_lossy(&request);
    let known = if asked.contains("/token") {
        Some(TOKEN)
    } else if asked.contains("/explore") {
        Some(r#"{"id":"s1","state":"Working"}"#)
    } else if asked.contains("/Organizations") && lie.head.contains("octet") {
        Some(r#"{"results":[{"id":"o1","name":"contoso"}]}"#)
    } else {
        None
    };
    if let Some(body) = known {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
        let whole = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        return stream.write_all(whole.as_bytes()).await;
    }
    stream
        .write_all(format!("HTTP/1.1 {}\r\nConnection: close\r\n\r\n", lie.head).as_bytes())
        .await?;
    stream.write_all(lie.body).await?;
    while !lie.more.is_empty() {
        stream.write_all(lie.more).await?;
    }
    Ok(())
}

/// What comes of asking for a list.
async fn listed(lie: Lie) -> (Problem, u64) {
    let liar = Liar::start(lie).await;
    let client = client(liar.account());
    (client.organization().await.unwrap_err(), client.requests())
}

/// The message of an item whose answer is this.
async fn saved(lie: Lie) -> Problem {
    let liar = Liar::start(lie).await;
    let folder = tempfile::tempdir().unwrap();
    let sessions = Sessions::open(client(liar.account()), folder.path()).unwrap();
    let session = sessions.session(Kind::Exchange, None).await.unwrap();
    session.save("m1", "i1").await.unwrap_err()
}

#[tokio::test]
async fn an_answer_without_an_end_is_too_large_and_asked_for_once() {
    assert_eq!(listed(ENDLESS).await, (Problem::Failed(Fault::TooLarge), 2));
    let file = Lie { head: "200 OK\r\nContent-Type: application/octet-stream", ..ENDLESS };
    assert_eq!(saved(file).await, Problem::Failed(Fault::TooLarge));
}

/// An error without an end is one without words.
#[tokio::test]
async fn an_error_without_an_end_has_no_words() {
    let (problem, _) = listed(Lie { head: "400 Bad Request", ..ENDLESS }).await;
    assert_eq!(problem.to_string(), "Veeam refuses (status 400)");
}

/// A head that would have to be kept whole has a limit too.
#[tokio::test]
async fn a_head_that_is_too_long_is_no_answer() {
    let head = format!("200 OK\r\nX-Long: {}", "x".repeat(1 << 20)).leak();
    let (problem, _) = listed(Lie { head, body: b"[]", more: b"" }).await;
    assert!(matches!(problem, Problem::Failed(_)), "{problem:?}");
}

/// Nothing is made ready for what is only promised, and what ends too early is not whole.
#[tokio::test]
async fn a_size_that_is_not_so_is_not_believed() {
    for head in [
        "200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 9223372036854775807",
        "200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 92",
    ] {
        let lie = Lie { head, body: b"[]", more: b"" };
        assert_eq!(saved(lie).await, Problem::Failed(Fault::CutOff), "{head}");
    }
    // What lies behind the size that was said is not taken.
    let short = "200 OK\r\nContent-Type: application/json\r\nContent-Length: 2";
    let (problem, _) = listed(Lie { head: short, body: b"[]]]]", more: b"" }).await;
    assert_eq!(problem, Problem::WhichOrganization { known: vec![] }, "an empty list was read");
}

/// JSON that would use up the stack, or a page that stands in the place of an answer, cannot be read.
#[tokio::test]
async fn json_that_is_nested_without_measure_is_no_answer() {
    let deep = |start: &str| -> &'static [u8] { start.repeat(200_000).leak().as_bytes() };
    for body in [deep("["), deep(r#"{"results":["#), deep(r#"{"a":"#)] {
        let (problem, _) = listed(Lie { head: "200 OK", body, more: b"" }).await;
        assert_eq!(problem, Problem::Failed(Fault::Unparsable));
        let (problem, _) = listed(Lie { head: "500 No", body, more: b"" }).await;
        assert_eq!(problem.to_string(), "Veeam failed: status 500");
    }
}

/// A PST is passed on piece by piece, so it may be of any size, and none of it is kept in memory.
#[tokio::test]
async fn a_file_without_an_end_is_never_held() {
    let lie = Lie { head: "200 OK\r\nContent-Type: application/octet-stream", ..ENDLESS };
    let liar = Liar::start(lie).await;
    let folder = tempfile::tempdir().unwrap();
    let sessions = Sessions::open(client(liar.account()), folder.path()).unwrap();
    let session = sessions.session(Kind::Exchange, None).await.unwrap();
    let chosen = Chosen::All(Scope::Mailbox("m1".to_owned()));
    let mut file = session.export_pst(&chosen, &crate::veeam::PstOptions::default()).await.unwrap();
    while file.received() < 8 << 20 {
        let piece = file.chunk().await.unwrap().unwrap();
        assert!(piece.len() <= 1 << 20, "{} bytes at once", piece.len());
    }
}
