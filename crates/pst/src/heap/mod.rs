//! The middle layer: heaps, and the properties and tables in them (MS-PST, 2.3; "lists, tables and properties").

mod node;
mod pages;
mod properties;
mod table;
mod value;

pub(crate) use node::Inner;
pub use value::{Property, Value};
