//! The folder of the engine: it remembers that the disk was full, and signs what has no checksum.

use std::fmt::Debug;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::TantivyError;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, FileSlice, Lock, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};

use super::signature;
use crate::Error;
use crate::error::is_full;

/// The file that says which files the index is made of.
pub(crate) const META: &str = "meta.json";

/// What has to be told what the index is made of before that is written down: then the index commits.
pub(crate) trait Commit: Debug + Send + Sync {
    /// Commits what belongs to an index of which [`META`] says this.
    ///
    /// # Errors
    ///
    /// When the disk refuses. Then the index does not commit either.
    fn commit(&self, meta: &[u8]) -> io::Result<()>;
}

/// The folder of the engine. Its threads tell of a fault of theirs in words, if at all; here stands what
/// the system said.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    inner: Box<dyn Directory>,
    /// Where the signature of [`META`] lies.
    signature: PathBuf,
    commit: Arc<dyn Commit>,
    full: Full,
}

/// The first refusal of a full disk, if there was one.
#[derive(Clone, Debug, Default)]
struct Full(Arc<Mutex<Option<io::Error>>>);

impl Full {
    fn note(&self, error: &io::Error) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_full(error) && first.is_none() {
            *first = Some(io::Error::new(error.kind(), error.to_string()));
        }
    }

    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| self.note(error))
    }
}

impl Disk {
    pub(crate) fn new(
        inner: Box<dyn Directory>,
        signature: PathBuf,
        commit: impl Commit + 'static,
    ) -> Self {
        Self { inner, signature, commit: Arc::new(commit), full: Full::default() }
    }

    /// Writes down what the index is made of, where that was committed and signed before.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn publish(&self, meta: &[u8]) -> io::Result<()> {
        self.inner.atomic_write(Path::new(META), meta)
    }

    /// Signs and commits what the index is made of, and writes it down.
    fn commit(&self, meta: &[u8]) -> io::Result<()> {
        signature::sign(&self.signature, meta)?;
        self.commit.commit(meta)?;
        self.publish(meta)
    }

    /// Why the engine failed: for lack of space, whatever it says, where there was none.
    pub(crate) fn why(&self, error: TantivyError) -> Error {
        let full = self.full.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        full.map_or_else(|| error.into(), Error::from)
    }
}

/// A file that is being written.
struct Noted {
    inner: WritePtr,
    full: Full,
}

impl Write for Noted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes);
        self.full.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inner.flush();
        self.full.noted(flushed)
    }
}

impl TerminatingWrite for Noted {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        let ended = self.inner.terminate_ref(token);
        self.full.noted(ended)
    }
}

impl Directory for Disk {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inner.get_file_handle(path)
    }

    fn open_read(&self, path: &Path) -> Result<FileSlice, OpenReadError> {
        self.inner.open_read(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let inner = self.inner.open_write(path).inspect_err(|error| match error {
            OpenWriteError::IoError { io_error, .. } => self.full.note(io_error),
            OpenWriteError::FileAlreadyExists(_) => {}
        })?;
        Ok(BufWriter::new(Box::new(Noted { inner, full: self.full.clone() })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.inner.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let is_meta = path.as_os_str() == META;
        let written = if is_meta { self.commit(data) } else { self.inner.atomic_write(path, data) };
        self.full.noted(written)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.full.noted(self.inner.sync_directory())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock).inspect_err(|error| match error {
            LockError::IoError(error) => self.full.note(error),
            LockError::LockBusy => {}
        })
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}
