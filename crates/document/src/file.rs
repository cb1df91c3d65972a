//! A file of a drive or of a folder of documents, as an item of the index.

use jiff::Timestamp;
use postern_query::{Attachment, FILE, Message, NO_CONTENT, Place};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::moment;

/// What is known of one version of a file.
///
/// ```
/// use postern_document::File;
///
/// let file = File {
///     source: "datatap".into(),
///     owner: Some("ann@contoso.com".into()),
///     item: "01ABC".into(),
///     name: "Plan.docx".into(),
///     folder: Some("Documents/2024".into()),
///     ..File::default()
/// };
/// let line = file.to_line();
/// assert_eq!(File::from_line(&line)?, file);
/// let message = postern_document::from_json(&line)?;
/// assert_eq!((&message, message.id.len()), (&file.message(), 32));
/// assert_eq!(message.file().and_then(|file| file.name.as_deref()), Some("Plan.docx"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct File {
    /// Configured name of the source.
    pub source: String,
    /// Whose drive it lies in, by address where one is known; nobody's for files of this machine.
    pub owner: Option<String>,
    /// The source's id of the item, or its path.
    pub item: String,
    /// The source's id of this version. Empty where the source keeps only one.
    pub version: String,
    /// The [id](File::id) of the newest version, if this is an older one.
    pub newest: Option<String>,
    /// Its name, with the extension.
    pub name: String,
    /// The path of its folder, separated by `/`.
    pub folder: Option<String>,
    /// Bytes of it.
    pub size: Option<i64>,
    /// When it was made.
    #[serde(rename = "createdDateTime", with = "moment")]
    pub created: Option<Timestamp>,
    /// When it was last changed.
    #[serde(rename = "modifiedDateTime", with = "moment")]
    pub modified: Option<Timestamp>,
    /// Who wrote it: a name or an address.
    pub author: Option<String>,
    /// Its title, if it has another than its name.
    pub title: Option<String>,
    /// Media type in lower case, such as `application/pdf`.
    pub content_type: Option<String>,
}

/// A file as one line of JSON, which says that it is one.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(flatten)]
    file: File,
}

impl File {
    /// Its id: the first 32 hex digits of the SHA-256 of source, owner, item and version, with line feeds
    /// between. So a file that changes keeps its id, and equal bytes elsewhere are another file.
    ///
    /// ```
    /// use postern_document::{File, id_of};
    ///
    /// let file = File { source: "files".into(), item: "/srv/a.txt".into(), ..File::default() };
    /// assert_eq!(file.id(), id_of(b"files\n\n/srv/a.txt\n"));
    /// ```
    #[must_use]
    pub fn id(&self) -> String {
        let owner = self.owner.as_deref().unwrap_or_default();
        crate::id_of([&*self.source, owner, &*self.item, &*self.version].join("\n").as_bytes())
    }

    /// What is known of it as one line of JSON: the original of a file whose bytes are not here.
    #[must_use]
    pub fn to_line(&self) -> String {
        self.to_value().to_string()
    }

