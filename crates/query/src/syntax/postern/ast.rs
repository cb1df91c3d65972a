//! The syntax tree of typed text: the text, with spans.

use std::borrow::Cow;

use crate::{Expr, Span};

/// A query as typed: and, or, not over the numbers of its [`Terms`].
///
/// Terms stand in a list of their own, so that the tree is small to move and to copy.
pub(crate) type Tree = Expr<TermNumber>;

/// The number of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TermNumber(usize);

/// Every term of a query in the order of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms<'t>(Vec<Term<'t>>);

impl<'t> Terms<'t> {
    pub(crate) fn push(&mut self, term: Term<'t>) -> TermNumber {
        self.0.push(term);
        TermNumber(self.0.len() - 1)
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, number: TermNumber) -> Option<&Term<'t>> {
        self.0.get(number.0)
    }

    /// Removes a term that becomes part of another.
    pub(crate) fn pop(&mut self) -> Option<Term<'t>> {
        self.0.pop()
    }
}

/// A word, a phrase, or a value with its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term<'t> {
    pub(crate) field: Option<FieldName<'t>>,
    pub(crate) value: Pieces<'t>,
    /// The distance between the pieces. Without one they touch.
    pub(crate) near: Option<Distance>,
    pub(crate) span: Span,
}

/// `name:`, `name>=` and the like, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldName<'t> {
    pub(crate) name: &'t str,
    pub(crate) relation: Relation,
    /// Whether the relation stands after a colon, so that it may belong to the value: `id:<a@b>`.
    pub(crate) colon: bool,
    /// The name without what follows it.
    pub(crate) span: Span,
}

/// The mark between a field and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Colon,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Relation {
    /// The relation as it is written.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// The mark after a colon, which belongs to the value if the operator does not compare: `id:<a@b>`.
    pub(crate) const fn value_part(self) -> &'static str {
        match self {
            Self::Colon => "",
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::AtMost
            | Self::Greater
            | Self::AtLeast => self.symbol(),
        }
    }
}

/// `NEAR/5` and similar operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Distance {
    pub(crate) words: u32,
    pub(crate) ordered: bool,
}

/// At least one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pieces<'t> {
    pub(crate) first: Piece<'t>,
    /// Mostly empty, and then it allocates nothing.
    pub(crate) more: Vec<Piece<'t>>,
}

impl<'t> Pieces<'t> {
    /// The only piece.
    pub(crate) const fn only(&self) -> Option<&Piece<'t>> {
        if self.more.is_empty() { Some(&self.first) } else { None }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Piece<'t>> {
        std::iter::once(&self.first).chain(&self.more)
    }

    pub(crate) fn span(&self) -> Span {
        self.more.last().map_or(self.first.span, |last| self.first.span.to(last.span))
    }
}

/// A run of typed text without white space, or a quoted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    /// Without quotes and escapes.
    pub(crate) text: Cow<'t, str>,
    pub(crate) kind: PieceKind,
    pub(crate) span: Span,
}

/// The form of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Bare,
    Quoted,
    /// A quoted piece with `~n` after it.
    Near(u32),
    /// Between slashes.
    Regex,
}
