//! The parts of a message that are not kept in the index: its HTML and its files.

use std::ops::ControlFlow;

use mail_parser::MessagePart;
use postern_query::Attachment;

use super::body;
use super::repair::Readable;
use super::role::{self, Role};
use super::uuencode;
use crate::contents::{AttachmentText, Contents};

/// A file that came with a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its name, as the sender wrote it; a made-up one where it has none.
    pub name: String,
    /// Its media type, as the sender declared it, in lower case.
    pub content_type: String,
    /// Its bytes; nothing where it is packed into a part of Outlook's own (`winmail.dat`).
    pub bytes: Option<Vec<u8>>,
}

/// The text of a raw message as HTML, exactly as it was sent: not safe to show. At most the first 8 MiB;
/// nothing where it has none.
///
/// ```
/// assert_eq!(postern_mail::html_of(b"Content-Type: text/html\n\n<p>Hello").as_deref(), Some("<p>Hello"));
/// ```
#[must_use]
pub fn html_of(raw: &[u8]) -> Option<String> {
    let readable = Readable::of(raw);
    let parsed = readable.parse()?;
    let mut html = None::<String>;
    parts(&parsed, |part| {
        if let Part::Plain(part, Some(Role::Rich)) = part {
            let html = html.get_or_insert_default();
            if !html.is_empty() {
                html.push('\n');
            }
            html.push_str(&body::text(part, parsed.raw_message()));
            if html.len() >= crate::MAX_TEXT {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    html
}

/// The file of a raw message that is the attachment of that number, from 0.
#[must_use]
pub fn file_of(raw: &[u8], number: usize) -> Option<AttachedFile> {
    let readable = Readable::of(raw);
    let parsed = readable.parse()?;
    let (mut before, mut found) = (0, None);
    parts(&parsed, |part| {
        let files = part.files(parsed.raw_message());
        if number < before + files {
            found = part.into_files(parsed.raw_message()).into_iter().nth(number - before);
            return ControlFlow::Break(());
        }
        before += files;
        ControlFlow::Continue(())
    });
    found
}

/// Hands over the files of a raw message in the order of its attachments, until it is told to stop.
///
/// ```
/// use std::ops::ControlFlow;
///
/// let raw = b"Content-Type: application/pdf; name=a.pdf\n\nbytes";
/// let mut names = Vec::new();
/// postern_mail::files_of(raw, |file| {
///     names.push(file.name);
///     ControlFlow::Continue(())
/// });
/// assert_eq!(names, ["a.pdf"]);
/// ```
pub fn files_of(raw: &[u8], mut take: impl FnMut(AttachedFile) -> ControlFlow<()>) {
    let readable = Readable::of(raw);
    let Some(parsed) = readable.parse() else { return };
    parts(&parsed, |part| {
        part.into_files(parsed.raw_message()).into_iter().try_for_each(&mut take)
    });
}

/// The bytes of the part of a raw message that its HTML calls `cid:` and this id
/// ([RFC 2392](https://www.rfc-editor.org/rfc/rfc2392)), such as a picture in the text.
///
/// ```
/// let raw = b"Content-Type: image/png\nContent-ID: <logo@x>\n\nbytes";
/// assert_eq!(postern_mail::linked(raw, "logo@x").as_deref(), Some(&b"bytes"[..]));
/// assert_eq!(postern_mail::linked(raw, "other@x"), None);
/// ```
#[must_use]
pub fn linked(raw: &[u8], id: &str) -> Option<Vec<u8>> {
    let readable = Readable::of(raw);
    let parsed = readable.parse()?;
    let raw = parsed.raw_message();
    let part = parsed.parts.iter().find(|part| role::has_id(part, id, raw))?;
    Some(body::file_bytes(part, raw).into_owned())
}

/// A part of a message.
enum Part<'p> {
    /// One of Outlook's own, with the files in it.
    Packed(Vec<Attachment>),
    Plain(&'p MessagePart<'p>, Option<Role>),
}

/// Looks at one part after the other.
fn parts(parsed: &mail_parser::Message<'_>, mut look: impl FnMut(Part<'_>) -> ControlFlow<()>) {
    let raw = parsed.raw_message();
    let mut contents = Contents::new(&AttachmentText::Off);
    for (part, role) in parsed.parts.iter().zip(role::roles(parsed)) {
        let kind = body::content_type(part);
        let part = match body::opened(part, &kind, raw, &mut contents) {
            Some((_, packed)) => Part::Packed(packed),
            None => Part::Plain(part, role),
        };
        if look(part).is_break() {
            return;
        }
    }
}

impl Part<'_> {
    /// How many files it is.
    fn files(&self, raw: &[u8]) -> usize {
        match self {
            Self::Packed(files) => files.len(),
            Self::Plain(_, Some(Role::File(_))) => 1,
            Self::Plain(part, Some(Role::Plain)) => body::files_in_text(part, raw).len(),
            Self::Plain(_, Some(Role::Rich) | None) => 0,
        }
    }

    fn into_files(self, raw: &[u8]) -> Vec<AttachedFile> {
        match self {
            Self::Packed(files) => files.into_iter().map(AttachedFile::packed).collect(),
            Self::Plain(part, Some(Role::File(name))) => {
                let content_type = Some(body::content_type(part));
                let file = Attachment { name, content_type, ..Attachment::default() };
                let bytes = Some(body::file_bytes(part, raw).into_owned());
                vec![AttachedFile { bytes, ..AttachedFile::packed(file) }]
            }
            Self::Plain(part, Some(Role::Plain)) => {
                body::files_in_text(part, raw).into_iter().map(AttachedFile::of_text).collect()
            }
            Self::Plain(_, Some(Role::Rich) | None) => Vec::new(),
        }
    }
}

impl AttachedFile {
    fn of_text(file: uuencode::File) -> Self {
        let content_type = Some(uuencode::MEDIA_TYPE.to_owned());
        let known = Attachment { name: file.name, content_type, ..Attachment::default() };
        Self { bytes: Some(file.bytes), ..Self::packed(known) }
    }

    fn packed(attachment: Attachment) -> Self {
        let name = attachment.shown_name().to_owned();
        Self { name, content_type: attachment.content_type.unwrap_or_default(), bytes: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use postern_query::Place;

    #[test]
    fn files_stand_in_the_order_of_the_attachments() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\n\n\
            --b\nContent-Type: text/html\n\n<p>rich\n\
            --b\nContent-Type: text/plain; name=a.txt\n\nplain\n\
            --b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=b.pdf\n\
            Content-Transfer-Encoding: base64\n\naGVsbG8=\n\
            --b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=c.eml\n\n\
            Subject: inner\n\ninside\n\
            --b\nContent-Type: message/rfc822\n\nSubject: inner\n\ninside\n--b--\n";
        let message = parse(raw, &Place::default());
        let files: Vec<_> = (0..5).map_while(|number| file_of(raw, number)).collect();
        let mut handed = Vec::new();
        files_of(raw, |file| {
            handed.push(file);
            ControlFlow::Continue(())
        });
        assert_eq!(handed, files);
        assert_eq!(html_of(raw).as_deref().map(str::trim), Some("<p>rich"));
        let names: Vec<_> = files.iter().map(|file| Some(file.name.clone())).collect();
        let known: Vec<_> =
            message.attachments.iter().map(|file| Some(file.shown_name().to_owned())).collect();
        assert_eq!((names.len(), names), (4, known));
        assert_eq!(files[3].name, "attachment.eml");
        assert_eq!(
            (files[1].bytes.as_deref(), files[1].content_type.as_str()),
            (Some(&b"hello"[..]), "application/pdf")
        );
        assert!(files[2].bytes.as_ref().unwrap().starts_with(b"Subject: inner"));
        assert_eq!((html_of(b""), file_of(b"", 0)), (None, None));
    }

    #[test]
    fn much_html_is_cut() {
        let part = format!("--b\nContent-Type: text/html\n\n{}\n", "x".repeat(3 << 20));
        let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", part.repeat(5));
        let length = html_of(raw.as_bytes()).unwrap().len();
        assert!((crate::MAX_TEXT..crate::MAX_TEXT + (3 << 20)).contains(&length), "{length}");
    }
}
