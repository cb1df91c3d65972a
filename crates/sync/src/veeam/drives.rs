//! Drives: whose they are, what lies in them, and the bytes of documents.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use postern_archive::{Entry, File, Mailbox, Node, Owner, ToFetch};
use postern_upstream::veeam::{
    Document, Documents, Drive, DriveFolder, Kind, Owners, Paged, Session, Under, Version,
};

use super::several::{Packed, unpacked};
use super::{Backups, FRUITLESS, PAGE, TRIES, is_readable, page, paging, tree};
use crate::collection::{Failure, FailureKind, Page};

/// Bytes of a document that is brought home; a longer one is known by what is listed of it.
const MOST_DOCUMENT: usize = 256 << 20;
/// Bytes of a document that is saved together with others.
const SMALL: usize = 1 << 20;
/// Bytes of all documents that are saved by one request.
const MOST_TOGETHER: usize = 8 << 20;
/// Versions of a document that are listed.
const MOST_VERSIONS: usize = 100_000;
/// Who stands for nobody in particular.
const NOBODY: &str = "System Account";
/// The first version of a document has none before it.
const FIRST: &str = "1.0";

/// Who may be the owners of drives, and whether saving several documents at once is of use.
#[derive(Debug, Default)]
pub(super) struct Drives {
    /// What the configuration says.
    told: BTreeMap<String, String>,
    /// The addresses of the mailboxes.
    mailboxes: Mutex<Vec<String>>,
    fruitless: AtomicU32,
}

impl Drives {
    pub(super) fn owned(told: &BTreeMap<String, String>) -> Self {
        Self { told: told.clone(), ..Self::default() }
    }

    /// Drives may belong to these.
    pub(super) fn may_be_of(&self, mailboxes: &[Owner]) {
        self.mailboxes().extend(mailboxes.iter().filter_map(|one| one.address.clone()));
    }

    pub(super) fn forget(&self) {
        self.mailboxes().clear();
    }

    fn mailboxes(&self) -> MutexGuard<'_, Vec<String>> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A drive with the address that its files are found by.
fn owner(owners: &Owners, drive: Drive) -> Owner {
    let Drive { id, name, url, .. } = drive;
    let address = owners.named(&id, &name, &url);
    Owner { id, address, name: Some(name), kind: Some("OneDrive".to_owned()) }
}

impl Backups {
    pub(super) async fn drives(&self, marker: Option<&str>) -> Result<Page<Owner>, Failure> {
        let session = self.session_of(Kind::OneDrive).await.map_err(without_drives)?;
        let found = session.drives(&paging(marker)?).await;
        let found = found.map_err(|problem| without_drives(problem.into()))?;
        let owners = Owners::new(&*self.drives.mailboxes(), &self.drives.told);
        page(found, |drive| owner(&owners, drive))
    }

    async fn files(&self) -> Result<Session, Failure> {
        self.session_of(Kind::OneDrive).await
    }

    pub(super) async fn drive_folders(
        &self,
        drive: &Mailbox,
        within: Option<&str>,
        marker: Option<&str>,
    ) -> Result<Page<Entry>, Failure> {
        let (session, asked) = (self.files().await?, paging(marker)?);
        let found = session.drive_folders(&drive.id, under(within), &asked).await?;
        page(found, |DriveFolder { id, name, .. }| {
            let name = if name.is_empty() { id.clone() } else { name };
            tree::entry(id, name, None)
        })
    }

    pub(super) async fn documents(
        &self,
        drive: &Mailbox,
        folder: &str,
        marker: Option<&str>,
    ) -> Result<Page<Entry>, Failure> {
        let within = Some(folder).filter(|folder| *folder != Node::ROOT);
        let (session, asked) = (self.files().await?, paging(marker)?);
        let found = session.documents(&drive.id, under(within), &asked).await?;
        page(found, |document| version(document, true))
    }

    /// The versions of a document but the newest one.
    pub(super) async fn older(
        &self,
        drive: &Mailbox,
        newest: &Entry,
    ) -> Result<Vec<Entry>, Failure> {
        let Some(file) = listed(newest.listed.as_deref()) else { return Ok(Vec::new()) };
        if file.version == FIRST {
            return Ok(Vec::new());
        }
        let session = &self.files().await?;
        let has_bytes = self.client().version().await? >= Version::V6;
        let item = &file.item;
        let page = |page| async move { session.versions(&drive.id, item, &page).await };
        let all = Paged::all(PAGE, MOST_VERSIONS, page).await?;
        is_readable(all.unreadable)?;
        // All versions share the id of the document; what has another one is none of them.
        let versions = all.results.into_iter().filter(|one| one.id == *item);
        let versions = versions.map(|one| version(one, has_bytes));
        Ok(versions.filter(|one| one.id != newest.id).collect())
    }

    /// A version of a document, as long as it is listed. One that is not is saved again.
    pub(super) async fn save_document(
        &self,
        drive: &Mailbox,
        version: &ToFetch,
    ) -> Result<Vec<u8>, Failure> {
        let Some(file) = listed(version.listed.as_deref()) else {
            return Err(Failure::new(FailureKind::Lasting, "what is listed of it cannot be read"));
        };
        let (drive, length) = (Drive::by_id(&drive.id), version.length());
        let chosen = match &version.newest {
            Some(_) => Documents::InVersion(document(&file, version.fragment.as_deref())),
            None => Documents::One(document(&file, None)),
        };
        let session = self.files().await?;
        let mut last = "Veeam sends no whole document".to_owned();
        for _ in 0..TRIES {
            let download = session.save_documents(&drive, &chosen, Some(false)).await?;
            match download.whole(length.unwrap_or(MOST_DOCUMENT)).await {
                Ok(bytes) if length.is_none_or(|length| length == bytes.len()) => return Ok(bytes),
                Ok(bytes) => last = other_length(bytes.len(), length),
                Err(problem) => last = problem.to_string(),
            }
        }
        Err(Failure::new(FailureKind::Temporary, last))
    }

