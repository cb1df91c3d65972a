//! Where the next page begins, as an opaque text that fits one query only.

use sha2::{Digest as _, Sha256};

use crate::config::EngineName;
use crate::engine::{SKIP_LIMIT, Start};

/// Where a page of one engine begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The engine that the pages before came from.
    pub(super) engine: EngineName,
    pub(super) start: Start,
}

impl Cursor {
    /// The text for it, of use for this query only.
    pub(super) fn write(&self, query: u64) -> String {
        let engine = self.engine.as_str();
        match &self.start {
            Start::Offset(offset) => format!("{engine}-{offset:x}-o-{query:016x}"),
            Start::Position(text) => format!("{engine}-{text}-p-{query:016x}"),
        }
    }

    /// The cursor, if it was made for this query.
    pub(super) fn parse(text: &str, query: u64) -> Option<Self> {
        let (engine, rest) = text.split_once('-')?;
        let mut parts = rest.rsplitn(3, '-').skip(1);
        let (kind, start) = (parts.next()?, parts.next()?);
        let start = match kind {
            "o" => Start::Offset(usize::from_str_radix(start, 16).ok()?),
            "p" => Start::Position(start.to_owned()),
            _ => return None,
        };
        let cursor = Self { engine: EngineName::parse(engine)?, start };
        let is_reachable = !matches!(cursor.start, Start::Offset(offset) if offset > SKIP_LIMIT);
        (cursor.write(query) == text && is_reachable).then_some(cursor)
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
        let position = Start::Position("5b-5d".into());
        for (engine, start) in
            [(EngineName::Premium, Start::Offset(25)), (EngineName::Local, position)]
        {
            let cursor = Cursor { engine, start };
            assert_eq!(Cursor::parse(&cursor.write(one), other), None);
            assert_eq!(Cursor::parse(&cursor.write(one), one), Some(cursor));
        }
        let far = Cursor { engine: EngineName::Premium, start: Start::Offset(SKIP_LIMIT + 1) };
        let far = far.write(one);
        for bad in ["", "local", "local-19-o", "x-19-o-0", "premium-zz-o-0", "local-5b-x-0", &far] {
            assert_eq!(Cursor::parse(bad, one), None, "{bad}");
        }
    }
}
