#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod server;
mod tools;

pub use api::ByAssistant;
pub use server::{ServeError, http, stdio};
