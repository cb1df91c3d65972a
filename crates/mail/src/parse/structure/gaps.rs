//! Lines that are missing in a message: the empty one behind the headers of a part, and the one that closes
//! a multipart in another one.

use std::collections::HashSet;

use super::boundary::Boundaries;
use crate::parse::head::{self, is_blank, lines};

/// Parts whose headers are looked at.
const MAX_HEADS: usize = 10_000;

/// Where a line is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Gap {
    pub(in crate::parse) at: usize,
    pub(in crate::parse) kind: Kind,
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse) enum Kind {
    /// An empty line before the next part.
    Head,
    /// An empty line before text.
    HeadBeforeText,
    /// The end of a multipart of that boundary.
    End(Vec<u8>),
}

impl Kind {
    /// The line that is missing.
    pub(in crate::parse) fn line(&self) -> Vec<u8> {
        match self {
            Self::Head | Self::HeadBeforeText => b"\n".to_vec(),
            Self::End(name) => [b"--", name.as_slice(), b"--\n"].concat(),
        }
    }
}

/// The lines that are missing, in order.
pub(in crate::parse) fn gaps(text: &[u8], boundaries: &Boundaries) -> Vec<Gap> {
    let heads = boundaries.ends(text).filter_map(|end| end.head(text)).take(MAX_HEADS);
    let mut found: Vec<_> = heads.filter_map(|at| open_head(text, at, boundaries)).collect();
    found.extend(open_multiparts(text, boundaries));
    // The sort is stable: headers end before their multipart does, and that before the one around it.
    found.sort_by_key(|gap| gap.at);
    found
}

/// Multiparts that are open where one around them goes on: that ends them too (RFC 2046, 5.1.2).
fn open_multiparts(text: &[u8], boundaries: &Boundaries) -> Vec<Gap> {
    let (mut open, mut closed, mut found) = (Vec::new(), HashSet::new(), Vec::new());
    let ends = boundaries.ends(text).filter(|end| boundaries.is_of_part(end.number));
    for end in ends {
        if closed.contains(&end.number) {
            continue;
        }
        let Some(depth) = open.iter().rposition(|one| *one == end.number) else {
            open.push(end.number);
            continue;
        };
        for inner in open.drain(depth + 1..).rev() {
            found.push(Gap { at: end.at, kind: Kind::End(boundaries.name(inner).to_vec()) });
            closed.insert(inner);
        }
        if end.closes(text) {
            closed.extend(open.pop());
        }
    }
    found
}

fn open_head(text: &[u8], start: usize, boundaries: &Boundaries) -> Option<Gap> {
    let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
    let mut stop = start;
    let line = lines(rest).find(|line| {
        let is_end = is_blank(line) || boundaries.end(text, stop).is_some();
        stop += if is_end { 0 } else { line.len() };
        is_end
    });
    let at = start + head::end(text.get(start..stop)?);
    if at < stop {
        return Some(Gap { at, kind: Kind::HeadBeforeText });
    }
    (!line.is_none_or(is_blank)).then_some(Gap { at, kind: Kind::Head })
}
