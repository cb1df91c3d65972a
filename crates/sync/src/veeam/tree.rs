//! The folders of a mailbox, which one request lists flat.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use postern_archive::{Entry, Owner};
use postern_upstream::veeam::{Folder, Mailbox};

/// The folder of its owner that an in-place archive lies in. It has no messages of its own.
pub(super) const ARCHIVE: &str = "In-Place Archive";

/// A folder of a mailbox, or its top.
type Place = (String, Option<String>);

/// The folders that were listed and not walked yet, by mailbox and by the folder around them.
#[derive(Debug, Default)]
pub(super) struct Trees {
    within: Mutex<HashMap<Place, Vec<Entry>>>,
    archives: Mutex<HashSet<String>>,
}

impl Trees {
    /// A mailbox with the address that its messages are found by. An archive has that of its owner.
    pub(super) fn owner(&self, mailbox: Mailbox) -> Owner {
        let Mailbox { id, name, email, is_archive, is_public } = mailbox;
        if is_archive {
            lock(&self.archives).insert(id.clone());
        }
        let kind = match (is_archive, is_public) {
            (true, _) => "InPlaceArchive",
            (false, true) => "PublicMailbox",
            (false, false) => "Mailbox",
        };
        let address = if is_public || email.is_empty() { name.clone() } else { email };
        let address = Some(address).filter(|address| !address.is_empty());
        Owner { id, address, name: Some(name), kind: Some(kind.to_owned()) }
    }

    /// The folders of a mailbox are these.
    pub(super) fn plant(&self, mailbox: &str, folders: Vec<Folder>) {
        let known: HashSet<_> = folders.iter().map(|folder| folder.id.clone()).collect();
        let top = lock(&self.archives).contains(mailbox).then(|| ARCHIVE.to_owned());
        let mut within = lock(&self.within);
        within.retain(|(of, _), _| of != mailbox);
        if top.is_some() {
            let archive = entry(ARCHIVE.to_owned(), ARCHIVE.to_owned(), None);
            within.insert((mailbox.to_owned(), None), vec![archive]);
        }
        for Folder { id, name, parent, category } in folders {
            let parent = parent.filter(|parent| known.contains(parent)).or_else(|| top.clone());
            let name = if name.is_empty() { id.clone() } else { name };
            let entry = entry(id, name, category);
            within.entry((mailbox.to_owned(), parent)).or_default().push(entry);
        }
    }

    /// The folders in one of them, or at the top; each is walked once.
    pub(super) fn pick(&self, mailbox: &str, within: Option<&str>) -> Vec<Entry> {
        let place = (mailbox.to_owned(), within.map(str::to_owned));
        lock(&self.within).remove(&place).unwrap_or_default()
    }
}

pub(super) fn entry(id: String, name: String, kind: Option<String>) -> Entry {
    Entry {
        id,
        fragment: None,
        name: Some(name),
        kind,
        created: None,
        listed: None,
        only_listed: false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(id: &str, parent: Option<&str>) -> Folder {
        let (name, parent) = (id.to_uppercase(), parent.map(str::to_owned));
        Folder { id: id.to_owned(), name, parent, category: None }
    }

    fn mailbox(id: &str, is_archive: bool, is_public: bool) -> Mailbox {
        let (name, email) = (format!("name of {id}"), format!("{id}@x.com"));
        Mailbox { id: id.to_owned(), name, email, is_archive, is_public }
    }

    fn ids(trees: &Trees, mailbox: &str, within: Option<&str>) -> Vec<String> {
        trees.pick(mailbox, within).into_iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn a_flat_list_is_walked_as_a_tree() {
        let trees = Trees::default();
        trees
            .plant("m", vec![folder("b", Some("a")), folder("a", None), folder("c", Some("lost"))]);
        assert_eq!(ids(&trees, "m", None), ["a", "c"]);
        assert_eq!(ids(&trees, "m", Some("a")), ["b"]);
        assert_eq!(ids(&trees, "m", Some("b")), [] as [&str; 0]);
    }

    #[test]
    fn an_archive_is_a_folder_of_its_owner_and_a_public_mailbox_keeps_its_name() {
        let trees = Trees::default();
        let address = |one| trees.owner(one).address.unwrap();
        assert_eq!(address(mailbox("ann", true, false)), "ann@x.com");
        assert_eq!(address(mailbox("all", false, true)), "name of all");
        assert_eq!(
            address(Mailbox { email: String::new(), ..mailbox("b", false, false) }),
            "name of b"
        );
        trees.plant("ann", vec![folder("a", None)]);
        assert_eq!(ids(&trees, "ann", None), [ARCHIVE]);
        assert_eq!(ids(&trees, "ann", Some(ARCHIVE)), ["a"]);
    }
}
