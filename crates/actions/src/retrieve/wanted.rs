//! What is brought back: mailboxes by their addresses, drives with their owners.

use postern_upstream::veeam::{Drive, Mailbox};

use super::{Archives, Readiness};
use crate::Item;

/// What is brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Mailboxes; one that no backup lists has no id.
    Mailboxes(Vec<Mailbox>),
    /// Drives, each with its owner.
    Drives(Vec<(String, Drive)>),
}

/// The backup lists no such mailbox, and it is no address, of which Veeam could know more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the backup lists no mailbox {0}, and it is no address; check it with `postern status`")]
pub struct NotListed(String);

impl Wanted {
    /// The mailboxes of these addresses or ids, among those that a backup lists: each with its in-place archive.
    ///
    /// # Errors
    ///
    /// [`NotListed`].
    pub fn mailboxes(known: &[Mailbox], wanted: &[String]) -> Result<Self, NotListed> {
        let mut all = Vec::new();
        for name in wanted {
            let is_it = |one: &&Mailbox| one.email.eq_ignore_ascii_case(name) || one.id == *name;
            let before = all.len();
            all.extend(known.iter().filter(is_it).cloned());
            if all.len() == before {
                all.push(unlisted(name)?);
            }
        }
        Ok(Self::Mailboxes(all))
    }

    /// What was brought back already, or is on its way, and what is known only by its address.
    #[must_use]
    pub fn notes(&self, archives: &Archives) -> Vec<String> {
        let Self::Mailboxes(mailboxes) = self else { return Vec::new() };
        let mut notes = Vec::new();
        for mailbox in mailboxes {
            let email = &mailbox.email;
            if mailbox.id.is_empty() {
                notes.push(format!("{email} is listed in no backup; Veeam is given its address"));
            }
            for job in &archives.jobs {
                let mut held = job.holds.iter().flatten();
                let holds = held.any(|one| one.address.eq_ignore_ascii_case(email));
                notes.extend(
                    holds.then(|| standing(&job.readiness, &job.retrieval.name, email)).flatten(),
                );
            }
        }
        notes
    }

    pub(super) fn items(&self) -> Vec<Item> {
        let item = |id: &str, owner: &str, title: &str| Item {
            at: id.to_owned(),
            id: id.to_owned(),
            owner: owner.to_owned(),
            folder: None,
            title: title.to_owned(),
            message: None,
        };
        match self {
            Self::Mailboxes(mailboxes) => {
                let title =
                    |mailbox: &Mailbox| if mailbox.is_archive { "in-place archive" } else { "" };
                let each = mailboxes.iter();
                each.map(|one| item(key(one), &one.email, title(one))).collect()
            }
            Self::Drives(drives) => {
                drives.iter().map(|(owner, drive)| item(&drive.id, owner, "OneDrive")).collect()
            }
        }
    }
}

fn standing(readiness: &Readiness, job: &str, email: &str) -> Option<String> {
    match readiness {
        Readiness::Readable(until) => {
            Some(format!("the job {job} already holds {email}, which can be read until {until}"))
        }
        Readiness::Retrieving => Some(format!("the job {job} is already bringing back {email}")),
        Readiness::Expired(_)
        | Readiness::Failed(_)
        | Readiness::ChangingTime
        | Readiness::Removing
        | Readiness::Unclear => None,
    }
}

/// The id of a mailbox, or its address where no backup lists it.
pub(super) fn key(mailbox: &Mailbox) -> &str {
    if mailbox.id.is_empty() { &mailbox.email } else { &mailbox.id }
}

/// A mailbox in an archive tier may be listed nowhere: its address is all that is known of it.
fn unlisted(address: &str) -> Result<Mailbox, NotListed> {
    if !address.contains('@') {
        return Err(NotListed(address.to_owned()));
    }
    Ok(Mailbox {
        id: String::new(),
        name: String::new(),
        email: address.to_owned(),
        is_archive: false,
        is_public: false,
    })
}
