//! From Lucene query text to clauses. The classic ("full") and the simple syntax share one tree.
//!
//! The tree is Lucene's boolean query: a list of clauses, each optional, required or
//! prohibited. Analysis happens here, because a clause without tokens does not count, and
//! that changes how its neighbours count.

mod classic;
mod clauses;
mod escape;
pub(crate) mod fault;
mod pattern;
mod simple;
mod token;

use std::rc::Rc;

use crate::analysis::terms;
use crate::pattern::{Fuzzy, Regex, Sloppy, Wildcard};
use crate::{Error, Located, Span};

/// The most UTF-16 units of a text.
const MAX_TEXT: usize = 100_000;
/// The most nested brackets.
pub(super) const MAX_DEPTH: usize = 64;

/// The syntax of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// Lucene's classic syntax: `AND OR NOT + - ( ) field:term "phrase" prefix* w?ldcard \escape`.
    #[default]
    Full,
    /// `+` and, `|` or, `-` not, `"phrase"`, `prefix*`, `( )`. It refuses only texts beyond the limits.
    Simple,
}

/// How to read a text: by default in full syntax, with terms joined by `any`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// The syntax.
    pub syntax: Syntax,
    /// How to join terms without an operator between them.
    pub mode: Mode,
}

/// How to join clauses without an operator between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One of them must match.
    #[default]
    Any,
    /// All of them must match.
    All,
}

/// A parsed text.
pub(crate) struct Parsed {
    /// `None` if the text has no token at all.
    pub(crate) node: Option<Node>,
    /// The fields of all terms, with and without tokens.
    pub(crate) fields: Vec<FieldName>,
}

/// Reads query text. Blank text and `*` mean every message.
pub(crate) fn parse(text: &str, options: Options) -> Result<Parsed, Error> {
    if text.encode_utf16().count() > MAX_TEXT {
        return Err(fault::too_long(text, MAX_TEXT));
    }
    if is_blank(text) || text.trim_matches(|c| c <= ' ') == "*" {
        return Ok(Parsed { node: Some(Node::Everything), fields: Vec::new() });
    }
    match options.syntax {
        Syntax::Full => classic::parse(text, options.mode),
        Syntax::Simple => {
            let node = simple::parse(text, options.mode)?;
            Ok(Parsed { node, fields: Vec::new() })
        }
    }
}

/// White space only. A no-break space is text, as in Java.
fn is_blank(text: &str) -> bool {
    let fixed = |c| matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    let control = |c| matches!(c, '\u{1c}'..='\u{1f}');
    text.chars().all(|c| c.is_whitespace() && !fixed(c) || control(c))
}

/// How a clause decides about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occur {
    /// It matters only if no clause is required.
    Optional,
    /// Must match.
    Required,
    /// Must not match.
    Prohibited,
}

/// One clause of a list.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub(crate) occur: Occur,
    pub(crate) node: Node,
}

/// A node of the parsed text. Text without any token has no node.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A list of clauses.
    Clauses(Vec<Clause>),
    /// One term, phrase or pattern.
    Leaf(Leaf),
    /// Every message.
    Everything,
}

impl Node {
    /// Whether it is a list in which every clause is prohibited.
    pub(crate) fn only_prohibits(&self) -> bool {
        match self {
            Self::Clauses(clauses) => {
                clauses.iter().all(|clause| clause.occur == Occur::Prohibited)
            }
            Self::Leaf(_) | Self::Everything => false,
        }
    }
}

/// A field name as it was typed, without escapes; shared by the terms of a group.
pub(crate) type FieldName = Located<Rc<str>>;

/// A pattern, with its field if there is a field name.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) field: Option<FieldName>,
    pub(crate) words: Words,
    pub(crate) span: Span,
}

/// A pattern over the tokens of one field.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    /// Tokens of one term, joined by the mode.
    Pieces(Vec<String>),
    /// Tokens next to each other. One token is a plain word.
    Phrase(Vec<String>),
    /// One token of this shape.
    Pattern(Wildcard),
    /// One token that matches this expression.
    Regex(Regex),
    /// One misspelt token.
    Fuzzy(Fuzzy),
    /// Tokens near their places in the phrase.
    Sloppy(Sloppy),
}

impl Words {
    /// The tokens of an unquoted term.
    fn term(text: &str) -> Option<Self> {
        let pieces = terms(text);
        match pieces.len() {
            0 => None,
            1 => Some(Self::Phrase(pieces)),
            _ => Some(Self::Pieces(pieces)),
        }
    }

    /// The tokens of a quoted phrase.
    fn phrase(text: &str) -> Option<Self> {
        let tokens = terms(text);
        (!tokens.is_empty()).then_some(Self::Phrase(tokens))
    }
}

#[cfg(test)]
mod form_tests;
