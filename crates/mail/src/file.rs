//! Reads the content of a file of a drive or of a folder of documents.

use postern_document::File;
use postern_query::Message;

use crate::contents::{Attached, Contents, Reading};

/// The message for a file with its bytes. Title and author are the source's, else the document's own.
///
/// ```
/// use postern_mail::contents::Contents;
/// use postern_mail::{File, read_file};
///
/// let file = File { name: "plan.txt".into(), ..File::default() };
/// let message = read_file(&file, b"the plan", &mut Contents::default());
/// assert_eq!(message.file().and_then(|file| file.text.as_deref()).map(str::trim), Some("the plan"));
/// ```
#[must_use]
pub fn read_file(file: &File, bytes: &[u8], contents: &mut Contents) -> Message {
    contents.begin();
    let media_type = file.content_type.as_deref().unwrap_or_default();
    let attached = Attached { bytes, name: &file.name, media_type, charset: "" };
    let Reading { text, unread, about } = contents.read(&attached);
    let file = File {
        title: file.title.clone().or(about.title),
        author: file.author.clone().or(about.author),
        ..file.clone()
    };
    file.with_text(text, unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_the_content() {
        let file = File {
            name: "plan.txt".into(),
            content_type: Some("text/plain".into()),
            ..File::default()
        };
        let message = read_file(&file, b"hello", &mut Contents::default());
        let read = message.file().unwrap();
        assert_eq!((read.text.as_deref().map(str::trim), &read.unread), (Some("hello"), &None));
        assert_eq!(message.has_attachments, Some(false));
    }
}
