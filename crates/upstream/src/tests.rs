//! The client against real sockets.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::fake::{Fake, Misbehaviour};
use crate::{
    Call, DataTap, Fault, Forward, Outcome, SearchRequest, Secret, Settings, Target, Trust,
};

const TARGET: Target<'_> = Target { tenant: "t1", index: "mail" };

fn call(key: &Secret, patience: Duration) -> Call<'_> {
    let deadline = Instant::now() + patience;
    Call { target: TARGET, key, deadline, traceparent: Some("00-1-2-01") }
}

async fn ask(fake: &Fake, patience: Duration) -> Outcome {
    let client = DataTap::new(&fake.url(), Settings::default()).unwrap();
    let key = Secret::new("s3cret");
    let request = SearchRequest { query: Some("a b".into()), top: 3, ..SearchRequest::default() };
    client.search(call(&key, patience), &request).await
}

#[track_caller]
fn check(outcome: &Outcome, expected: &str) {
    assert_eq!(outcome.code(), expected, "{outcome:?}");
}

#[tokio::test]
async fn asks_as_the_service_wants_to_be_asked() {
    let fake = Fake::start().await.unwrap();
    check(&ask(&fake, Duration::from_secs(5)).await, "served");
    let seen = fake.seen();
    assert_eq!(seen[0].target, "/api/t1/indexes/mail/documents?top=3&skip=0&query=a%20b");
    assert_eq!(seen[0].header("x-api-key"), Some("s3cret"));
    assert_eq!(seen[0].header("traceparent"), Some("00-1-2-01"));
}

#[tokio::test]
async fn every_fault_is_known_by_name() {
    let fake = Fake::start().await.unwrap();
    let table = [
        (Misbehaviour::None, "served"),
        (Misbehaviour::Status(400), "bad_request"),
        (Misbehaviour::Status(401), "bad_key"),
        (Misbehaviour::Status(403), "not_premium"),
        (Misbehaviour::Status(404), "not_premium"),
        (Misbehaviour::Status(500), "status"),
        (Misbehaviour::Busy(None), "busy"),
        (Misbehaviour::Busy(Some(60)), "busy"),
        (Misbehaviour::Hang, "timeout"),
        (Misbehaviour::CutOff, "cut_off"),
        (Misbehaviour::Garbage, "unparsable"),
        (Misbehaviour::Html, "unparsable"),
        (Misbehaviour::Redirect, "redirect"),
        (Misbehaviour::Reset, "cut_off"),
    ];
    for (how, expected) in table {
        fake.misbehave(how);
        let start = Instant::now();
        let outcome = ask(&fake, Duration::from_millis(400)).await;
        assert_eq!(outcome.code(), expected, "{how:?}: {outcome:?}");
        assert!(start.elapsed() < Duration::from_millis(900), "{how:?}");
    }
}

async fn fields_of(base: &str) -> Outcome {
    let client = DataTap::new(base, Settings::default()).unwrap();
    client.fields(call(&Secret::new("k"), Duration::from_secs(2))).await
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    check(&fields_of(&base).await, "connect");
}

#[tokio::test]
async fn a_service_that_does_not_speak_tls() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let plain = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    check(&fields_of(&base).await, "tls");
    plain.abort();
}

#[tokio::test]
async fn one_retry_inside_the_deadline() {
    let fake = Fake::start().await.unwrap();
    for how in [Misbehaviour::Status(503), Misbehaviour::CutOff, Misbehaviour::Busy(Some(0))] {
        let before = fake.seen().len();
        fake.misbehave_times(how, 1);
        check(&ask(&fake, Duration::from_secs(5)).await, "served");
        assert_eq!(fake.seen().len() - before, 2, "{how:?}");
    }
    let before = fake.seen().len();
    fake.misbehave(Misbehaviour::Status(500));
    check(&ask(&fake, Duration::from_secs(5)).await, "status");
    assert_eq!(fake.seen().len() - before, 2, "no more than one retry");
}

