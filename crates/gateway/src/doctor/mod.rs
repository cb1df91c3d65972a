//! What is wrong with an installation, and what to do about it.
//!
//! `postern doctor` looks at everything; `/v1/status` says what is found in the data folder of a tenant. Both ask
//! [`stored`], so they agree.

mod audit;
mod clock;
mod disk;
mod finding;
mod named;
mod services;
mod stored;

pub use finding::{About, Finding, Severity};
pub use named::{certificates, timer};
pub use services::services;
pub use stored::{Stored, stored};
