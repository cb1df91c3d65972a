//! Typed client of the DataTap service.
//!
//! [`DataTap`] is the connection to one service. A gateway asks it for many tenants:
//! [`SearchRequest`] says what to ask, [`DataTap`] asks within a deadline and retries once,
//! [`Outcome`] says what that meant, [`Found`] reads the hits. [`Tenant`] is the client of one
//! tenant that has time: it retries patiently, and reports a [`Failure`] only after that. [`Admin`]
//! is that of the operator, with a key of another type. Nothing here knows a query language or an
//! index.

mod address;
mod admin;
mod answer;
mod client;
mod failure;
mod fault;
mod fields;
mod headers;
mod outcome;
mod request;
mod retry;
mod secret;
mod session;
mod setup;
mod tenant;

#[cfg(any(test, feature = "fake"))]
pub mod fake;
#[cfg(test)]
mod tests;

pub use admin::{Admin, AdminKey, IssuedKey, Rollout};
pub use answer::{Found, Hit, Record};
pub use client::{Call, DataTap, Forward};
pub use failure::Failure;
pub use fault::Fault;
pub use fields::{IndexField, index_fields};
pub use headers::without_hop_by_hop;
pub use outcome::{Answer, Outcome};
pub use request::{SearchRequest, Target};
pub use retry::Retry;
pub use secret::Secret;
pub use setup::{Settings, SetupError};
pub use tenant::{
    Item, Job, JobKind, JobState, Listing, Location, LocationKind, Page, Patience, Place, Policy,
    Priority, Report, Rule, Schedule, Source, SourceFilter, Task, Tenant, TenantSettings, User,
    Window,
};
