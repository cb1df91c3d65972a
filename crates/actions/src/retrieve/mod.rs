//! Data in archive tiers: whether it can be read, and bringing it back.

mod readiness;

pub use readiness::Readiness;
