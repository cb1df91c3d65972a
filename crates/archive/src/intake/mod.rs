//! Taking in what a source has: noted in the book, stored, read, indexed.

mod writer;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::parse_with;
use postern_query::{Message, Place};

pub use writer::{IntakeWriter, Settled};

use crate::book::{Book, Stored, ToIndex};
use crate::store::Store;
use crate::{Error, MailboxNumber, ToFetch};

/// The book and the store of a data folder, open for writing. There is one at a time for a folder; the
/// system takes the permission back from a dead process.
#[derive(Debug)]
pub struct Intake {
    data: PathBuf,
    book: Mutex<Book>,
    store: Store,
    /// The name of what is collected from.
    source: String,
    attachment_text: AttachmentText,
    /// Readers of attachments that nobody uses now: as many as there were messages at the same time.
    readers: Mutex<Vec<Contents>>,
    _lock: Option<File>,
}

/// A message that is stored, and is on its way to the index.
#[derive(Debug)]
pub struct Arrived {
    stored: Stored,
    message: Box<Message>,
    /// It was downloaded, and the book does not know yet.
    is_new: bool,
}

impl Intake {
    /// Opens book and store below `data` for the mail of a tenant, and makes them where there are none.
    ///
    /// # Errors
    ///
    /// When somebody else has them open, they hold the mail of another tenant, or the disk refuses.
    pub(crate) fn open(
        data: &Path,
        tenant: &str,
        source: &str,
        attachment_text: AttachmentText,
    ) -> Result<Self, Error> {
        let lock = lock(data)?;
        let intake = Self::over(data, tenant, Book::open(data)?, attachment_text, Some(lock))?;
        Ok(Self { source: source.to_owned(), ..intake })
    }

    /// The same over a copy of the book, which is gone in the end: to see what there would be to do.
    ///
    /// # Errors
    ///
    /// When the book cannot be read, or is that of another tenant.
    pub(crate) fn trial(data: &Path, tenant: &str) -> Result<Self, Error> {
        Self::over(data, tenant, Book::copy(data)?, AttachmentText::Off, None)
    }

    fn over(
        data: &Path,
        tenant: &str,
        book: Book,
        attachment_text: AttachmentText,
        lock: Option<File>,
    ) -> Result<Self, Error> {
        book.belongs_to(data, tenant)?;
        Ok(Self {
            data: data.to_owned(),
            book: Mutex::new(book),
            store: Store::below(data),
            source: String::new(),
            attachment_text,
            readers: Mutex::default(),
            _lock: lock,
        })
    }

    /// The book, for as long as nobody else needs it: its calls read or write the disk.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the bytes of a message and reads them. The book is told by the [`IntakeWriter`].
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn store(
        &self,
        mailbox: MailboxNumber,
        address: &str,
        message: ToFetch,
        bytes: &[u8],
    ) -> Result<Arrived, Error> {
        let content = self.store.put(bytes)?;
        let ToFetch { id, fragment, path, created } = message;
        let stored = Stored { mailbox, id, content };
        let to_index = ToIndex { stored, fragment, address: address.to_owned(), path, created };
        let message = self.read(&to_index, bytes);
        Ok(Arrived { stored: to_index.stored, message, is_new: true })
    }

    /// The message with what only the source knows of it.
    fn read(&self, to_index: &ToIndex, bytes: &[u8]) -> Box<Message> {
        let place = Place {
            mailbox: Some(to_index.address.clone()),
            folder: Some(to_index.path.clone()),
            source: Some(self.source.clone()),
            item_id: Some(to_index.stored.id.clone()),
            fragment_id: to_index.fragment.clone(),
            ..Place::NOWHERE
        };
        let idle = self.readers().pop();
        let mut reader = idle.unwrap_or_else(|| Contents::new(&self.attachment_text));
        let message = parse_with(bytes, &place, &mut reader);
        self.readers().push(reader);
        Box::new(Message { received: message.received.or(to_index.created), ..message })
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Contents>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(data: &Path) -> Result<File, Error> {
    let folder = crate::folder(data);
    fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|error| Error::io(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy(folder)),
        Err(TryLockError::Error(error)) => Err(Error::io(&path, error)),
    }
}
