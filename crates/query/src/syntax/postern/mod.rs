//! What people type: the friendly language.
//!
//! From the strongest: `NOT` and `-`; `AND` and adjacency; `XOR`; `OR` and `|`. Parsing is linear in
//! the length of the text, and brackets in each other are counted.

mod ast;
mod parser;
mod token;

pub(crate) use ast::{FieldName, Piece, PieceKind, Relation, Syntax, Term};
pub(crate) use parser::parse;
pub(crate) use token::{is_plain_value, is_plain_word};
