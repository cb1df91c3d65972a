//! The parts of a message that are not kept in the index: its HTML and its files.

use postern_query::Attachment;

use super::body::{self, Role};
use super::contents::{AttachmentText, Contents};
use super::{headers, repair};

/// What a message holds beside what can be searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The text as HTML, exactly as it was sent: not safe to show.
    pub html: Option<String>,
    /// The files, in the order of the attachments of the message.
    pub files: Vec<File>,
}

/// A file that came with a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its name, as the sender wrote it.
    pub name: String,
    /// Its media type, as the sender declared it, in lower case.
    pub content_type: String,
    /// Its bytes; nothing where it is packed into a part of Outlook's own (`winmail.dat`).
    pub bytes: Option<Vec<u8>>,
}

impl Parts {
    /// Reads the parts of a raw message; whatever cannot be read is missing.
    ///
    /// ```
    /// use postern_local_index::mail::Parts;
    ///
    /// let parts = Parts::of(b"Content-Type: text/html\n\n<p>Hello");
    /// assert_eq!(parts.html.as_deref(), Some("<p>Hello"));
    /// ```
    #[must_use]
    pub fn of(raw: &[u8]) -> Self {
        let readable = repair::readable(raw);
        let parsed = headers::parse(&readable);
        parsed.map(|parsed| Self::in_message(&parsed)).unwrap_or_default()
    }

    fn in_message(parsed: &mail_parser::Message<'_>) -> Self {
        let raw = parsed.raw_message();
        let (mut html, mut files) = (Vec::new(), Vec::new());
        let mut contents = Contents::new(&AttachmentText::Off);
        for part in &parsed.parts {
            if let Some((_, packed)) =
                body::opened(part, &body::content_type(part), raw, &mut contents)
            {
                files.extend(packed.into_iter().map(File::packed));
                continue;
            }
            match body::role(part, raw) {
                Some(Role::File(name)) => files.push(File {
                    name,
                    content_type: body::content_type(part),
                    bytes: Some(body::file_bytes(part, raw).into_owned()),
                }),
                Some(Role::Rich) => html.push(body::text(part, raw).into_owned()),
                Some(Role::Plain) | None => {}
            }
        }
        Self { html: (!html.is_empty()).then(|| html.join("\n")), files }
    }
}

impl File {
    fn packed(attachment: Attachment) -> Self {
        let Attachment { name, content_type, .. } = attachment;
        let (name, content_type) = (name.unwrap_or_default(), content_type.unwrap_or_default());
        Self { name, content_type, bytes: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Place, parse};

    #[test]
    fn files_stand_in_the_order_of_the_attachments() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\n\n\
            --b\nContent-Type: text/html\n\n<p>rich\n\
            --b\nContent-Type: text/plain; name=a.txt\n\nplain\n\
            --b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=b.pdf\n\
            Content-Transfer-Encoding: base64\n\naGVsbG8=\n\
            --b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=c.eml\n\n\
            Subject: inner\n\ninside\n--b--\n";
        let (parts, message) = (Parts::of(raw), parse(raw, &Place::default()));
        assert_eq!(parts.html.as_deref().map(str::trim), Some("<p>rich"));
        let names: Vec<_> = parts.files.iter().map(|file| Some(file.name.clone())).collect();
        let known: Vec<_> = message.attachments.iter().map(|file| file.name.clone()).collect();
        assert_eq!((names.len(), names), (3, known));
        assert_eq!(
            (parts.files[1].bytes.as_deref(), parts.files[1].content_type.as_str()),
            (Some(&b"hello"[..]), "application/pdf")
        );
        assert!(parts.files[2].bytes.as_ref().unwrap().starts_with(b"Subject: inner"));
        assert_eq!(Parts::of(b""), Parts::default());
    }
}
