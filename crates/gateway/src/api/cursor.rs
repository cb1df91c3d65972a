//! Where the next page begins, as an opaque text that fits one query only.

use sha2::{Digest as _, Sha256};

use postern_archive::search::Position;

use super::{SKIP_LIMIT, place};

/// Where a page of one engine begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cursor {
    /// So many hits from the start, which is all that premium understands.
    Premium(usize),
    /// Right after a message, however many come before it by now.
    Local(Position),
}

impl Cursor {
    /// The text for it, of use for this query only.
    pub(super) fn write(&self, query: u64) -> String {
        match self {
            Self::Premium(offset) => format!("p-{offset:x}-{query:016x}"),
            Self::Local(position) => format!("l-{}-{query:016x}", place::write(position)),
        }
    }

    /// The cursor, if it was made for this query.
    pub(super) fn parse(text: &str, query: u64) -> Option<Self> {
        let mut parts = text.split('-');
        let (engine, place) = (parts.next()?, parts.next()?);
        let cursor = match engine {
            "p" => Self::Premium(usize::from_str_radix(place, 16).ok()?),
            "l" => Self::Local(place::read(place)?),
            _ => return None,
        };
        let reachable = !matches!(cursor, Self::Premium(offset) if offset > SKIP_LIMIT);
        (cursor.write(query) == text && reachable).then_some(cursor)
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
    use postern_archive::search::Value;

    use super::*;

    #[test]
    fn fits_one_query_only() {
        let (one, other) = (fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_ne!(one, other);
        let position = Position { values: vec![Value::Missing], id: "1".into(), snapshot: None };
        for cursor in [Cursor::Premium(25), Cursor::Local(position)] {
            assert_eq!(Cursor::parse(&cursor.write(one), other), None);
            assert_eq!(Cursor::parse(&cursor.write(one), one), Some(cursor));
        }
        let far = Cursor::Premium(SKIP_LIMIT + 1).write(one);
        for bad in ["", "l", "l-19", "x-19-0", "p-zz-0", "l-zz-0", &far] {
            assert_eq!(Cursor::parse(bad, one), None, "{bad}");
        }
    }
}