    /// The same as a JSON value.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        let line = Line { kind: FILE.to_owned(), id: self.id(), file: self.clone() };
        // Text and numbers can always be written.
        serde_json::to_value(line).unwrap_or_default()
    }

    /// Reads a line back. Its id is computed, whatever the line says.
    ///
    /// # Errors
    ///
    /// When the text is not a JSON object of the kind `file` with fields of the right types.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        let line: Line = serde_json::from_str(line)?;
        if line.kind != FILE {
            return Err(serde_json::Error::custom("it is not of the kind file"));
        }
        Ok(line.file)
    }

    /// The message for a file whose bytes are not here.
    #[must_use]
    pub fn message(&self) -> Message {
        self.with_text(None, Some(NO_CONTENT.to_owned()))
    }

    /// The message for a file with that text, or with the reason why there is none.
    #[must_use]
    pub fn with_text(&self, text: Option<String>, unread: Option<String>) -> Message {
        let (from_address, from_name) = match self.author.clone() {
            Some(author) if author.contains('@') => (Some(author), None),
            author => (None, author),
        };
        Message {
            id: self.id(),
            kind: Some(FILE.to_owned()),
            subject: self.title.clone(),
            from_address,
            from_name,
            received: self.modified,
            created: self.created,
            modified: self.modified,
            has_attachments: Some(false),
            attachments: vec![self.attachment(text, unread)],
            size: self.size,
            version: Some(self.version.clone()).filter(|version| !version.is_empty()),
            newest: self.newest.clone(),
            places: vec![self.place()],
            ..Message::default()
        }
    }

    fn attachment(&self, text: Option<String>, unread: Option<String>) -> Attachment {
        let (name, content_type) = (Some(self.name.clone()), self.content_type.clone());
        Attachment { name, content_type, size: self.size, text, unread }
    }

    fn place(&self) -> Place {
        Place {
            mailbox: self.owner.clone(),
            folder: self.folder.clone(),
            source: Some(self.source.clone()),
            item_id: Some(self.item.clone()),
            ..Place::NOWHERE
        }
    }
}

/// What a message of the kind file tells of the file, at its first place.
impl From<&Message> for File {
    fn from(message: &Message) -> Self {
        let (file, place) = (message.file().cloned().unwrap_or_default(), message.place().clone());
        Self {
            source: place.source.unwrap_or_default(),
            owner: place.mailbox,
            item: place.item_id.unwrap_or_default(),
            version: message.version.clone().unwrap_or_default(),
            newest: message.newest.clone(),
            name: file.name.unwrap_or_default(),
            folder: place.folder,
            size: message.size,
            created: message.created,
            modified: message.modified,
            author: message.from_name.clone().or_else(|| message.from_address.clone()),
            title: message.subject.clone(),
            content_type: file.content_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::from_json;

    fn plan() -> File {
        File {
            source: "veeam".into(),
            owner: Some("ann@x.com".into()),
            item: "i1".into(),
            version: "2.0".into(),
            newest: Some("0123".into()),
            name: "Plan \u{202e}\n.txt".into(),
            folder: Some("Documents/Q3".into()),
            size: Some(5),
            created: "2024-01-31T10:00:00Z".parse().ok(),
            modified: "2024-02-01T00:00:00.123Z".parse().ok(),
            author: Some("Ann Archer".into()),
            title: Some("The plan".into()),
            content_type: Some("text/plain".into()),
        }
    }

    #[test]
    fn lines_read_back() {
        for file in [plan(), File::default(), File { author: Some("ann@x.com".into()), ..plan() }] {
            let line = file.to_line();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(File::from_line(&line).unwrap(), file);
            assert_eq!(from_json(&line).unwrap(), file.message());
            assert_eq!(File::from(&file.message()), file);
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for line in [r#"{"id":"1"}"#, r#"{"id":"1","kind":"email"}"#, "[]", ""] {
            assert!(File::from_line(line).is_err(), "{line}");
        }
        let fault = from_json(r#"{"id":"1","kind":"file","name":7}"#).unwrap_err().to_string();
        assert!(fault.contains("invalid type"), "{fault}");
    }

    #[test]
    fn the_id_follows_place_and_version() {
        let id = |change: fn(&mut File)| {
            let mut file = plan();
            change(&mut file);
            file.id()
        };
        let same = [
            id(|file| file.size = None),
            id(|file| file.name = "other".into()),
            id(|file| file.modified = None),
        ];
        assert_eq!(same, [plan().id(), plan().id(), plan().id()]);
        let other = [
            id(|file| file.source = "s".into()),
            id(|file| file.owner = None),
            id(|file| file.item = "i2".into()),
            id(|file| file.version = "1.0".into()),
        ];
        assert!(other.iter().all(|other| *other != plan().id()), "{other:?}");
    }
}
