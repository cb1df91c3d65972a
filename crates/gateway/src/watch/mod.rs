//! New hits of saved searches: found after each run that takes mail in, and told to a webhook.
//!
//! What was found before is noted in the store of saved searches, which also says what each webhook still has to be
//! told. So nothing here has to be finished: the next run, or the next process, goes on.

mod compare;
mod tell;

pub(crate) use compare::VERSION;
pub use compare::{LOCAL, News, Watcher, name};
pub use tell::{Hook, Untold};
