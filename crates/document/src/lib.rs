#![doc = include_str!("../README.md")]

mod document;
mod fields;
mod file;
mod id;
mod moment;
pub mod quoted;

pub use document::{from_json, to_json, to_value, with_places};
pub use fields::index_fields;
pub use file::File;
pub use id::{id_of, id_of_stream};
