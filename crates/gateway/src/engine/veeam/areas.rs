//! Where a part is asked, one after the other.

use std::collections::HashSet;

use postern_upstream::veeam::{DriveScope, Scope};
use serde::{Deserialize, Serialize};

use super::directory::Known;
use super::outcome::Stop;
use super::part::{Opened, Part};
use super::said::Said;
use super::{Question, Veeam};
use crate::access::Mailboxes;

/// Mailboxes or drives that are searched one by one for one question.
const MOST_HOLDERS: usize = 50;
/// Folders that are searched one by one, before whole mailboxes or drives are.
const MOST_FOLDERS: usize = 8;

/// Some of a part that is searched at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Area {
    /// The mailbox or drive; `None` for all of them.
    pub(super) within: Option<String>,
    /// The folder in it.
    pub(super) folder: Option<String>,
}

impl Area {
    fn holder(of: &Known) -> Self {
        Self { within: Some(of.id.clone()), folder: None }
    }

    fn folder(of: &Known, folder: &str) -> Self {
        Self { folder: Some(folder.to_owned()), ..Self::holder(of) }
    }

    /// Where mail is searched for it.
    pub(super) fn scope(self) -> Scope {
        match (self.within, self.folder) {
            (None, _) => Scope::Mailboxes,
            (Some(mailbox), None) => Scope::Mailbox(mailbox),
            (Some(mailbox), Some(folder)) => Scope::Folder(mailbox, folder),
        }
    }

    /// Where documents are searched for it.
    pub(super) fn drive_scope(self) -> DriveScope {
        match (self.within, self.folder) {
            (None, _) => DriveScope::Drives,
            (Some(drive), None) => DriveScope::Drive(drive),
            (Some(drive), Some(folder)) => DriveScope::Folder(drive, folder),
        }
    }
}

/// The areas of a question, nothing outside of which is asked. Items are listed mailbox by mailbox.
pub(super) async fn of(
    veeam: &Veeam,
    opened: &Opened,
    question: &Question,
    said: &Said,
) -> Result<Vec<Area>, Stop> {
    let is_listed = *said == Said::Everything;
    let asked: Vec<_> = opened.known.iter().filter(|one| is_asked(veeam, question, one)).collect();
    if question.divided.names_folders() {
        return in_folders(veeam, opened, question, said, &asked).await;
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let is_all = asked.len() == opened.known.len() && question.mailboxes == Mailboxes::All;
    if is_all && !is_listed {
        return Ok(vec![Area::default()]);
    }
    if asked.len() > MOST_HOLDERS && !is_listed {
        return Err(Stop::TooMany(too_many(opened.part, asked.len())));
    }
    Ok(asked.into_iter().map(Area::holder).collect())
}

/// Whether a mailbox or drive may be seen by who asks, and may hold what is asked for.
pub(super) fn is_asked(veeam: &Veeam, question: &Question, of: &Known) -> bool {
    question.mailboxes.permits(of.name()) && question.divided.may_lie_in(of.name(), veeam.source())
}

/// The folders by themselves where they are few, else the mailboxes or drives that have some.
async fn in_folders(
    veeam: &Veeam,
    opened: &Opened,
    question: &Question,
    said: &Said,
    asked: &[&Known],
) -> Result<Vec<Area>, Stop> {
    if asked.len() > MOST_HOLDERS {
        return Err(Stop::TooMany(too_many(opened.part, asked.len())));
    }
    let (mut folders, mut holders) = (Vec::new(), Vec::new());
    for of in asked {
        let paths = veeam.folders(opened, of).await?;
        let lies = |path: Option<&str>| question.divided.lies_at(of.name(), path, veeam.source());
        let mut here: Vec<_> = paths.iter().filter(|(_, path)| lies(Some(path.as_str()))).collect();
        if *said != Said::Everything {
            here = outermost(&here);
        }
        here.sort_unstable();
        // Documents, unlike mail, lie in no folder too.
        let is_at_top = opened.part == Part::Files && lies(None);
        if is_at_top || !here.is_empty() {
            holders.push(Area::holder(of));
        }
        if is_at_top {
            folders.push(Area::holder(of));
        } else {
            folders.extend(here.into_iter().map(|(id, _)| Area::folder(of, id)));
        }
    }
    Ok(if folders.len() > MOST_FOLDERS { holders } else { folders })
}

/// The folders without those inside of others: a folder is searched with those below it.
fn outermost<'p>(folders: &[(&'p String, &'p String)]) -> Vec<(&'p String, &'p String)> {
    let paths: HashSet<_> = folders.iter().map(|(_, path)| path.as_str()).collect();
    let is_below = |path: &str| {
        let above = |(at, _)| path.get(..at).is_some_and(|above| paths.contains(above));
        path.match_indices('/').any(above)
    };
    folders.iter().copied().filter(|(_, path)| !is_below(path)).collect()
}

fn too_many(part: Part, number: usize) -> String {
    let holders = part.holders();
    format!(
        "Veeam would have to be asked for {number} {holders} one by one; name fewer of them, {MOST_HOLDERS} at most"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_the_same_name_below_was_searched_twice() {
        let all = ["Old", "A/Old", "A/Old/Old", "A/Old/2024/Old", "A/Older/Old", "Old files/Old"];
        let all: Vec<String> = all.map(str::to_owned).to_vec();
        let folders: Vec<_> = all.iter().map(|path| (path, path)).collect();
        let left: Vec<_> = outermost(&folders).into_iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(left, ["Old", "A/Old", "A/Older/Old", "Old files/Old"]);
    }
}
