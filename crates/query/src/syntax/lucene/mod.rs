//! Lucene query text to clauses: the classic ("full") and the simple syntax end in one tree.
//!
//! The tree is what Lucene calls a boolean query: a list of clauses, each optional, required or
//! prohibited. Analysis happens here because a clause that holds no token is no clause at all, and
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

/// UTF-16 units of a text, at most.
const MAX_TEXT: usize = 100_000;
/// Brackets in each other, at most.
pub(super) const MAX_DEPTH: usize = 64;

/// In which syntax a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// Lucene's classic syntax: `AND OR NOT + - ( ) field:term "phrase" prefix* w?ldcard \escape`.
    #[default]
    Full,
    /// `+` and, `|` or, `-` not, `"phrase"`, `prefix*`, `( )`; refused only beyond the limits.
    Simple,
}

/// How a text is read; full syntax and any term by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// In which syntax it is written.
    pub syntax: Syntax,
    /// How terms are joined that have no operator between them.
    pub mode: Mode,
}

/// How clauses are joined that stand next to each other without an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One of them is enough.
    #[default]
    Any,
    /// All of them are needed.
    All,
}

/// What was read.
pub(crate) struct Parsed {
    /// Nothing where the text holds no token at all.
    pub(crate) node: Option<Node>,
    /// The fields that terms were looked for in, with and without tokens.
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

/// White space only; a space that forbids a line break is text, as in Java.
fn is_blank(text: &str) -> bool {
    let fixed = |c| matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    let control = |c| matches!(c, '\u{1c}'..='\u{1f}');
    text.chars().all(|c| c.is_whitespace() && !fixed(c) || control(c))
}

/// How a clause counts for membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occur {
    /// Matters only where no clause is required.
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

/// Query text, understood. Text without any token is no node.
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

/// What is looked for, and in which field where one was named.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) field: Option<FieldName>,
    pub(crate) words: Words,
    pub(crate) span: Span,
}

/// What is looked for among the tokens of one field.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    /// Tokens of one term, joined by the mode.
    Pieces(Vec<String>),
    /// Tokens next to each other; one token is a plain word.
    Phrase(Vec<String>),
    /// One token of this shape.
    Pattern(Wildcard),
    /// One token that matches this expression.
    Regex(Regex),
    /// One token spelt nearly so.
    Fuzzy(Fuzzy),
    /// Tokens near to where the phrase would have them.
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
