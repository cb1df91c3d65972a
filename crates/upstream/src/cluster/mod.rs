//! A search engine of several nodes that speaks as `OpenSearch` does, from 2.19 on.
//!
//! One client serves all nodes. What is asked in JSON is the caller's; what comes back is told apart by what it
//! means for the caller: a fault of the question, too much of it, a busy or blocked cluster, a failed one.
//! Nothing that shards failed to answer is passed off as an answer.

mod account;
mod admin;
mod bulk;
mod client;
mod copy;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod lease;
mod nodes;
mod original;
mod outgoing;
mod problem;
mod renewal;
mod search;
#[cfg(test)]
mod tests;
mod writer;

pub use account::{ClusterAccount, Login};
pub use admin::{EngineVersion, Health};
pub use bulk::{Action, Done, Seen, Write};
pub use client::Cluster;
pub use original::{LONGEST_ORIGINAL, originals_body, originals_of, outgoing_original};
pub use outgoing::{Merge, Next, Outgoing};
pub use problem::ClusterProblem;
pub use renewal::{Renewal, RenewalProblem, Renewed, next_of};
pub use search::{ClusterHit, Counted, Searched, Within};
pub use writer::{Acknowledged, Pace, Writer};
