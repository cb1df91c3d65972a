//! Whose words the parts of a body are.

use std::ops::Range;

/// Whose words a part of a body is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whose {
    /// The author wrote it for this message.
    #[default]
    New,
    /// It is quoted from another message, or a message that is forwarded, with the lines that say so.
    Quoted,
    /// A signature, or the footer of a list.
    Signature,
}

impl Whose {
    /// The name that programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Quoted => "quoted",
            Self::Signature => "signature",
        }
    }
}

/// Whole lines of a body, by their bytes, that are not the author's new text.
///
/// It begins at the beginning of a line. It ends there too, or with the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Where it lies in the body.
    pub range: Range<usize>,
    /// Whose words it is.
    pub whose: Whose,
}

/// The parts of a body in their order, each with the byte at which it begins.
pub(crate) fn parts<'m>(
    body: &'m str,
    passages: &'m [Passage],
) -> impl Iterator<Item = (usize, &'m str, Whose)> {
    let mut passages = passages.iter().peekable();
    let mut at = 0;
    std::iter::from_fn(move || {
        let (end, whose) = match passages.next_if(|next| next.range.start <= at) {
            Some(here) => (here.range.end, here.whose),
            None => (passages.peek().map_or(body.len(), |next| next.range.start), Whose::New),
        };
        let start = std::mem::replace(&mut at, end);
        body.get(start..end).filter(|part| !part.is_empty()).map(|part| (start, part, whose))
    })
}
