//! Lines that are missing in a message: the empty one behind the headers of a part, and the one that closes
//! a multipart in another one.

use super::MAX_MULTIPARTS;
use super::boundary::{Boundary, Meaning};
use crate::parse::head::{self, is_blank, lines};

/// Parts whose headers are looked at, and parts in open multiparts.
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
pub(in crate::parse) fn gaps(text: &[u8], boundaries: &[Boundary]) -> Vec<Gap> {
    let used = boundaries.iter().filter(|boundary| boundary.is_used);
    let heads = used.flat_map(|boundary| boundary.heads(text).take(MAX_HEADS).collect::<Vec<_>>());
    let mut found: Vec<_> = heads.filter_map(|at| open_head(text, at, boundaries)).collect();
    found.sort_unstable_by_key(|gap| gap.at);
    found.dedup();
    found.extend(open_multiparts(text, boundaries));
    // The sort is stable: headers end before their multipart does, and that before the one around it.
    found.sort_by_key(|gap| gap.at);
    found
}

/// Multiparts that are open where one around them goes on: that ends them too (RFC 2046, 5.1.2).
fn open_multiparts(text: &[u8], boundaries: &[Boundary]) -> Vec<Gap> {
    let mut ends: Vec<_> = boundaries
        .iter()
        .enumerate()
        .flat_map(|(number, one)| one.ends(text).take(MAX_HEADS).map(move |at| (at, number)))
        .collect();
    ends.sort_unstable();
    let (mut open, mut closed, mut found) = (Vec::<usize>::new(), Vec::new(), Vec::new());
    for (at, number) in ends {
        let Some(boundary) = boundaries.get(number) else { continue };
        if let Some(depth) = open.iter().position(|one| *one == number) {
            for inner in open.drain(depth + 1..).rev() {
                let name = boundaries.get(inner).map(|inner| inner.name.clone());
                found.extend(name.map(|name| Gap { at, kind: Kind::End(name) }));
                closed.push(inner);
            }
            if text.get(boundary.behind(at)..).is_some_and(|rest| rest.starts_with(b"--")) {
                closed.extend(open.pop());
            }
        } else if boundary.is_of_part && !closed.contains(&number) && open.len() < MAX_MULTIPARTS {
            open.push(number);
        }
    }
    found
}

fn open_head(text: &[u8], start: usize, boundaries: &[Boundary]) -> Option<Gap> {
    let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
    let ends_part = |at: usize, line: &[u8]| {
        let name = line.strip_prefix(b"--");
        let is_it = |one: &Boundary| {
            name.is_some_and(|name| name.starts_with(&one.name))
                && one.meaning(text, at) == Meaning::End
        };
        boundaries.iter().any(is_it)
    };
    let mut stop = start;
    let line = lines(rest).find(|line| {
        let is_end = is_blank(line) || ends_part(stop, line);
        stop += if is_end { 0 } else { line.len() };
        is_end
    });
    let at = start + head::end(text.get(start..stop)?);
    if at < stop {
        return Some(Gap { at, kind: Kind::HeadBeforeText });
    }
    (!line.is_none_or(is_blank)).then_some(Gap { at, kind: Kind::Head })
}
