//! Syntax tree to typed query: names, types and values are checked here, once.

mod names;
pub(crate) mod odata;
mod odata_calls;
mod odata_lambda;
