//! What is stored for a tenant, and how it gets there.
//!
//! [`ingest`] reads files through [`postern_mail`] into the index of [`postern_local_index`].

pub mod ingest;
mod originals;

pub use originals::original;
