//! What was synced, for those who answer in the place of the service.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use postern_mail::File;

use crate::book::{After, AtSource, Book, Entry, Location, Node, Owner};
use crate::store::Store;
use crate::{Error, NotHere, Status};

/// Book and store of a data folder, open for reading as soon as there is something to read.
#[derive(Debug)]
pub struct Collected {
    data: PathBuf,
    store: Store,
    book: Mutex<Option<Book>>,
    status: Mutex<Option<(i64, Status)>>,
}

/// A mailbox that was synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InMailbox {
    number: i64,
    /// Its address, as messages in the index have it.
    pub address: String,
}

impl Collected {
    /// What was synced below the data folder `data`, now or later.
    pub(crate) fn below(data: &Path) -> Self {
        let store = Store::below(data);
        Self { data: data.to_owned(), store, book: Mutex::default(), status: Mutex::default() }
    }

    /// The mailboxes that were synced, and how much of each is here; cheap while nothing changes.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub(crate) fn status(&self) -> Result<Status, Error> {
        self.with_status(Status::clone)
    }

    /// What can be told of the status without a copy of it.
    pub(crate) fn with_status<T: Default>(
        &self,
        tell: impl FnOnce(&Status) -> T,
    ) -> Result<T, Error> {
        let read = self.with_book(|book| {
            let version = book.version()?;
            let mut known = lock(&self.status);
            match known.as_ref() {
                Some((of, status)) if *of == version => Ok(tell(status)),
                _ => Ok(tell(&known.insert((version, book.status()?)).1)),
            }
        })?;
        Ok(read.unwrap_or_default())
    }

    /// The locations of a source, as they were last listed.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn locations(&self, source: &str) -> Result<Vec<Location>, Error> {
        Ok(self.with_book(|book| book.locations(source))?.unwrap_or_default())
    }

    /// The mailboxes at a location of a source, as they were last listed.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn owners(&self, source: &str, location: &str) -> Result<Vec<Owner>, Error> {
        Ok(self.with_book(|book| book.owners(source, location))?.unwrap_or_default())
    }

    /// The id in the index of an item of a source; nothing where it is not here.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn id_of(&self, source: &str, mailbox: &str, item: &str) -> Result<Option<String>, Error> {
        Ok(self.with_book(|book| book.id_of(source, mailbox, item))?.flatten())
    }

    /// Everything that a source listed and that is not searchable yet.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn not_here(&self) -> Result<Vec<NotHere>, Error> {
        Ok(self.with_book(crate::book::Book::not_here)?.unwrap_or_default())
    }

    /// The items that a message of the index is at the sources that it was synced from.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn at_sources(&self, id: &str) -> Result<Vec<AtSource>, Error> {
        Ok(self.with_book(|book| book.at_sources(id))?.unwrap_or_default())
    }

    /// The mailbox of that address or id, at the location that mail was collected to.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn mailbox(&self, location: &str, source: &str) -> Result<Option<InMailbox>, Error> {
        self.find(location, source, false)
    }

    /// The drive of that address or id, at the location that files were collected to.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn drive(&self, location: &str, source: &str) -> Result<Option<InMailbox>, Error> {
        self.find(location, source, true)
    }

    fn find(
        &self,
        location: &str,
        source: &str,
        is_drive: bool,
    ) -> Result<Option<InMailbox>, Error> {
        let found = self.with_book(|book| book.find(location, source, is_drive))?.flatten();
        Ok(found.map(|found| InMailbox { number: found.number, address: found.address }))
    }

    /// The folders that lie in a node of a mailbox, by name; nothing where there is no such node.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn folders(
        &self,
        mailbox: &InMailbox,
        node: &str,
        offset: u32,
        most: u32,
    ) -> Result<Option<Vec<Node>>, Error> {
        self.within(mailbox, node, |book| book.folders_in(mailbox.number, node, offset, most))
    }

    /// The messages of a folder, or at the root of the whole mailbox, that arrived in that span, both ends
    /// included, oldest first and behind `after`; nothing where there is no such folder.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn messages(
        &self,
        mailbox: &InMailbox,
        node: &str,
        span: [Timestamp; 2],
        after: Option<&After>,
        most: u32,
    ) -> Result<Option<Vec<Entry>>, Error> {
        let folder = (node != Node::ROOT).then_some(node);
        self.within(mailbox, node, |book| book.entries(mailbox.number, folder, span, after, most))
    }

    /// The files of a folder of a drive, or at the root of those at its top, by name; nothing where there
    /// is no such folder.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn files(
        &self,
        drive: &InMailbox,
        node: &str,
        offset: u32,
        most: u32,
    ) -> Result<Option<Vec<Entry>>, Error> {
        self.within(drive, node, |book| book.files(drive.number, node, offset, most))
    }

    /// How many folders lie in a node of a drive.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn folder_count(&self, drive: &InMailbox, node: &str) -> Result<u32, Error> {
        Ok(self.with_book(|book| book.folder_count(drive.number, node))?.unwrap_or_default())
    }

    /// The path of a folder; none at the root.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn path(&self, mailbox: &InMailbox, node: &str) -> Result<String, Error> {
        Ok(self.with_book(|book| book.path(mailbox.number, node))?.unwrap_or_default())
    }

    /// Whether an item of that id lies in a mailbox or drive.
    ///
    /// # Errors
    ///
    /// When the book-keeping cannot be read.
    pub fn has_item(&self, mailbox: &InMailbox, item: &str) -> Result<bool, Error> {
        let found = self.with_book(|book| book.content(mailbox.number, item))?;
        Ok(found.flatten().is_some())
    }

    /// A file of a drive by its id in the index, as its source listed it.
    pub(crate) fn listing(&self, id: &str) -> Result<Option<File>, Error> {
        let found = self.with_book(|book| book.any_of(id))?.flatten();
        Ok(found.filter(|found| found.holds.is_drive()).map(|found| found.file()))
    }

    /// The original of a message by its id upstream, as a stream.
    ///
    /// # Errors
    ///
    /// When book-keeping or store cannot be read.
    pub fn download(
        &self,
        mailbox: &InMailbox,
        item: &str,
    ) -> Result<Option<impl Read + Send + use<>>, Error> {
        let content = self.with_book(|book| book.content(mailbox.number, item))?.flatten();
        content.map_or(Ok(None), |content| self.store.open(&content))
    }

    /// The original of a message by its id in the index, as a stream.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub(crate) fn original(&self, id: &str) -> Result<Option<impl Read + Send + use<>>, Error> {
        let file = self.with_book(|book| book.any_of(id))?.flatten();
        match file.as_ref().filter(|file| file.holds.is_drive()) {
            Some(file) => file.stored_bytes().map_or(Ok(None), |bytes| self.store.open(bytes)),
            None => self.store.open(id),
        }
    }

    fn within<T>(
        &self,
        mailbox: &InMailbox,
        node: &str,
        list: impl FnOnce(&Book) -> Result<Vec<T>, Error>,
    ) -> Result<Option<Vec<T>>, Error> {
        let found = self.with_book(|book| {
            if node != Node::ROOT && !book.has_folder(mailbox.number, node)? {
                return Ok(None);
            }
            list(book).map(Some)
        })?;
        Ok(found.flatten())
    }

    /// Reads the book, which is opened where that was not done yet; nothing where there is none.
    fn with_book<T>(
        &self,
        read: impl FnOnce(&Book) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut opened = lock(&self.book);
        if opened.is_none() {
            *opened = Book::read(&self.data)?;
        }
        opened.as_ref().map(read).transpose()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
