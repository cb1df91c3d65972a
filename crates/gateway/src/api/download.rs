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
use crate::local::pipe::{Pipe, copy};
use postern_archive::Original;

pub(super) const MESSAGE: HeaderValue = HeaderValue::from_static("message/rfc822");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// Characters of a name, so that every file system takes it.
const LONGEST: usize = 120;

/// The bytes as a file of that name.
pub(super) fn download(name: &str, body: impl Into<Body>) -> Response {
    let mut response = (html::POLICY, body.into()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, BYTES);
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition(&safe(name)));
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
        pipe.run(|pipe| copy(reader.as_mut(), &mut |piece| pipe.write_all(piece)));
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

/// A name that leads nowhere else and hides nothing: no folders, no leading dots, no control
/// characters, and none that turn the direction of text.
pub(super) fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !is_hidden(*c)).collect();
    let forbidden = |c: char| matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    let plain: String = shown.chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    let trimmed = plain.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let skipped = trimmed.chars().count().saturating_sub(LONGEST);
    // What is cut off is the beginning: the end says what kind of file it is.
    let name: String = trimmed.chars().skip(skipped).collect();
    if name.is_empty() { "attachment".to_owned() } else { name }
}

fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    c.is_control() || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe() {
        for (name, expected) in [
            ("contract.pdf", "contract.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\cmd.exe", "cmd.exe"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            (".htaccess", "htaccess"),
            ("..", "attachment"),
            ("", "attachment"),
            ("請求書.pdf", "請求書.pdf"),
            ("a\"b.txt", "a_b.txt"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
        let long = safe(&format!("{}.pdf", "é".repeat(500)));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (LONGEST, true));
    }

    #[test]
    fn both_forms_of_a_name() {
        let expected = "attachment; filename=\"caf_.pdf\"; filename*=UTF-8''caf%C3%A9%2Epdf";
        assert_eq!(disposition("café.pdf"), expected);
    }
}
