//! The writing side of the search engine, started when there is something to write.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;

use postern_query::schema::StringField;
use tantivy::index::SegmentId;
use tantivy::merge_policy::{LogMergePolicy, MergePolicy as _, NoMergePolicy};
use tantivy::schema::Document;
use tantivy::{IndexWriter, TantivyDocument, Term};

use super::writer::Options;
use crate::Error;
use crate::format::disk::Disk;
use crate::format::schema;

/// Bytes that one writing thread needs at least.
const THREAD_BYTES: usize = 16 << 20;

/// Fewer segments than these are not merged.
const LEAST_MERGED: usize = 8;

/// Whatever is to be given back when a message is not waiting any more.
pub type Room = Arc<dyn Any + Send + Sync>;

/// A document on its way through the queue of the engine, which counts documents, not bytes.
pub(crate) struct Queued {
    document: TantivyDocument,
    _room: Option<Room>,
}

impl Queued {
    pub(crate) const fn new(document: TantivyDocument, room: Option<Room>) -> Self {
        Self { document, _room: room }
    }
}

impl Document for Queued {
    type Value<'a> = <TantivyDocument as Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }
}

/// The index, and what writes it: that has threads, memory and files of its own.
pub(crate) struct Engine {
    index: tantivy::Index,
    disk: Disk,
    folder: PathBuf,
    options: Options,
    writer: Option<IndexWriter<Queued>>,
}

impl Engine {
    pub(crate) const fn new(
        index: tantivy::Index,
        disk: Disk,
        folder: PathBuf,
        options: Options,
    ) -> Self {
        Self { index, disk, folder, options, writer: None }
    }

    pub(crate) fn add(&mut self, document: Queued) -> Result<(), Error> {
        self.work(|writer| writer.add_document(document))?;
        Ok(())
    }

    /// Removes the message of that id.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), Error> {
        let term = Term::from_field_text(schema::whole(StringField::Id), id);
        self.work(|writer| Ok(writer.delete_term(term)))?;
        Ok(())
    }

    /// Commits with a note.
    pub(crate) fn commit(&mut self, note: &str) -> Result<(), Error> {
        self.work(|writer| {
            let mut commit = writer.prepare_commit()?;
            commit.set_payload(note);
            commit.commit()
        })?;
        Ok(())
    }

    /// Merges small segments, and waits for it. That is done between two commits: while messages are
    /// being added, memory has no room for what is merged.
    pub(crate) fn merge(&mut self) -> Result<(), Error> {
        loop {
            let segments = self.index.searchable_segment_metas()?;
            let found = LogMergePolicy::default().compute_merge_candidates(&segments);
            let groups = found.iter().map(|group| self.affordable(&group.0));
            let Some(group) = groups.flatten().next() else { return Ok(()) };
            self.work(|writer| writer.merge(&group).wait())?;
        }
    }

    /// As many of these segments, the smallest first, as may be merged at once; all that is merged
    /// comes into memory. None if they are too few to be worth it.
    fn affordable(&self, group: &[SegmentId]) -> Option<Vec<SegmentId>> {
        let mut sizes: Vec<_> =
            group.iter().map(|segment| (self.bytes(*segment), *segment)).collect();
        sizes.sort_unstable();
        let mut room = self.options.memory_bytes as u64;
        let fitting = sizes.into_iter().map_while(|(bytes, segment)| {
            room = room.checked_sub(bytes)?;
            Some(segment)
        });
        Some(fitting.collect::<Vec<_>>()).filter(|fitting| fitting.len() >= LEAST_MERGED)
    }

    /// Bytes of the files of a segment, which are named like it.
    fn bytes(&self, segment: SegmentId) -> u64 {
        let Ok(files) = self.folder.read_dir() else { return u64::MAX };
        let name = segment.uuid_string();
        let own =
            files.flatten().filter(|file| file.file_name().to_string_lossy().starts_with(&name));
        own.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    /// Waits for work in the background to end.
    pub(crate) fn close(self) -> Result<(), Error> {
        let ended = self.writer.map_or(Ok(()), IndexWriter::wait_merging_threads);
        ended.map_err(|error| self.disk.why(error))
    }

    /// Does something with the writer, which is started for it.
    fn work<T>(
        &mut self,
        work: impl FnOnce(&mut IndexWriter<Queued>) -> tantivy::Result<T>,
    ) -> Result<T, Error> {
        let started = self.writer.take().map_or_else(|| started(&self.index, &self.options), Ok);
        let done = started.and_then(|writer| work(self.writer.insert(writer)));
        done.map_err(|error| self.disk.why(error))
    }
}

fn started(index: &tantivy::Index, options: &Options) -> tantivy::Result<IndexWriter<Queued>> {
    let affordable = (options.memory_bytes / THREAD_BYTES).max(1);
    let threads = options.threads.clamp(1, affordable);
    let bytes = options.memory_bytes.max(THREAD_BYTES);
    let writer = index.writer_with_num_threads(threads, bytes.min(threads * (2 << 30)))?;
    // See `Engine::merge`.
    writer.set_merge_policy(Box::new(NoMergePolicy));
    // What a killed commit left behind has names that the next commit may want to give.
    writer.garbage_collect_files().wait()?;
    Ok(writer)
}
