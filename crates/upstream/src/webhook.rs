//! Telling a webhook, signed as Standard Webhooks says.
//!
//! Each telling is one `POST` of JSON with three headers: `webhook-id`, the same in every retry, `webhook-timestamp`,
//! and `webhook-signature`, the HMAC-SHA256 of id, timestamp and body with dots between. See
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use reqwest::{Client, Url};
use ring::hmac;
use tokio::time::timeout;

use crate::setup::http_client;
use crate::{Fault, Secret, Settings, SetupError, Trust};

/// What a secret may begin with that is written in Base64.
const IN_BASE64: &str = "whsec_";
/// Bytes that a secret has at least.
const SHORTEST: usize = 16;

/// An address that is told of what is new.
#[derive(Clone)]
pub struct Webhook {
    url: Url,
    http: Client,
    key: hmac::Key,
    time: Duration,
}

/// Why there can be no webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address is not one that may be told.
    #[error("the address is https://…, or http:// on this machine")]
    Address,
    /// The address holds a name or a password; it is not repeated.
    #[error("the address holds no name and no password")]
    Credentials,
    /// The secret can be guessed.
    #[error("the secret of a webhook has at least {SHORTEST} bytes")]
    Secret,
    /// There is no client.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Why a webhook did not take what it was told. It is to be told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It answered with another status than of success.
    Status(u16),
    /// It did not answer.
    Fault(Fault),
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

impl Webhook {
    /// The webhook at that address, which has so long for each answer. A secret that begins with `whsec_` is Base64
    /// behind that, any other is taken byte for byte.
    ///
    /// # Errors
    ///
    /// When the address is none that may be told, or the secret is too short.
    pub fn new(
        url: &str,
        secret: &Secret,
        trust: Trust,
        time: Duration,
    ) -> Result<Self, WebhookError> {
        let url = address(url)?;
        let bytes = bytes_of(secret).filter(|bytes| bytes.len() >= SHORTEST);
        let bytes = bytes.ok_or(WebhookError::Secret)?;
        let settings = Settings { trust, read_timeout: time, ..Settings::default() };
        let http = http_client(std::slice::from_ref(&url), &settings)?;
        Ok(Self { url, http, key: hmac::Key::new(hmac::HMAC_SHA256, &bytes), time })
    }

    /// Tells it once. `id` is what the event is known by, however often it is told. No redirect is followed.
    ///
    /// # Errors
    ///
    /// When it did not take it, or nobody knows whether it did.
    pub async fn tell(&self, id: &str, now: Timestamp, body: &str) -> Result<(), NotTaken> {
        let stamp = now.as_second().to_string();
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", &stamp)
            .header("webhook-signature", self.signature(id, &stamp, body))
            .body(body.to_owned());
        let answer = timeout(self.time, request.send()).await;
        let answer = answer.map_err(|_| NotTaken::Fault(Fault::Timeout))?;
        let status = answer.map_err(|error| NotTaken::Fault(Fault::of(&error)))?.status();
        if status.is_success() { Ok(()) } else { Err(NotTaken::Status(status.as_u16())) }
    }

    fn signature(&self, id: &str, stamp: &str, body: &str) -> String {
        let signed = hmac::sign(&self.key, format!("{id}.{stamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(signed))
    }
}

/// The address of a text, if it may be told.
pub(crate) fn address(url: &str) -> Result<Url, WebhookError> {
    let url = Url::parse(url).map_err(|_| WebhookError::Address)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WebhookError::Credentials);
    }
    if may_be_told(&url) { Ok(url) } else { Err(WebhookError::Address) }
}

