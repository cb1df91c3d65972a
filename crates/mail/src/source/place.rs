//! What the path of a file says of its messages: mailbox, folder, marks.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use postern_query::{Message, Place};

use super::maildir::{self, Part};

/// What is said about the place of messages by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceRule {
    /// The mailbox of everything, instead of the first folder.
    pub mailbox: Option<String>,
    /// The folder of everything, instead of the rest of the path.
    pub folder: Option<String>,
}

/// What the path of a file, or of an entry of an archive, says of the messages in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// Mailbox and folder.
    pub place: Place,
    /// Whether the path, or somebody by hand, names the folder; a message that knows its own is in that else.
    pub names_folder: bool,
    /// Whether the file was delivered to a Maildir; whatever it looks like then, it is mail.
    pub is_delivered: bool,
    /// Whether its message was read, where the file name tells.
    pub is_read: Option<bool>,
    /// Whether its message was flagged, where the file name says so.
    pub is_flagged: Option<bool>,
    /// Whether its message was answered, where the file name says so.
    pub is_replied: Option<bool>,
    /// Whether its message is a draft, where the file name says so.
    pub is_draft: Option<bool>,
}

/// A path that files are looked for below, asked once what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) path: PathBuf,
    is_maildir: bool,
}

impl Root {
    pub(super) fn of(path: &Path) -> Self {
        Self { path: path.to_path_buf(), is_maildir: maildir::is_maildir(path) }
    }

    /// The root of files in an archive that is one itself.
    pub(super) const fn packed(path: PathBuf) -> Self {
        Self { path, is_maildir: false }
    }
}

/// The source of files on this machine.
pub(super) const FILES: &str = "files";

/// The folder of messages that lie in none.
const NO_FOLDER: &str = "Inbox";

impl PlaceRule {
    /// The place of a file below `root`: the first folder names the mailbox, the rest the folder.
    ///
    /// A root that is itself a mailbox (named like an address, or a Maildir) gives its own name.
    ///
    /// ```
    /// use std::path::{Path, PathBuf};
    /// use postern_mail::source::PlaceRule;
    ///
    /// let place = |root: &str, file: &str| {
    ///     let place = PlaceRule::default().place(Path::new(root), Path::new(file));
    ///     format!("{}: {}", place.mailbox.unwrap(), place.folder.unwrap())
    /// };
    /// assert_eq!(place("mail", "mail/ann@x.com/Archive/2024/1.eml"), "ann@x.com: Archive/2024");
    /// assert_eq!(place("mail", "mail/ann/1.eml"), "ann: Inbox");
    /// assert_eq!(place("mail/ann@x.com", "mail/ann@x.com/Sent/1.eml"), "ann@x.com: Sent");
    /// assert_eq!(place("mail", "mail/1.eml"), "mail: Inbox");
    /// assert_eq!(place("mail/archive.mbox", "mail/archive.mbox"), "archive: Inbox");
    /// ```
    #[must_use]
    pub fn place(&self, root: &Path, file: &Path) -> Place {
        self.place_in(&Root::of(root), file, maildir::Maildirs::default().part(file))
    }

    /// What the path of a file says that lies in such a part of a Maildir.
    pub(super) fn home(&self, root: &Root, file: &Path, part: Option<Part>) -> Home {
        let has = |flag| part.is_some() && maildir::has_flag(file, flag);
        let is_marked = |flag| has(flag).then_some(true);
        let names_folder = self.folder.is_some() || !folders_of(root, file, part).1.is_empty();
        Home {
            place: self.place_in(root, file, part),
            names_folder,
            is_delivered: part.is_some(),
            is_read: part.map(|_| has('S')),
            is_flagged: is_marked('F'),
            is_replied: is_marked('R'),
            is_draft: is_marked('D'),
        }
    }

    fn place_in(&self, root: &Root, file: &Path, part: Option<Part>) -> Place {
        let (mailbox, folders) = folders_of(root, file, part);
        let folder = if folders.is_empty() { NO_FOLDER.to_owned() } else { folders.join("/") };
        Place {
            mailbox: Some(self.mailbox.clone().unwrap_or(mailbox)),
            folder: Some(self.folder.clone().unwrap_or(folder)),
            source: Some(FILES.to_owned()),
            ..Place::NOWHERE
        }
    }
}

/// The mailbox and the folders in it that a path names.
fn folders_of(root: &Root, file: &Path, part: Option<Part>) -> (String, Vec<String>) {
    let Root { path: root, is_maildir } = root;
    let folders =
        file.strip_prefix(root).ok().and_then(Path::parent).map(names).unwrap_or_default();
    let folders = maildir::folders(&folders, part);
    let own_name = name(if root.as_path() == file { root.file_stem() } else { root.file_name() });
    let is_mailbox = own_name.contains('@') || *is_maildir;
    match folders.split_first() {
        Some((first, rest)) if !is_mailbox => (first.clone(), rest.to_vec()),
        Some(_) | None => (own_name, folders),
    }
}

impl Home {
    /// The place as the message is told: without a folder where it may know its own.
    pub(crate) fn told(&self) -> Place {
        let folder = self.place.folder.clone().filter(|_| self.names_folder);
        Place { folder, ..self.place.clone() }
    }

    /// Marks the message as the file is marked.
    pub(crate) fn mark(&self, message: &mut Message) {
        let place = message.place_mut();
        place.folder = place.folder.take().or_else(|| self.place.folder.clone());
        place.is_read = self.is_read.or(place.is_read);
        place.is_flagged = self.is_flagged.or(place.is_flagged);
        place.is_replied = self.is_replied.or(place.is_replied);
        place.is_draft = self.is_draft.or(place.is_draft);
    }
}

fn names(path: &Path) -> Vec<String> {
    path.components().map(|part| name(Some(part.as_os_str()))).collect()
}

fn name(text: Option<&OsStr>) -> String {
    text.map_or_else(|| "mail".to_owned(), |text| text.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_the_folder_where_the_path_names_none() {
        let by_hand = PlaceRule { folder: Some("Old".into()), ..PlaceRule::default() };
        let by_path = PlaceRule::default();
        for (rule, file, raw, folder) in [
            (&by_path, "mail/all.mbox", "X-Gmail-Labels: Trash,Work\n\nx", "Trash"),
            (&by_path, "mail/all.mbox", "X-Gmail-Labels: Work\n\nx", "Inbox"),
            (&by_path, "mail/ann/all.mbox", "X-Gmail-Labels: Archived\n\nx", "Archive"),
            (&by_path, "mail/ann/Sent/all.mbox", "X-Gmail-Labels: Trash\n\nx", "Sent"),
            (&by_hand, "mail/all.mbox", "X-Gmail-Labels: Trash\n\nx", "Old"),
        ] {
            let home = rule.home(&Root::of(Path::new("mail")), Path::new(file), None);
            let mut message = crate::parse(raw.as_bytes(), &home.told());
            home.mark(&mut message);
            assert_eq!(message.place().folder.as_deref(), Some(folder), "{file} {raw}");
        }
    }
}
