//! The limits of one query.

use crate::{Code, Error, Span};

/// The limits of one query. Each has its own error.
///
/// ```
/// use postern_query::{Code, Context, Limits, parse};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let context = Context { limits: Limits { terms: 2, ..Limits::default() }, ..context };
/// let errors = parse("invoice overdue reminder", &context).unwrap_err();
/// assert_eq!(errors.as_slice()[0].code, Code::TooManyTerms);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text; 16 KiB by default.
    pub bytes: usize,
    /// Nested brackets; 64 by default.
    pub depth: usize,
    /// Terms, with lists and operators written out; 1,024 by default.
    pub terms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 * 1024, depth: 64, terms: 1_024 }
    }
}

impl Limits {
    pub(crate) fn too_long(self, length: usize) -> Error {
        let title = format!("the query has {length} bytes, and {} are allowed", self.bytes);
        Error::new(Code::TooLong, Span::default(), title, "starts here").hint("shorten it")
    }

    pub(crate) fn too_many_terms(self, span: Span) -> Error {
        let title = format!("the query has more than {} terms", self.terms);
        Error::new(Code::TooManyTerms, span, title, "one too many")
            .hint("ask for fewer words at a time, with shorter lists and fewer XOR")
    }
}
