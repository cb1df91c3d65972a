//! A message and its attachments as rows of a load file.

use jiff::Timestamp;
use postern_mail::AttachedFile;
use postern_query::{Attachment, Message, Place};

use super::field::COUNT;
use crate::export::mih;
use crate::export::people::{people, sender};

/// The longest ending of a name that the name of a file here takes over.
const LONGEST_ENDING: usize = 10;

/// A document: a message, one of its attachments, or a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) number: u64,
    /// How the names of its files end.
    pub(super) ending: String,
    /// What it was called.
    pub(super) file_name: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) md5: Option<String>,
    /// Where its bytes are, and their SHA-256.
    pub(super) native: Option<(String, String)>,
    /// Where its text is, and its SHA-256.
    pub(super) text: Option<(String, String)>,
    /// Why its bytes are not here.
    pub(super) exception: Option<&'static str>,
}

impl Document {
    pub(super) fn attached(file: &AttachedFile) -> Self {
        Self {
            ending: ending(&file.name),
            file_name: Some(file.name.clone()),
            media_type: Some(file.content_type.clone()),
            ..Self::default()
        }
    }

    /// What the index knows of a file.
    pub(super) fn known(file: &Attachment) -> Self {
        Self {
            ending: ending(file.shown_name()),
            file_name: Some(file.shown_name().to_owned()),
            media_type: file.content_type.clone(),
            size: file.size.and_then(|size| size.try_into().ok()),
            ..Self::default()
        }
    }

    /// The number that it is known by.
    pub(super) fn name(&self) -> String {
        format!("DOC{:08}", self.number)
    }

    /// Its files in the package, with their SHA-256.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, String)> {
        [&self.native, &self.text].into_iter().flatten().cloned()
    }
}

/// The ending of a name, if programs may know it.
fn ending(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_plain = (1..=LONGEST_ENDING).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { ending.to_ascii_lowercase() } else { "bin".to_owned() }
}

/// A message with its attachments.
pub(super) struct Family<'f> {
    pub(super) message: &'f Message,
    /// The message first.
    pub(super) documents: &'f [Document],
}

impl Family<'_> {
    /// The row of one of the documents.
    pub(super) fn row(&self, document: &Document) -> [String; COUNT] {
        let (first, last) = (self.documents.first(), self.documents.last());
        let [begin, end] = [first, last].map(|one| one.map(Document::name).unwrap_or_default());
        let is_first = first.is_some_and(|first| first.number == document.number);
        let parent = if is_first { String::new() } else { begin.clone() };
        let attached = if is_first { self.documents.len() - 1 } else { 0 };
        let [custodian, custodians, folder, paths] = places(self.message);
        let head = if is_first { head(self.message) } else { <[String; 9]>::default() };
        let [from, to, cc, bcc, subject, sent_on, sent_at, received_on, received_at] = head;
        let [created, modified] = of_file(self.message).map(day);
        let ids = if is_first { ids(self.message) } else { <[String; 4]>::default() };
        let [message_id, conversation, references, mih] = ids;
        let place = |file: &Option<(String, String)>| {
            file.as_ref().map(|(path, _)| path.replace('/', "\\")).unwrap_or_default()
        };
        let sha256 = document.native.as_ref().map(|(_, sha256)| sha256.clone());
        [
            document.name(),
            document.name(),
            begin,
            end,
            parent,
            attached.to_string(),
            self.kind(is_first).to_owned(),
            custodian,
            custodians,
            folder,
            paths,
            from,
            to,
            cc,
            bcc,
            subject,
            sent_on,
            sent_at,
            received_on,
            received_at,
            created,
            modified,
            "UTC".to_owned(),
            document.file_name.clone().unwrap_or_default(),
            document.ending.clone(),
            document.size.map(|size| size.to_string()).unwrap_or_default(),
            document.media_type.clone().unwrap_or_default(),
            message_id,
            conversation,
            references,
            self.message.id.clone(),
            mih,
            document.md5.clone().unwrap_or_default(),
            sha256.clone().unwrap_or_default(),
            document.exception.unwrap_or_default().to_owned(),
            place(&document.native),
            place(&document.text),
        ]
    }

    fn kind(&self, is_first: bool) -> &str {
        match (is_first, &self.message.kind) {
            (false, _) => "attachment",
            (true, Some(kind)) => kind,
            (true, None) => "email",
        }
    }
}

