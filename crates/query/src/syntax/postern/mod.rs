//! From typed text to a syntax tree.

mod ast;
mod faults;
mod grammar;
mod parser;
mod plain;
mod token;

pub(crate) use ast::{Distance, FieldName, Piece, PieceKind, Pieces, Relation, Term, Terms, Tree};
pub(crate) use parser::{Outcome, parse};
pub(crate) use plain::{is_plain_value, is_plain_word};
