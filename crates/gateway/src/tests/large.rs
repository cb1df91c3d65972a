//! Answers that would not fit into memory many times over.

use axum::response::Response;
use postern_query::Recipient;
use tokio_stream::StreamExt as _;

use super::*;

const BODY: usize = 1 << 20;

fn many(count: usize, change: impl Fn(&mut Message)) -> Memory {
    let message = |number: usize| {
        let mut message = Message {
            id: format!("m{number:03}"),
            received: Timestamp::from_second(1_704_067_200 - number as i64).ok(),
            ..Message::default()
        };
        change(&mut message);
        message
    };
    Memory { messages: (0..count).map(message).collect(), ..Memory::default() }
}

/// Megabytes take a busy machine longer than any search.
fn over(memory: &Memory) -> Router {
    let config = Config { deadline: Duration::from_secs(60), ..one_key(None) };
    gateway_over(&config, Local::answering(Arc::new(memory.clone())))
}

async fn begun(router: &Router, method: Method, uri: &str, body: &str) -> Response {
    let request = Request::builder().method(method).uri(uri).header("X-API-Key", KEY);
    let request = request.header("content-type", "application/json");
    router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

/// What is on its way while somebody reads is bounded, however slowly they do: a message, and five
/// chunks of 64 KiB.
async fn check_stream(method: Method, uri: &str, body: &str) -> Vec<u8> {
    let memory = many(60, |message| message.body = Some("x".repeat(BODY)));
    let response = begun(&over(&memory), method, uri, body).await;
    assert_eq!(response.status(), 200);
    let (mut read, mut chunks) = (Vec::new(), response.into_body().into_data_stream());
    while let Some(chunk) = chunks.next().await {
        let handed = memory.handed.load(atomic::Ordering::SeqCst);
        assert!(handed <= read.len() / BODY + 2, "{handed} read of {} bytes sent", read.len());
        let chunk = chunk.unwrap();
        assert!(chunk.len() <= 64 << 10);
        read.extend_from_slice(&chunk);
    }
    assert_eq!(memory.handed.load(atomic::Ordering::SeqCst), 60);
    read
}

#[tokio::test]
async fn long_bodies_are_sent_one_message_at_a_time() {
    let read = check_stream(Method::GET, &format!("{DOCUMENTS}?top=1000"), "").await;
    let json: Value = serde_json::from_slice(&read).unwrap();
    assert_eq!((json["Results"].as_array().unwrap().len(), &json["Count"]), (60, &60.into()));
    assert!(read.len() > 60 * BODY, "there is no cut: {}", read.len());
    let read = check_stream(Method::POST, "/v1/export", r#"{"format":"jsonl"}"#).await;
    assert_eq!(read.iter().filter(|byte| **byte == b'\n').count(), 60);
}

/// Who goes away in the middle ends the work.
#[tokio::test]
async fn nothing_is_read_for_nobody() {
    let memory = many(60, |message| message.body = Some("x".repeat(BODY)));
    let response = begun(&over(&memory), Method::GET, &format!("{DOCUMENTS}?top=60"), "").await;
    drop(response);
    while Arc::strong_count(&memory.handed) > 1 {
        tokio::task::yield_now().await;
    }
    assert!(memory.handed.load(atomic::Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn what_fails_on_the_way_is_cut_off_and_what_fails_at_once_is_an_error() {
    let uri = format!("{DOCUMENTS}?top=60");
    let mut memory = many(60, |message| message.body = Some("x".repeat(BODY)));
    memory.breaks_after = Some(2);
    let response = begun(&over(&memory), Method::GET, &uri, "").await;
    assert_eq!(response.status(), 200);
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
    let memory = Memory { breaks_after: Some(0), ..many(1, |_| ()) };
    assert_eq!(get(&over(&memory), &uri).await.status, 503);
}

#[tokio::test]
async fn empty_pages_have_the_same_envelope() {
    let seen = get(&over(&many(3, |_| ())), &format!("{DOCUMENTS}?top=0")).await;
    assert_eq!(String::from_utf8(seen.body).unwrap(), r#"{"Results":[],"Count":3}"#);
}

#[tokio::test]
async fn a_page_of_long_messages_goes_on_by_its_cursor() {
    let person = Recipient { name: Some("é".repeat(1_000)), address: None };
    let memory = many(120, |message| message.to_recipients = vec![person.clone(); 100]);
    let (router, mut ids, mut cursor, mut pages) = (over(&memory), Vec::new(), String::new(), 0);
    loop {
        let seen = get(&router, &format!("/v1/search?limit=1000{cursor}")).await;
        assert!(seen.body.len() < (8 << 20) + 4_096, "{}", seen.body.len());
        ids.extend(seen.ids());
        pages += 1;
        match seen.json()["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = memory.messages.iter().map(|message| message.id.clone()).collect();
    assert_eq!((ids, pages), (expected, 3), "of 203 KB each, 41 to a page");
}

#[tokio::test]
async fn a_long_conversation_goes_on_by_its_cursor() {
    let router = over(&many(4, |message| {
        message.conversation_id = Some("all".into());
        message.body = Some("x".repeat(5 * BODY));
    }));
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let seen = get(&router, &format!("/v1/threads/m001{cursor}")).await;
        let json = seen.json();
        assert_eq!(json["complete"], false, "it is a part");
        let messages = json["messages"].as_array().unwrap();
        ids.extend(messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()));
        match json["nextCursor"].as_str() {
            Some(next) => cursor = format!("?cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids, ["m000", "m001", "m002", "m003"]);
    assert_eq!(get(&router, "/v1/threads/m001?cursor=other").await.status, 400);
}

/// Readers who take nothing of an original, a page or a message held its bytes as often as they asked.
#[tokio::test]
async fn what_is_in_memory_while_it_is_read_is_bounded() {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raw = format!("Subject: long\n\n{}\n", "x".repeat(100 << 10));
    indexed::write(mail.path(), "ann/1.eml", &raw);
    indexed::take_in(mail.path(), data.path(), false);
    let router = gateway_over(&one_key(None), Local::below(data.path()));
    let uri = format!("/v1/messages/{}/eml", postern_mail::id_of(raw.as_bytes()));
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(begun(&router, Method::GET, &uri, "").await);
    }
    assert!(readers.iter().all(|reader| reader.status() == 200));
    let fifth = get(&router, &uri).await;
    assert_eq!((fifth.status.as_u16(), &fifth.json()["code"]), (503, &"busy".into()));
    let page = uri.replace("/eml", "?format=html");
    assert_eq!(get(&router, &page).await.status, 503);
    assert_eq!(get(&router, &uri.replace("/eml", "")).await.status, 503);
    drop(readers.pop());
    let seen = get(&router, &uri).await;
    assert_eq!(String::from_utf8(seen.body).unwrap(), raw);
}

/// The work on a message is not done on the threads that talk to clients: here is only one of them.
#[tokio::test]
async fn html_that_is_too_complex_is_shown_as_text() {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raw = format!("Content-Type: text/html\n\n{}the end", "<div>".repeat(100_000));
    indexed::write(mail.path(), "ann/1.eml", &raw);
    indexed::take_in(mail.path(), data.path(), false);
    let router = gateway_over(&one_key(None), Local::below(data.path()));
    let id = postern_mail::id_of(raw.as_bytes());
    let seen = get(&router, &format!("/v1/messages/{id}?format=html")).await;
    let page = String::from_utf8(seen.body).unwrap();
    assert!(page.contains("too complex") && page.contains("end</pre>"), "{page}");
}
