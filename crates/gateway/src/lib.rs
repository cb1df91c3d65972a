//! The gateway: the best honest answer there is, from premium or from the local index.
//!
//! The way of a request: [`api`] reads it, [`access`] says who asks, [`choose`] says who answers,
//! [`api`] writes the answer and says who gave it, why, and how complete that is.

pub mod access;
pub mod api;
pub mod choose;
pub mod config;
mod local;
mod serve;
mod state;

pub use local::Local;
pub use serve::{Bound, ServeError, bind};
pub use state::State;
