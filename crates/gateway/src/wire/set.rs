//! Frozen sets as JSON.

use std::collections::BTreeSet;

use postern_archive::FrozenSet;
use serde::Serialize;
use utoipa::ToSchema;

use super::SearchedView;

/// The frozen sets.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetsView {
    /// By name.
    pub sets: Vec<SetView>,
}

/// A frozen set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetView {
    /// What it is called.
    pub name: String,
    /// The query as it was typed.
    pub q: String,
    /// Its one canonical text.
    pub canonical: String,
    /// Where its days began: an IANA name.
    pub zone: String,
    /// When it was made.
    pub taken: String,
    /// Who made it: the name of a key, or `local`.
    pub by: String,
    /// How much of the known mail was searched then; for whoever may see all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<SearchedView>,
    /// What somebody wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its messages, as far as they may be seen.
    pub count: usize,
    /// How many of them are here now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<usize>,
    /// Since when its messages are held here, if they are. Nothing is held upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Messages of a held set that cannot be held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_held: Vec<NotHeldView>,
}

/// A message that cannot be held.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotHeldView {
    /// Its id.
    pub id: String,
    /// Why its original cannot be stored.
    pub why: String,
}

/// Two sets compared.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffView {
    /// One set.
    pub one: String,
    /// The other.
    pub other: String,
    /// The ids of what only the one has.
    pub only_one: Vec<String>,
    /// The ids of what only the other has.
    pub only_other: Vec<String>,
    /// How many both have.
    pub both: usize,
}

impl SetView {
    /// A set with so many messages.
    #[must_use]
    pub fn of(set: FrozenSet, count: usize, not_held: Vec<(String, String)>) -> Self {
        let not_held = not_held.into_iter().map(|(id, why)| NotHeldView { id, why });
        let as_of = set.as_of.map(|time| time.to_string());
        Self {
            name: set.name,
            q: set.query,
            canonical: set.canonical,
            zone: set.zone,
            taken: format!("{:.0}", set.taken),
            by: set.taken_by,
            coverage: Some(SearchedView { indexed: set.indexed, known: set.known, as_of }),
            note: set.note,
            count,
            here: None,
            held: set.held.map(|time| format!("{time:.0}")),
            not_held: not_held.collect(),
        }
    }

    /// The same, with so many of its messages here now.
    #[must_use]
    pub fn with_here(self, here: usize) -> Self {
        Self { here: Some(here), ..self }
    }
}

impl DiffView {
    /// Two sets, each with its ids.
    #[must_use]
    pub fn of(one: (&str, &BTreeSet<String>), other: (&str, &BTreeSet<String>)) -> Self {
        Self {
            one: one.0.to_owned(),
            other: other.0.to_owned(),
            only_one: one.1.difference(other.1).cloned().collect(),
            only_other: other.1.difference(one.1).cloned().collect(),
            both: one.1.intersection(other.1).count(),
        }
    }
}
