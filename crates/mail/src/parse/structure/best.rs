//! Which of several headers of one name counts.

use super::boundary::Boundaries;
use super::fields::{Field, NAMES, Name};
use crate::parse::transfer::Transfer;
use crate::parse::value::Value;

/// The fields that count in the headers of a part. The library takes the last one of a name, and the
/// first one that makes sense is meant.
#[derive(Default)]
pub(super) struct Best([Option<(usize, usize, Sense)>; NAMES.len()]);

/// How much sense a value makes, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sense {
    None,
    Some,
    /// A multipart whose boundary is there.
    Parts,
}

impl Best {
    /// Where the field begins that counts less than another of its name beside it.
    pub(super) fn keep(
        &mut self,
        field: &Field,
        text: &[u8],
        boundaries: &Boundaries,
    ) -> Option<usize> {
        let place = NAMES.iter().position(|(name, _)| *name == field.name)?;
        let known = self.0.get_mut(place)?;
        let sense = sense(field, text, boundaries);
        match known {
            Some((start, block, best)) if *block == field.block => {
                let worse = if *best >= sense { field.start } else { *start };
                if *best < sense {
                    *known = Some((field.start, field.block, sense));
                }
                Some(worse)
            }
            _ => {
                *known = Some((field.start, field.block, sense));
                None
            }
        }
    }
}

fn sense(field: &Field, text: &[u8], boundaries: &Boundaries) -> Sense {
    let value = text.get(field.value.clone()).unwrap_or_default();
    let read = Value::read(value);
    let makes_sense = match field.name {
        Name::Type if read.is_multipart() => {
            let name = read.text("boundary").unwrap_or_default();
            return if boundaries.is_used(name.as_bytes()) { Sense::Parts } else { Sense::None };
        }
        Name::Type => read.word.split_once('/').is_some_and(|(_, subtype)| !subtype.is_empty()),
        Name::Encoding => Transfer::of(&read.word).is_some(),
        Name::Disposition => matches!(read.word.as_str(), "attachment" | "inline"),
    };
    if makes_sense { Sense::Some } else { Sense::None }
}
