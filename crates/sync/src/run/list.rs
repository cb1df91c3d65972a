//! Listing: the folders of a mailbox, and the messages of a folder window by window.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use postern_archive::{Entry, Holds, Mailbox, MailboxNumber, Moment, Node, Window};
use tokio::task::JoinSet;

use super::discover::Wanted;
use super::{Progress, Run, joined};
use crate::Error;
use crate::collection::{Failure, FailureKind, Markers, Page};
use crate::window::{asked, everything, hint, plan, split};

/// Folders of a mailbox that are walked; more would be a tree without an end.
pub(super) const MOST_FOLDERS: usize = 100_000;

/// What is left to list of a mailbox: a window of a folder, or all of it.
#[derive(Clone, Debug)]
struct Todo {
    folder: String,
    window: Option<Window>,
    /// It should be one page, by what a page has hinted at.
    is_page: bool,
}

/// What is listed of a mailbox.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listing<'a> {
    Folders { within: Option<&'a str> },
    Messages { folder: &'a str, window: Option<Window> },
}

impl<'a> Listing<'a> {
    pub(super) const TOP: Self = Self::Folders { within: None };

    fn folders(within: Option<&'a Node>) -> Self {
        Self::Folders { within: within.map(|folder| folder.id.as_str()) }
    }
}

impl Run {
    /// Lists a mailbox or drive, and says whether all of it was listed. One that was never collected is
    /// nothing to list.
    pub(super) async fn list(self: &Arc<Self>, mailbox: &mut Wanted) -> Result<bool, Error> {
        if mailbox.mailbox.holds.is_drive() {
            return self.list_drive(mailbox).await;
        }
        if let Some(number) = self.unchanged(&mailbox.mailbox).await? {
            self.is_collected(mailbox, number);
            return Ok(true);
        }
        let answer = self.folders(&mailbox.mailbox).await?;
        self.unlisted().remove(&mailbox.name());
        let folders = match answer {
            Ok(folders) => folders,
            Err(failure) if failure.kind() == FailureKind::NotFound => {
                return self.not_collected(mailbox).await;
            }
            Err(failure) => return self.not_listed(mailbox, &failure).await,
        };
        let number = self.enter(mailbox, &folders).await?;
        let mut todo = Vec::new();
        for folder in folders {
            todo.extend(self.planned(number, folder.id).await?);
        }
        match self.windows(&mailbox.mailbox, number, todo).await? {
            Some(failure) => self.not_listed(mailbox, &failure).await,
            None if self.is_stopped() => Ok(false),
            None if self.asked.since.is_some() => Ok(true),
            None => {
                self.listed_whole(number).await?;
                Ok(true)
            }
        }
    }

    /// The number of a mailbox that was listed whole when the source showed the same.
    pub(super) async fn unchanged(
        self: &Arc<Self>,
        mailbox: &Mailbox,
    ) -> Result<Option<MailboxNumber>, Error> {
        let shown = self.shown();
        let Some(state) = shown.state.clone().filter(|_| !self.asked.full) else { return Ok(None) };
        let (source, identity) = (self.collection.name().to_owned(), self.collection.identity());
        let (mailbox, now) = (mailbox.clone(), self.now());
        self.on_book(move |book| book.unchanged(&source, &mailbox, identity, &state, now)).await
    }

    /// A former state says nothing of what there is now.
    pub(super) async fn listed_whole(self: &Arc<Self>, number: MailboxNumber) -> Result<(), Error> {
        let (shown, now) = (self.shown(), self.now());
        if shown.moment == Moment::Former {
            return Ok(());
        }
        self.on_book(move |book| book.listed_whole(number, shown.state.as_deref(), now)).await
    }

    pub(super) async fn not_collected(self: &Arc<Self>, mailbox: &Wanted) -> Result<bool, Error> {
        let (source, named) = (self.collection.name().to_owned(), mailbox.mailbox.clone());
        let now = self.now();
        self.on_book(move |book| book.nothing_of(&source, &named, now)).await?;
        mailbox.is_missing()
    }

    /// One more mailbox or drive was found to be collected.
    pub(super) fn is_collected(&self, mailbox: &mut Wanted, number: MailboxNumber) {
        let Progress { mailboxes, drives, .. } = &*self.progress;
        let count = if mailbox.mailbox.holds.is_drive() { drives } else { mailboxes };
        if mailbox.number.replace(number).is_none() {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Notes that the mailbox was collected, and which folders it has.
    async fn enter(
        self: &Arc<Self>,
        mailbox: &mut Wanted,
        folders: &[Node],
    ) -> Result<MailboxNumber, Error> {
        let (source, identity) = (self.collection.name().to_owned(), self.collection.identity());
        let (named, moment, now) = (mailbox.mailbox.clone(), self.shown().moment, self.now());
        let folders = folders.to_vec();
        let number = self.on_book(move |book| {
            let number = book.mailbox(&source, &named, identity)?;
            book.folders(number, &folders, moment, now)?;
            Ok(number)
        });
        let number = number.await?;
        self.is_collected(mailbox, number);
        Ok(number)
    }

    async fn planned(
        self: &Arc<Self>,
        mailbox: MailboxNumber,
        folder: String,
    ) -> Result<Vec<Todo>, Error> {
        if !self.collection.has_windows() {
            return Ok(vec![Todo { folder, window: None, is_page: false }]);
        }
        let (all, now, full) = (everything(self.asked.since), self.now(), self.asked.full);
        self.on_book(move |book| {
            let listed = book.windows(mailbox, &folder)?;
            let planned = plan(&listed, all, now, full);
            let todo =
                |window| Todo { folder: folder.clone(), window: Some(window), is_page: false };
            Ok(planned.into_iter().map(todo).collect())
        })
        .await
    }

    pub(super) async fn not_listed(
        self: &Arc<Self>,
        mailbox: &Wanted,
        failure: &Failure,
    ) -> Result<bool, Error> {
        let why = format!("it cannot be listed: {failure}");
        let is_cold = failure.kind() == FailureKind::Cold;
        let newest = mailbox.number.filter(|_| self.shown().moment == Moment::Newest);
        match newest {
            Some(number) => {
                self.on_book(move |book| book.not_listed(number, &why, is_cold)).await?;
            }
            None => drop(self.unlisted().insert(mailbox.name(), why)),
        }
        // What will not pass is not worth another try in this run.
        Ok(!failure.may_pass())
    }

    /// The folders of a mailbox, with those inside of others.
    async fn folders(&self, mailbox: &Mailbox) -> Result<Result<Vec<Node>, Failure>, Error> {
        let (mut found, mut seen) = (Vec::<Node>::new(), HashSet::new());
        let mut next = 0_usize;
        loop {
            let within = match next.checked_sub(1).map(|at| found.get(at)) {
                Some(None) => return Ok(Ok(found)),
                Some(Some(folder)) => Some(folder.clone()),
                None => None,
            };
            next += 1;
            let entries =
                match self.all_pages(mailbox, Listing::folders(within.as_ref()), None).await? {
                    Ok(entries) => entries,
                    // It was removed a moment ago, or cannot have folders in it.
                    Err(failure) if within.is_some() && !failure.may_pass() => continue,
                    Err(failure) => return Ok(Err(failure)),
                };
            let new = entries.into_iter().filter(|entry| seen.insert(entry.id.clone()));
            found.extend(new.map(|entry| Node::new(entry, within.as_ref())));
            found.truncate(MOST_FOLDERS);
        }
    }

    /// Lists windows, a few at a time; the last failure where some could not be listed.
    async fn windows(
        self: &Arc<Self>,
        mailbox: &Mailbox,
        number: MailboxNumber,
        mut todo: Vec<Todo>,
    ) -> Result<Option<Failure>, Error> {
        let (mut at_work, mut last) = (JoinSet::new(), None);
        loop {
            while at_work.len() < self.asked.jobs.max(1) && !self.is_stopped() {
                let Some(next) = todo.pop() else { break };
                let (run, mailbox) = (Arc::clone(self), mailbox.clone());
                at_work.spawn(async move { run.window(&mailbox, number, next).await });
            }
            let Some(done) = at_work.join_next().await else { return Ok(last) };
            match joined(done)? {
                Ok(parts) => todo.extend(parts),
                Err(failure) => last = Some(failure),
            }
        }
    }

    /// Lists a folder whole, or a window of it; one with more than a page is given back in two parts.
    async fn window(
        self: &Arc<Self>,
        mailbox: &Mailbox,
        number: MailboxNumber,
        todo: Todo,
    ) -> Result<Result<Vec<Todo>, Failure>, Error> {
        let Some(window) = todo.window else {
            let listed = self.whole(mailbox, number, todo.folder).await?;
            return Ok(listed.map(|()| Vec::new()));
        };
        let listing = Listing::Messages { folder: &todo.folder, window: Some(asked(window)) };
        let first = match self.page(mailbox, listing, None).await? {
            Ok(first) => first,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(parts) = self.parts(&todo.folder, window, todo.is_page, &first) {
            return Ok(Ok(parts.to_vec()));
        }
        let entries = match self.all_pages(mailbox, listing, Some(first)).await? {
            Ok(entries) => entries,
            Err(failure) => return Ok(Err(failure)),
        };
        let (folder, now) = (todo.folder, self.now());
        self.on_book(move |book| book.listed(number, &folder, window, &entries, now)).await?;
        self.progress.windows.fetch_add(1, Relaxed);
        Ok(Ok(Vec::new()))
    }

    /// Lists a folder from its first page to its last. Each page goes into the book at once, however many
    /// there are.
    pub(super) async fn whole(
        self: &Arc<Self>,
        mailbox: &Mailbox,
        number: MailboxNumber,
        folder: String,
    ) -> Result<Result<(), Failure>, Error> {
        // A drive is listed whole by each run: its files cost no download, and none arrives.
        let since = self.asked.since.filter(|_| !mailbox.holds.is_drive());
        // A part of a folder says nothing of the rest.
        let moment = if since.is_some() { Moment::Former } else { self.shown().moment };
        let listed = folder.clone();
        self.on_book(move |book| book.begin(number, &listed)).await?;
        let (mut marker, mut markers) = (None, Markers::default());
        loop {
            let listing = Listing::Messages { folder: &folder, window: None };
            let mut page = match self.page(mailbox, listing, marker.as_deref()).await? {
                Ok(page) => page,
                Err(failure) => return Ok(Err(failure)),
            };
            if mailbox.holds.is_drive() {
                self.progress.files.fetch_add(page.items.len() as u64, Relaxed);
            }
            page.items.retain(|item| since.is_none_or(|since| item.created >= Some(since)));
            let listed = folder.clone();
            if mailbox.holds == Holds::Documents {
                if let Err(failure) = self.documents(mailbox, number, listed, page.items).await? {
                    return Ok(Err(failure));
                }
            } else {
                self.on_book(move |book| book.page(number, &listed, &page.items, moment)).await?;
            }
            marker = match markers.next(page.marker) {
                Ok(marker) => marker,
                Err(failure) => return Ok(Err(failure)),
            };
            if marker.is_none() {
                break;
            }
        }
        let now = self.now();
        self.on_book(move |book| book.end(number, &folder, moment, now)).await?;
        if !mailbox.holds.is_drive() {
            self.progress.windows.fetch_add(1, Relaxed);
        }
        Ok(Ok(()))
    }

    /// The parts of a window whose first page is not its last.
    fn parts(
        &self,
        folder: &str,
        whole: Window,
        is_page: bool,
        first: &Page<Entry>,
    ) -> Option<[Todo; 2]> {
        let is_full = first.marker.is_some() && first.items.len() > 1;
        if is_full && is_page {
            self.has_no_order.store(true, Relaxed);
        }
        let times: Vec<_> = first.items.iter().map(|item| item.created).collect();
        let hint = if self.has_no_order.load(Relaxed) { None } else { hint(&times) };
        let parts = split(whole, self.now(), hint).filter(|_| is_full)?;
        Some(parts.map(|window| Todo {
            folder: folder.to_owned(),
            window: Some(window),
            is_page: hint == Some(window.end),
        }))
    }

    /// Every page of a listing, of which the first may be there already.
    pub(super) async fn all_pages(
        &self,
        mailbox: &Mailbox,
        listing: Listing<'_>,
        first: Option<Page<Entry>>,
    ) -> Result<Result<Vec<Entry>, Failure>, Error> {
        let mut page = match first {
            Some(page) => page,
            None => match self.page(mailbox, listing, None).await? {
                Ok(page) => page,
                Err(failure) => return Ok(Err(failure)),
            },
        };
        let (mut items, mut markers) = (Vec::new(), Markers::default());
        loop {
            items.append(&mut page.items);
            let marker = match markers.next(page.marker) {
                Ok(Some(marker)) => marker,
                Ok(None) => return Ok(Ok(items)),
                Err(failure) => return Ok(Err(failure)),
            };
            page = match self.page(mailbox, listing, Some(&marker)).await? {
                Ok(page) => page,
                Err(failure) => return Ok(Err(failure)),
            };
        }
    }

    pub(super) async fn page(
        &self,
        mailbox: &Mailbox,
        listing: Listing<'_>,
        marker: Option<&str>,
    ) -> Result<Result<Page<Entry>, Failure>, Error> {
        let answer = match listing {
            Listing::Folders { within } => self.collection.folders(mailbox, within, marker),
            Listing::Messages { folder, window } => {
                self.collection.messages(mailbox, folder, window, marker)
            }
        };
        self.heed("a folder cannot be listed", answer.await)
    }
}
