//! Queries, weights and scorers of tantivy that are ours.

pub(crate) mod at_place;
pub(crate) mod blended;
pub(crate) mod checked;
pub(crate) mod clause;
pub(crate) mod guarded;
pub(crate) mod metered;
pub(crate) mod placed;
pub(crate) mod sparse;
pub(crate) mod union;
pub(crate) mod verified;
pub(crate) mod watched;
