//! Sets as a query names them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use postern_local_index::search::Scope;
use postern_query::NamedSets;
use tracing::warn;

use super::Sets;
use crate::chain;

/// The ids of the messages of sets, by their names.
type Ids = BTreeMap<String, Arc<BTreeSet<String>>>;

/// The frozen sets of a data folder, as somebody sees them who sees a scope. Each is read once, however often a query
/// names it.
///
/// ```
/// use postern_archive::search::Scope;
/// use postern_archive::{SeenSets, Sets};
/// use postern_query::NamedSets as _;
///
/// let folder = tempfile::tempdir()?;
/// let seen = SeenSets::new(Sets::below(folder.path()), Scope::All);
/// assert!(seen.ids("lease").is_none() && seen.names().is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SeenSets {
    sets: Sets,
    scope: Scope,
    read: Arc<Mutex<Ids>>,
}

impl SeenSets {
    /// These sets, of which so much may be seen.
    #[must_use]
    pub fn new(sets: Sets, scope: Scope) -> Self {
        Self { sets, scope, read: Arc::default() }
    }
}

impl PartialEq for SeenSets {
    fn eq(&self, other: &Self) -> bool {
        (&self.sets, &self.scope) == (&other.sets, &other.scope)
    }
}

impl Eq for SeenSets {}

impl NamedSets for SeenSets {
    fn ids(&self, name: &str) -> Option<Arc<BTreeSet<String>>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ids) = read.get(name) {
            return Some(Arc::clone(ids));
        }
        let ids = self.sets.ids(name, &self.scope).unwrap_or_else(|error| {
            warn!(error = chain(&error), "frozen sets");
            None
        });
        let ids = Arc::new(ids?);
        read.insert(name.to_owned(), Arc::clone(&ids));
        Some(ids)
    }

    fn names(&self) -> Vec<String> {
        let sets = self.sets.list().unwrap_or_default();
        sets.into_iter().map(|set| set.name).collect()
    }
}
