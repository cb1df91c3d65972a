//! The sources that can be synced: what a configuration names, and a collection for each.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use postern_archive::DATATAP;
use postern_sync::{Backups, Collection};
use postern_upstream::veeam::Sessions;

use crate::config::{Config, ConfigError, Tenant};

/// A source of a tenant, and where its mail is brought to.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name by which `source:` finds what was collected there.
    pub name: String,
    /// The tenant.
    pub tenant: String,
    /// The data folder that the mail is brought to.
    pub data: PathBuf,
    /// What is collected there.
    pub collection: Arc<dyn Collection>,
    /// The restore sessions that reading it opens, to be stopped in the end.
    pub sessions: Option<Sessions>,
}

/// Which sources are wanted.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Wanted<'a> {
    /// Those of this tenant alone.
    pub tenant: Option<&'a str>,
    /// As of a point in time, which only backups know.
    pub at: Option<Timestamp>,
    /// The pool of restore sessions of a tenant; one process has one for each.
    pub sessions: &'a dyn Fn(&Tenant) -> Result<Option<Sessions>, ConfigError>,
}

/// The sources of one kind.
type Kind = fn(&Config, &Wanted<'_>) -> Result<Vec<Source>, ConfigError>;

/// Every kind of source: the next one is a line in here.
const KINDS: [Kind; 2] = [collected, backups];

impl Config {
    /// The sources that can be synced.
    ///
    /// # Errors
    ///
    /// When no client can be made for one.
    pub fn sources(&self, wanted: &Wanted<'_>) -> Result<Vec<Source>, ConfigError> {
        let kinds = KINDS.iter().map(|kind| kind(self, wanted));
        Ok(kinds.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The tenants that have a source.
    #[must_use]
    pub fn tenants_to_sync(&self) -> BTreeSet<String> {
        let backed_up = self.tenants.iter().filter(|tenant| tenant.veeam.is_some());
        let backed_up = backed_up.map(|tenant| tenant.id.clone());
        self.to_sync().into_iter().map(|of| of.tenant).chain(backed_up).collect()
    }
}

impl Wanted<'_> {
    fn has(&self, tenant: &str) -> bool {
        self.tenant.is_none_or(|wanted| wanted == tenant)
    }
}

/// What DataTap collected.
fn collected(config: &Config, wanted: &Wanted<'_>) -> Result<Vec<Source>, ConfigError> {
    let mut all = Vec::new();
    let has_now = wanted.at.is_none();
    for of in config.to_sync().into_iter().filter(|of| has_now && wanted.has(&of.tenant)) {
        if let Some(client) = config.client(&of)? {
            let (name, collection) = (DATATAP.to_owned(), Arc::new(client));
            all.push(Source { name, tenant: of.tenant, data: of.data, collection, sessions: None });
        }
    }
    Ok(all)
}

/// What Veeam backed up.
fn backups(config: &Config, wanted: &Wanted<'_>) -> Result<Vec<Source>, ConfigError> {
    let mut all = Vec::new();
    for tenant in config.tenants.iter().filter(|tenant| wanted.has(&tenant.id)) {
        let Some(server) = &tenant.veeam else { continue };
        if let Some(sessions) = (wanted.sessions)(tenant)? {
            let backups = Backups::new(&server.source, sessions.clone(), wanted.at);
            all.push(Source {
                collection: Arc::new(backups.with_owners(&server.drives)),
                name: server.source.clone(),
                tenant: tenant.id.clone(),
                data: tenant.data.clone(),
                sessions: Some(sessions),
            });
        }
    }
    Ok(all)
}
