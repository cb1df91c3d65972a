//! The gateway: answers searches over collected mail, from the first engine of a tenant that can.
//!
//! An *engine* is something that answers queries. Each says what it can do with a query (a *plan*), carries the
//! plan out within a deadline, and reports one of a few *outcomes*. One walk over the engines of a tenant
//! serves every path; it skips engines that are known to fail, starts the next one early where one is slow, and
//! keeps why each was passed over. The answer says who gave it, why, and how complete it is.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use postern_gateway::config::{Config, Overrides};
//! use postern_gateway::{State, api};
//! use tower::ServiceExt as _;
//!
//! // No premium endpoint and no index: nobody can answer, and the answer says why.
//! let data = tempfile::tempdir()?;
//! let config = Config::load(None, &Overrides::default(), data.path().into())?;
//! let state = State::new(&config, || jiff::Timestamp::UNIX_EPOCH)?;
//! let request = axum::http::Request::get("/v1/search?q=invoice").body(axum::body::Body::empty())?;
//! let response = api::app(state).oneshot(request).await?;
//! assert_eq!(response.status(), 503);
//! assert_eq!(response.headers()["postern-reason"], "no premium endpoint is configured");
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Requests are hostile until shown otherwise: sizes, time, work and memory are bounded for each of them, and what
//! one key does keeps no other key from an answer. The README of the crate says how.
//!
//! | module | says |
//! |---|---|
//! | [`config`] | what an operator may set |
//! | [`access`] | who may ask, and what they may see |
//! | `language` | what a request means |
//! | `engine` | one face for everything that answers queries: premium, Veeam, the local index |
//! | `choose` | who answers: the engines of a tenant in their order, and why one is passed over |
//! | `local` | how the local index is asked |
//! | `metrics` | what is counted |
//! | [`api`] | the two faces over HTTP: drop-in below `/api`, native below `/v1` |
//! | `rate` | how often a key may ask |
//! | `remembered` | what is remembered by texts that clients choose, and how much of it |
//! | `reports` | search-term reports, made beside the requests |
//! | `servers` | the servers of Veeam of the tenants, with a pool of restore sessions each |
//! | [`source`] | what can be synced, for the schedule and the command line |
//! | `slots` | how many requests, and large answers, there are at the same time |
//! | [`wire`] | the JSON of `/v1` |
//! | `shadow` | whether the next engine would have said what an engine said |
//! | `viewpoint` | from where a query is read: the zone of its days, and who `me` is |
//! | `serve` | a socket, and an orderly end |
//!
//! [`api::app`] makes the whole of it from a [`State`]; it needs no socket to be tested.

pub mod access;
mod acts;
pub mod api;
mod audit;
mod choose;
pub mod config;
mod engine;
mod history;
mod language;
mod local;
mod metrics;
mod rate;
mod remembered;
mod reports;
mod retrievals;
mod serve;
mod servers;
mod shadow;
pub mod sink;
mod slots;
pub mod source;
mod state;
pub mod stored;
mod sync;
mod tickets;
mod viewpoint;
pub mod watch;
pub mod wire;
mod wording;

#[cfg(test)]
mod tests;

pub use engine::in_cluster;
pub use local::{Local, LocalEngine, LocalError};
pub use serve::{Bound, ServeError, bind};
pub use state::{Locals, State};
pub use viewpoint::Viewpoint;
