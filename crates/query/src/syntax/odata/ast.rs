//! The syntax tree of a filter: the typed text, with spans.

use jiff::Timestamp;

use crate::{Expr, Located, Span};

/// A filter as typed.
pub(crate) type Syntax = Expr<Located<Term>>;

/// A leaf of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    /// A field, a constant or a call that stands alone.
    Alone(Operand),
    /// Two operands and the relation between them.
    Compare { left: Operand, relation: Relation, right: Operand },
    /// `path/any(..)` or `path/all(..)`.
    Lambda(Lambda),
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Path(Path),
    Constant(Constant, Span),
    Call(Call),
}

impl Operand {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Path(path) => path.span,
            Self::Constant(_, span) => *span,
            Self::Call(call) => call.span,
        }
    }
}

/// Names separated by slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Path {
    /// The first name, and the rest after the slash.
    pub(crate) fn split(&self) -> (&str, Option<&str>) {
        self.text.split_once('/').map_or((&self.text, None), |(first, rest)| (first, Some(rest)))
    }
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Boolean(bool),
    String(String),
    Integer(i64),
    Float(f64),
    Instant(Timestamp),
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) span: Span,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    Path(Path),
    Constant(Constant, Span),
    /// `geography'…'`
    Geography(Span),
}

impl Argument {
    pub(crate) const fn span(&self) -> Span {
        match self {
            Self::Path(path) => path.span,
            Self::Constant(_, span) | Self::Geography(span) => *span,
        }
    }
}

/// `any` or `all` over a collection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lambda {
    pub(crate) collection: Path,
    /// `all` instead of `any`.
    pub(crate) all: bool,
    /// The range variable and the condition; `None` for `any()`.
    pub(crate) body: Option<(Path, Box<Syntax>)>,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Relation {
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The relation seen from the other side.
    pub(crate) const fn flipped(self) -> Self {
        match self {
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            same @ (Self::Eq | Self::Ne) => same,
        }
    }
}
