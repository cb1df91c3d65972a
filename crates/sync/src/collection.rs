//! What a sync asks of a source, whichever it is.
//!
//! A [`Collection`] names the locations of a tenant, the mailboxes at each of them, the folders of a
//! mailbox and the messages of a folder, a page at a time, and hands over the bytes of a message. A
//! drive is a mailbox that holds files. A new source is one implementation of this trait.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::pin::Pin;

use postern_archive::{Entry, Holds, Identity, Location, Mailbox, Moment, Owner, ToFetch, Window};

/// An answer that is on its way.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Collected mail and files of one tenant, at one source. Retries are its own: a [`Failure`] comes after them.
pub trait Collection: fmt::Debug + Send + Sync + 'static {
    /// The name of the source, by which `source:` finds what was collected there.
    fn name(&self) -> &str;

    /// What it means that the source refuses who asks.
    fn refused(&self) -> &'static str {
        "the key was refused, so it is wrong or was revoked"
    }

    /// What makes a mailbox the same one again.
    fn identity(&self) -> Identity {
        Identity::Address
    }

    /// What is shown from now on until this is asked again: a run asks once before it lists anything, and
    /// again at its end, to learn whether there is something newer.
    fn shown(&self) -> Asking<'_, Shown> {
        Box::pin(std::future::ready(Ok(Shown::default())))
    }

    /// Nothing is asked any more until the next run asks what is [shown](Self::shown).
    fn rest(&self) {}

    /// Whether a folder can be listed in windows of time. One that cannot is listed whole by each run.
    fn has_windows(&self) -> bool {
        true
    }

    /// How many messages one [`download_several`](Self::download_several) may ask for.
    fn at_once(&self) -> usize {
        1
    }

    /// The locations of the tenant.
    fn locations(&self) -> Asking<'_, Vec<Site>>;

    /// A page of the mailboxes at a location that hold such.
    fn mailboxes<'a>(
        &'a self,
        location: &'a str,
        holds: Holds,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>>;

    /// A page of the folders that lie in `within`, or at the top of the mailbox or drive.
    fn folders<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        within: Option<&'a str>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>>;

    /// A page of the messages of a folder that arrived within the window, or of all where there is none.
    /// Whether the bounds of the window belong to it is up to the source. Of a drive it is asked for the
    /// files of a folder, or of [its top](postern_archive::Node::ROOT), without a window.
    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        folder: &'a str,
        window: Option<Window>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>>;

    /// The versions of a document before the newest one, which is as it was listed.
    fn older_versions<'a>(
        &'a self,
        _mailbox: &'a Mailbox,
        _newest: &'a Entry,
    ) -> Asking<'a, Vec<Entry>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The bytes of a message, or of a version of a document.
    fn download<'a>(&'a self, mailbox: &'a Mailbox, message: &'a ToFetch) -> Asking<'a, Vec<u8>>;

    /// The bytes of several messages of a mailbox, in their order. What is missing is asked for by itself.
    fn download_several<'a>(
        &'a self,
        _mailbox: &'a Mailbox,
        messages: &'a [ToFetch],
    ) -> Asking<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(std::future::ready(Ok(vec![None; messages.len()])))
    }

    /// The requests that were sent so far, retries and all.
    fn requests(&self) -> u64;
}

/// A location, and what a sync can ask there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// As it is listed.
    pub location: Location,
    /// What it lists: mailboxes, drives.
    pub lists: &'static [Holds],
    /// What it keeps that was collected of these, whichever location lists them.
    pub keeps: &'static [Holds],
}

/// What a source shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// A word for the state of the source, which is another one after every change. A mailbox that was
    /// listed whole in this state need not be listed again.
    pub state: Option<String>,
    /// Whether that is the newest state.
    pub moment: Moment,
    /// What the source says of itself, by names: it is kept for `postern status`.
    pub facts: Vec<(&'static str, String)>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { state: None, moment: Moment::Newest, facts: Vec::new() }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Asks for the next page; the last page has none.
    pub marker: Option<String>,
}

/// Pages of one list that are asked for: a million mailboxes, at a hundred on a page.
const MOST_PAGES: usize = 10_000;

/// The markers of a list so far.
#[derive(Debug, Default)]
pub(crate) struct Markers(HashSet<String>);

impl Markers {
    /// The marker to ask for next, if there is one. One that comes again would lead round in circles.
    ///
    /// # Errors
    ///
    /// When the list has no end.
    pub(crate) fn next(&mut self, marker: Option<String>) -> Result<Option<String>, Failure> {
        let next = marker.filter(|marker| self.0.insert(marker.clone()));
        if next.is_some() && self.0.len() >= MOST_PAGES {
            return Err(Failure::new(FailureKind::Lasting, "the list has too many pages"));
        }
        Ok(next)
    }
}

/// Why a source gave no answer.
#[derive(Debug)]
pub struct Failure {
    kind: FailureKind,
    cause: Box<dyn Error + Send + Sync>,
}

/// What a failure means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The source refuses who asks: nothing else can succeed.
    KeyRefused,
    /// What was asked for is not there.
    NotFound,
    /// It lies in an archive tier, where nobody sees what is in it.
    Cold,
    /// The same request may succeed later.
    Temporary,
    /// The same request will not succeed.
    Lasting,
}

impl Failure {
    /// A failure with its cause, which says what happened.
    pub fn new(kind: FailureKind, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, cause: cause.into() }
    }

    /// What it means for the run.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self.kind, FailureKind::Temporary)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_its_markers_repeat_or_do_not_end() {
        let mut markers = Markers::default();
        let mut next = |marker: &str| markers.next(Some(marker.to_owned())).unwrap();
        let seen: Vec<_> = ["a", "b", "a"].map(&mut next).into();
        assert_eq!(seen, [Some("a".to_owned()), Some("b".to_owned()), None]);
        assert_eq!(markers.next(None).unwrap(), None);
        let mut endless = (0..).map(|page: usize| markers.next(Some(page.to_string())));
        assert_eq!(endless.position(|next| next.is_err()), Some(MOST_PAGES - 3));
    }
}
