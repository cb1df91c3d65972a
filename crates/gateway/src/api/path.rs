//! Which paths below `/api` may go on. Every request there is looked at before it is routed, so that no
//! handler can forget to.
//!
//! What is refused is whatever some server on the way could read as a step out of the tenant: it may
//! decode a path again, take `\` for `/`, drop what follows `;`, or cut dots and spaces off a name.
//! A segment is looked at as it came and as it reads after each of the decodings that servers are known
//! to do. An encoded `/` is part of an id and stays allowed, as long as no piece between slashes is a step.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// How often a path is decoded: by the service, by a proxy before it, and by what it passes the path to.
const DECODINGS: usize = 3;

/// Why a path may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsafe {
    Percent,
    Utf8,
    Backslash,
    Control,
    Step,
}

impl Unsafe {
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::Percent => {
                "a `%` in a path is followed by two hexadecimal digits; write `%25` for the sign itself"
            }
            Self::Utf8 => "a path is UTF-8 in percent signs",
            Self::Backslash => "a path holds no `\\`",
            Self::Control => "a path holds no control characters",
            Self::Step => "`.` and `..` are no parts of a path",
        }
    }
}

/// Whether a path stays where it says, however it is read.
pub(super) fn check(path: &str) -> Result<(), Unsafe> {
    if !path.split('%').skip(1).all(begins_with_two_digits) {
        return Err(Unsafe::Percent);
    }
    path.split('/').try_for_each(check_segment)
}

fn begins_with_two_digits(text: &str) -> bool {
    text.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2
}

/// The first decoding must be UTF-8. Of later ones, which hardly any server does, an id with a `%` in it
/// makes bytes that are none; only what is dangerous in them counts.
fn check_segment(segment: &str) -> Result<(), Unsafe> {
    if percent_decode_str(segment).decode_utf8().is_err() {
        return Err(Unsafe::Utf8);
    }
    let mut text = segment.to_owned();
    for _ in 0..DECODINGS {
        check_text(&text)?;
        text = match percent_decode_str(&text).decode_utf8_lossy() {
            Cow::Borrowed(_) => return Ok(()),
            Cow::Owned(decoded) => decoded,
        };
    }
    check_text(&text)
}

fn check_text(text: &str) -> Result<(), Unsafe> {
    if text.contains('\\') {
        Err(Unsafe::Backslash)
    } else if text.chars().any(char::is_control) {
        Err(Unsafe::Control)
    } else if text.chars().map(narrow).collect::<String>().split('/').any(is_step) {
        Err(Unsafe::Step)
    } else {
        Ok(())
    }
}

/// Nothing but dots, once what follows `;` and the blanks around are gone.
fn is_step(piece: &str) -> bool {
    let name = piece.split(';').next().unwrap_or_default().trim();
    !name.is_empty() && name.bytes().all(|byte| byte == b'.')
}

/// What a server that knows no Unicode makes of characters that look like those of a step.
const fn narrow(c: char) -> char {
    match c {
        '．' | '․' | '﹒' | '‥' | '…' => '.',
        '／' | '∕' | '⁄' | '＼' | '﹨' => '/',
        '；' | '﹔' => ';',
        other => other,
    }
}

#[cfg(test)]
pub(super) mod tests;
