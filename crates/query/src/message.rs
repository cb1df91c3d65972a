//! One message with the fields of the search index. A query matches it or does not.

use jiff::Timestamp;

use crate::Whose;
use crate::passage::{self, Passage};

/// A person of a recipient list, as written in the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// Display name, decoded.
    pub name: Option<String>,
    /// Address with its exact spelling.
    pub address: Option<String>,
}

/// A file that came with the message and is not shown inside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// File name, decoded.
    pub name: Option<String>,
    /// Media type in lower case, such as `application/pdf`.
    pub content_type: Option<String>,
    /// Decoded size in bytes.
    pub size: Option<i64>,
    /// The text of the file.
    pub text: Option<String>,
    /// Why its text, or a part of it, could not be read.
    pub unread: Option<String>,
}

impl Attachment {
    /// What it is called where people see it: its name, or a made-up one that no search finds.
    ///
    /// ```
    /// use postern_query::Attachment;
    ///
    /// let file = |name: Option<&str>| Attachment {
    ///     name: name.map(str::to_owned),
    ///     content_type: Some("message/rfc822".into()),
    ///     ..Attachment::default()
    /// };
    /// assert_eq!(file(Some("a.eml")).shown_name(), "a.eml");
    /// assert_eq!(file(None).shown_name(), "attachment.eml");
    /// ```
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.content_type.as_deref().unwrap_or_default() {
            "message/rfc822" | "message/global" => "attachment.eml",
            "text/plain" => "attachment.txt",
            "text/html" => "attachment.html",
            "text/calendar" => "attachment.ics",
            "text/csv" => "attachment.csv",
            "text/vcard" | "text/x-vcard" => "attachment.vcf",
            "application/pdf" => "attachment.pdf",
            "application/zip" => "attachment.zip",
            "image/gif" => "attachment.gif",
            "image/jpeg" => "attachment.jpg",
            "image/png" => "attachment.png",
            _ => "attachment",
        })
    }
}

/// One place that a message lies in. Places sort by mailbox first.
///
/// ```
/// use postern_query::Place;
///
/// let inbox = Place { mailbox: Some("ann@x.com".into()), folder: Some("Inbox".into()), ..Place::NOWHERE };
/// assert!(inbox > Place::NOWHERE);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The mailbox, by the address of its owner.
    pub mailbox: Option<String>,
    /// Folder path inside the mailbox, separated by `/`.
    pub folder: Option<String>,
    /// Configured name of the source that the message came from.
    pub source: Option<String>,
    /// Whether the message is read there.
    pub is_read: Option<bool>,
    /// Whether it carries a follow-up flag there.
    pub is_flagged: Option<bool>,
    /// Whether it is answered there.
    pub is_replied: Option<bool>,
    /// Whether it is a draft there, which was never sent.
    pub is_draft: Option<bool>,
    /// The upstream's id of the item.
    pub item_id: Option<String>,
    /// The upstream's id of the fragment.
    pub fragment_id: Option<String>,
}

impl Place {
    /// The empty place. A message without places is treated as if it lay there.
    pub const NOWHERE: Self = Self {
        mailbox: None,
        folder: None,
        source: None,
        is_read: None,
        is_flagged: None,
        is_replied: None,
        is_draft: None,
        item_id: None,
        fragment_id: None,
    };
}

/// The kind of a message that is a file of a drive or of a folder of documents.
///
/// The file itself is the first attachment. Its subject is the title, its sender the author, the moment it
/// arrived the time of the last change, its mailbox the owner, and its folder the path of its folder.
pub const FILE: &str = "file";

/// Why a file has no text whose source gives no content ([`Attachment::unread`]).
pub const NO_CONTENT: &str = "its content is not here";

