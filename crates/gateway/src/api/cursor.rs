//! Where the next page begins, as an opaque text that fits one query only.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::SKIP_LIMIT;
use super::trace::Engine;

/// A place in the results of one query, as one engine orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) engine: Engine,
    pub(super) offset: usize,
    query: u64,
}

impl Cursor {
    pub(super) const fn new(engine: Engine, offset: usize, query: u64) -> Self {
        Self { engine, offset, query }
    }

    /// The cursor, if it was made for this query.
    pub(super) fn parse(text: &str, query: u64) -> Option<Self> {
        let mut parts = text.split('-');
        let engine = match parts.next()? {
            "p" => Engine::Premium,
            "l" => Engine::Local,
            _ => return None,
        };
        let offset = usize::from_str_radix(parts.next()?, 16).ok()?;
        let cursor = Self { engine, offset, query };
        (cursor.to_string() == text && offset <= SKIP_LIMIT).then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = match self.engine {
            Engine::Premium => 'p',
            Engine::Local => 'l',
        };
        write!(f, "{engine}-{:x}-{:016x}", self.offset, self.query)
    }
}

/// A mark of all that makes up a query.
pub(super) fn fingerprint(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_one_query_only() {
        let (one, other) = (fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_ne!(one, other);
        let cursor = Cursor::new(Engine::Local, 25, one);
        assert_eq!(Cursor::parse(&cursor.to_string(), one), Some(cursor));
        assert_eq!(Cursor::parse(&cursor.to_string(), other), None);
        for bad in ["", "l", "l-19", "x-19-0", "l-zz-0", "l-ffffffff-0"] {
            assert_eq!(Cursor::parse(bad, one), None, "{bad}");
        }
    }
}
