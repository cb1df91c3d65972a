//! How it ended, item by item.

use postern_upstream::veeam::{Problem, Restored};

use crate::{Item, Verb};

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

    /// What it means that Veeam gave no good answer to a request. An error that the server tells is a
    /// refusal: with 500 it turns away wrong credentials for a restore, and the vendor's own portal
    /// (<https://github.com/VeeamHub/vbo365-rest-self-service>) shows such an answer as what went wrong.
    /// Where nothing came, the connection broke, or somebody before the server answered for it (502, 504),
    /// the request may have been carried out.
    ///
    /// ```
    /// use postern_actions::{Outcome, Verb};
    /// use postern_upstream::Fault;
    /// use postern_upstream::veeam::Problem;
    ///
    /// let name = |problem| Outcome::of(Verb::Restore, &problem).as_str();
    /// assert_eq!(name(Problem::Refused { status: 400, reason: String::new() }), "not done");
    /// assert_eq!(name(Problem::Failed(Fault::Connect)), "not done");
    /// assert_eq!(name(Problem::Failed(Fault::Timeout)), "not known");
    /// assert_eq!(name(Problem::Server { status: 500, reason: "wrong password".into() }), "not done");
    /// assert_eq!(name(Problem::Server { status: 504, reason: "no answer".into() }), "not known");
    /// ```
    #[must_use]
    pub fn of(verb: Verb, problem: &Problem) -> Self {
        let is_answered = matches!(
            problem,
            Problem::NotAllowed { .. }
                | Problem::NotFound { .. }
                | Problem::NotRetrieved { .. }
                | Problem::Refused { .. }
                | Problem::Server { status: 500, .. }
                | Problem::SessionGone
        );
        let why = problem.to_string();
        if is_answered || problem.is_surely_undone() || !verb.changes_something() {
            Self::NotDone(why)
        } else {
            Self::NotKnown(format!("{why}; it may have been done"))
        }
    }

    /// What a restore of one item came to.
    #[must_use]
    pub fn of_restored(restored: &Restored) -> Self {
        let said = restored.said.join("; ");
        let said = (!said.is_empty()).then_some(said);
        match restored {
            Restored { failed: 1.., .. } => {
                Self::NotDone(said.unwrap_or_else(|| "Veeam reports a failure".to_owned()))
            }
            Restored { done: 0, skipped: 1.., .. } => {
                Self::Done(Some(said.unwrap_or_else(|| "it was there already".to_owned())))
            }
            Restored { .. } => Self::Done(said),
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
