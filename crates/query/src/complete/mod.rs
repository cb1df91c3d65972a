//! Completion: the operators and values that can come next at a cursor in a typed query.
//!
//! A query that somebody is typing is seldom whole. The tokens of the language say what stands at the cursor,
//! also in a text with faults. Nothing is proposed that would add a fault to the text.

mod check;
mod cursor;
mod fixed;
mod help;

use crate::query::Role;
use crate::resolve::postern::canonical;
use crate::{Context, Span};

use self::check::Check;

/// The unfinished text at the cursor, and the kind of text that may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// The typed beginning up to the cursor, without quotes.
    pub typed: String,
    /// The bytes that a completion replaces. In the middle of a word it is the whole word.
    pub span: Span,
    /// The kind of text that may stand there.
    pub wanted: Wanted,
}

/// A kind of text that may stand at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A word, or the name of an operator with its colon.
    Operator,
    /// The name of an operator, whose mark stands behind it already.
    Name,
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
    /// Frozen set.
    Set,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Text without suggestions, such as the words of a body.
    Anything,
}

/// Something that can come next and is the same in every archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The text that replaces the span.
    pub text: String,
    /// What an operator finds, in a few words.
    pub help: Option<&'static str>,
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

/// The unfinished text at `cursor`, a byte of `text`. A cursor inside of a character stands before it, and one
/// beyond the text at its end.
///
/// ```
/// use postern_query::complete::{at, Wanted};
///
/// let text = r#"invoice in:"Archive/20"#;
/// let typing = at(text, text.len());
/// assert_eq!((typing.typed.as_str(), typing.wanted), ("Archive/20", Wanted::Folder));
/// assert_eq!((typing.span.start, typing.span.end), (11, 22));
///
/// let middle = at("is:unread report", 5);
/// assert_eq!((middle.typed.as_str(), middle.span.slice("is:unread report")), ("un", "unread"));
/// ```
#[must_use]
pub fn at(text: &str, cursor: usize) -> Typing {
    let cursor = text.floor_char_boundary(cursor);
    cursor::spot(text, cursor).typing(text, cursor)
}

/// A cursor in a text, and what can come next there.
///
/// ```
/// use postern_query::Context;
/// use postern_query::complete::Cursor;
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let next = |text: &str| {
///     let cursor = Cursor::new(text, text.len(), &context);
///     cursor.proposals(2).into_iter().map(|one| one.text).collect::<Vec<_>>()
/// };
/// assert_eq!(next("from:a AND (rec"), ["recipients:", "received:"]);
/// assert_eq!(next("kind:file is:un"), ["unread"]);
/// assert!(next("report OR sor").is_empty(), "an order cannot stand under OR");
/// ```
#[derive(Debug)]
pub struct Cursor<'t> {
    typing: Typing,
    check: Check<'t>,
}

impl<'t> Cursor<'t> {
    /// Looks at a cursor, a byte of `text`.
    #[must_use]
    pub fn new(text: &'t str, cursor: usize, context: &'t Context) -> Self {
        let typing = at(text, cursor);
        let check = Check::new(text, typing.span, context);
        Self { typing, check }
    }

    /// The unfinished text.
    #[must_use]
    pub const fn typing(&self) -> &Typing {
        &self.typing
    }

    /// The first operators or words that can come next.
    #[must_use]
    pub fn proposals(&self, most: usize) -> Vec<Proposal> {
        fixed::proposals(&self.typing, &self.check).take(most).collect()
    }

    /// The text for a value, in quotes where it needs them; `None` for one that cannot stand there.
    #[must_use]
    pub fn value(&self, value: &str) -> Option<String> {
        let plain = canonical::listed_value(value);
        [plain, canonical::quoted_text(value)].into_iter().find(|text| self.check.fits(text, ""))
    }

    /// The text with a proposal in it.
    #[must_use]
    pub fn applied(&self, proposal: &str) -> String {
        self.check.applied(proposal)
    }
}
