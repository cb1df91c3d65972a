//! From the syntax tree to the typed query. This checks names, types and values, once.

pub(crate) mod lucene;
mod names;
pub(crate) mod odata;
pub(crate) mod postern;