/// One message with the fields of the premium index, and every place that it lies in.
///
/// Missing values are `None`, as in the index. A missing list is empty. A file is a message of the kind
/// [`FILE`].
///
/// ```
/// use postern_query::Message;
///
/// let message = Message { subject: Some("Overdue invoice".into()), ..Message::default() };
/// assert!(message.to_recipients.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Key of the document.
    pub id: String,
    /// `Message-ID` header with its angle brackets.
    pub internet_message_id: Option<String>,
    /// Opaque id that all messages of one conversation share.
    pub conversation_id: Option<String>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Text of the message.
    pub body: Option<String>,
    /// What of the body is not the author's new text, in its order and without overlap.
    pub passages: Vec<Passage>,
    /// Sender's address with its exact spelling.
    pub from_address: Option<String>,
    /// Sender's display name.
    pub from_name: Option<String>,
    /// Recipients of the `To` header.
    pub to_recipients: Vec<Recipient>,
    /// Recipients of the `Cc` header.
    pub cc_recipients: Vec<Recipient>,
    /// Recipients of the `Bcc` header.
    pub bcc_recipients: Vec<Recipient>,
    /// When it arrived, to the millisecond.
    pub received: Option<Timestamp>,
    /// When it was sent, to the millisecond.
    pub sent: Option<Timestamp>,
    /// When a file was made, to the millisecond. Mail has none.
    pub created: Option<Timestamp>,
    /// When a file was last changed, to the millisecond. Mail has none.
    pub modified: Option<Timestamp>,
    /// Whether it has an attachment that is not shown inside its text.
    pub has_attachments: Option<bool>,
    /// `low`, `normal` or `high`.
    pub importance: Option<String>,
    /// Categories, each whole.
    pub categories: Vec<String>,
    /// Attachments in their order.
    pub attachments: Vec<Attachment>,
    /// Other parts with text, which the premium index does not count as attachments:
    /// messages, invitations and delivery reports without a file name, and files shown inside the text.
    pub other_parts: Vec<Attachment>,
    /// Size of the whole message in bytes.
    pub size: Option<i64>,
    /// Addresses of the `Delivered-To` headers.
    pub delivered_to: Vec<String>,
    /// `List-Id` header without its angle brackets and without the phrase before them.
    pub list_id: Option<String>,
    /// Message-IDs of `References` and `In-Reply-To`, each once, with their angle brackets. Without any, the
    /// [conversation](THREAD_INDEX) that the message says to belong to.
    pub references: Vec<String>,
    /// `email`, `meeting`, `note`, `task`, `contact`, `report` or [`FILE`].
    pub kind: Option<String>,
    /// The source's id of this version of a file.
    pub version: Option<String>,
    /// The id of the newest version of the file, if this is an older one.
    pub newest: Option<String>,
    /// Whether it carries a signature.
    pub is_signed: Option<bool>,
    /// Whether its content is encrypted.
    pub is_encrypted: Option<bool>,
    /// The damage of a broken message, which is read as far as possible.
    pub damage: Option<String>,
    /// Every place that it lies in. See [`Message::each_place`] for one without places.
    pub places: Vec<Place>,
}

/// The beginning of a reference that is the `Thread-Index` of Outlook. It joins conversations, and is no id of
/// a message: see [`Message::written_references`].
pub const THREAD_INDEX: &str = "<thread-index:";

impl Message {
    /// The references that stand in the message.
    ///
    /// ```
    /// use postern_query::{Message, THREAD_INDEX};
    ///
    /// let references = vec!["<a@b>".into(), format!("{THREAD_INDEX}01>")];
    /// let message = Message { references, ..Message::default() };
    /// assert_eq!(message.written_references().collect::<Vec<_>>(), ["<a@b>"]);
    /// ```
    pub fn written_references(&self) -> impl Iterator<Item = &str> {
        let all = self.references.iter().map(String::as_str);
        all.filter(|id| !id.starts_with(THREAD_INDEX))
    }

    /// The first place, or the empty one.
    ///
    /// ```
    /// use postern_query::{Message, Place};
    ///
    /// assert_eq!(Message::default().place(), &Place::NOWHERE);
    /// ```
    #[must_use]
    pub fn place(&self) -> &Place {
        self.places.first().unwrap_or(&Place::NOWHERE)
    }

