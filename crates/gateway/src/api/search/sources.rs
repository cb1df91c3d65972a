//! The sources of a tenant that an answer says nothing of.

use postern_archive::Archive;
use postern_query::Query;

use crate::engine::Divided;

/// The sources elsewhere that a query may find something in.
pub(super) struct Sources(Vec<Source>);

struct Source {
    name: String,
    /// Something of it was brought here; coverage says how much.
    is_here: bool,
}

impl Sources {
    /// Those of these names that the query may find something in.
    pub(super) fn of(names: Vec<String>, query: &Query, archive: &Archive) -> Self {
        let divided = Divided::of(query);
        let asked = names.into_iter().filter(|name| divided.may_come_from(name));
        Self(asked.map(|name| Source { is_here: archive.has_of(&name), name }).collect())
    }

    /// Those that were not asked where this one answered alone, or nothing but what is here.
    pub(super) fn not_asked(&self, sole: Option<&str>) -> Vec<String> {
        let was_asked = |one: &&Source| sole.map_or(one.is_here, |sole| one.name == sole);
        let others = self.0.iter().filter(|one| !was_asked(one));
        others.map(|one| one.name.clone()).collect()
    }
}
