//! Whole mailboxes that go back for the messages of a query.

use postern_archive::search::FacetCounts;
use postern_upstream::{Job, JobKind, Policy, Tenant};

use super::{Ends, JobError, JobWishes, included};

/// More mailboxes than one job should name.
pub const MOST_MAILBOXES: usize = 1_000;

/// What a query found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFound {
    /// How many messages.
    pub messages: usize,
    /// Each mailbox, and how many of the messages are of it.
    pub mailboxes: Vec<(String, usize)>,
}

impl MailFound {
    /// So many messages, with their counts by mailbox, of at most `limit` mailboxes.
    ///
    /// # Errors
    ///
    /// When there is nothing, nowhere to restore it to, or too much.
    pub fn of(messages: usize, counts: Vec<FacetCounts>, limit: usize) -> Result<Self, JobError> {
        if messages == 0 {
            return Err(JobError::NoMail);
        }
        if counts.iter().any(|counts| counts.others > 0) {
            return Err(JobError::Scattered(MOST_MAILBOXES));
        }
        let values = counts.into_iter().flat_map(|counts| counts.values);
        let mailboxes: Vec<_> = values.map(|one| (one.value, one.count)).collect();
        match mailboxes.len() {
            0 => Err(JobError::NoMailbox(messages)),
            found if found > limit => {
                let (what, owners) = ("messages", "mailboxes");
                Err(JobError::TooMany { what, owners, found, limit })
            }
            _ => Ok(Self { messages, mailboxes }),
        }
    }

    /// The mailboxes.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.mailboxes.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Messages in no known mailbox, which stay where they are.
    #[must_use]
    pub fn homeless(&self) -> usize {
        let known: usize = self.mailboxes.iter().map(|(_, count)| count).sum();
        self.messages.saturating_sub(known)
    }

    /// The job that restores these mailboxes.
    ///
    /// # Errors
    ///
    /// When the service does not know one of them, or does not answer.
    pub async fn job(
        &self,
        tenant: &Tenant,
        ends: &Ends,
        wishes: &JobWishes<'_>,
    ) -> Result<Job, JobError> {
        let users = included(tenant, &ends.to, &self.names()).await?;
        let mut job = ends.job(JobKind::Restore, wishes, "Restore of mailboxes");
        job.policy = Some(Policy::ExchangeRestore { users });
        Ok(job)
    }
}
