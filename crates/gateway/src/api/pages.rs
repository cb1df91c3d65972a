//! What people look at: the search page and the docs, with nothing from another host.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// Only what this gateway serves is loaded; mail is shown in a frame that nothing can run in.
const POLICY: (&str, &str) = (
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE.as_str(), kind), ("referrer-policy", "no-referrer"), POLICY];
    (headers, text)
}

/// `GET /`
pub(super) async fn search() -> impl IntoResponse {
    asset("text/html; charset=utf-8", include_str!("assets/search.html"))
}

/// `GET /docs`
pub(super) async fn docs() -> impl IntoResponse {
    asset("text/html; charset=utf-8", include_str!("assets/docs.html"))
}

/// `GET /assets/search.js`
pub(super) async fn search_script() -> impl IntoResponse {
    asset("text/javascript; charset=utf-8", include_str!("assets/search.js"))
}

/// `GET /assets/docs.js`
pub(super) async fn docs_script() -> impl IntoResponse {
    asset("text/javascript; charset=utf-8", include_str!("assets/docs.js"))
}

/// `GET /assets/style.css`
pub(super) async fn style() -> impl IntoResponse {
    asset("text/css; charset=utf-8", include_str!("assets/style.css"))
}

/// `GET /assets/mail.css`
pub(super) async fn mail_style() -> impl IntoResponse {
    // The frame that shows mail is of no origin at all.
    let for_the_frame = [("cross-origin-resource-policy", "cross-origin")];
    (for_the_frame, asset("text/css; charset=utf-8", include_str!("assets/mail.css")))
}
