//! The boundaries that a message names, and where they stand. A message may name hundreds and consist of
//! nothing else, so each line is looked up once, whatever their number.

use std::collections::{BTreeMap, HashSet};

use memchr::memmem::{self, Finder};

use super::MAX_MULTIPARTS;
use super::fields::{Name, fields, multipart_at};
use crate::kind;
use crate::parse::head::{is_blank, lines};
use crate::parse::value::Value;

/// Bytes of a boundary that is looked for; a standard one has seventy (RFC 2046, 5.1.1).
pub(super) const MAX_BOUNDARY: usize = 200;

/// The boundaries that a message names, each once, in the order of their names.
pub(in crate::parse) struct Boundaries {
    all: Vec<Boundary>,
    /// Those that begin like no other one.
    first: Vec<Vec<u8>>,
}

struct Boundary {
    name: Vec<u8>,
    /// All that its name begins with, the shortest first, and itself.
    starts: Vec<usize>,
    /// Whether the headers of a part name it, and not text that quotes some.
    is_of_part: bool,
    /// Whether a part ends there.
    is_used: bool,
}

/// A line where a part ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) at: usize,
    /// Which boundary it is.
    pub(super) number: usize,
    /// Where the text goes on behind the boundary.
    behind: usize,
}

impl Boundaries {
    pub(in crate::parse) fn of(text: &[u8]) -> Self {
        let mut found = BTreeMap::<Vec<u8>, bool>::new();
        let types = fields(text).filter(|field| field.name == Name::Type);
        let types = types.filter(|field| multipart_at(field, text).is_some()).take(MAX_MULTIPARTS);
        for field in types {
            if let Some(name) = text.get(field.value).and_then(boundary_of) {
                *found.entry(name).or_default() |= field.is_of_part;
            }
        }
        let mut boundaries = Self { all: Vec::new(), first: Vec::new() };
        found.into_iter().for_each(|(name, is_of_part)| boundaries.push(name, is_of_part));
        boundaries.note_used(text);
        boundaries
    }

    /// Adds one that stands behind all others in order.
    fn push(&mut self, name: Vec<u8>, is_of_part: bool) {
        let mut starts = self.starts(&name).to_vec();
        if starts.is_empty() {
            self.first.push(name.clone());
        }
        starts.push(self.all.len());
        self.all.push(Boundary { name, starts, is_of_part, is_used: false });
    }

    fn note_used(&mut self, text: &[u8]) {
        let mut used = HashSet::new();
        for end in self.ends(text) {
            used.insert(end.number);
            if used.len() == self.all.len() {
                break;
            }
        }
        let all = self.all.iter_mut().enumerate();
        all.for_each(|(number, one)| one.is_used = used.contains(&number));
    }

    /// Whether parts end at the boundary of that name.
    pub(super) fn is_used(&self, name: &[u8]) -> bool {
        let found = self.all.binary_search_by(|one| one.name.as_slice().cmp(name));
        found.ok().and_then(|at| self.all.get(at)).is_some_and(|one| one.is_used)
    }

    pub(super) fn name(&self, number: usize) -> &[u8] {
        self.all.get(number).map_or(&[], |one| &one.name)
    }

    pub(super) fn is_of_part(&self, number: usize) -> bool {
        self.all.get(number).is_some_and(|one| one.is_of_part)
    }

    /// Those that `line` begins with, the shortest first. In order, whatever stands between a line and its
    /// beginning begins so too: the last name before `line` begins with all of them.
    fn starts(&self, line: &[u8]) -> &[usize] {
        let before = self.all.partition_point(|one| one.name.as_slice() <= line);
        let Some(last) = before.checked_sub(1).and_then(|at| self.all.get(at)) else { return &[] };
        let common = last.name.iter().zip(line).take_while(|(one, other)| one == other).count();
        let count = last.starts.partition_point(|number| self.name(*number).len() <= common);
        last.starts.get(..count).unwrap_or_default()
    }

    /// Whether one of them stands at the beginning of a text.
    fn is_at(&self, text: &[u8]) -> bool {
        let before = self.first.partition_point(|name| name.as_slice() <= text);
        before.checked_sub(1).and_then(|at| self.first.get(at)).is_some_and(|n| text.starts_with(n))
    }

    /// The end of a part at `at`: two dashes and a boundary at the beginning of a line (RFC 2046, 5.1.1),
    /// unless that is a line of text. The longest boundary counts that is alone on the line.
    pub(super) fn end(&self, text: &[u8], at: usize) -> Option<End> {
        let is_line = at.checked_sub(1).is_none_or(|before| text.get(before) == Some(&b'\n'));
        let rest = text.get(at..)?.strip_prefix(b"--").filter(|_| is_line)?;
        let mut rest = lines(rest);
        let (line, next) = (rest.next().unwrap_or_default(), rest.next().unwrap_or_default());
        let starts = self.starts(line);
        let behind = |number: usize| line.get(self.name(number).len()..).unwrap_or_default();
        let alone = starts.iter().rev().find(|number| is_alone(behind(**number)));
        let ends_part = |number: &&usize| {
            is_blank(next) || kind::is_header(behind(**number)) || kind::is_header(next)
        };
        let number = *alone.or_else(|| starts.last().filter(ends_part))?;
        Some(End { at, number, behind: at + 2 + self.name(number).len() })
    }

    /// Where parts end.
    pub(super) fn ends(&self, text: &[u8]) -> impl Iterator<Item = End> {
        let text = if self.all.is_empty() { &[] } else { text };
        let later = memmem::find_iter(text, b"\n--").map(|at| at + 1);
        std::iter::once(0).chain(later).filter_map(|at| self.end(text, at))
    }

    /// Where a boundary stands in text, and ends no part.
    pub(super) fn texts(&self, text: &[u8]) -> impl Iterator<Item = usize> {
        let text = if self.all.is_empty() { &[] } else { text };
        let dashes = Finder::new(b"--");
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let at = from + dashes.find(text.get(from..)?)?;
                if let Some(end) = self.end(text, at) {
                    from = end.behind;
                } else if self.is_at(text.get(at + 2..)?) {
                    from = at + 2;
                    return Some(at);
                } else {
                    from = at + 1;
                }
            }
        })
    }
}

impl End {
    /// Whether it is the line that closes a multipart.
    pub(super) fn closes(self, text: &[u8]) -> bool {
        text.get(self.behind..).is_some_and(|rest| rest.starts_with(b"--"))
    }

    /// Where the headers of the next part begin.
    pub(super) fn head(self, text: &[u8]) -> Option<usize> {
        let line = lines(text.get(self.behind..)?).next().unwrap_or_default();
        let length = if line.trim_ascii().is_empty() { line.len() } else { 0 };
        (!self.closes(text)).then_some(self.behind + length)
    }
}

/// Whether nothing but blanks, or the dashes of a last line, stands behind a boundary.
fn is_alone(rest: &[u8]) -> bool {
    rest.starts_with(b"--") || rest.iter().all(u8::is_ascii_whitespace)
}

fn boundary_of(value: &[u8]) -> Option<Vec<u8>> {
    let value = Value::read(value);
    let name = value.text("boundary").filter(|_| value.is_multipart())?;
    (name.len() <= MAX_BOUNDARY).then(|| name.into_bytes())
}
