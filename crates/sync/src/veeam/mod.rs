//! Veeam as a source: the mailboxes and drives of an organization as a backup has them.
//!
//! A run sees one backup from its beginning to its end, whatever is backed up meanwhile.

mod drives;
mod listed;
mod several;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use postern_archive::{Entry, Holds, Identity, Location, Mailbox, Moment, Owner, ToFetch, Window};
use postern_mail::outline;
use postern_upstream::veeam::{
    Kind, MOST_LISTED, Organization, Paged, Paging, Problem, Session, Sessions, Under, Veeam,
    Version,
};

use crate::collection::{Asking, Collection, Failure, FailureKind, Page, Shown, Site};
use drives::Drives;
pub use drives::file_of;
use tree::Trees;

/// Entries on a page.
const PAGE: u32 = 1_000;
/// Messages that are saved by one request.
const AT_ONCE: usize = 20;
/// How often a message is saved that does not come whole.
const TRIES: u32 = 3;
/// Requests for several messages that may bring none that can be told apart, one after the other.
const FRUITLESS: u32 = 3;

/// The mail and the documents of an organization in its backups.
#[derive(Debug)]
pub struct Backups {
    name: String,
    sessions: Sessions,
    /// The point in time that is asked for; nothing for the last backup.
    at: Option<Timestamp>,
    view: Mutex<Option<View>>,
    trees: Trees,
    drives: Drives,
    fruitless: AtomicU32,
}

/// The backup that is shown.
#[derive(Clone, Debug)]
struct View {
    organization: Organization,
    /// The time that restore sessions are asked for.
    point: Option<Timestamp>,
    /// What is told of it.
    facts: Vec<(&'static str, String)>,
}

impl Backups {
    /// The backups of the account's organization, under that name of the source: the last one, or the last
    /// one up to a time.
    #[must_use]
    pub fn new(name: &str, sessions: Sessions, at: Option<Timestamp>) -> Self {
        let (name, view, trees) = (name.to_owned(), Mutex::default(), Trees::default());
        let drives = Drives::default();
        Self { name, sessions, at, view, trees, drives, fruitless: AtomicU32::new(0) }
    }

    /// The same with owners of drives that no URL tells: the name of a drive, the last part of its URL or its id,
    /// to an address.
    #[must_use]
    pub fn with_owners(self, owners: &BTreeMap<String, String>) -> Self {
        Self { drives: Drives::owned(owners), ..self }
    }

    fn client(&self) -> &Veeam {
        self.sessions.client()
    }

    /// Looks at the last backup from now on, if that is another one.
    async fn look(&self) -> Result<Shown, Problem> {
        let organization = self.client().organization().await?;
        let last = organization.last_backup;
        let former = self.at.filter(|at| last.is_none_or(|last| *at < last));
        let known = self.view().as_ref().map(|view| view.organization.last_backup);
        if known != Some(last) {
            let point = former.or(last.map(up_to_the_second));
            let facts = self.facts(&organization).await?;
            let organization = organization.clone();
            self.drives.forget();
            *self.view() = Some(View { organization, point, facts });
        }
        if former.is_some() {
            return Ok(Shown { moment: Moment::Former, ..Shown::default() });
        }
        let state = last.map(|last| format!("{} {last}", organization.id));
        let facts = self.view().as_ref().map(|view| view.facts.clone()).unwrap_or_default();
        Ok(Shown { state, moment: Moment::Newest, facts })
    }

    /// From which backup the mail is, and what others there are.
    async fn facts(&self, of: &Organization) -> Result<Vec<(&'static str, String)>, Problem> {
        let version = self.client().version().await?;
        let mut facts = vec![("organization", of.name.clone()), ("version", version.to_string())];
        facts.extend(of.last_backup.map(|last| ("backup", last.to_string())));
        if version >= Version::V6
            && let Ok(times) = self.points().await
            && let (Some(first), Some(last)) = (times.first(), times.last())
        {
            facts.push(("restorePoints", format!("{} from {first} to {last}", times.len())));
        }
        Ok(facts)
    }

    /// The times of the restore points that have mail.
    async fn points(&self) -> Result<BTreeSet<Timestamp>, Problem> {
        let client = self.client();
        let page = |page| async move { client.restore_points(&page).await };
        let all = Paged::all(PAGE, MOST_LISTED, page).await?.results;
        let with_mail = all.iter().filter(|point| point.kinds.contains(&Kind::Exchange));
        Ok(with_mail.map(|point| point.time).collect())
    }

