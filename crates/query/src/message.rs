//! What a query is asked about: one message with the fields of the search index.

use jiff::Timestamp;

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
    /// Text that was read out of the file.
    pub text: Option<String>,
    /// Why its text, or some of it, could not be read.
    pub unread: Option<String>,
}

/// Where a message lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Whose mailbox.
    pub mailbox: String,
    /// Folder path inside of it, separated by `/`.
    pub folder: String,
}

/// One message with the fields of the premium index.
///
/// Missing values are `None`, as in the index; a list that is missing is empty.
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
    /// Whether it has an attachment that is not shown inside its text.
    pub has_attachments: Option<bool>,
    /// `low`, `normal` or `high`.
    pub importance: Option<String>,
    /// Whether it was read.
    pub is_read: Option<bool>,
    /// Categories, each whole.
    pub categories: Vec<String>,
    /// Attachments in their order.
    pub attachments: Vec<Attachment>,
    /// Parts that are neither its text nor attachments of the premium index, where there is text in them:
    /// messages, invitations and reports of delivery without a file name, files shown inside the text.
    pub other_parts: Vec<Attachment>,
    /// Size of the whole message in bytes.
    pub size: Option<i64>,
    /// Whose mailbox it lies in.
    pub mailbox: Option<String>,
    /// Folder path inside the mailbox, separated by `/`.
    pub folder: Option<String>,
    /// Addresses of the `Delivered-To` headers.
    pub delivered_to: Vec<String>,
    /// `List-Id` header without its angle brackets and without the phrase before them.
    pub list_id: Option<String>,
    /// Message-IDs of `References` and `In-Reply-To`, each once, with their angle brackets.
    pub references: Vec<String>,
    /// `email`, `meeting`, `note`, `task`, `contact` or `report`.
    pub kind: Option<String>,
    /// Whether it carries a follow-up flag.
    pub is_flagged: Option<bool>,
    /// Whether it was answered.
    pub is_replied: Option<bool>,
    /// Whether it was never sent.
    pub is_draft: Option<bool>,
    /// Whether it carries a signature.
    pub is_signed: Option<bool>,
    /// Whether its content is encrypted.
    pub is_encrypted: Option<bool>,
    /// What is broken in it, though it could be read as far as it goes.
    pub damage: Option<String>,
    /// The upstream's id of the item.
    pub item_id: Option<String>,
    /// The upstream's id of the fragment.
    pub fragment_id: Option<String>,
}

impl Message {
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
