//! How an index lies on disk: its folder, its fields, the terms of a message, and a stored message.

pub(crate) mod contents;
pub(crate) mod disk;
pub(crate) mod fetch;
pub(crate) mod folder;
pub(crate) mod former;
pub(crate) mod parts;
pub(crate) mod passages;
pub(crate) mod payload;
pub(crate) mod places;
pub(crate) mod schema;
pub(crate) mod signature;
pub(crate) mod stored;
pub(crate) mod terms;
pub(crate) mod wire;
pub(crate) mod words;

#[cfg(test)]
mod tests;
