//! The mailboxes and folders of a backup, listed once for each session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_upstream::veeam::{Folder, MOST_LISTED, Mailbox, Paged, Problem, Session, Under};

/// The folder of its owner that an in-place archive lies in.
const ARCHIVE: &str = "In-Place Archive";
/// Entries that are listed at once.
const LISTED: u32 = 1_000;

/// A mailbox by the name that its messages are found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) name: String,
    is_archive: bool,
}

/// The paths of the folders of a mailbox, by their ids.
pub(super) type Paths = Arc<HashMap<String, String>>;

/// What was listed in the session that is asked now.
#[derive(Debug, Default)]
pub(super) struct Directory(Mutex<Listed>);

#[derive(Debug, Default)]
struct Listed {
    session: String,
    mailboxes: Option<Arc<Vec<Known>>>,
    folders: HashMap<String, Paths>,
}

impl Directory {
    /// Every mailbox, in the order of the server.
    pub(super) async fn mailboxes(&self, session: &Session) -> Result<Arc<Vec<Known>>, Problem> {
        let id = session.id().await?;
        if let Some(known) = self.of(&id).mailboxes.clone() {
            return Ok(known);
        }
        let page = |page| async move { session.mailboxes(&page).await };
        let all = Paged::all(LISTED, MOST_LISTED, page).await?.results;
        let all = Arc::new(all.into_iter().map(Known::of).collect());
        self.of(&id).mailboxes = Some(Arc::clone(&all));
        Ok(all)
    }

    /// The paths of the folders of a mailbox.
    pub(super) async fn folders(
        &self,
        session: &Session,
        mailbox: &Known,
    ) -> Result<Paths, Problem> {
        let id = session.id().await?;
        if let Some(known) = self.of(&id).folders.get(&mailbox.id).cloned() {
            return Ok(known);
        }
        let page =
            |page| async move { session.folders(&mailbox.id, Under::Everything, &page).await };
        let all = Paged::all(LISTED, MOST_LISTED, page).await?.results;
        let paths = Arc::new(paths(&all, mailbox.is_archive));
        self.of(&id).folders.insert(mailbox.id.clone(), Arc::clone(&paths));
        Ok(paths)
    }

    /// What is known of the folders of a mailbox, without asking.
    pub(super) fn folders_at_hand(&self, session: &str, mailbox: &str) -> Option<Paths> {
        self.of(session).folders.get(mailbox).cloned()
    }

    /// What was listed in that session: another one may show another backup.
    fn of(&self, session: &str) -> MutexGuard<'_, Listed> {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.session != session {
            *listed = Listed { session: session.to_owned(), ..Listed::default() };
        }
        listed
    }
}

impl Known {
    fn of(mailbox: Mailbox) -> Self {
        let Mailbox { id, name, email, is_archive, is_public } = mailbox;
        let name = if is_public || email.is_empty() { name } else { email };
        Self { id, name, is_archive }
    }
}

/// Each folder with those around it; one that lies in itself ends there.
fn paths(folders: &[Folder], is_archive: bool) -> HashMap<String, String> {
    let by_id: HashMap<_, _> = folders.iter().map(|one| (one.id.as_str(), one)).collect();
    let path = |folder: &Folder| {
        let (mut names, mut at) = (Vec::new(), Some(folder));
        while let Some(one) = at.filter(|_| names.len() <= folders.len()) {
            names.push(if one.name.is_empty() { one.id.as_str() } else { one.name.as_str() });
            at = one.parent.as_deref().and_then(|parent| by_id.get(parent).copied());
        }
        names.extend(is_archive.then_some(ARCHIVE));
        names.reverse();
        names.join("/")
    };
    folders.iter().map(|folder| (folder.id.clone(), path(folder))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_paths() {
        let folder = |id: &str, parent: Option<&str>| Folder {
            id: id.to_owned(),
            name: id.to_uppercase(),
            parent: parent.map(str::to_owned),
            category: None,
        };
        let all = [folder("a", None), folder("b", Some("a")), folder("c", Some("lost"))];
        let paths = |is_archive| super::paths(&all, is_archive);
        assert_eq!(paths(false)["b"], "A/B");
        assert_eq!(paths(false)["c"], "C");
        assert_eq!(paths(true)["b"], "In-Place Archive/A/B");
        let round = [folder("a", Some("b")), folder("b", Some("a"))];
        assert!(super::paths(&round, false)["a"].ends_with("B/A"), "it ends");
    }
}