#[tokio::test]
async fn a_busy_service_is_not_pressed() {
    let fake = Fake::start().await.unwrap();
    for how in [Misbehaviour::Busy(None), Misbehaviour::Busy(Some(60))] {
        let before = fake.seen().len();
        fake.misbehave(how);
        check(&ask(&fake, Duration::from_secs(2)).await, "busy");
        assert_eq!(fake.seen().len() - before, 1, "{how:?}");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let fake = Fake::start().await.unwrap();
    fake.answer(format!(r#"{{"Results":[],"Count":0,"pad":"{}"}}"#, "x".repeat(2_000)));
    let settings = Settings { answer_limit: 1_000, ..Settings::default() };
    let client = DataTap::new(&fake.url(), settings).unwrap();
    let key = Secret::new("k");
    check(&client.fields(call(&key, Duration::from_secs(2))).await, "too_large");
}

#[tokio::test]
async fn forwards_without_the_headers_of_the_connection() {
    let fake = Fake::start().await.unwrap();
    let client = DataTap::new(&fake.url(), Settings::default()).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in [("connection", "x-mine"), ("x-mine", "1"), ("x-api-key", "outer")] {
        headers.insert(name, value.parse().unwrap());
    }
    let request = Forward {
        method: Method::POST,
        path_and_query: "/api/t1/jobs?a=b%20c",
        headers: &headers,
        key: Some(&Secret::new("inner")),
        body: "hello".into(),
    };
    assert_eq!(client.forward(request).await.unwrap().status(), 200);
    let seen = fake.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/api/t1/jobs?a=b%20c"));
    assert_eq!(seen.header("x-api-key"), Some("inner"));
    assert_eq!(seen.header("x-mine"), None);
    assert_eq!(seen.body, b"hello");
}

/// However it is spelt, a request that would leave its tenant is not sent at all.
#[tokio::test]
async fn nothing_is_sent_elsewhere_than_it_says() {
    let fake = Fake::start().await.unwrap();
    let client = DataTap::new(&fake.url(), Settings::default()).unwrap();
    let key = Secret::new("k");
    for path_and_query in ["/api/t1/x\\..\\..\\t2\\jobs", "/api/t1/../t2/jobs", "/api/t1/%2e%2e/t2"]
    {
        let headers = HeaderMap::new();
        let (method, body) = (Method::POST, "".into());
        let request = Forward { method, path_and_query, headers: &headers, key: None, body };
        assert_eq!(client.forward(request).await.unwrap_err(), Fault::Astray, "{path_and_query}");
    }
    for (tenant, index) in [("..", "mail"), ("t1", ".."), (".", "mail"), ("t1", ".")] {
        let target = Target { tenant, index };
        let asked = Call { target, ..call(&key, Duration::from_secs(5)) };
        check(&client.fields(asked).await, "astray");
        check(&client.search_raw(asked, "query=a").await, "astray");
    }
    assert_eq!(fake.seen(), []);
}

#[test]
fn keys_are_never_printed() {
    let key = Secret::new("s3cret");
    let headers = HeaderMap::new();
    let request = Forward {
        method: Method::GET,
        path_and_query: "/",
        headers: &headers,
        key: Some(&key),
        body: "".into(),
    };
    assert!(!format!("{request:?}").contains("s3cret"));
}

#[test]
fn certificates_are_certificates() {
    for pem in ["", "no certificate"] {
        let settings = Settings { trust: Trust::Certificates(pem.into()), ..Settings::default() };
        let error = DataTap::new("https://127.0.0.1", settings).unwrap_err();
        assert!(error.to_string().contains("in PEM"), "{error}");
    }
}

/// A service behind TLS, whose certificate is for `localhost` alone; it answers what it is asked with `200`.
fn behind_tls() -> u16 {
    let certificate = include_bytes!("tests_certificates/server.pem");
    let key = include_bytes!("tests_certificates/server.key");
    let chain = CertificateDer::pem_slice_iter(certificate).map(Result::unwrap).collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key).unwrap())
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(&mut rustls::StreamOwned::new(session, stream.unwrap()));
        }
    });
    port
}

/// The SHA-256 of the certificate of [`behind_tls`].
fn fingerprint() -> [u8; 32] {
    let pem = include_bytes!("tests_certificates/server.pem");
    let certificate = CertificateDer::pem_slice_iter(pem).next().unwrap().unwrap();
    Sha256::digest(&certificate).into()
}

/// A client that takes offence at the certificate is gone in the middle of this.
fn answer(stream: &mut (impl Read + Write)) {
    let mut request = [0; 4_096];
    if stream.read(&mut request).is_ok() {
        let body = r#"{"Results":[],"Count":0}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        drop(stream.write_all(format!("{head}{body}").as_bytes()).and_then(|()| stream.flush()));
    }
}

#[tokio::test]
async fn only_a_certificate_that_is_trusted_and_for_this_name_is_taken() {
    let port = behind_tls();
    let authority = include_bytes!("tests_certificates/authority.pem");
    for (host, trusted, expected) in [
        ("localhost", Trust::Certificates(authority.to_vec()), "served"),
        ("localhost", Trust::System, "tls"),
        ("127.0.0.1", Trust::Certificates(authority.to_vec()), "tls"),
        ("localhost", Trust::Sha256(fingerprint()), "served"),
        ("127.0.0.1", Trust::Sha256(fingerprint()), "served"),
        ("localhost", Trust::Sha256([7; 32]), "certificate"),
    ] {
        let settings = Settings { trust: trusted, ..Settings::default() };
        let client = DataTap::new(&format!("https://{host}:{port}"), settings).unwrap();
        let key = Secret::new("s3cret");
        let outcome =
            client.search(call(&key, Duration::from_secs(5)), &SearchRequest::default()).await;
        assert_eq!(outcome.code(), expected, "{host}: {outcome:?}");
    }
}