    /// The first place. If there is none, this adds one.
    pub fn place_mut(&mut self) -> &mut Place {
        if self.places.is_empty() {
            self.places.push(Place::NOWHERE);
        }
        // The line above adds one if there is none.
        #[expect(clippy::indexing_slicing, reason = "there is one")]
        &mut self.places[0]
    }

    /// Every place, or the empty one for a message without places. So there is always a place at which to
    /// read a query.
    #[must_use]
    pub fn each_place(&self) -> &[Place] {
        const NOWHERE: &[Place] = &[Place::NOWHERE];
        if self.places.is_empty() { NOWHERE } else { &self.places }
    }

    /// The message for somebody who may see only some places: without the others, or `None` if
    /// no place is left.
    ///
    /// ```
    /// use postern_query::{Message, Place};
    ///
    /// let of = |mailbox: &str| Place { mailbox: Some(mailbox.into()), ..Place::NOWHERE };
    /// let message = Message { places: vec![of("ann"), of("bob")], ..Message::default() };
    /// let seen = message.seen_at(|place| place.mailbox.as_deref() == Some("bob")).unwrap();
    /// assert_eq!(seen.places, [of("bob")]);
    /// assert_eq!(seen.seen_at(|_| false), None);
    /// ```
    #[must_use]
    pub fn seen_at(mut self, visible: impl Fn(&Place) -> bool) -> Option<Self> {
        let is_seen = self.each_place().iter().any(&visible);
        self.places.retain(visible);
        is_seen.then_some(self)
    }

    /// The file itself, if this is one.
    ///
    /// ```
    /// use postern_query::{Attachment, FILE, Message};
    ///
    /// let attachments = vec![Attachment { name: Some("plan.docx".into()), ..Attachment::default() }];
    /// let mail = Message { attachments, ..Message::default() };
    /// assert_eq!(mail.file(), None);
    /// let file = Message { kind: Some(FILE.into()), ..mail };
    /// assert_eq!(file.file().unwrap().name.as_deref(), Some("plan.docx"));
    /// ```
    #[must_use]
    pub fn file(&self) -> Option<&Attachment> {
        self.attachments.first().filter(|_| self.is_file())
    }

    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind.as_deref() == Some(FILE)
    }

    /// Whose words the byte `at` of the body belongs to.
    ///
    /// ```
    /// use postern_query::{Message, Passage, Whose};
    ///
    /// let passages = vec![Passage { range: 0..6, whose: Whose::Quoted }];
    /// let message = Message { body: Some("> old\nnew".into()), passages, ..Message::default() };
    /// assert_eq!((message.whose(2), message.whose(6)), (Whose::Quoted, Whose::New));
    /// ```
    #[must_use]
    pub fn whose(&self, at: usize) -> Whose {
        let next = self.passages.partition_point(|passage| passage.range.end <= at);
        let here = self.passages.get(next).filter(|passage| passage.range.start <= at);
        here.map_or(Whose::New, |passage| passage.whose)
    }

    /// The parts of the body in their order: where each begins, its text, and whose words it is.
    ///
    /// ```
    /// use postern_query::{Message, Passage, Whose};
    ///
    /// let passages = vec![Passage { range: 0..6, whose: Whose::Quoted }];
    /// let message = Message { body: Some("> old\nnew".into()), passages, ..Message::default() };
    /// let parts: Vec<_> = message.parts().collect();
    /// assert_eq!(parts, [(0, "> old\n", Whose::Quoted), (6, "new", Whose::New)]);
    /// ```
    pub fn parts(&self) -> impl Iterator<Item = (usize, &str, Whose)> {
        passage::parts(self.body.as_deref().unwrap_or_default(), &self.passages)
    }

    /// Everything that came with the text: the attachments, then the other parts.
    ///
    /// ```
    /// use postern_query::{Attachment, Message};
    ///
    /// let invitation = Attachment { text: Some("room 5".into()), ..Attachment::default() };
    /// let message = Message { other_parts: vec![invitation], ..Message::default() };
    /// assert_eq!(message.files().count(), 1);
    /// ```
    pub fn files(&self) -> impl Iterator<Item = &Attachment> {
        self.attachments.iter().chain(&self.other_parts)
    }
}
