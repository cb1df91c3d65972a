//! Documents of `OneDrives`: whose drive it is, and where a saved document goes.

mod owner;
mod target;

pub use owner::Owners;
pub use target::{Target, TargetError, local_name};
