//! The mailboxes or drives of a backup and their folders, listed once for each session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_upstream::veeam::{
    Drive, Folder, MOST_LISTED, Mailbox, Owners, Paged, Paging, Problem,
};

/// The folder of its owner that an in-place archive lies in.
const ARCHIVE: &str = "In-Place Archive";
/// Entries that are listed at once.
const LISTED: u32 = 1_000;

/// A mailbox or a drive by the name that its items are found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: String,
    name: String,
    /// The address of a mailbox that has one.
    pub(super) address: Option<String>,
    is_archive: bool,
}

/// The paths of the folders of a mailbox or drive, by their ids.
pub(super) type Paths = Arc<HashMap<String, String>>;

/// What was listed in the session that is asked now.
#[derive(Debug, Default)]
pub(super) struct Directory(Mutex<Listed>);

#[derive(Debug, Default)]
struct Listed {
    session: String,
    known: Option<Arc<Vec<Known>>>,
    folders: HashMap<String, Paths>,
}

impl Directory {
    /// Every mailbox or drive, in the order of the server; nothing before they were listed.
    pub(super) fn at_hand(&self, session: &str) -> Option<Arc<Vec<Known>>> {
        self.of(session).known.clone()
    }

    pub(super) fn keep(&self, session: &str, all: Vec<Known>) -> Arc<Vec<Known>> {
        let all = Arc::new(all);
        self.of(session).known = Some(Arc::clone(&all));
        all
    }

    /// What is known of the folders of a mailbox or drive, without asking.
    pub(super) fn folders_at_hand(&self, session: &str, of: &str) -> Option<Paths> {
        self.of(session).folders.get(of).cloned()
    }

    pub(super) fn keep_folders(&self, session: &str, of: &Known, all: &[Folder]) -> Paths {
        let paths = Arc::new(paths(all, of.is_archive));
        self.of(session).folders.insert(of.id.clone(), Arc::clone(&paths));
        paths
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

/// All of a list.
pub(super) async fn listed<T, F>(page: impl Fn(Paging) -> F) -> Result<Vec<T>, Problem>
where
    F: Future<Output = Result<Paged<T>, Problem>>,
{
    Ok(Paged::all(LISTED, MOST_LISTED, page).await?.results)
}

impl Known {
    pub(super) fn mailbox(mailbox: Mailbox) -> Self {
        let Mailbox { id, name, email, is_archive, is_public } = mailbox;
        let name = if is_public || email.is_empty() { name } else { email.clone() };
        let address = Some(email).filter(|email| !email.is_empty());
        Self { id, name, address, is_archive }
    }

    /// A drive by its owner.
    pub(super) fn drive(drive: Drive, owners: &Owners) -> Self {
        let name = owners.named(&drive.id, &drive.name, &drive.url).unwrap_or_default();
        Self { id: drive.id, name, address: None, is_archive: false }
    }

    /// What the mailbox of its items is called.
    pub(super) fn name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !name.is_empty())
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
