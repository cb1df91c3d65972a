//! Data in archive tiers: whether it can be read, and bringing it back.

mod archives;
mod order;
mod readiness;

pub use archives::{Archives, Job};
pub use order::{RetrieveAct, Wanted};
pub use readiness::Readiness;
