//! The messages of one page in their order.

pub(crate) mod columns;
pub(crate) mod hits;
pub(crate) mod ids;
pub(crate) mod merge;
pub(crate) mod position;
pub(crate) mod scores;
pub(crate) mod snapshots;
pub(crate) mod top;
