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
