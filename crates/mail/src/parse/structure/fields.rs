//! Header lines that say what a part is.

use std::ops::Range;

use crate::parse::head::{is_blank, lines, starts_with};

/// Headers of a part that say what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Type,
    Encoding,
    Disposition,
}

pub(super) const NAMES: [(Name, &[u8]); 3] = [
    (Name::Type, b"content-type"),
    (Name::Encoding, b"content-transfer-encoding"),
    (Name::Disposition, b"content-disposition"),
];

/// A header line, or a line of text that looks like one.
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) start: usize,
    pub(super) value: Range<usize>,
    /// Whether no empty line stands before it in its part.
    pub(super) is_of_part: bool,
    /// Fields of one number stand together, without an empty line or a boundary between.
    pub(super) block: usize,
}

pub(super) fn fields(text: &[u8]) -> impl Iterator<Item = Field> {
    let (mut at, mut block, mut is_of_part) = (0, 0, true);
    let mut all = lines(text).peekable();
    std::iter::from_fn(move || {
        loop {
            let line = all.next()?;
            let start = at;
            at += line.len();
            if is_blank(line) || line.starts_with(b"--") {
                block += 1;
                is_of_part = !is_blank(line);
            }
            let Some((name, colon)) = named(line) else { continue };
            while let Some(more) = all.next_if(|line| matches!(line, [b' ' | b'\t', ..])) {
                at += more.len();
            }
            return Some(Field { name, start, value: start + colon..at, is_of_part, block });
        }
    })
}

/// Which field a line begins, and where its value does.
fn named(line: &[u8]) -> Option<(Name, usize)> {
    if !starts_with(line, b"content-") {
        return None;
    }
    let (name, key) = NAMES.into_iter().find(|(_, key)| starts_with(line, key))?;
    let blanks = line.get(key.len()..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    let colon = key.len() + blanks.count();
    (line.get(colon) == Some(&b':')).then_some((name, colon + 1))
}

/// Where `multipart` or `message/` stands in a content type.
pub(super) fn multipart_at(field: &Field, text: &[u8]) -> Option<usize> {
    let value = text.get(field.value.clone()).filter(|_| field.name == Name::Type)?;
    let is = |rest: &[u8]| starts_with(rest, b"multipart") || starts_with(rest, b"message/");
    let at = (0..value.len()).find(|at| value.get(*at..).is_some_and(is))?;
    Some(field.value.start + at)
}
