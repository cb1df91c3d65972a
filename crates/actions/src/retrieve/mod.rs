//! Data in archive tiers: whether it can be read, and bringing it back.

mod archives;
mod order;
mod readiness;
mod wanted;

pub use archives::{Archives, Job};
pub use order::RetrieveAct;
pub use readiness::Readiness;
pub use wanted::{NotListed, Wanted};
