//! The service as one tenant sees it, with a tenant's key.

mod browse;
mod index;
mod job;
mod jobs;
mod page;
mod reports;

use std::time::Duration;

use crate::request::escape;
use crate::session::Session;
use crate::{DataTap, Retry, Secret};

pub use browse::{Item, Listing, Location, LocationKind, Place, Source, SourceFilter, Window};
pub use job::{Job, JobKind, Policy, Priority, Rule, Schedule, User};
pub(crate) use jobs::record;
pub use jobs::{JobState, Patience, Task};
pub use page::Page;
pub(crate) use page::timestamp;
pub use reports::Report;

/// Times and limits of a tenant's calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSettings {
    /// How many requests are under way at once; further ones wait.
    pub parallel: usize,
    /// How often a failed call is made again.
    pub retry: Retry,
    /// How long an answer may take.
    pub answer_time: Duration,
    /// How long the download of one message may take.
    pub download_time: Duration,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            parallel: 4,
            retry: Retry::default(),
            answer_time: Duration::from_secs(60),
            download_time: Duration::from_secs(600),
        }
    }
}

/// A client of one tenant; cheap to clone, and all clones share their connections and limits.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use postern_upstream::{DataTap, Secret, Settings, TenantSettings};
///
/// let service = DataTap::new("https://datatap.example.com", Settings::default())?;
/// let tenant = service.tenant("contoso", Secret::new("key"), TenantSettings::default());
/// for location in tenant.locations().await?.items {
///     println!("{} is of kind {:?}", location.id, location.kind);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Tenant {
    session: Session,
    root: String,
}

impl DataTap {
    /// A client for `tenant` with its key.
    #[must_use]
    pub fn tenant(&self, tenant: &str, key: Secret, settings: TenantSettings) -> Tenant {
        let root = format!("/api/{}", escape(tenant));
        Tenant { session: Session::new(self.clone(), key, settings), root }
    }
}

impl Tenant {
    /// How many requests were sent so far, failed ones and those of all clones among them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.session.requests()
    }
}

#[cfg(test)]
mod tests;
