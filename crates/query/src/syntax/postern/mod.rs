//! From typed text to a syntax tree.

mod ast;
mod distances;
mod faults;
mod grammar;
mod parser;
mod plain;
mod token;

pub(crate) use ast::{Distance, FieldName, Piece, PieceKind, Pieces, Relation, Term, Terms, Tree};
pub(crate) use distances::{inside as distance_inside, without_number};
pub(crate) use grammar::{is_minus, unescaped};
pub(crate) use parser::{Outcome, parse};
pub(crate) use plain::{is_negating, is_plain_value, is_plain_word};
pub(crate) use token::{Lexer, Mark, Token, TokenKind};
