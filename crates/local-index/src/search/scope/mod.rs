//! Who asks, and which messages that one may see.

pub(crate) mod asker;
pub(crate) mod visible;
