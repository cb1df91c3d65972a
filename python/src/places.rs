//! Places in a text: bytes here, characters in Python.

use postern_query::Span;

/// The index of the character at a byte.
pub(crate) fn index(text: &str, byte: usize) -> usize {
    if text.is_ascii() {
        return byte.min(text.len());
    }
    text.get(..byte).unwrap_or(text).chars().count()
}

/// Both ends of a span.
pub(crate) fn indexes(text: &str, span: Span) -> (usize, usize) {
    (index(text, span.start), index(text, span.end))
}

/// The byte at which a character begins; behind the last one the end of the text.
pub(crate) fn byte(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte)
}
