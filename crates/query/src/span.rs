//! Places in the typed text.

use std::hash::{Hash, Hasher};

/// A half-open byte range of the typed text, always on character boundaries.
///
/// ```
/// use postern_query::Span;
///
/// let span = Span::new(5, 10);
/// assert_eq!(span.slice("from:alice"), "alice");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span of the bytes from `start` up to `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text under the span; empty if the span does not fit `text`.
    #[must_use]
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A value and the span of the text it came from.
///
/// Equality and hashes ignore the span: two queries with the same meaning are equal wherever they
/// were typed.
///
/// ```
/// use postern_query::{Located, Span};
///
/// assert_eq!(Located::new(7, Span::new(0, 1)), Located::new(7, Span::new(3, 4)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The place where it was typed.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value with its span.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

impl<T: Hash> Hash for Located<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
