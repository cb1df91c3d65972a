#![doc = include_str!("../README.md")]

mod address;
mod admin;
mod answer;
mod body;
mod certificate;
mod client;
pub mod cluster;
mod contact;
mod failure;
mod fault;
mod headers;
pub mod keeper;
mod outcome;
mod pin;
mod request;
mod retry;
mod secret;
mod session;
mod setup;
mod tenant;
pub mod veeam;

#[cfg(any(test, feature = "fake"))]
pub mod fake;
#[cfg(test)]
mod tests;

pub mod webhook;

pub use admin::{Admin, AdminKey, IssuedKey, Rollout};
pub use answer::{Found, Hit, Record};
pub use certificate::certificate_ends;
pub use client::{Call, DataTap, Forward};
pub use contact::{Contact, ContactError, contact};
pub use failure::Failure;
pub use fault::Fault;
pub use headers::without_hop_by_hop;
pub use outcome::{Answer, Outcome};
pub use request::{SearchRequest, Target};
pub use retry::Retry;
pub use secret::Secret;
pub use session::TenantSettings;
pub use setup::{Settings, SetupError, Trust, connect, http};
pub use tenant::{
    Item, Job, JobKind, JobRun, JobState, Listing, Location, LocationKind, Page, Patience, Place,
    Policy, Priority, Report, Rule, Schedule, Source, SourceFilter, Task, Tenant, User, Window,
};
