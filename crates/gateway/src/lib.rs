//! The gateway: the best honest answer there is, from premium or from the local index.
//!
//! | module | says |
//! |---|---|
//! | [`config`] | what an operator may set |
//! | [`access`] | who may ask, and what they may see |
//! | `language` | what a request means |
//! | `engine` | one face for everything that answers queries: premium, the local index |
//! | `choose` | who answers: the engines of a tenant in their order, and why one is passed over |
//! | `local` | how the local index is asked |
//! | `metrics` | what is counted |
//! | [`api`] | the two faces over HTTP: drop-in below `/api`, native below `/v1` |
//! | `pipe` | from a writer that blocks to a body that is sent |
//! | `rate` | how often a key may ask |
//! | `remembered` | what is remembered by texts that clients choose, and how much of it |
//! | `slots` | how many requests, and large answers, there are at the same time |
//! | [`wire`] | the JSON of `/v1` |
//! | `shadow` | whether the local index would have said what premium said |
//! | `serve` | a socket, and an orderly end |
//!
//! [`api::app`] makes the whole of it from a [`State`]; it needs no socket to be tested.

pub mod access;
pub mod api;
mod choose;
pub mod config;
mod engine;
mod language;
mod local;
mod metrics;
mod pipe;
mod rate;
mod remembered;
mod serve;
mod shadow;
mod slots;
mod state;
mod sync;
pub mod wire;

#[cfg(test)]
mod tests;

pub use local::{Local, LocalEngine, LocalError};
pub use serve::{Bound, ServeError, bind};
pub use state::{Locals, State};
