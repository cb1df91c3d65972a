//! What is too large.

use super::*;

#[tokio::test]
async fn a_long_uri_is_414_in_the_shape_of_its_face() {
    let router = gateway(&one_key(None));
    let long = "a".repeat(9_000);
    let seen = get(&router, &format!("{DOCUMENTS}?query={long}")).await;
    assert_eq!(
        (seen.status.as_u16(), &seen.json()["error"]["code"]),
        (414, &"uri_too_long".into())
    );
    let seen = get(&router, &format!("/v1/search?q={long}")).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (414, &"uri_too_long".into()));
}

#[tokio::test]
async fn a_large_body_is_413_whether_or_not_its_length_is_told() {
    let router = gateway(&one_key(None));
    let large = "x".repeat((1 << 20) + 1);
    let seen = send(&router, Method::POST, "/v1/search", Some(KEY), &large).await;
    assert_eq!(seen.status, 413);
    let told = Request::post("/v1/search").header("content-length", large.len());
    let seen = exchange(&router, told.body(Body::empty()).unwrap()).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (413, &"body_too_large".into()));
}

/// A body whose length is not told is counted as it comes.
#[tokio::test]
async fn a_large_body_in_chunks_is_413_on_every_face() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let chunked = || {
        let chunk = || Ok::<_, std::io::Error>(vec![b'x'; 1 << 16]);
        Body::from_stream(tokio_stream::iter((0..32).map(move |_| chunk())))
    };
    let download = "/api/t1/discovery/x/source/y/items/z/download";
    for uri in ["/api/t1/jobs", DOCUMENTS, "/api/t1/locations", download] {
        let request = Request::post(uri).header("x-api-key", KEY);
        let seen = exchange(&router, request.body(chunked()).unwrap()).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.json()["error"]["code"]),
            (413, &"body_too_large".into()),
            "{uri}"
        );
    }
    for uri in ["/v1/search", "/v1/translate", "/v1/export"] {
        let request =
            Request::post(uri).header("x-api-key", KEY).header("content-type", "application/json");
        let seen = exchange(&router, request.body(chunked()).unwrap()).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.json()["code"]),
            (413, &"body_too_large".into()),
            "{uri}"
        );
    }
    assert_eq!(fake.seen(), [], "no part of one is a request");
}

/// What `curl -d` sends is told what to add.
#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_415() {
    let router = gateway(&one_key(None));
    for (kind, status) in [
        (None, 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("text/plain"), 415),
        (Some("text/plain; a=application/json"), 415),
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=utf-8"), 200),
        (Some("application/problem+json"), 200),
    ] {
        let mut request = Request::post("/v1/search").header("x-api-key", KEY);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let seen = exchange(&router, request.body(Body::from(r#"{"q":"invoice"}"#)).unwrap()).await;
        assert_eq!(seen.status, status, "{kind:?}");
        if status == 415 {
            let json = seen.json();
            assert_eq!(json["code"], "unsupported_media_type");
            assert_eq!(json["hint"], "add the header `Content-Type: application/json`");
        }
    }
}
