//! Documents of drives at Veeam: whose drive it is, what is in it, what is done with documents, and where a saved
//! one goes.

mod act;
mod chosen;
mod error;
mod target;
mod tree;

pub use act::{Deed, DocumentAct};
pub use error::FilesError;
pub use postern_upstream::veeam::Owners;
pub use target::{Target, TargetError, local_name};
pub use tree::{Contents, Files, Node, Placed};
