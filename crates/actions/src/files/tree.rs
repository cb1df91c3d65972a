//! Drives by their owners, and documents by their paths.

use std::collections::BTreeSet;

use postern_upstream::Fault;
use postern_upstream::veeam::{
    Document, Drive, DriveFolder, Paged, Paging, Problem, Session, Under,
};

use super::{FilesError, Owners};

/// Entries that one request lists.
const PAGE: u32 = 1_000;
/// Documents and folders that one command lists at most.
pub(super) const MOST: usize = 100_000;

/// The drives of a backup, and what is in them.
#[derive(Clone, Debug)]
pub struct Files {
    session: Session,
    owners: Owners,
}

/// A folder or a document with its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The folders above it, such as `Reports/2024`; empty at the top.
    pub folder: String,
    /// The same with its own name.
    pub path: String,
    /// What is there.
    pub it: T,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A folder; `None` is the drive itself.
    Folder(Option<Placed<DriveFolder>>),
    /// A document.
    Document(Box<Placed<Document>>),
}

/// What is in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The folders.
    pub folders: Vec<Placed<DriveFolder>>,
    /// The documents.
    pub documents: Vec<Placed<Document>>,
}

/// What has a name in a folder.
trait Named {
    fn name(&self) -> &str;
}

impl Named for DriveFolder {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Document {
    fn name(&self) -> &str {
        &self.name
    }
}

fn placed<T: Named>(folder: &str, it: T) -> Placed<T> {
    let name = it.name();
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    Placed { folder: folder.to_owned(), path, it }
}

impl Files {
    /// What that restore session of drives shows.
    #[must_use]
    pub const fn new(session: Session, owners: Owners) -> Self {
        Self { session, owners }
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Whose drive it is: an address where one mailbox fits, else the name of the drive.
    #[must_use]
    pub fn owner<'a>(&'a self, drive: &'a Drive) -> &'a str {
        self.address(drive).unwrap_or(&drive.name)
    }

    /// The address of its owner; nothing where no mailbox or more than one fits, whatever the drive is called.
    #[must_use]
    pub fn address<'a>(&'a self, drive: &Drive) -> Option<&'a str> {
        self.owners.of(&drive.id, &drive.name, &drive.url)
    }

    /// Every drive.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn drives(&self) -> Result<Vec<Drive>, FilesError> {
        every(|page| async move { self.session.drives(&page).await }).await
    }

    /// The drive of that owner, or of that name, URL or id. Owners go first.
    ///
    /// # Errors
    ///
    /// When there is none, or names are shared.
    pub async fn drive(&self, wanted: &str) -> Result<Drive, FilesError> {
        self.pick(&self.drives().await?, wanted)
    }

    /// What lies at a path of a drive. Names have no case, as in `OneDrive`; one that is written the same goes first.
    ///
    /// # Errors
    ///
    /// When there is nothing.
    pub async fn at(&self, drive: &Drive, path: &str) -> Result<Node, FilesError> {
        let mut here: Option<Placed<DriveFolder>> = None;
        let names: Vec<_> = path.split('/').filter(|name| !name.is_empty()).collect();
        let mut names = names.into_iter().peekable();
        while let Some(name) = names.next() {
            let above = path_of(here.as_ref()).to_owned();
            let under = under(here.as_ref());
            let is_last = names.peek().is_none() && !path.ends_with('/');
            if is_last && let Some(it) = self.document(drive, under, name).await? {
                return Ok(Node::Document(Box::new(placed(&above, it))));
            }
            match self.folder(drive, under, name).await? {
                Some(it) => here = Some(placed(&above, it)),
                None => return Err(no_path(path, above, name)),
            }
        }
        Ok(Node::Folder(here))
    }

    async fn folder(
        &self,
        drive: &Drive,
        under: Under<'_>,
        name: &str,
    ) -> Result<Option<DriveFolder>, FilesError> {
        let all = self.folders(drive, under).await?;
        Ok(called(all, name))
    }

    async fn document(
        &self,
        drive: &Drive,
        under: Under<'_>,
        name: &str,
    ) -> Result<Option<Document>, FilesError> {
        let all = self.documents(drive, under).await?;
        Ok(called(all, name))
    }

    async fn folders(
        &self,
        drive: &Drive,
        under: Under<'_>,
    ) -> Result<Vec<DriveFolder>, FilesError> {
        every(|page| async move { self.session.drive_folders(&drive.id, under, &page).await }).await
    }

    async fn documents(
        &self,
        drive: &Drive,
        under: Under<'_>,
    ) -> Result<Vec<Document>, FilesError> {
        every(|page| async move { self.session.documents(&drive.id, under, &page).await }).await
    }

    /// Every version of a document, newest first.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn versions(
        &self,
        drive: &Drive,
        document: &Document,
    ) -> Result<Vec<Document>, FilesError> {
        every(|page| async move { self.session.versions(&drive.id, &document.id, &page).await })
            .await
    }

    /// What is in a folder; with `deep` also in the folders below it.
    ///
    /// # Errors
    ///
    /// When it is too much, or there is no answer.
    pub async fn contents(
        &self,
        drive: &Drive,
        folder: Option<Placed<DriveFolder>>,
        deep: bool,
    ) -> Result<Contents, FilesError> {
        let mut contents = Contents::default();
        let (mut open, mut seen) = (vec![folder], BTreeSet::new());
        while let Some(folder) = open.pop() {
            let path = path_of(folder.as_ref());
            let documents = self.documents(drive, under(folder.as_ref())).await?;
            let documents = documents.into_iter();
            contents.documents.extend(documents.map(|it| placed(path, it)));
            let folders = self.folders(drive, under(folder.as_ref())).await?;
            // A folder that lies in itself would have no end.
            let new = folders.into_iter().filter(|folder| seen.insert(folder.id.clone()));
            let new: Vec<_> = new.map(|it| placed(path, it)).collect();
            if deep {
                open.extend(new.iter().rev().cloned().map(Some));
            }
            contents.folders.extend(new);
            if contents.folders.len() + contents.documents.len() > MOST {
                return Err(FilesError::TooMany);
            }
        }
        Ok(contents)
    }
}

fn no_path(path: &str, folder: String, name: &str) -> FilesError {
    let folder = if folder.is_empty() { "/".to_owned() } else { folder };
    FilesError::NoPath { path: path.to_owned(), folder, name: name.to_owned() }
}

fn path_of(folder: Option<&Placed<DriveFolder>>) -> &str {
    folder.map_or("", |folder| &folder.path)
}

fn under(folder: Option<&Placed<DriveFolder>>) -> Under<'_> {
    folder.map_or(Under::Top, |folder| Under::Folder(&folder.it.id))
}

/// The one of that name.
fn called<T: Named>(all: Vec<T>, name: &str) -> Option<T> {
    let lower = name.to_lowercase();
    let exact = all.iter().position(|one| one.name() == name);
    let like = || all.iter().position(|one| one.name().to_lowercase() == lower);
    let at = exact.or_else(like)?;
    all.into_iter().nth(at)
}

/// Every entry of a list that is not too long.
async fn every<T, F>(ask: impl Fn(Paging) -> F) -> Result<Vec<T>, FilesError>
where
    F: Future<Output = Result<Paged<T>, Problem>>,
{
    match Paged::all(PAGE, MOST, ask).await {
        Err(Problem::Failed(Fault::TooLarge)) => Err(FilesError::TooMany),
        answer => Ok(answer?.results),
    }
}
