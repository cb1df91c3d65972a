//! Typed text to syntax tree.

mod ast;
mod faults;
mod parser;
mod token;

pub(crate) use ast::{Distance, FieldName, Piece, PieceKind, Pieces, Relation, Term, Terms, Tree};
pub(crate) use parser::{Outcome, parse};
pub(crate) use token::{is_plain_value, is_plain_word};
