//! The syntax tree of typed text: what was typed, with its places.

use crate::{Expr, Span};

/// A query as typed.
pub(crate) type Syntax = Expr<Term>;

/// A word, a phrase, or a value with its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) field: Option<FieldName>,
    /// Never empty.
    pub(crate) value: Vec<Piece>,
    pub(crate) span: Span,
}

/// `name:`, `name>=` and the like, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldName {
    pub(crate) name: String,
    pub(crate) relation: Relation,
    /// The relation stands behind a colon, so it may belong to the value: `id:<a@b>`.
    pub(crate) colon: bool,
    /// The name without what follows it.
    pub(crate) span: Span,
}

/// What stands between a field and its value.
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

    /// What belongs to the value behind a colon, for an operator that does not compare: `id:<a@b>`.
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

/// A run of typed text without white space, or a quoted one with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Without quotes and escapes.
    pub(crate) text: String,
    pub(crate) kind: PieceKind,
    pub(crate) span: Span,
}

/// How a piece was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Bare,
    Quoted,
    /// A quoted piece with `~n` behind it.
    Near,
    /// Between slashes.
    Regex,
}
