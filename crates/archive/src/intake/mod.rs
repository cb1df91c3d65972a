//! Taking in what a source has: noted in the book, stored, read, indexed.

mod writer;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::{parse_with, read_file};
use postern_query::{Message, Place};

pub use writer::{IntakeWriter, Settled};

use crate::book::{Book, Holds, Stored, ToIndex};
use crate::store::Store;
use crate::{Error, Mailbox, MailboxNumber, ToFetch};

/// The fact that something may be stored that the book does not know.
const STORING: &str = "storing";

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
    /// Messages that were stored, or are just being stored, and that the book does not know; and whether
    /// the book knows that there are such.
    unnoted: Mutex<(usize, bool)>,
    /// Readers of attachments that nobody uses now: as many as there were messages at the same time.
    readers: Mutex<Vec<Contents>>,
    _lock: Option<File>,
}

/// A message that is stored, and is on its way to the index.
#[derive(Debug)]
pub struct Arrived {
    stored: Stored,
    /// What its mailbox holds.
    holds: Holds,
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
        let book = Book::open(data)?;
        Ok(Self { attachment_text, _lock: Some(lock), ..Self::over(data, tenant, source, book)? })
    }

    /// The same over a copy of the book, which is gone in the end: to see what there would be to do.
    ///
    /// # Errors
    ///
    /// When the book cannot be read, or is that of another tenant.
    pub(crate) fn trial(data: &Path, tenant: &str, source: &str) -> Result<Self, Error> {
        Self::over(data, tenant, source, Book::copy(data)?)
    }

    fn over(data: &Path, tenant: &str, source: &str, book: Book) -> Result<Self, Error> {
        book.belongs_to(data, tenant)?;
        Ok(Self {
            data: data.to_owned(),
            book: Mutex::new(book),
            store: Store::below(data),
            source: source.to_owned(),
            attachment_text: AttachmentText::Off,
            unnoted: Mutex::default(),
            readers: Mutex::default(),
            _lock: None,
        })
    }

    /// The book, for as long as nobody else needs it: its calls read or write the disk.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the bytes of a message or file and reads them. The book is told by the [`IntakeWriter`].
    ///
    /// An item that has a message keeps it where these bytes are the same mail: a source may write
    /// other bytes each time that it is asked for the same item.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn store(
        &self,
        number: MailboxNumber,
        mailbox: &Mailbox,
        message: ToFetch,
        bytes: &[u8],
    ) -> Result<Arrived, Error> {
        self.begins_to_store()?;
        let ToFetch { id, fragment, path, created, first, listed, newest, name: _ } = message;
        let stored = Stored { mailbox: number, id, content: String::new(), bytes: None };
        let (source, address, holds) =
            (self.source.clone(), mailbox.address.clone(), mailbox.holds);
        let to_index =
            ToIndex { stored, fragment, source, holds, address, path, created, listed, newest };
        let (content, bytes, message) = match holds {
            Holds::Mail => {
                let (content, message) = self.keep(first, &to_index, bytes)?;
                (content, None, message)
            }
            Holds::Listings | Holds::Documents => {
                let message = self.read_file(&to_index, bytes);
                (message.id.clone(), Some(self.store.put(bytes)?), message)
            }
        };
        let stored = Stored { content, bytes, ..to_index.stored };
        Ok(Arrived { stored, holds, message, is_new: true })
    }

    /// Stores a message, unless the first one that was stored for its item is the same mail.
    fn keep(
        &self,
        first: Option<String>,
        to_index: &ToIndex,
        bytes: &[u8],
    ) -> Result<(String, Box<Message>), Error> {
        let message = self.read(to_index, bytes);
        let first = first.map(|first| self.first(first, to_index, &message)).transpose()?;
        match first.flatten() {
            Some(first) => Ok(first),
            None => Ok((self.store.put(bytes)?, message)),
        }
    }

    /// Notes that something may be stored that the book does not know, for the next run.
    fn begins_to_store(&self) -> Result<(), Error> {
        let mut unnoted = self.unnoted();
        if !unnoted.1 {
            self.book().set_fact(STORING, "yes")?;
        }
        *unnoted = (unnoted.0 + 1, true);
        Ok(())
    }

    /// So many messages of the store are noted now.
    fn has_noted(&self, count: usize) {
        let mut unnoted = self.unnoted();
        unnoted.0 = unnoted.0.saturating_sub(count);
    }

    /// Nothing is stored any more, unless the book does not know of something.
    fn ends_to_store(&self) -> Result<(), Error> {
        let mut unnoted = self.unnoted();
        if *unnoted == (0, true) {
            self.book().set_fact(STORING, "")?;
            unnoted.1 = false;
        }
        Ok(())
    }

    fn unnoted(&self) -> MutexGuard<'_, (usize, bool)> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The message that was stored first for an item, if it is the same mail as that one.
    fn first(
        &self,
        first: String,
        to_index: &ToIndex,
        message: &Message,
    ) -> Result<Option<(String, Box<Message>)>, Error> {
        let Some(bytes) = self.store.get(&first)? else { return Ok(None) };
        let former = self.read(to_index, &bytes);
        Ok(is_same_mail(&former, message).then_some((first, former)))
    }

    /// A message of the store, read again; nothing where the store has lost it. A file without bytes is what
    /// the source listed of it.
    fn message(&self, to_index: &ToIndex) -> Result<Option<Box<Message>>, Error> {
        let Some(stored) = to_index.stored_bytes() else {
            let places = vec![place(to_index)];
            return Ok(Some(Box::new(Message { places, ..to_index.file().message() })));
        };
        let bytes = self.store.get(stored)?;
        Ok(bytes.map(|bytes| match to_index.holds {
            Holds::Mail => self.read(to_index, &bytes),
            Holds::Listings | Holds::Documents => self.read_file(to_index, &bytes),
        }))
    }

    /// A file with its bytes, at the place where it lies now.
    fn read_file(&self, to_index: &ToIndex, bytes: &[u8]) -> Box<Message> {
        let message = self.reading(|reader| read_file(&to_index.file(), bytes, reader));
        Box::new(Message { places: vec![place(to_index)], ..message })
    }

    /// The message with what only the source knows of it.
    fn read(&self, to_index: &ToIndex, bytes: &[u8]) -> Box<Message> {
        let place = place(to_index);
        let message = self.reading(|reader| parse_with(bytes, &place, reader));
        Box::new(Message { received: message.received.or(to_index.created), ..message })
    }

    fn reading(&self, read: impl FnOnce(&mut Contents) -> Message) -> Message {
        let idle = self.readers().pop();
        let mut reader = idle.unwrap_or_else(|| Contents::new(&self.attachment_text));
        let message = read(&mut reader);
        self.readers().push(reader);
        message
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Contents>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where it lies. The top of a drive is no folder.
fn place(to_index: &ToIndex) -> Place {
    Place {
        mailbox: Some(to_index.address.clone()),
        folder: Some(to_index.path.clone()).filter(|path| !path.is_empty()),
        source: Some(to_index.source.clone()),
        item_id: Some(to_index.item()),
        fragment_id: to_index.fragment.clone(),
        ..Place::NOWHERE
    }
}

/// Whether two readings of an item are the same mail, whatever else their bytes say.
fn is_same_mail(one: &Message, other: &Message) -> bool {
    one.subject == other.subject
        && one.sent == other.sent
        && one.importance == other.importance
        && one.categories == other.categories
        && marks(one) == marks(other)
        && addresses(one) == addresses(other)
        && files(one) == files(other)
        && words(one) == words(other)
}

fn marks(message: &Message) -> [Option<bool>; 4] {
    let place = message.place();
    [place.is_read, place.is_draft, place.is_replied, place.is_flagged]
}

fn addresses(message: &Message) -> Vec<String> {
    let Message { to_recipients, cc_recipients, bcc_recipients, .. } = message;
    let recipients = to_recipients.iter().chain(cc_recipients).chain(bcc_recipients);
    let all = recipients.map(|one| one.address.as_ref()).chain([message.from_address.as_ref()]);
    all.flatten().map(|address| address.to_lowercase()).collect()
}

fn files(message: &Message) -> Vec<(Option<&str>, Option<i64>)> {
    message.attachments.iter().map(|file| (file.name.as_deref(), file.size)).collect()
}

fn words(message: &Message) -> Vec<&str> {
    message.body.as_deref().unwrap_or_default().split_whitespace().collect()
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
