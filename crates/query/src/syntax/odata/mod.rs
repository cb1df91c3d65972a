//! OData `$filter` and `$orderby`, by the published grammar of the premium service.
//!
//! The grammar is that of "OData expression syntax reference for Azure AI Search"
//! (<https://learn.microsoft.com/azure/search/search-query-odata-syntax-reference>). White space
//! follows its examples: any amount between tokens, none around `/` or before the bracket of a call.

mod ast;
mod date;
mod faults;
mod frame;
mod marks;
mod parser;
mod token;

pub(crate) use ast::{Argument, Call, Constant, Lambda, Operand, Path, Relation, Syntax, Term};
pub(crate) use parser::parse;
pub(crate) use token::{Token, TokenKind, tokenize};
