//! Backslashes of the classic syntax.

use super::fault;
use crate::{Error, Span};

/// The text that `typed` stands for: `\c` is `c`, and `\u0041` is `A`.
///
/// Escapes are UTF-16 units, so two of them may make one character. A lone half becomes U+FFFD.
pub(super) fn unescape(typed: &str, span: Span) -> Result<String, Error> {
    let mut units = Vec::with_capacity(typed.len());
    let mut chars = typed.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => units.extend(escaped(&mut chars).ok_or_else(|| fault::escape(span))?),
            plain => push(&mut units, plain),
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

/// The units of an escape, after its backslash.
fn escaped(chars: &mut std::str::Chars<'_>) -> Option<Vec<u16>> {
    let mut units = Vec::new();
    match chars.next()? {
        'u' => units.push(hex_unit(chars)?),
        c => push(&mut units, c),
    }
    Some(units)
}

fn hex_unit(chars: &mut std::str::Chars<'_>) -> Option<u16> {
    (0..4).try_fold(0, |unit: u16, _| {
        let digit = chars.next()?.to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

fn push(units: &mut Vec<u16>, c: char) {
    units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
}
