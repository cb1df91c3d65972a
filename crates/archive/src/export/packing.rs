//! Messages on their way into a package and its manifest.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;

use postern_local_index::search::{Hit, Scope};
use postern_query::Message;

use super::manifest::{Exported, Manifest, mih};
use super::write::Writer;
use super::{Broken, Shelf, Wishes, Written};
use crate::Error;

/// A package on its way.
pub(super) struct Packing<'a, W: Write> {
    writer: Writer<W>,
    done: Written,
    manifest: Option<Manifest>,
    /// The message that was written for each Message-ID, where it is written once.
    seen: Option<HashMap<String, String>>,
    scope: &'a Scope,
}

impl<'a, W: Write> Packing<'a, W> {
    pub(super) fn new(wishes: Wishes, scope: &'a Scope, out: W) -> Result<Self, Broken> {
        let Wishes { format, manifest, once, texts } = wishes;
        let (writer, seen) = (Writer::new(format, &texts, out)?, once.then(HashMap::new));
        Ok(Self { writer, done: Written::default(), manifest, seen, scope })
    }

    pub(super) fn one(&mut self, shelf: &(impl Shelf + ?Sized), hit: &Hit) -> Result<(), Broken> {
        let exported = match self.written_before(&hit.message) {
            Some(first) => Exported { duplicate_of: Some(first), ..Exported::default() },
            None => self.write(shelf, hit)?,
        };
        self.note(&hit.message, &exported)
    }

    /// A message that was found and that the index does not have any more.
    pub(super) fn gone(&mut self, shelf: &(impl Shelf + ?Sized), id: String) -> Result<(), Broken> {
        let message = Message { id, ..Message::default() };
        let hit = Hit { score: 1.0, message, place: 0, snippet: None };
        let exported = self.write(shelf, &hit)?;
        let is_lost = exported.is_lost || !self.writer.wants_original();
        self.note(&hit.message, &Exported { is_lost, ..exported })
    }

    fn note(&mut self, message: &Message, exported: &Exported) -> Result<(), Broken> {
        self.done.lost += usize::from(exported.is_lost);
        match &mut self.manifest {
            Some(manifest) => Ok(manifest.add(message, self.scope, exported)?),
            None => Ok(()),
        }
    }

    /// The message that was written with the same Message-ID.
    fn written_before(&mut self, message: &Message) -> Option<String> {
        let (seen, id) = (self.seen.as_mut()?, message.internet_message_id.as_deref()?);
        match seen.entry(mih(id)) {
            Entry::Occupied(first) => Some(first.get().clone()),
            Entry::Vacant(place) => {
                place.insert(message.id.clone());
                None
            }
        }
    }

    fn write(&mut self, shelf: &(impl Shelf + ?Sized), hit: &Hit) -> Result<Exported, Broken> {
        self.done.messages += 1;
        if !self.writer.wants_original() {
            self.writer.fields(&hit.there())?;
            return Ok(Exported::default());
        }
        let original = match shelf.original(&hit.message.id) {
            Ok(original) if hit.message.is_file() => Ok(original),
            Ok(original) => Ok(original.into_eml().map_err(Broken::Original)?.original),
            Err(Error::Lost(lost)) => Err(lost),
            Err(error) => return Err(error.into()),
        };
        self.writer.original(hit, original)
    }

    /// Ends it, and gives the manifest back where it has to lie beside.
    pub(super) fn finish(self) -> Result<(Written, Option<Manifest>), Broken> {
        let (sha256, manifest) = self.writer.finish(self.manifest)?;
        Ok((Written { manifest: sha256, ..self.done }, manifest))
    }
}
