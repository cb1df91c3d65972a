//! The service as one tenant sees it, with a tenant's key.

mod browse;
mod index;
mod job;
mod jobs;
mod page;
mod reports;
mod run;

use crate::request::escape;
use crate::session::{Session, TenantSettings};
use crate::{DataTap, Secret};

pub use browse::{Item, Listing, Location, LocationKind, Place, Source, SourceFilter, Window};
pub use job::{Job, JobKind, Policy, Priority, Rule, Schedule, User};
pub(crate) use jobs::record;
pub use jobs::{JobState, Patience, Task};
pub use page::Page;
pub(crate) use page::timestamp;
pub use reports::Report;
pub use run::JobRun;

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