/// What is found leaves this machine in secret only.
fn may_be_told(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

fn bytes_of(secret: &Secret) -> Option<Vec<u8>> {
    match secret.expose().strip_prefix(IN_BASE64) {
        Some(encoded) => STANDARD.decode(encoded).ok(),
        None => Some(secret.expose().as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::fake::{Fake, Misbehaviour};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const TIME: Duration = Duration::from_secs(5);

    fn made(url: &str, secret: &str) -> Result<Webhook, WebhookError> {
        Webhook::new(url, &Secret::new(secret), Trust::System, TIME)
    }

    /// The example of the libraries of Standard Webhooks.
    #[test]
    fn the_published_signature() {
        let hook = made("http://127.0.0.1", SECRET).unwrap();
        let (id, stamp) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        assert_eq!(
            hook.signature(id, stamp, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn only_https_or_this_machine_is_told() {
        for (url, is_told) in [
            ("https://hooks.example/postern?a=b", true),
            ("http://127.0.0.1:8080/x", true),
            ("http://[::1]:8080/x", true),
            ("http://localhost/x", true),
            ("http://hooks.example/x", false),
            ("http://localhost.example/x", false),
            ("http://10.0.0.1/x", false),
            ("ftp://localhost/x", false),
            ("hooks.example", false),
            ("https://user:pass@hooks.example", false),
        ] {
            assert_eq!(made(url, SECRET).is_ok(), is_told, "{url}");
        }
        for (secret, is_fine) in [
            ("0123456789abcdef", true),
            ("short", false),
            ("whsec_AAAA", false),
            ("whsec_?", false),
        ] {
            assert_eq!(made("https://h", secret).is_ok(), is_fine, "{secret}");
        }
        let refused = made("https://user:pass@hooks.example", SECRET).unwrap_err().to_string();
        assert!(!refused.contains("pass@") && !refused.contains("user:"), "{refused}");
    }

    #[tokio::test]
    async fn what_it_is_told_and_whether_it_took_it() {
        let fake = Fake::start().await.unwrap();
        let hook = made(&format!("{}/hook", fake.url()), SECRET).unwrap();
        let now = "2021-02-25T15:02:10Z".parse().unwrap();
        assert_eq!(hook.tell("e1", now, "{}").await, Ok(()));
        let seen = fake.seen().pop().unwrap();
        assert_eq!(
            (seen.method.as_str(), seen.path(), &seen.body[..]),
            ("POST", "/hook", &b"{}"[..])
        );
        assert_eq!(seen.header("webhook-id"), Some("e1"));
        assert_eq!(seen.header("webhook-timestamp"), Some("1614265330"));
        assert_eq!(
            seen.header("webhook-signature"),
            Some(&*hook.signature("e1", "1614265330", "{}"))
        );
        fake.misbehave(Misbehaviour::Status(500));
        assert_eq!(hook.tell("e1", now, "{}").await, Err(NotTaken::Status(500)));
        drop(fake);
        assert!(matches!(hook.tell("e1", now, "{}").await, Err(NotTaken::Fault(_))));
    }

    /// Reads a request to its end; what it says of its event. Nothing where the connection has ended.
    fn request(from: &mut impl BufRead) -> Option<String> {
        let (mut id, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            from.read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_end().split_once(": ") {
                Some(("webhook-id", value)) => id = Some(value.to_owned()),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                None if line.trim_end().is_empty() => break,
                Some(_) | None => {}
            }
        }
        from.read_exact(&mut vec![0; length]).ok()?;
        id
    }

    /// Takes `e1` and says so twice at once; takes nothing else.
    fn answers_twice(listener: &TcpListener) {
        for connection in listener.incoming() {
            let (mut to, mut from) = {
                let connection = connection.unwrap();
                (connection.try_clone().unwrap(), BufReader::new(connection))
            };
            while let Some(id) = request(&mut from) {
                let answer = |status| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                let told = if id == "e1" { answer("200 OK").repeat(2) } else { answer("500 No") };
                if to.write_all(told.as_bytes()).is_err() {
                    break;
                }
            }
        }
    }

    /// The second answer to an event is not the answer to the next one.
    #[tokio::test]
    async fn who_answers_twice_has_taken_one_event() {
        for round in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/hook", listener.local_addr().unwrap());
            std::thread::spawn(move || answers_twice(&listener));
            let hook = made(&url, SECRET).unwrap();
            let now = Timestamp::UNIX_EPOCH;
            assert_eq!(hook.tell("e1", now, "{}").await, Ok(()));
            // The second answer has arrived by now, or not.
            if round % 2 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(hook.tell("e2", now, "{}").await.is_err(), "{round}");
        }
    }
}