/// Mailbox, all mailboxes, folder and all folders.
fn places(message: &Message) -> [String; 4] {
    let mut mailboxes: Vec<_> =
        message.places.iter().filter_map(|place| place.mailbox.as_deref()).collect();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    let path = |place: &Place| {
        format!(
            "{}/{}",
            place.mailbox.clone().unwrap_or_default(),
            place.folder.clone().unwrap_or_default()
        )
    };
    let paths: Vec<_> = message.places.iter().map(path).collect();
    let place = message.place();
    [
        place.mailbox.clone().unwrap_or_default(),
        mailboxes.join("; "),
        place.folder.clone().unwrap_or_default(),
        paths.join("; "),
    ]
}

/// People, subject and times of a message.
fn head(message: &Message) -> [String; 9] {
    let [sent, received] = [message.sent, message.received];
    [
        sender(message),
        people(&message.to_recipients),
        people(&message.cc_recipients),
        people(&message.bcc_recipients),
        message.subject.clone().unwrap_or_default(),
        day(sent),
        time(sent),
        day(received),
        time(received),
    ]
}

fn ids(message: &Message) -> [String; 4] {
    let references: Vec<_> = message.written_references().collect();
    let mih = message.internet_message_id.as_deref().map(mih).unwrap_or_default();
    [
        message.internet_message_id.clone().unwrap_or_default(),
        message.conversation_id.clone().unwrap_or_default(),
        references.join("; "),
        mih,
    ]
}

/// When a file was made and last changed.
const fn of_file(message: &Message) -> [Option<Timestamp>; 2] {
    [message.created, message.modified]
}

/// Concordance loads days without separators whatever its settings.
fn day(time: Option<Timestamp>) -> String {
    time.map(|time| time.strftime("%Y%m%d").to_string()).unwrap_or_default()
}

fn time(time: Option<Timestamp>) -> String {
    time.map(|time| time.strftime("%H:%M:%S").to_string()).unwrap_or_default()
}

/// The text of a message below its main headers; that of a file as it is.
pub(super) fn text_of(message: &Message) -> String {
    if let Some(file) = message.file() {
        return file.text.clone().unwrap_or_default();
    }
    let [from, to, cc, bcc, subject, ..] = head(message);
    let sent = message.sent.map(|time| time.to_string()).unwrap_or_default();
    let lines = [
        ("From", from),
        ("To", to),
        ("Cc", cc),
        ("Bcc", bcc),
        ("Subject", subject),
        ("Date", sent),
    ];
    let told = lines.iter().filter(|(_, value)| !value.is_empty());
    let head: String = told.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{head}\r\n{}", message.body.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_that_programs_know() {
        for (name, expected) in [
            ("Contract.PDF", "pdf"),
            ("a.tar.gz", "gz"),
            ("a", "bin"),
            ("a.", "bin"),
            (".x/../y", "bin"),
            ("a.p\u{202e}df", "bin"),
            ("a.averylongending", "bin"),
            ("请求.docx", "docx"),
        ] {
            assert_eq!(ending(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_family_is_told_in_each_row() {
        let documents = [1, 2].map(|number| Document { number, ..Document::default() });
        let place = |mailbox: &str| Place {
            mailbox: Some(mailbox.into()),
            folder: Some("In".into()),
            ..Place::NOWHERE
        };
        let sent = Some("2024-05-03T10:20:30Z".parse().unwrap());
        let message = Message {
            subject: Some("lease".into()),
            sent,
            places: vec![place("b"), place("a")],
            ..Message::default()
        };
        let family = Family { message: &message, documents: &documents };
        let [first, second] = [&documents[0], &documents[1]].map(|document| family.row(document));
        let expected = [
            "DOC00000001",
            "DOC00000001",
            "DOC00000001",
            "DOC00000002",
            "",
            "1",
            "email",
            "b",
            "a; b",
            "In",
            "b/In; a/In",
        ];
        assert_eq!(first[..11], expected);
        assert_eq!(first[15..18], ["lease", "20240503", "10:20:30"]);
        let expected = [
            "DOC00000002",
            "DOC00000002",
            "DOC00000001",
            "DOC00000002",
            "DOC00000001",
            "0",
            "attachment",
            "b",
        ];
        assert_eq!(second[..8], expected);
        assert_eq!((&second[15], &second[16]), (&String::new(), &String::new()));
    }
}
