//! Syntax tree to typed query: names, types and values are checked here, once.

pub(crate) mod lucene;
mod names;
pub(crate) mod odata;
pub(crate) mod postern;
