//! Syntax tree to typed query: names, types and values are checked here, once.

mod advice;
pub(crate) mod canonical;
mod dates;
mod labels;
mod names;
pub(crate) mod odata;
mod odata_calls;
mod odata_lambda;
mod odata_value;
pub(crate) mod operators;
mod people;
pub(crate) mod plain;
pub(crate) mod postern;
mod range;
mod value;
mod words;
