//! From text to tokens to a syntax tree. It knows no field names, dates or values.

pub(crate) mod lucene;
pub(crate) mod odata;
pub(crate) mod postern;
