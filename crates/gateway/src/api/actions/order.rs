//! What every act is told beside what it is about.

use jiff::Timestamp;
use postern_actions::{LIMIT, Proposal, Verb};

use crate::api::params::BadParam;
use crate::api::problem::Problem;

/// The most items of one act, whatever the request says.
const MOST: usize = 10_000;

/// How an act is confirmed and limited, and which backup it is of.
#[derive(Clone, Copy)]
pub(super) struct Orders<'a> {
    pub(super) confirm: Option<&'a str>,
    pub(super) limit: Option<usize>,
    pub(super) again: bool,
    pub(super) at: Option<&'a str>,
}

impl Orders<'_> {
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.limit.is_some_and(|limit| !(1..=MOST).contains(&limit)) {
            return Err(BadParam::new("limit", "is a number from 1 to 10,000").into());
        }
        self.time().map(drop)
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT)
    }

    pub(super) fn time(&self) -> Result<Option<Timestamp>, Problem> {
        let time = self.at.map(str::parse).transpose();
        time.map_err(|_| BadParam::new("at", "is a time such as 2024-01-31T00:00:00Z").into())
    }

    /// The plan of that backup, if it is not too large, and if it is the one that was confirmed.
    pub(super) fn of(&self, plan: Proposal) -> Result<Proposal, Problem> {
        let plan = match self.time()? {
            Some(at) => plan.with("at", at.to_string()),
            None => plan,
        };
        let plan = plan.within(self.limit())?;
        if let Some(confirmed) = self.confirm {
            plan.confirm(Some(confirmed))?;
        }
        Ok(plan)
    }
}

/// Whether everything that is told is for this act: a name, whether it is there, and which acts have it.
pub(super) fn is_for(verb: Verb, told: &[(&str, bool, &[Verb])]) -> Result<(), BadParam> {
    let other = told.iter().find(|(_, is_there, of)| *is_there && !of.contains(&verb));
    other.map_or(Ok(()), |(name, ..)| Err(BadParam::new(name, "is for another act")))
}
