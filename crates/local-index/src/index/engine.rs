//! The writing side of the search engine, started when there is something to write.

use std::any::Any;
use std::sync::Arc;

use postern_query::schema::StringField;
use tantivy::schema::Document;
use tantivy::{IndexWriter, TantivyDocument, Term};

use super::schema;
use super::writer::Options;
use crate::search::Error;

/// Bytes that one writing thread needs at least.
const THREAD_BYTES: usize = 16 << 20;

/// Whatever is to be given back when a message is not waiting any more.
pub(crate) type Room = Arc<dyn Any + Send + Sync>;

/// A document on its way through the queue of the engine, which counts documents, not bytes.
pub(super) struct Queued {
    document: TantivyDocument,
    _room: Option<Room>,
}

impl Queued {
    pub(super) const fn new(document: TantivyDocument, room: Option<Room>) -> Self {
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
pub(super) struct Engine {
    index: tantivy::Index,
    options: Options,
    writer: Option<IndexWriter<Queued>>,
}

impl Engine {
    pub(super) const fn new(index: tantivy::Index, options: Options) -> Self {
        Self { index, options, writer: None }
    }

    pub(super) fn add(&mut self, document: Queued) -> Result<(), Error> {
        self.writer()?.add_document(document)?;
        Ok(())
    }

    /// Removes the message of that id.
    pub(super) fn delete(&mut self, id: &str) -> Result<(), Error> {
        let term = Term::from_field_text(schema::whole(StringField::Id), id);
        self.writer()?.delete_term(term);
        Ok(())
    }

    /// Commits with a note.
    pub(super) fn commit(&mut self, note: &str) -> Result<(), Error> {
        let mut commit = self.writer()?.prepare_commit()?;
        commit.set_payload(note);
        commit.commit()?;
        Ok(())
    }

    /// Waits for work in the background to end.
    pub(super) fn close(self) -> Result<(), Error> {
        Ok(self.writer.map_or(Ok(()), IndexWriter::wait_merging_threads)?)
    }

    fn writer(&mut self) -> Result<&mut IndexWriter<Queued>, Error> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => started(&self.index, &self.options)?,
        };
        Ok(self.writer.insert(writer))
    }
}

fn started(index: &tantivy::Index, options: &Options) -> Result<IndexWriter<Queued>, Error> {
    let affordable = (options.memory_bytes / THREAD_BYTES).max(1);
    let threads = options.threads.clamp(1, affordable);
    let bytes = options.memory_bytes.max(THREAD_BYTES);
    let writer = index.writer_with_num_threads(threads, bytes.min(threads * (2 << 30)))?;
    // What a killed commit left behind has names that the next commit may want to give.
    writer.garbage_collect_files().wait()?;
    Ok(writer)
}