    /// Several small documents in their newest versions, by one request where the server makes a ZIP of them.
    pub(super) async fn save_documents(
        &self,
        drive: &Mailbox,
        versions: &[ToFetch],
    ) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let mut found = vec![None; versions.len()];
        let is_useful = self.drives.fruitless.load(Relaxed) < FRUITLESS;
        let together = together(versions);
        if !is_useful || together.len() < 2 || self.client().version().await? < Version::V6 {
            return Ok(found);
        }
        let chosen: Vec<_> = together.iter().filter_map(|at| versions.get(*at)).collect();
        self.drives.fruitless.fetch_add(1, Relaxed);
        let files = self.zip_of(drive, &chosen).await?;
        for (at, bytes) in together.into_iter().zip(told(files, &chosen)) {
            if bytes.is_some() {
                self.drives.fruitless.store(0, Relaxed);
            }
            if let Some(place) = found.get_mut(at) {
                *place = bytes;
            }
        }
        Ok(found)
    }

    async fn zip_of(&self, drive: &Mailbox, chosen: &[&ToFetch]) -> Result<Vec<Packed>, Failure> {
        let files = chosen.iter().filter_map(|one| listed(one.listed.as_deref()));
        let documents = files.map(|file| document(&file, None)).collect();
        let (session, drive) = (self.files().await?, Drive::by_id(&drive.id));
        let saved = session.save_documents(&drive, &Documents::Several(documents), None).await?;
        // Names and the directory of the ZIP come beside what is in it.
        let zip = saved.whole(2 * MOST_TOGETHER).await?;
        let most = chosen.len();
        let work = tokio::task::spawn_blocking(move || unpacked(&zip, most, MOST_TOGETHER as u64));
        Ok(work.await.unwrap_or_default())
    }
}

/// That drives are not shown to the account says nothing of its mail.
fn without_drives(failure: Failure) -> Failure {
    match failure.kind() {
        FailureKind::KeyRefused | FailureKind::NotFound => {
            Failure::new(FailureKind::Lasting, failure)
        }
        FailureKind::Cold | FailureKind::Temporary | FailureKind::Lasting => failure,
    }
}

fn under(folder: Option<&str>) -> Under<'_> {
    folder.map_or(Under::Top, Under::Folder)
}

/// A version of a document as the book keeps it.
fn version(document: Document, has_bytes: bool) -> Entry {
    let version_id = document.version_id.clone();
    let is_long = document.size.is_some_and(|size| size > MOST_DOCUMENT as u64);
    Entry::of_version(file_of(document), version_id, is_long || !has_bytes)
}

/// What is listed of a version of a document, without its source, owner and folder.
#[must_use]
pub fn file_of(document: Document) -> File {
    let Document { id, name, size, version, version_id, created, modified, modified_by, .. } =
        document;
    File {
        name: if name.is_empty() { id.clone() } else { name },
        item: id,
        // The number of a version is the same in every version of the interface; its id came later.
        version: version.or(version_id).unwrap_or_default(),
        size: size.and_then(|size| i64::try_from(size).ok()),
        created,
        modified,
        author: modified_by.filter(|name| name != NOBODY),
        ..File::default()
    }
}

fn listed(line: Option<&str>) -> Option<File> {
    File::from_line(line?).ok()
}

fn document(file: &File, version_id: Option<&str>) -> Document {
    Document::by_id(&file.item, &file.name, version_id)
}

fn other_length(came: usize, length: Option<usize>) -> String {
    let listed = length.unwrap_or_default();
    format!("Veeam sends {came} bytes of a document that it lists with {listed}")
}

/// The places of those that may be saved together: in their newest versions, small, and not too much in all.
fn together(versions: &[ToFetch]) -> Vec<usize> {
    let mut left = MOST_TOGETHER;
    let mut fits = |one: &ToFetch| {
        let length = one.length().filter(|length| *length <= SMALL.min(left));
        let fits = one.newest.is_none().then_some(length).flatten();
        left -= fits.unwrap_or_default();
        fits.is_some()
    };
    (0..).zip(versions).filter(|(_, one)| fits(one)).map(|(at, _)| at).collect()
}

/// A name and a length.
type Key = (String, usize);

/// The bytes of each document by its name and length, which nothing else in the ZIP and no other document may have.
fn told(files: Vec<Packed>, documents: &[&ToFetch]) -> Vec<Option<Vec<u8>>> {
    let key = |one: &ToFetch| Some((one.name.clone()?, one.length()?));
    let wanted: Vec<Option<Key>> = documents.iter().map(|one| key(one)).collect();
    let mut packed: BTreeMap<Key, Vec<Vec<u8>>> = BTreeMap::new();
    for Packed { name, bytes } in files {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        packed.entry((last, bytes.len())).or_default().push(bytes);
    }
    let is_alone = |key: &Key| wanted.iter().flatten().filter(|other| *other == key).count() == 1;
    let mut bytes = |key: &Key| match packed.get_mut(key)?.as_mut_slice() {
        [only] if is_alone(key) => Some(std::mem::take(only)),
        _ => None,
    };
    wanted.iter().map(|key| bytes(key.as_ref()?)).collect()
}
