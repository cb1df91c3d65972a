//! What saved searches find now, beside what they ever found.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use postern_archive::search::{Asker, Work};
use postern_archive::{
    Archive, Compared, Error, IndexError, Saved, SavedSearch, SeenSets, Watch, chain,
};
use postern_query::Query;

pub use crate::access::LOCAL;
use crate::access::Mailboxes;
use crate::language::{Reader, Understood};
use crate::local::{LocalEngine, all_of, state_of};
use crate::viewpoint::Viewpoint;

/// The version that reads queries: another one may read them otherwise.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Characters of a name.
const MOST_NAME: usize = 100;

/// A name that a search may have, without blanks around it.
///
/// # Errors
///
/// What a name has to be, in words.
pub fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_fine = !name.is_empty()
        && name.chars().count() <= MOST_NAME
        && !name.chars().any(char::is_control);
    let what = format!("the name of a search has 1 to {MOST_NAME} characters");
    if is_fine { Ok(name.to_owned()) } else { Err(what) }
}

/// What is new in a search, or why nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Whose search it is: [`LOCAL`], or tenant and name of a key.
    pub owner: String,
    /// What its owner calls it.
    pub name: String,
    /// The ids of the new hits, at least one.
    pub new: Result<Vec<String>, String>,
}

/// Compares the saved searches of a data folder.
#[derive(Clone)]
pub struct Watcher<'a> {
    archive: &'a Archive,
    saved: Saved,
    viewpoint: &'a Viewpoint,
    /// What is searched where that is not the index of this machine.
    elsewhere: Option<Arc<dyn LocalEngine>>,
}

impl fmt::Debug for Watcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("archive", &self.archive).finish_non_exhaustive()
    }
}

impl<'a> Watcher<'a> {
    /// One that reads queries from there.
    #[must_use]
    pub fn new(archive: &'a Archive, viewpoint: &'a Viewpoint) -> Self {
        Self { archive, saved: archive.saved(), viewpoint, elsewhere: None }
    }

    /// The same over what is stored elsewhere. Whoever compares waits for its answers, on a thread of a runtime where
    /// that may be done.
    #[must_use]
    pub fn over(self, elsewhere: Option<Arc<dyn LocalEngine>>) -> Self {
        Self { elsewhere, ..self }
    }

    /// Before mail is taken in: notes what searches find that were never compared, so that this is not new
    /// afterwards. Where the index is made anew, what is in it first will not be new either.
    #[must_use]
    pub fn before(&self, now: Timestamp, is_rebuilt: bool) -> Vec<News> {
        let is_due = |watch: &Watch| !watch.is_rebuilding && (is_rebuilt || !watch.is_based);
        let mut news = self.compare(now, is_due);
        if is_rebuilt && let Err(error) = self.saved.rebuilding() {
            news.push(unread(&error));
        }
        news
    }

    /// After mail was taken in. While an index is made anew, nothing is compared before all of it is there.
    #[must_use]
    pub fn after(&self, now: Timestamp, is_whole: bool) -> Vec<News> {
        self.compare(now, |watch| is_whole || !watch.is_rebuilding)
    }

    fn compare(&self, now: Timestamp, is_due: impl Fn(&Watch) -> bool) -> Vec<News> {
        let watches = match self.saved.watches(VERSION) {
            Ok(watches) => watches,
            Err(error) => return vec![unread(&error)],
        };
        let due = watches.into_iter().filter(is_due);
        due.filter_map(|watch| {
            let new = self.one(&watch, now);
            let is_nothing = new.as_ref().is_ok_and(Vec::is_empty);
            (!is_nothing).then_some(News { owner: watch.owner, name: watch.name, new })
        })
        .collect()
    }

    fn one(&self, watch: &Watch, now: Timestamp) -> Result<Vec<String>, String> {
        // Nothing was indexed yet, so nothing can be new.
        let Some(state) = self.state()? else { return Ok(Vec::new()) };
        if watch.is_based && state.is_some() && watch.state == state {
            return Ok(Vec::new());
        }
        let mailboxes = watch.mailboxes.clone().map_or(Mailboxes::All, Mailboxes::Only);
        let query = self.read(&watch.query, &mailboxes, now)?.here();
        let found = self.ids(&query, &mailboxes)?;
        let compared =
            Compared { found: &found, state: state.as_deref(), version: VERSION, at: now };
        self.saved.compare(&watch.owner, &watch.name, &compared).map_err(|error| told(&error))
    }

    /// The state of what is searched, where it has a name; nothing where there is no index.
    fn state(&self) -> Result<Option<Option<String>>, String> {
        if self.elsewhere.is_some() {
            return Ok(Some(None));
        }
        let Ok(index) = self.archive.index() else { return Ok(None) };
        // What this process or another one has just committed is looked for too.
        index.reload().map_err(|error| error.to_string())?;
        Ok(Some(Some(state_of(&index))))
    }

    /// The ids of all that a query finds in these mailboxes; none where there is no index.
    fn ids(&self, query: &Query, mailboxes: &Mailboxes) -> Result<Vec<String>, String> {
        let asker = Asker { scope: mailboxes.scope(), work: Work::unlimited() };
        let found = match &self.elsewhere {
            Some(engine) => engine.ids(query, &asker),
            None => match self.archive.index() {
                Err(IndexError::Missing(_)) => return Ok(Vec::new()),
                index => index.and_then(|index| Ok(index.ids(&all_of(query), &asker)?.ids)),
            },
        };
        found.map_err(|error| error.to_string())
    }

    /// A text as it is read today by somebody who sees these mailboxes.
    fn read(
        &self,
        text: &str,
        mailboxes: &Mailboxes,
        now: Timestamp,
    ) -> Result<Understood, String> {
        let sets = Some(SeenSets::new(self.archive.sets(), mailboxes.scope()));
        let viewpoint = Viewpoint { sets, ..self.viewpoint.clone() };
        let read = Reader::default().read_here(text, None, &viewpoint.context(now));
        read.map_err(|refused| refused.errors.to_string())
    }

    /// Keeps a search of the command line under a name. What it finds now is not new; without an index that is nothing.
    ///
    /// # Errors
    ///
    /// Why it cannot be kept, in words.
    pub fn keep(&self, name: &str, text: &str, now: Timestamp) -> Result<(), String> {
        let understood = self.read(text, &Mailboxes::All, now)?;
        let found = self.ids(&understood.here(), &Mailboxes::All)?;
        let (name, canonical) = (name.to_owned(), understood.canonical);
        let (query, version) = (text.to_owned(), VERSION.to_owned());
        let one = SavedSearch { name, query, canonical, version, saved: now, opened: now };
        self.saved.put(LOCAL, &one, None).map_err(|error| told(&error))?;
        let compared = Compared { found: &found, state: None, version: VERSION, at: now };
        let noted = self.saved.compare(LOCAL, &one.name, &compared);
        noted.map(|_| ()).map_err(|error| told(&error))
    }
}

fn told(error: &Error) -> String {
    chain(error)
}

fn unread(error: &Error) -> News {
    News { owner: LOCAL.to_owned(), name: String::new(), new: Err(told(error)) }
}
