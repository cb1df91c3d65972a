//! Text to tokens to syntax tree. Knows no field names, dates or values.

pub(crate) mod expr;
pub(crate) mod lucene;
