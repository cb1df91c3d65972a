//! Files that go back by a job over the owners of drives and extensions: every file of these owners with these
//! extensions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use postern_archive::export::Shelf;
use postern_archive::search::{Asker, Search};
use postern_archive::{DATATAP, File, IndexError, id_of};
use postern_query::schema::StringField;
use postern_query::{FILE, Predicate, Query, StringTest};
use postern_upstream::{Job, JobKind, Policy, Rule, Tenant};

use super::{Ends, JobError, JobWishes, included};

/// Files that are named beside their number.
const NAMED: usize = 20;

/// What a query found in drives, and what else goes back with it.
#[derive(Clone, Debug, Default)]
pub struct FilesFound {
    ids: BTreeSet<String>,
    /// Each owner, and how many of the files are of its drive.
    pub owners: BTreeMap<String, usize>,
    /// In capitals, as in the service's samples. Nothing where a file has none, which no rule can name.
    pub extensions: Option<BTreeSet<String>>,
    /// What the job would restore besides.
    others: BTreeSet<String>,
    /// The first of them.
    pub named: Vec<String>,
}

impl FilesFound {
    /// What a query finds in drives of `DataTap`, if that is anything.
    ///
    /// # Errors
    ///
    /// When the index cannot be asked.
    pub fn find(
        shelf: &(impl Shelf + ?Sized),
        query: &Query,
        asker: &Asker,
    ) -> Result<Option<Self>, IndexError> {
        let mut files = Self { extensions: Some(BTreeSet::new()), ..Self::default() };
        each(shelf, asker, &query.clone().and(in_drives()), &mut |id, file| {
            let owner = file.owner.clone().unwrap_or_default();
            *files.owners.entry(owner).or_default() += 1;
            match (extension(&file), &mut files.extensions) {
                (Some(extension), Some(all)) => drop(all.insert(extension)),
                (None, _) | (Some(_), None) => files.extensions = None,
            }
            files.ids.insert(id);
        })?;
        files.look_for_others(shelf, asker)?;
        Ok((!files.ids.is_empty()).then_some(files))
    }

    fn look_for_others(
        &mut self,
        shelf: &(impl Shelf + ?Sized),
        asker: &Asker,
    ) -> Result<(), IndexError> {
        let owners: Vec<_> = self.owners.keys().cloned().collect();
        for owner in owners {
            let of = is(StringField::Mailbox, StringTest::Same(owner));
            each(shelf, asker, &of.and(in_drives()), &mut |id, file| {
                if self.brings_back(&file) && !self.ids.contains(&id) {
                    if self.named.len() < NAMED {
                        self.named.push(path(&file));
                    }
                    self.others.insert(id);
                }
            })?;
        }
        Ok(())
    }

    fn brings_back(&self, file: &File) -> bool {
        let Some(all) = &self.extensions else { return true };
        extension(file).is_some_and(|extension| all.contains(&extension))
    }

    /// The same, if it is of at most `limit` owners.
    ///
    /// # Errors
    ///
    /// [`JobError::TooMany`].
    pub fn within(self, limit: usize) -> Result<Self, JobError> {
        let found = self.owners.len();
        let (what, owners) = ("files", "owners");
        if found > limit { Err(JobError::TooMany { what, owners, found, limit }) } else { Ok(self) }
    }

    /// How many files.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// How many others go back with them.
    #[must_use]
    pub fn others(&self) -> usize {
        self.others.len()
    }

    /// The owners.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.owners.keys().cloned().collect()
    }

    /// What the plan is over: what was found, and what goes back with it.
    #[must_use]
    pub fn digest(&self) -> String {
        let lines = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join("\n");
        id_of([lines(&self.ids), lines(&self.others)].join("\n\n").as_bytes())
    }

    /// Which kinds of files go back, in words.
    #[must_use]
    pub fn kinds(&self) -> String {
        match &self.extensions {
            Some(all) => format!("of these kinds: {}", Vec::from_iter(all.clone()).join(", ")),
            None => "of all kinds, because a file was found that has no extension".to_owned(),
        }
    }

    /// The job that restores them.
    ///
    /// # Errors
    ///
    /// When the service does not know one of the owners, or does not answer.
    pub async fn job(
        &self,
        tenant: &Tenant,
        ends: &Ends,
        wishes: &JobWishes<'_>,
    ) -> Result<Job, JobError> {
        let users = included(tenant, &ends.to, &self.names()).await?;
        let extensions = self.extensions.iter().flatten().cloned().map(Rule::Include).collect();
        let mut job = ends.job(JobKind::Restore, wishes, "Restore of files");
        job.policy = Some(Policy::OneDriveRestore { users, extensions });
        Ok(job)
    }
}

fn is(field: StringField, test: StringTest) -> Query {
    Query::of(Predicate::String(field, test))
}

fn in_drives() -> Query {
    let of = |field, text: &str| is(field, StringTest::Is(text.to_owned()));
    of(StringField::Kind, FILE).and(of(StringField::Source, DATATAP))
}

/// Every file that a query finds, with its id.
fn each(
    shelf: &(impl Shelf + ?Sized),
    asker: &Asker,
    query: &Query,
    take: &mut dyn FnMut(String, File),
) -> Result<(), IndexError> {
    let mut search =
        Search { query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
    search.limit = shelf.each(&search, asker, &mut |_| ControlFlow::Break(()))?.count;
    shelf.each(&search, asker, &mut |hit| {
        take(hit.message.id.clone(), File::from(&hit.message));
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// What follows the last point of a name. The service takes it in any case.
fn extension(file: &File) -> Option<String> {
    let (_, extension) = file.name.rsplit_once('.')?;
    Some(extension.to_uppercase()).filter(|extension| !extension.is_empty())
}

fn path(file: &File) -> String {
    let folder = file.folder.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default();
    format!("{}: {folder}{}", file.owner.as_deref().unwrap_or_default(), file.name)
}
