//! Completion: the operators and values that can come next in a typed query.
//!
//! A query that somebody is typing is seldom whole, so this module does not parse it. It looks only at the
//! term under the cursor, and at the operator of that term.

use crate::query::Role;
use crate::resolve::postern::operators::{self, Operator};
use crate::resolve::postern::{self, canonical, labels, plain};
use crate::schema::StringField;
use crate::span::Span;

/// The unfinished text at the cursor, and its possible continuations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// The typed beginning, without quotes.
    pub typed: String,
    /// The bytes that a completion replaces.
    pub span: Span,
    /// The kind of text that may stand there.
    pub wanted: Wanted,
}

/// A kind of text that may stand at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A word, or the name of an operator.
    Operator,
    /// Someone in one of these roles.
    Person(&'static [Role]),
    /// Name of an attachment.
    FileName,
    /// End of such a name.
    Extension,
    /// Category.
    Category,
    /// Folder.
    Folder,
    /// Mailing list.
    MailingList,
    /// Source.
    Source,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Text without suggestions, such as the words of a body.
    Anything,
}

/// The canonical names of all operators, without their colon.
pub fn operators() -> impl Iterator<Item = &'static str> {
    operators::canonical_names()
}

/// A value as people type it, in quotes where it needs them.
///
/// ```
/// use postern_query::complete::quoted;
///
/// assert_eq!(quoted("Inbox"), "Inbox");
/// assert_eq!(quoted("say \"hi\""), r#""say \"hi\"""#);
/// ```
#[must_use]
pub fn quoted(value: &str) -> String {
    canonical::quoted_word(value)
}

/// The unfinished text at `cursor`, a byte of `text`.
///
/// ```
/// use postern_query::complete::{at, Wanted};
///
/// let text = r#"invoice in:"Archive/20"#;
/// let typing = at(text, text.len());
/// assert_eq!((typing.typed.as_str(), typing.wanted), ("Archive/20", Wanted::Folder));
/// assert_eq!((typing.span.start, typing.span.end), (11, 22));
/// ```
#[must_use]
pub fn at(text: &str, cursor: usize) -> Typing {
    let before = text.get(..text.floor_char_boundary(cursor)).unwrap_or(text);
    let mut scan = Scan::default();
    for (place, character) in before.char_indices() {
        scan.step(place, character);
    }
    scan.finish(before)
}

/// The way to the cursor.
#[derive(Default)]
struct Scan {
    quoted: bool,
    /// Where the unfinished value or word begins.
    start: usize,
    /// Where the term begins, with the name of its operator.
    term: usize,
    /// The operator of the term.
    operator: Option<(usize, usize)>,
    /// The operators of the brackets that are open.
    open: Vec<Option<(usize, usize)>>,
}

impl Scan {
    fn step(&mut self, place: usize, character: char) {
        let next = place + character.len_utf8();
        match character {
            '"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            '(' => {
                self.open.push(self.operator);
                self.begin(next);
            }
            ')' => {
                self.open.pop();
                self.begin(next);
            }
            '-' | '+' if place == self.term => self.begin(next),
            ':' if self.operator.is_none() => {
                self.operator = Some((self.term, place));
                self.start = next;
            }
            _ if character.is_whitespace() => self.begin(next),
            _ => {}
        }
    }

    fn begin(&mut self, place: usize) {
        self.operator = self.open.last().copied().flatten();
        (self.start, self.term) = (place, place);
    }

    fn finish(&self, text: &str) -> Typing {
        let name = self.operator.and_then(|(start, end)| text.get(start..end));
        let value = text.get(self.start..).unwrap_or_default();
        Typing {
            typed: value.trim_matches('"').to_owned(),
            span: Span::new(self.start, text.len()),
            wanted: name.map_or(Wanted::Operator, wanted),
        }
    }
}

fn wanted(name: &str) -> Wanted {
    match operators::find(name).map(|(operator, _)| operator) {
        Some(Operator::People(roles)) => Wanted::Person(roles),
        Some(Operator::Filename) => Wanted::FileName,
        Some(Operator::Extension) => Wanted::Extension,
        Some(Operator::Category) => Wanted::Category,
        Some(Operator::Folder) => Wanted::Folder,
        Some(Operator::MailingList) => Wanted::MailingList,
        Some(Operator::Whole(StringField::Source)) => Wanted::Source,
        Some(Operator::Is) => Wanted::Word(plain::STATES),
        Some(Operator::Has) => Wanted::Word(&["attachment"]),
        Some(Operator::HasAttachment | Operator::IsRead | Operator::IsFlagged) => {
            Wanted::Word(&["true", "false"])
        }
        Some(Operator::Importance) => Wanted::Word(&plain::IMPORTANCES),
        Some(Operator::Kind) => Wanted::Word(labels::KIND_NAMES.as_slice()),
        Some(Operator::Sort) => Wanted::Word(postern::SORT_NAMES.as_slice()),
        Some(
            Operator::Words(_)
            | Operator::Range(_)
            | Operator::Id
            | Operator::Thread
            | Operator::MediaType
            | Operator::Reference
            | Operator::Whole(_),
        )
        | None => Wanted::Anything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, typed: &str, start: usize, wanted: Wanted) {
        let span = Span::new(start, text.len());
        assert_eq!(at(text, text.len()), Typing { typed: typed.into(), span, wanted }, "{text}");
    }

    #[test]
    fn what_is_typed_at_the_end() {
        let from = Wanted::Person(&[Role::From]);
        check("", "", 0, Wanted::Operator);
        check("invoice fr", "fr", 8, Wanted::Operator);
        check("-fr", "fr", 1, Wanted::Operator);
        check("from:", "", 5, from);
        check("-FROM:al", "al", 6, from);
        check("from:\"Alice S", "Alice S", 5, from);
        check("from:\"Alice S\" x", "x", 15, Wanted::Operator);
        check("from:(bob OR al", "al", 13, from);
        check("(from:al) inv", "inv", 10, Wanted::Operator);
        check("from:(bob) al", "al", 11, Wanted::Operator);
        check("is:un", "un", 3, Wanted::Word(plain::STATES));
        check("kind:fi", "fi", 5, Wanted::Word(labels::KIND_NAMES.as_slice()));
        check("modified:20", "20", 9, Wanted::Anything);
        check("subject:in", "in", 8, Wanted::Anything);
        check("nosuch:x", "x", 7, Wanted::Anything);
        check("in:a:b", "a:b", 3, Wanted::Folder);
        check("ext:é", "é", 4, Wanted::Extension);
    }

    #[test]
    fn a_cursor_in_the_middle_or_beside_everything() {
        assert_eq!(at("from:alice", 7).typed, "al");
        assert_eq!(at("é", 1).typed, "");
        assert_eq!(at("a", 99).typed, "a");
        assert_eq!(at("))((\"", 5).wanted, Wanted::Operator);
    }
}
