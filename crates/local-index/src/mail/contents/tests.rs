//! What the readers make of files, in this process.
