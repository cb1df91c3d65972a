//! Listing a drive: one walk over all of its folders, which goes on where it was cut short.

use std::sync::Arc;

use postern_archive::{Mailbox, MailboxNumber, Moment, Node, Walk};
use tokio::task::JoinSet;

use super::discover::Wanted;
use super::list::{Listing, MOST_FOLDERS};
use super::{Run, joined};
use crate::Error;
use crate::collection::{Failure, FailureKind};

/// Letters of the path of a folder that is walked: services allow hundreds.
const LONGEST_PATH: usize = 8_192;

impl Run {
    /// Lists a drive, and says whether all of it was listed. One that was never collected is nothing to
    /// list.
    pub(super) async fn list_drive(self: &Arc<Self>, drive: &mut Wanted) -> Result<bool, Error> {
        if let Some(number) = self.unchanged(&drive.mailbox).await? {
            self.is_collected(drive, number);
            return Ok(true);
        }
        if self.number(&drive.mailbox).await?.is_none()
            && let Err(failure) = self.page(&drive.mailbox, Listing::TOP, None).await?
        {
            return self.no_drive(drive, &failure).await;
        }
        self.unlisted().remove(&drive.name());
        let (number, walk) = self.enter_drive(drive).await?;
        match self.walk_folders(&drive.mailbox, number, walk).await? {
            Some(failure) => self.no_drive(drive, &failure).await,
            None if self.is_stopped() => Ok(false),
            None => {
                self.walked_whole(number, walk).await?;
                Ok(true)
            }
        }
    }

    /// Notes that a drive was collected, and begins the walk over it, or goes on with one.
    async fn enter_drive(
        self: &Arc<Self>,
        drive: &mut Wanted,
    ) -> Result<(MailboxNumber, Walk), Error> {
        let (source, identity) = (self.collection.name().to_owned(), self.collection.identity());
        let (named, shown, now) = (drive.mailbox.clone(), self.shown(), self.now());
        // Another try of this run goes on with its walk.
        let anew = (self.asked.full || shown.moment == Moment::Former) && drive.walk.is_none();
        let entered = self.on_book(move |book| {
            // Whose a known drive is, a former state does not say.
            let known = match shown.moment {
                Moment::Newest => None,
                Moment::Former => book.number(&source, &named, identity)?,
            };
            let new = || book.mailbox(&source, &named, identity);
            let number = known.map_or_else(new, Ok)?;
            let walk = book.walk(number, shown.state.as_deref(), anew, now)?;
            Ok((number, book.address(number)?, walk))
        });
        let (number, address, walk) = entered.await?;
        drive.mailbox.address = address;
        drive.walk = Some(walk);
        self.is_collected(drive, number);
        Ok((number, walk))
    }

    async fn number(self: &Arc<Self>, drive: &Mailbox) -> Result<Option<MailboxNumber>, Error> {
        let (source, identity) = (self.collection.name().to_owned(), self.collection.identity());
        let named = drive.clone();
        self.on_book(move |book| book.number(&source, &named, identity)).await
    }

    /// A drive that cannot be listed. Where the source has nothing of it, what it had is gone.
    async fn no_drive(self: &Arc<Self>, drive: &Wanted, failure: &Failure) -> Result<bool, Error> {
        if failure.kind() != FailureKind::NotFound {
            return self.not_listed(drive, failure).await;
        }
        let now = self.now();
        if let Some(number) = drive.number.filter(|_| self.shown().moment == Moment::Newest) {
            self.on_book(move |book| book.drive_is_gone(number, now)).await?;
        }
        self.not_collected(drive).await
    }

    async fn walked_whole(self: &Arc<Self>, drive: MailboxNumber, walk: Walk) -> Result<(), Error> {
        if self.shown().moment == Moment::Former {
            return Ok(());
        }
        let now = self.now();
        self.on_book(move |book| book.end_walk(drive, walk, now)).await?;
        self.listed_whole(drive).await
    }

    /// Walks through the folders, a few at a time; the last failure where some could not be listed.
    async fn walk_folders(
        self: &Arc<Self>,
        drive: &Mailbox,
        number: MailboxNumber,
        walk: Walk,
    ) -> Result<Option<Failure>, Error> {
        let mut todo = self.on_book(move |book| book.to_walk(number, walk)).await?;
        let (mut at_work, mut last, mut count) = (JoinSet::new(), None, todo.len());
        loop {
            while at_work.len() < self.asked.jobs.max(1) && !self.is_stopped() {
                let Some(next) = todo.pop() else { break };
                let (run, drive) = (Arc::clone(self), drive.clone());
                at_work.spawn(async move { run.walk_folder(&drive, number, walk, next).await });
            }
            let Some(done) = at_work.join_next().await else { return Ok(last) };
            match joined(done)? {
                Ok(inner) => {
                    count += inner.len();
                    todo.extend(inner);
                }
                Err(failure) => last = Some(failure),
            }
            if count > MOST_FOLDERS {
                let why = format!("it has more than {MOST_FOLDERS} folders");
                return Ok(Some(Failure::new(FailureKind::Lasting, why)));
            }
        }
    }

    /// Lists what lies in a folder, and gives back the folders that are to be walked next.
    async fn walk_folder(
        self: &Arc<Self>,
        drive: &Mailbox,
        number: MailboxNumber,
        walk: Walk,
        folder: Node,
    ) -> Result<Result<Vec<Node>, Failure>, Error> {
        let inner = match self.inner(drive, &folder).await? {
            Ok(inner) => inner,
            Err(failure) => return Ok(may_be_gone(&folder, failure)),
        };
        let listed = self.whole(drive, number, folder.id.clone()).await?;
        if let Err(failure) = listed {
            return Ok(may_be_gone(&folder, failure));
        }
        let (moment, now) = (self.shown().moment, self.now());
        let next = self.on_book(move |book| match moment {
            Moment::Newest => book.walked(number, &folder.id, &inner, walk, now),
            // What the newest state has otherwise stays as it is.
            Moment::Former => book.add_folders(number, &inner).map(|()| inner),
        });
        next.await.map(Ok)
    }

    /// The folders in a folder.
    async fn inner(
        &self,
        drive: &Mailbox,
        folder: &Node,
    ) -> Result<Result<Vec<Node>, Failure>, Error> {
        let within = Some(folder.id.as_str()).filter(|id| *id != Node::ROOT);
        let entries = self.all_pages(drive, Listing::Folders { within }, None).await?;
        Ok(entries.and_then(|entries| {
            let nodes = entries.into_iter().map(|entry| Node::new(entry, Some(folder)));
            let nodes: Vec<_> = nodes.filter(|node| node.id != folder.id).collect();
            match nodes.iter().find(|node| node.path.len() > LONGEST_PATH) {
                Some(_) => Err(Failure::new(FailureKind::Lasting, "its folders lie too deep")),
                None => Ok(nodes),
            }
        }))
    }
}

/// A folder that was removed a moment ago holds nothing. The end of the walk finds that out.
fn may_be_gone(folder: &Node, failure: Failure) -> Result<Vec<Node>, Failure> {
    if failure.kind() == FailureKind::NotFound && folder.id != Node::ROOT {
        Ok(Vec::new())
    } else {
        Err(failure)
    }
}
