//! The two parts of a backup. Each is searched in sessions of its own kind.

use std::sync::Arc;

use postern_upstream::veeam::{DriveFolder, Folder, Kind, Owners, Paged, Session, Under};
use serde::{Deserialize, Serialize};

use super::Veeam;
use super::directory::{Directory, Known, Paths, listed};
use super::outcome::Stop;

/// A part of a backup, in the order in which they are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Part {
    /// The mailboxes.
    #[default]
    Mail,
    /// The drives.
    Files,
}

/// A part whose session is open, and the mailboxes or drives in it.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) part: Part,
    pub(super) session: Session,
    pub(super) known: Arc<Vec<Known>>,
}

impl Part {
    /// What its items lie in.
    pub(super) const fn holders(self) -> &'static str {
        match self {
            Self::Mail => "mailboxes",
            Self::Files => "drives",
        }
    }
}

impl Opened {
    /// The mailbox or drive of that id.
    pub(super) fn holder(&self, id: &str) -> Option<&Known> {
        self.known.iter().find(|one| one.id == id)
    }
}

impl Veeam {
    /// Opens a part. No session is held while one of the other kind is opened: there may be room for one alone.
    pub(super) async fn open(&self, part: Part) -> Result<Opened, Stop> {
        match part {
            Part::Mail => self.mail().await,
            Part::Files => self.files().await,
        }
    }

    async fn mail(&self) -> Result<Opened, Stop> {
        let session = self.session(Kind::Exchange).await?;
        let (part, id) = (Part::Mail, session.id().await?);
        let known = match self.directory(part).at_hand(&id) {
            Some(known) => known,
            None => {
                let asked = &session;
                let page = |page| async move { asked.mailboxes(&page).await };
                let all = listed(page).await?;
                self.directory(part).keep(&id, all.into_iter().map(Known::mailbox).collect())
            }
        };
        Ok(Opened { part, session, known })
    }

    /// The drives have the names of their owners, who are known from the mailboxes.
    async fn files(&self) -> Result<Opened, Stop> {
        let part = Part::Files;
        let session = self.session(Kind::OneDrive).await.map_err(Stop::of_drives)?;
        if let Some(known) = self.directory(part).at_hand(&session.id().await?) {
            return Ok(Opened { part, session, known });
        }
        drop(session);
        let mailboxes = self.mail().await?.known;
        let addresses = mailboxes.iter().filter_map(|one| one.address.as_ref());
        let owners = Owners::new(addresses, &self.0.owners);
        let session = self.session(Kind::OneDrive).await.map_err(Stop::of_drives)?;
        let asked = &session;
        let page = |page| async move { asked.drives(&page).await };
        let all = listed(page).await.map_err(|problem| Stop::from(problem).of_drives())?;
        let named = all.into_iter().map(|drive| Known::drive(drive, &owners)).collect();
        let known = self.directory(part).keep(&session.id().await?, named);
        Ok(Opened { part, session, known })
    }

    pub(super) fn directory(&self, part: Part) -> &Directory {
        match part {
            Part::Mail => &self.0.mailboxes,
            Part::Files => &self.0.drives,
        }
    }

    /// The paths of the folders of a mailbox or drive.
    pub(super) async fn folders(&self, opened: &Opened, of: &Known) -> Result<Paths, Stop> {
        let (session, directory) = (&opened.session, self.directory(opened.part));
        let id = session.id().await?;
        if let Some(known) = directory.folders_at_hand(&id, &of.id) {
            return Ok(known);
        }
        let all: Vec<Folder> = match opened.part {
            Part::Mail => {
                let page =
                    |page| async move { session.folders(&of.id, Under::Everything, &page).await };
                listed(page).await?
            }
            Part::Files => {
                let page = |page| async move {
                    let found = session.drive_folders(&of.id, Under::Everything, &page).await;
                    found.map(as_folders)
                };
                listed(page).await?
            }
        };
        Ok(directory.keep_folders(&id, of, &all))
    }
}

fn as_folders(found: Paged<DriveFolder>) -> Paged<Folder> {
    let Paged { results, next, unreadable } = found;
    Paged { results: results.into_iter().map(Folder::from).collect(), next, unreadable }
}
