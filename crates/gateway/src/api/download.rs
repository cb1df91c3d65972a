//! Bytes that a browser saves and never shows.

use std::io::Write as _;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::held::{Busy, held};
use super::html;
use crate::State as Shared;
use crate::access::Caller;
use crate::local::pipe::Pipe;
use postern_archive::Original;
use postern_archive::export::{copy, file_name};

pub(super) const MESSAGE: HeaderValue = HeaderValue::from_static("message/rfc822");
pub(super) const MSG: HeaderValue = HeaderValue::from_static("application/vnd.ms-outlook");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The bytes as a file of that name.
pub(super) fn download(name: &str, body: impl Into<Body>) -> Response {
    let mut response = (html::POLICY, body.into()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, BYTES);
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition(&file_name(name)));
    response
}

/// An original as a file of that name. One that lies in the store is read as it is sent.
pub(super) fn original(
    state: &Shared,
    caller: &Caller,
    name: &str,
    original: Original,
) -> Result<Response, Busy> {
    let mut reader = match original {
        Original::Whole(bytes) => return Ok(download(name, held(state, caller, bytes)?)),
        Original::Streamed(reader) => reader,
    };
    let slot = state.slot_to_stream(caller).map_err(|full| Busy::new(state, full, STREAMS))?;
    let (pipe, outlet) = Pipe::new(state.limits().time);
    drop(tokio::task::spawn_blocking(move || {
        pipe.run(|pipe| Ok(copy(reader.as_mut(), &mut |piece| pipe.write_all(piece))?));
    }));
    Ok(download(name, outlet.body(slot)))
}

/// What there are too many of.
pub(super) const STREAMS: &str = "large answers";

/// The name in ASCII for old clients, and as it is (RFC 6266).
fn disposition(name: &str) -> HeaderValue {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '@');
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let text = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_name() {
        let expected = "attachment; filename=\"caf_.pdf\"; filename*=UTF-8''caf%C3%A9%2Epdf";
        assert_eq!(disposition("café.pdf"), expected);
    }
}
