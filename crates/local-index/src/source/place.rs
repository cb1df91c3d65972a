//! Which mailbox and folder a file belongs to, from its path.

use std::ffi::OsStr;
use std::path::Path;

use super::maildir;
use crate::mail::Place;

/// What is said about the place of messages by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceRule {
    /// The mailbox of everything, instead of the first folder.
    pub mailbox: Option<String>,
    /// The folder of everything, instead of the rest of the path.
    pub folder: Option<String>,
}

/// The folder of messages that lie in none.
const NO_FOLDER: &str = "Inbox";

impl PlaceRule {
    /// The place of a file below `root`: the first folder names the mailbox, the rest the folder.
    ///
    /// A root that is itself a mailbox (named like an address, or a Maildir) gives its own name.
    ///
    /// ```
    /// use std::path::Path;
    /// use postern_local_index::source::PlaceRule;
    ///
    /// let place = |root: &str, file: &str| {
    ///     let place = PlaceRule::default().place(Path::new(root), Path::new(file));
    ///     format!("{}: {}", place.mailbox, place.folder)
    /// };
    /// assert_eq!(place("mail", "mail/ann@x.com/Archive/2024/1.eml"), "ann@x.com: Archive/2024");
    /// assert_eq!(place("mail", "mail/ann/1.eml"), "ann: Inbox");
    /// assert_eq!(place("mail/ann@x.com", "mail/ann@x.com/Sent/1.eml"), "ann@x.com: Sent");
    /// assert_eq!(place("mail", "mail/1.eml"), "mail: Inbox");
    /// assert_eq!(place("mail/archive.mbox", "mail/archive.mbox"), "archive: Inbox");
    /// ```
    #[must_use]
    pub fn place(&self, root: &Path, file: &Path) -> Place {
        let folders =
            file.strip_prefix(root).ok().and_then(Path::parent).map(names).unwrap_or_default();
        let folders = maildir::folders(&folders, file);
        let own_name = name(if root == file { root.file_stem() } else { root.file_name() });
        let is_mailbox = own_name.contains('@') || maildir::is_maildir(root);
        let (mailbox, folder) = match folders.split_first() {
            Some((first, rest)) if !is_mailbox => (first.clone(), rest),
            Some(_) | None => (own_name, folders.as_slice()),
        };
        let folder = if folder.is_empty() { NO_FOLDER.to_owned() } else { folder.join("/") };
        Place {
            mailbox: self.mailbox.clone().unwrap_or(mailbox),
            folder: self.folder.clone().unwrap_or(folder),
        }
    }
}

fn names(path: &Path) -> Vec<String> {
    path.components().map(|part| name(Some(part.as_os_str()))).collect()
}

fn name(text: Option<&OsStr>) -> String {
    text.map_or_else(|| "mail".to_owned(), |text| text.to_string_lossy().into_owned())
}
