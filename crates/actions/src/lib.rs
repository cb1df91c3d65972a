#![doc = include_str!("../README.md")]

pub mod datatap;
pub mod files;
mod outcome;
mod proposal;
mod record;
pub mod retrieve;
mod run;
pub mod veeam;
mod verb;

pub use outcome::{Outcome, Report, Told};
pub use proposal::{Item, LIMIT, PlanId, Proposal, Refused, Steps};
pub use record::{Record, RecordError, Standing};
pub use run::{Act, Acting, Order, carry_out};
pub use verb::Verb;
