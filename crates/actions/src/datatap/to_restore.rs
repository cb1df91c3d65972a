//! What goes back for a query: mail or files, by one job.

use std::ops::ControlFlow;

use postern_archive::IndexError;
use postern_archive::export::Shelf;
use postern_archive::search::{Asker, FacetCounts, Search};
use postern_query::Query;

use super::{FilesFound, JobError, MailFound};

/// What a query found, of which one kind goes back.
#[derive(Clone, Debug)]
pub enum ToRestore {
    /// Messages, whose mailboxes go back.
    Mail(MailFound),
    /// Files.
    Files(FilesFound),
}

impl ToRestore {
    /// What a query finds here, of at most `limit` mailboxes or owners. `by_mailbox` counts messages by mailbox,
    /// of the [`MOST_MAILBOXES`](super::MOST_MAILBOXES) that have most.
    ///
    /// # Errors
    ///
    /// When there is nothing, too much, or both mail and files; and when the index cannot be asked.
    pub fn find(
        shelf: &(impl Shelf + ?Sized),
        query: &Query,
        asker: &Asker,
        limit: usize,
        by_mailbox: &dyn Fn(&Query) -> Result<Vec<FacetCounts>, IndexError>,
    ) -> Result<Self, JobError> {
        let (mail, files) = (query.clone().mail_only(), FilesFound::find(shelf, query, asker)?);
        let all =
            Search { query: &mail, order: &[], after: None, offset: 0, limit: 0, highlight: false };
        let messages = shelf.each(&all, asker, &mut |_| ControlFlow::Break(()))?.count;
        match files {
            Some(files) if messages > 0 => Err(JobError::Both { messages, files: files.count() }),
            Some(files) => files.within(limit).map(Self::Files),
            None if messages == 0 => Err(JobError::NoMail),
            None => MailFound::of(messages, by_mailbox(&mail)?, limit).map(Self::Mail),
        }
    }
}
