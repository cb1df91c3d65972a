//! How it ended, item by item.

use crate::Item;

/// How it ended for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done; with what the service said of it.
    Done(Option<String>),
    /// It surely was not done, and why.
    NotDone(String),
    /// Whether it was done is not known, because no answer came. Nobody repeats it by themselves.
    NotKnown(String),
}

impl Outcome {
    /// The name in the record and in answers.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::NotDone(_) => "not done",
            Self::NotKnown(_) => "not known",
        }
    }

    /// What was said of it.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Done(said) => said.as_deref(),
            Self::NotDone(why) | Self::NotKnown(why) => Some(why),
        }
    }
}

/// What happened to an item of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was tried now.
    Now(Outcome),
    /// It was left alone, because an earlier run did it.
    DoneBefore,
    /// It was left alone, because an earlier run may have done it.
    NotKnownBefore,
    /// It was not begun, because the run ended before it.
    NotBegun,
}

impl Told {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Now(outcome) => outcome.as_str(),
            Self::DoneBefore => "done before",
            Self::NotKnownBefore => "not known since an earlier run",
            Self::NotBegun => "not begun",
        }
    }

    /// What was said of it.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Now(outcome) => outcome.said(),
            Self::DoneBefore | Self::NotKnownBefore | Self::NotBegun => None,
        }
    }

    /// Whether it is done, now or before.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Now(Outcome::Done(_)) | Self::DoneBefore)
    }
}

/// What happened to every item of a plan, in the order of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each item, and what happened to it.
    pub items: Vec<(Item, Told)>,
    /// Why the run ended before its last item, if it did.
    pub ended: Option<String>,
}

impl Report {
    /// Whether everything is done.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.items.iter().all(|(_, told)| told.is_done())
    }

    /// Whether anything is done.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.items.iter().any(|(_, told)| told.is_done())
    }

    /// How many items ended so.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.items.iter().filter(|(_, told)| told.as_str() == name).count()
    }
}
