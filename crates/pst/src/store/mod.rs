//! The upper layer: folders and the items in them (MS-PST, 2.4; "messaging").

mod file;
mod folders;
mod item;
mod names;
mod node;

pub use file::{DataFile, Message, Missing, Options};
pub use folders::{Folder, Listed};
pub use item::{Attachment, Content, Item};
pub use names::Names;
