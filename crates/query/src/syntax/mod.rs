//! Text to tokens to syntax tree. Knows no field names, dates or values.

pub(crate) mod lucene;
pub(crate) mod odata;
pub(crate) mod postern;
