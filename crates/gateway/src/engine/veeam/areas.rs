//! Where a question is asked, one after the other.

use postern_upstream::veeam::{Scope, Session};

use super::directory::Known;
use super::outcome::Stop;
use super::{Question, Veeam};
use crate::access::Mailboxes;

/// Mailboxes that are searched one by one for one question.
const MOST_MAILBOXES: usize = 50;
/// Folders that are searched one by one, before whole mailboxes are.
const MOST_FOLDERS: usize = 8;

/// A part of the backup that is searched at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) scope: Scope,
    /// What it is called in a position.
    pub(super) key: String,
}

impl Area {
    fn everywhere() -> Self {
        Self { scope: Scope::Mailboxes, key: String::new() }
    }

    fn mailbox(id: &str) -> Self {
        Self { scope: Scope::Mailbox(id.to_owned()), key: id.to_owned() }
    }

    fn folder(mailbox: &str, folder: &str) -> Self {
        let scope = Scope::Folder(mailbox.to_owned(), folder.to_owned());
        Self { scope, key: format!("{mailbox}/{folder}") }
    }
}

/// The areas of a question, nothing outside of which is asked. Items are listed mailbox by mailbox.
pub(super) async fn of(
    veeam: &Veeam,
    session: &Session,
    question: &Question,
) -> Result<Vec<Area>, Stop> {
    let is_free = question.mailboxes == Mailboxes::All && !question.divided.names_places();
    if is_free && question.text.is_some() {
        return Ok(vec![Area::everywhere()]);
    }
    let all = veeam.0.directory.mailboxes(session).await?;
    let asked: Vec<_> = all.iter().filter(|mailbox| is_asked(veeam, question, mailbox)).collect();
    if question.divided.names_folders() {
        return in_folders(veeam, session, question, &asked).await;
    }
    let is_all = asked.len() == all.len() && question.mailboxes == Mailboxes::All;
    if is_all && question.text.is_some() {
        return Ok(vec![Area::everywhere()]);
    }
    if asked.len() > MOST_MAILBOXES && question.text.is_some() {
        return Err(Stop::TooMany(too_many(asked.len())));
    }
    Ok(asked.iter().map(|mailbox| Area::mailbox(&mailbox.id)).collect())
}

/// Whether a mailbox may be seen by who asks, and may hold what is asked for.
pub(super) fn is_asked(veeam: &Veeam, question: &Question, mailbox: &Known) -> bool {
    let name = Some(mailbox.name.as_str());
    question.mailboxes.permits(name) && question.divided.may_lie_in(name, veeam.source())
}

/// The folders by themselves where they are few, else the mailboxes that have some.
async fn in_folders(
    veeam: &Veeam,
    session: &Session,
    question: &Question,
    asked: &[&Known],
) -> Result<Vec<Area>, Stop> {
    if asked.len() > MOST_MAILBOXES {
        return Err(Stop::TooMany(too_many(asked.len())));
    }
    let (mut folders, mut mailboxes) = (Vec::new(), Vec::new());
    for mailbox in asked {
        let paths = veeam.0.directory.folders(session, mailbox).await?;
        let lies =
            |path: &str| question.divided.lies_at(Some(&mailbox.name), Some(path), veeam.source());
        let mut here: Vec<_> = paths.iter().filter(|(_, path)| lies(path)).collect();
        here.sort_unstable();
        if !here.is_empty() {
            mailboxes.push(Area::mailbox(&mailbox.id));
        }
        folders.extend(here.into_iter().map(|(id, _)| Area::folder(&mailbox.id, id)));
    }
    Ok(if folders.len() > MOST_FOLDERS { mailboxes } else { folders })
}

fn too_many(mailboxes: usize) -> String {
    format!(
        "Veeam would have to be asked for {mailboxes} mailboxes one by one; name fewer of them, {MOST_MAILBOXES} at most"
    )
}