    fn view(&self) -> MutexGuard<'_, Option<View>> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(&self) -> Result<Session, Failure> {
        self.session_of(Kind::Exchange).await
    }

    /// The restore session that shows the backup. It is held for one request and no longer: where one session may
    /// be open at a time, mail and files take turns.
    async fn session_of(&self, kind: Kind) -> Result<Session, Failure> {
        let point = self.view().as_ref().map(|view| view.point);
        let none = || Failure::new(FailureKind::Lasting, "no backup is looked at");
        Ok(self.sessions.session(kind, point.ok_or_else(none)?).await?)
    }

    /// A message that can be read to its end. One that cannot is saved again.
    async fn save(&self, mailbox: &Mailbox, id: &str) -> Result<Vec<u8>, Failure> {
        let session = self.session().await?;
        for _ in 0..TRIES {
            let bytes = session.save(&mailbox.id, id).await?;
            if outline(&bytes).is_some() {
                return Ok(bytes.into());
            }
        }
        Err(Failure::new(FailureKind::Temporary, "Veeam sends something that is no whole MSG file"))
    }

    async fn save_several(
        &self,
        mailbox: &Mailbox,
        messages: &[ToFetch],
    ) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let ids: Vec<_> = messages.iter().map(|one| one.id.clone()).collect();
        let saved = self.session().await?.save_many(&mailbox.id, &ids).await;
        let found = match saved {
            Ok(zip) => several::matched(zip, messages).await,
            Err(problem) => {
                self.fruitless.fetch_add(1, Relaxed);
                return Err(problem.into());
            }
        };
        if found.iter().any(Option::is_some) {
            self.fruitless.store(0, Relaxed);
        } else {
            self.fruitless.fetch_add(1, Relaxed);
        }
        Ok(found)
    }
}

impl Collection for Backups {
    fn name(&self) -> &str {
        &self.name
    }

    fn refused(&self) -> &'static str {
        "Veeam does not let this account in"
    }

    fn identity(&self) -> Identity {
        Identity::Id
    }

    fn shown(&self) -> Asking<'_, Shown> {
        Box::pin(async move { Ok(self.look().await?) })
    }

    /// The restore session is stopped once nobody else uses it.
    fn rest(&self) {
        *self.view() = None;
    }

    fn has_windows(&self) -> bool {
        false
    }

    fn at_once(&self) -> usize {
        if self.fruitless.load(Relaxed) < FRUITLESS { AT_ONCE } else { 1 }
    }

    fn locations(&self) -> Asking<'_, Vec<Site>> {
        Box::pin(async move {
            let organization = self.view().as_ref().map(|view| view.organization.clone());
            let site = |Organization { id, name, .. }| Site {
                location: Location { id, kind: "VEEAM".to_owned(), name: Some(name) },
                lists: &[Holds::Mail, Holds::Documents],
                keeps: &[Holds::Mail, Holds::Documents],
            };
            Ok(organization.map(site).into_iter().collect())
        })
    }

    fn mailboxes<'a>(
        &'a self,
        _: &'a str,
        holds: Holds,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        Box::pin(async move {
            if holds.is_drive() {
                return self.drives(marker).await;
            }
            let found = self.session().await?.mailboxes(&paging(marker)?).await?;
            let page = page(found, |one| self.trees.owner(one))?;
            self.drives.may_be_of(&page.items);
            Ok(page)
        })
    }

    fn folders<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        within: Option<&'a str>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        Box::pin(async move {
            if mailbox.holds.is_drive() {
                return self.drive_folders(mailbox, within, marker).await;
            }
            if within.is_none() {
                let session = &self.session().await?;
                let page = |page| async move {
                    session.folders(&mailbox.id, Under::Everything, &page).await
                };
                let all = Paged::all(PAGE, MOST_LISTED, page).await?;
                is_readable(all.unreadable)?;
                self.trees.plant(&mailbox.id, all.results);
            }
            Ok(Page { items: self.trees.pick(&mailbox.id, within), marker: None })
        })
    }

    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        folder: &'a str,
        _: Option<Window>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        Box::pin(async move {
            if mailbox.holds.is_drive() {
                return self.documents(mailbox, folder, marker).await;
            }
            if folder == tree::ARCHIVE {
                return Ok(Page { items: Vec::new(), marker: None });
            }
            let under = Under::Folder(folder);
            let session = self.session().await?;
            let found = session.items(&mailbox.id, under, &paging(marker)?).await?;
            page(found, |one| listed::entry(&one))
        })
    }

    fn older_versions<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        newest: &'a Entry,
    ) -> Asking<'a, Vec<Entry>> {
        Box::pin(self.older(mailbox, newest))
    }

    fn download<'a>(&'a self, mailbox: &'a Mailbox, message: &'a ToFetch) -> Asking<'a, Vec<u8>> {
        Box::pin(async move {
            if mailbox.holds.is_drive() {
                self.save_document(mailbox, message).await
            } else {
                self.save(mailbox, &message.id).await
            }
        })
    }

    fn download_several<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        messages: &'a [ToFetch],
    ) -> Asking<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            if mailbox.holds.is_drive() {
                self.save_documents(mailbox, messages).await
            } else {
                self.save_several(mailbox, messages).await
            }
        })
    }

    fn requests(&self) -> u64 {
        self.client().requests()
    }
}

