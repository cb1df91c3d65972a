//! The disk is full from the first, the second, … write of the engine on: each time that is said, and
//! what was committed before is kept.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use postern_query::Message;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, FileSlice, Lock, MmapDirectory,
    TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

use super::{SameId, Writer};
use crate::Error;
use crate::format::disk::Disk;
use crate::search::Index;
use crate::testing::{NOW, occurrence, small};

/// A disk with room for so many writes.
#[derive(Clone, Debug)]
struct Small {
    inner: MmapDirectory,
    room: Room,
}

#[derive(Clone, Debug)]
struct Room(Arc<AtomicUsize>);

impl Room {
    fn take(&self) -> io::Result<()> {
        let left = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| io::ErrorKind::StorageFull.into())
    }
}

struct File {
    inner: WritePtr,
    room: Room,
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room.take()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.room.take()?;
        self.inner.flush()
    }
}

impl TerminatingWrite for File {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.room.take()?;
        self.inner.terminate_ref(token)
    }
}

impl Directory for Small {
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
        let full = |error| OpenWriteError::wrap_io_error(error, path.to_owned());
        self.room.take().map_err(full)?;
        let inner = self.inner.open_write(path)?;
        Ok(BufWriter::new(Box::new(File { inner, room: self.room.clone() })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.inner.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.room.take()?;
        self.inner.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.room.take()?;
        self.inner.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.room.take().map_err(LockError::wrap_io_error)?;
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}

/// Adds three messages in two commits, the second with a message that takes the place of another.
fn fill(data: &Path, room: usize) -> Result<(), Error> {
    let room = Room(Arc::new(AtomicUsize::new(room)));
    let mut writer = Writer::open_on(data, &small(), |folder, committer| {
        std::fs::create_dir_all(folder.tantivy())?;
        let inner = MmapDirectory::open(folder.tantivy()).map_err(tantivy::TantivyError::from)?;
        Ok(Disk::new(Box::new(Small { inner, room }), folder.signature(), committer))
    })?;
    for ids in [&["a", "b"][..], &["a", "c"]] {
        for id in ids {
            let message = Message { id: (*id).into(), ..Message::default() };
            writer.add(&occurrence("f", ""), &message, SameId::Replaces)?;
        }
        writer.commit(NOW)?;
    }
    writer.close()
}

#[test]
fn every_write_of_the_engine_says_that_the_disk_is_full() {
    let mut room = 0;
    loop {
        let data = tempfile::tempdir().unwrap();
        let filled = fill(data.path(), room);
        let found = Index::open(data.path()).map_or(0, |index| index.coverage().indexed);
        match filled {
            Ok(()) => {
                assert_eq!(found, 3);
                break;
            }
            Err(error) => assert!(matches!(error, Error::NoSpace(_)), "{room}: {error:?}"),
        }
        assert!([0, 2, 3].contains(&found), "{room}: whole commits, not {found}");
        fill(data.path(), usize::MAX).unwrap();
        assert_eq!(Index::open(data.path()).unwrap().coverage().indexed, 3, "{room}");
        room += 1;
    }
    assert!(room > 40, "each file of two commits is written, not {room} times in all");
}
