//! From the typed query to the text or JSON for a target.
//!
//! Every [`Target`] answers exactly, approximately (and says what differs) or not at all (and says why). It
//! drops and widens nothing in silence. Each target has one function that quotes literals.
//!
//! A new target is a module here and a line in [`Target::ALL`].

pub mod aqs;
mod capabilities;
mod clause;
mod compiled;
pub(crate) mod datatap;
pub mod elasticsearch;
pub mod english;
mod json;
mod known;
pub mod kql;
pub(crate) mod lucene;
pub(crate) mod odata;
pub mod postern;
mod property;
mod target;
mod terms;

use std::str::FromStr;

pub use capabilities::{Capabilities, FieldCapability, IndexFields};
pub use clause::clause;
pub use compiled::{Compiled, Direction, Fidelity, Note, direction_of};
pub use json::Json;
pub use known::KnownPeople;
pub use target::{Sent, Target, UnknownTarget};

pub(crate) use compiled::Notes;

/// Why a service does not say `set:`.
const SET: &str = "a frozen set is kept here, and nobody else knows which messages are in it";

impl Target {
    /// Every target, in the order of lists and pages.
    pub const ALL: &'static [Self] = &[
        postern::TARGET,
        datatap::TARGET,
        elasticsearch::TARGET,
        kql::TARGET,
        aqs::TARGET,
        aqs::DOCUMENTS,
    ];
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(name: &str) -> Result<Self, UnknownTarget> {
        let found = Self::ALL.iter().find(|target| target.name == name);
        found.copied().ok_or_else(|| UnknownTarget(name.to_owned()))
    }
}