/// A backup is asked for by its time, of which servers may read whole seconds alone.
fn up_to_the_second(time: Timestamp) -> Timestamp {
    let whole = Timestamp::from_second(time.as_second()).unwrap_or(time);
    if whole == time {
        time
    } else {
        whole.saturating_add(SignedDuration::from_secs(1)).unwrap_or(time)
    }
}

/// A page of a list.
fn page<F, T>(found: Paged<F>, each: impl Fn(F) -> T) -> Result<Page<T>, Failure> {
    is_readable(found.unreadable)?;
    let marker = found.next.as_ref().map(marker_of);
    Ok(Page { items: found.results.into_iter().map(each).collect(), marker })
}

/// What is not on a page would count as gone.
fn is_readable(unreadable: usize) -> Result<(), Failure> {
    if unreadable == 0 {
        return Ok(());
    }
    let what = format!("Veeam lists {unreadable} entries that cannot be read");
    Err(Failure::new(FailureKind::Temporary, what))
}

/// A page as a marker: where it begins, how long it is, and the list that it belongs to.
fn marker_of(page: &Paging) -> String {
    format!("{} {} {}", page.offset, page.limit, page.set_id.as_deref().unwrap_or_default())
}

fn paging(marker: Option<&str>) -> Result<Paging, Failure> {
    let Some(marker) = marker else { return Ok(Paging::first(PAGE)) };
    let mut parts = marker.splitn(3, ' ');
    let mut number = || parts.next()?.parse().ok();
    let (offset, limit) = (number(), number());
    let set_id = parts.next().filter(|id| !id.is_empty()).map(str::to_owned);
    match (offset, limit) {
        (Some(offset), Some(limit)) => Ok(Paging { offset, limit, set_id }),
        (None, _) | (_, None) => Err(Failure::new(FailureKind::Lasting, "no page begins there")),
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let kind = match &problem {
            Problem::BadPassword { .. } | Problem::LoggedOut | Problem::NotAllowed { .. } => {
                FailureKind::KeyRefused
            }
            Problem::NotFound { .. } => FailureKind::NotFound,
            Problem::NotRetrieved { .. } => FailureKind::Cold,
            other if other.may_pass() => FailureKind::Temporary,
            _ => FailureKind::Lasting,
        };
        Self::new(kind, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_a_page() {
        for page in
            [Paging::first(30), Paging { offset: 60, limit: 30, set_id: Some("a b".into()) }]
        {
            assert_eq!(paging(Some(&marker_of(&page))).unwrap(), page);
        }
        assert!(paging(Some("x")).is_err() && paging(Some("1")).is_err());
    }

    #[test]
    fn the_time_of_a_backup_is_not_cut_short() {
        for (time, asked) in [
            ("2024-01-01T00:00:03Z", "2024-01-01T00:00:03Z"),
            ("2024-01-01T00:00:03.25Z", "2024-01-01T00:00:04Z"),
        ] {
            assert_eq!(up_to_the_second(time.parse().unwrap()).to_string(), asked);
        }
    }
}
