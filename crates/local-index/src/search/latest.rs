//! The last commit of an index, as whoever searches finds it.
//!
//! The engine could watch the folder, with a thread for each index: a command that searches once waits for that
//! thread to start, and a gateway of many tenants has as many of them. Whoever searches looks by himself instead, once
//! a second.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tantivy::{IndexReader, ReloadPolicy, Searcher};
use tracing::warn;

use crate::Error;
use crate::format::disk::META;
use crate::format::folder::Folder;

/// For how long nobody looks again.
const LASTING: Duration = Duration::from_secs(1);

/// Tells one commit from another: the file that names it is always a new one.
type Mark = (u64, i64, i64);

/// The last commit that was noticed.
pub(crate) struct Latest {
    reader: IndexReader,
    /// What names the commit. Nobody writes an index of a former format, and the one that takes its place has other
    /// fields: of that one there is no later commit.
    meta: Option<PathBuf>,
    looked: Mutex<Looked>,
}

/// When somebody looked, and what he saw.
struct Looked {
    at: Instant,
    mark: Option<Mark>,
}

impl Latest {
    /// # Errors
    ///
    /// When the index cannot be read.
    pub(crate) fn of(engine: &tantivy::Index, folder: &Folder) -> Result<Self, Error> {
        let meta = (!folder.is_former()?).then(|| folder.tantivy().join(META));
        // What is opened is this commit or a later one.
        let looked = Looked { at: Instant::now(), mark: meta.as_deref().and_then(mark) };
        let policy = ReloadPolicy::Manual;
        let reader = engine.reader_builder().reload_policy(policy).try_into()?;
        Ok(Self { reader, meta, looked: Mutex::new(looked) })
    }

    /// The commit that is searched now. While another one is opened, others search the one before.
    pub(crate) fn searcher(&self) -> Searcher {
        let looked = match self.looked.try_lock() {
            Ok(looked) => Some(looked),
            Err(TryLockError::Poisoned(looked)) => Some(looked.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(mut looked) = looked.filter(|looked| looked.at.elapsed() >= LASTING) {
            looked.at = Instant::now();
            self.look(&mut looked);
        }
        self.reader.searcher()
    }

    /// Opens the last commit now.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        let Some(meta) = &self.meta else { return Ok(()) };
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = mark(meta);
        self.reader.reload()?;
        *looked = Looked { at: Instant::now(), mark };
        Ok(())
    }

    /// What cannot be opened is tried again at the next look.
    fn look(&self, looked: &mut Looked) {
        let mark = self.meta.as_deref().and_then(mark);
        if mark == looked.mark {
            return;
        }
        match self.reader.reload() {
            Ok(()) => looked.mark = mark,
            Err(error) => warn!(%error, "the last commit of the index cannot be opened"),
        }
    }
}

/// Nothing where the file cannot be looked at.
fn mark(meta: &Path) -> Option<Mark> {
    let metadata = fs::metadata(meta).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use postern_query::Message;

    use super::*;
    use crate::search::Index;
    use crate::testing::{NOW, index_of, occurrence, source, writer};
    use crate::write::SameId;

    fn message(id: &str) -> Message {
        Message { id: id.to_owned(), ..Message::default() }
    }

    /// Asks until that many messages are seen; what never comes fails the test.
    fn sees(index: &Index, count: u64) {
        let end = Instant::now() + Duration::from_secs(60);
        while index.totals().indexed != count {
            assert!(Instant::now() < end, "{} and not {count}", index.totals().indexed);
            sleep(Duration::from_millis(20));
        }
    }

    fn commit(data: &Path, id: &str) {
        let mut writer = writer(data);
        writer.add(&occurrence(id, ""), &message(id), SameId::Keeps).unwrap();
        writer.record(&source(id, 0), Vec::new()).unwrap();
        writer.commit(NOW).unwrap();
    }

    #[test]
    fn who_asks_notices_each_commit() {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &[vec![message("1")]]);
        sees(&index, 1);
        commit(data.path(), "2");
        sees(&index, 2);
        commit(data.path(), "3");
        sees(&index.clone(), 3);
        sees(&index, 3);
    }

    /// Of an index that is taken away, what was opened is searched on; nobody fails, and the next one is noticed.
    #[test]
    fn what_cannot_be_opened_is_tried_again() {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &[vec![message("1")]]);
        let meta = data.path().join("index/tantivy").join(META);
        let whole = fs::read(&meta).unwrap();
        fs::remove_file(&meta).unwrap();
        fs::write(&meta, "{").unwrap();
        sleep(LASTING);
        assert_eq!(index.searcher().num_docs(), 1);
        fs::write(&meta, whole).unwrap();
        commit(data.path(), "2");
        sees(&index, 2);
    }
}
