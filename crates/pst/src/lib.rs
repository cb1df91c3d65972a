#![doc = include_str!("../README.md")]

mod bytes;
mod disk;
mod error;
mod heap;
mod layout;
mod store;

pub use error::{Fault, OpenError};
pub use heap::{Property, Value};
pub use layout::Layout;
pub use store::{
    Attachment, Content, DataFile, Folder, Item, Listed, Message, Missing, Names, Options,
};
