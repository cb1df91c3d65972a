//! Texts that an index does not keep: those of attachments and files, read again from their bytes.

use std::io::{self, Cursor, Read};

use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::{File, parse_with, read_file};
use postern_query::{Message, Place};

/// Bytes of a file that is read as a text. Of a larger one nothing is.
const MOST: u64 = 64 << 20;

/// Reads texts.
pub(super) struct Texts(Contents);

impl Texts {
    pub(super) fn new(which: &AttachmentText) -> Self {
        Self(Contents::new(which))
    }

    /// The texts of the attachments of mail, in their order.
    pub(super) fn of_mail(&mut self, raw: &[u8]) -> impl Iterator<Item = Option<String>> + use<> {
        let read = parse_with(raw, &Place::default(), &mut self.0);
        read.attachments.into_iter().map(|file| file.text)
    }

    /// The text of a file, and all of its bytes from the beginning.
    pub(super) fn of_file(
        &mut self,
        message: &Message,
        mut from: Box<dyn Read + Send>,
    ) -> io::Result<(String, Box<dyn Read + Send>)> {
        let mut head = Vec::new();
        from.by_ref().take(MOST + 1).read_to_end(&mut head)?;
        let is_whole = head.len() as u64 <= MOST;
        let text = if is_whole { self.of_bytes(message, &head) } else { None };
        Ok((text.unwrap_or_default(), Box::new(Cursor::new(head).chain(from))))
    }

    fn of_bytes(&mut self, message: &Message, bytes: &[u8]) -> Option<String> {
        let known = message.file()?;
        let (name, content_type) = (known.name.clone()?, known.content_type.clone());
        let file = File { name, content_type, ..File::default() };
        read_file(&file, bytes, &mut self.0).attachments.into_iter().next()?.text
    }
}
