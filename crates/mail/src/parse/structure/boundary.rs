//! The boundaries that a message names, and where they stand.

use memchr::memmem::Finder;

use super::MAX_MULTIPARTS;
use super::fields::{Name, fields, multipart_at};
use crate::kind;
use crate::parse::head::{is_blank, lines};
use crate::parse::value::Value;

/// Bytes of a boundary that is looked for; a standard one has seventy (RFC 2046, 5.1.1).
pub(super) const MAX_BOUNDARY: usize = 200;

/// A boundary that the message names.
pub(in crate::parse) struct Boundary {
    pub(super) name: Vec<u8>,
    /// How longer boundaries of the message go on behind it.
    longer: Vec<Vec<u8>>,
    /// Whether the headers of a part name it, and not text that quotes some.
    pub(super) is_of_part: bool,
    /// Whether it stands at the beginning of a line.
    pub(super) is_used: bool,
}

/// What two dashes and a boundary mean where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A part ends.
    End,
    /// A part of a longer boundary ends.
    OtherEnd,
    Text,
}

/// The boundaries that a message names, each once.
pub(in crate::parse) fn boundaries(text: &[u8]) -> Vec<Boundary> {
    let mut found: Vec<Boundary> = Vec::new();
    let types = fields(text).filter(|field| field.name == Name::Type);
    let types = types.filter(|field| multipart_at(field, text).is_some()).take(MAX_MULTIPARTS);
    for field in types {
        let is_of_part = field.is_of_part;
        let Some(name) = text.get(field.value).and_then(boundary_of) else { continue };
        match found.iter_mut().find(|known| known.name == name) {
            Some(known) => known.is_of_part |= is_of_part,
            None => {
                found.push(Boundary { name, longer: Vec::new(), is_of_part, is_used: false });
            }
        }
    }
    let names: Vec<_> = found.iter().map(|boundary| boundary.name.clone()).collect();
    for boundary in &mut found {
        let rests = names.iter().filter_map(|name| name.strip_prefix(boundary.name.as_slice()));
        boundary.longer = rests.filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec).collect();
        let is_used = boundary.ends(text).next().is_some();
        boundary.is_used = is_used;
    }
    found
}

fn boundary_of(value: &[u8]) -> Option<Vec<u8>> {
    let value = Value::read(value);
    let name = value.text("boundary").filter(|_| value.is_multipart())?;
    (name.len() <= MAX_BOUNDARY).then(|| name.into_bytes())
}

impl Boundary {
    /// Where two dashes and the boundary stand.
    pub(super) fn places<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = usize> + use<'t> {
        let finder = Finder::new(&[b"--", self.name.as_slice()].concat()).into_owned();
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = from + finder.find(text.get(from..)?)?;
            from = at + 2;
            Some(at)
        })
    }

    /// Where the text goes on behind the boundary.
    pub(super) const fn behind(&self, at: usize) -> usize {
        at + 2 + self.name.len()
    }

    /// A part ends at the beginning of a line (RFC 2046, 5.1.1), unless that is a line of text.
    pub(super) fn meaning(&self, text: &[u8], at: usize) -> Meaning {
        if at.checked_sub(1).is_some_and(|before| text.get(before) != Some(&b'\n')) {
            return Meaning::Text;
        }
        let mut rest = lines(text.get(self.behind(at)..).unwrap_or_default());
        let (line, next) = (rest.next().unwrap_or_default(), rest.next().unwrap_or_default());
        let is_alone = |line: &[u8]| line.trim_ascii().is_empty() || line.starts_with(b"--");
        let is_longer = |rest: &Vec<u8>| line.strip_prefix(rest.as_slice()).is_some_and(is_alone);
        if self.longer.iter().any(is_longer) {
            Meaning::OtherEnd
        } else if is_alone(line) || is_blank(next) || kind::is_header(line) || kind::is_header(next)
        {
            Meaning::End
        } else {
            Meaning::Text
        }
    }

    /// Where its parts end.
    pub(super) fn ends(&self, text: &[u8]) -> impl Iterator<Item = usize> {
        self.places(text).filter(|at| self.meaning(text, *at) == Meaning::End)
    }

    /// Where the headers of its parts begin.
    pub(super) fn heads(&self, text: &[u8]) -> impl Iterator<Item = usize> {
        self.ends(text).filter_map(|at| {
            let rest = text.get(self.behind(at)..)?;
            let line = lines(rest).next().unwrap_or_default();
            let length = if line.trim_ascii().is_empty() { line.len() } else { 0 };
            (!rest.starts_with(b"--")).then(|| self.behind(at) + length)
        })
    }
}
