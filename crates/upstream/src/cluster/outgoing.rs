//! What is to be written: a document, and what to do where one of its id is there.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::bulk::{Action, Stored, Write};

/// What is read of a document that is there, to say what is to be done with it.
pub(super) const MEMBERS: &str = "places,leftOut,kept.holders,at";

/// What is done with a document that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is as it should be.
    Keep,
    /// These members of it are changed: JSON on one line.
    Change(String),
    /// This document takes its place: JSON on one line.
    Exchange(String),
    /// It goes away.
    Remove,
}

/// How machines that have the same document agree: given `places`, `leftOut`, `kept.holders` and `at` of what is there,
/// what is done with it.
pub type Merge = Arc<dyn Fn(&Value) -> Next + Send + Sync>;

/// A document on its way.
#[derive(Clone)]
pub struct Outgoing {
    /// Its id.
    pub id: String,
    /// The whole document, as JSON on one line; nothing where only one that is there is to be changed.
    pub document: Option<String>,
    /// What to do where one of this id is there; nothing where this one takes its place.
    pub merge: Option<Merge>,
    /// Of a copy its version: it stays where one of a higher version is there.
    pub version: Option<u64>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// A document that never changes: the one that is there stays.
    #[must_use]
    pub fn once(id: &str, document: String) -> Self {
        let merge: Merge = Arc::new(|_| Next::Keep);
        Self { id: id.to_owned(), document: Some(document), merge: Some(merge), version: None }
    }

    /// A document that takes the place of the one that is there.
    #[must_use]
    pub fn over(id: &str, document: String) -> Self {
        Self { id: id.to_owned(), document: Some(document), merge: None, version: None }
    }

    /// A copy that takes the place of the one that is there, unless that one has a higher version.
    pub(super) fn copy(id: &str, document: String, version: u64) -> Self {
        Self { version: Some(version), ..Self::over(id, document) }
    }

    /// Takes the document of that id away, where there is one.
    #[must_use]
    pub fn away(id: &str) -> Self {
        let merge: Merge = Arc::new(|_| Next::Remove);
        Self { id: id.to_owned(), document: None, merge: Some(merge), version: None }
    }

    /// Bytes that it takes on the way.
    pub(super) fn length(&self) -> usize {
        self.document.as_ref().map_or(0, String::len)
    }
}

/// A document of a batch, and what is sent of it next.
pub(super) struct Step {
    pub(super) item: Outgoing,
    /// Nothing until what is there was read.
    action: Option<Action>,
    /// What is sent instead of the document.
    body: String,
}

impl Step {
    pub(super) fn of(item: Outgoing) -> Self {
        let action = match (&item.document, &item.merge, item.version) {
            (None, _, _) => None,
            (Some(_), _, Some(version)) => Some(Action::Copy(version)),
            (Some(_), Some(_), None) => Some(Action::Create),
            (Some(_), None, None) => Some(Action::Replace),
        };
        Self { item, action, body: String::new() }
    }

    /// What comes next, given what is there; nothing where all is as it should be.
    pub(super) fn behind(item: Outgoing, stored: Option<Stored>) -> Option<Self> {
        let Some(Stored { source, seen }) = stored else {
            // It went meanwhile, so it is made; or it is gone, as it should be.
            return item.document.is_some().then(|| Self::of(item));
        };
        let next = item.merge.as_ref().map_or(Next::Keep, |merge| merge(&source));
        let (action, body) = match next {
            Next::Keep => return None,
            Next::Change(members) => (Action::Change(seen), members),
            Next::Exchange(document) => (Action::Exchange(seen), document),
            Next::Remove => (Action::Remove(seen), String::new()),
        };
        Some(Self { item, action: Some(action), body })
    }

    pub(super) fn is_ready(&self) -> bool {
        self.action.is_some()
    }

    pub(super) fn write(&self) -> Option<Write<'_>> {
        let action = self.action?;
        let body = match action {
            Action::Create | Action::Replace | Action::Copy(_) => {
                self.item.document.as_deref().unwrap_or_default()
            }
            Action::Change(_) | Action::Exchange(_) | Action::Remove(_) => &self.body,
        };
        Some(Write { id: &self.item.id, action, body })
    }

    /// What became of the document, where it was written so.
    pub(super) fn written(&self) -> Written {
        match self.action {
            Some(Action::Change(_) | Action::Exchange(_)) => Written::Changed,
            Some(Action::Remove(_)) => Written::Removed,
            Some(Action::Create | Action::Replace | Action::Copy(_)) | None => Written::Made,
        }
    }
}

/// What was done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Made,
    Changed,
    Removed,
}
