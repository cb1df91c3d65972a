//! Where in a message a clause may match, and which text of an answer shows it.

use std::borrow::Cow;

use postern_query::schema::RecipientList;

use crate::search::snippet::highlight::Ranges;

/// Where in a message a clause matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Where {
    /// The subject.
    Subject,
    /// The sender.
    Sender,
    /// A recipient in `To`, `Cc` or `Bcc`.
    Recipient,
    /// An address to which it was delivered.
    DeliveredTo,
    /// What the author wrote.
    New,
    /// What is quoted or forwarded.
    Quoted,
    /// A signature.
    Signature,
    /// The name of an attachment, or of a file.
    Filename,
    /// The media type of an attachment.
    Type,
    /// The text inside an attachment or a file.
    Attachment,
    /// The mailbox that it lies in.
    Mailbox,
    /// The folder that it lies in.
    Folder,
    /// The source that it came from.
    Source,
    /// A category.
    Category,
    /// The mailing list.
    List,
    /// One of its ids.
    Id,
    /// The conversation.
    Thread,
    /// A message to which it replies or refers.
    Reference,
}

impl Where {
    /// The name that programs read.
    ///
    /// ```
    /// assert_eq!(postern_local_index::search::Where::Quoted.name(), "quoted");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::DeliveredTo => "deliveredTo",
            Self::New => "new",
            Self::Quoted => "quoted",
            Self::Signature => "signature",
            Self::Filename => "filename",
            Self::Type => "type",
            Self::Attachment => "attachment",
            Self::Mailbox => "mailbox",
            Self::Folder => "folder",
            Self::Source => "source",
            Self::Category => "category",
            Self::List => "list",
            Self::Id => "id",
            Self::Thread => "thread",
            Self::Reference => "reference",
        }
    }
}

/// The text that shows where a clause matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The subject.
    Subject,
    /// The text of the [`Snippet`](crate::search::Snippet).
    Snippet,
    /// The sender's display name.
    SenderName,
    /// The sender's address.
    SenderAddress,
    /// The display name of the recipient of that number.
    RecipientName(RecipientList, usize),
    /// The address of the recipient of that number.
    RecipientAddress(RecipientList, usize),
    /// The name of the attachment of that number.
    FileName(usize),
    /// The media type of the attachment of that number.
    FileType(usize),
    /// The mailbox of the place at which it matches.
    Mailbox,
    /// The folder of that place.
    Folder,
    /// The source of that place.
    Source,
    /// The id of the message.
    Id,
    /// The id of the conversation.
    Thread,
    /// A piece of a text that is shown nowhere else.
    Piece(String),
    /// No text: what is inside of attachments is not stored.
    Nothing,
}

/// A text of a message in which clauses are looked for.
#[derive(Clone, Debug)]
pub(super) struct Text<'m> {
    pub(super) place: Where,
    pub(super) value: Cow<'m, str>,
    /// What shows it; nothing where it is to be shown in a piece.
    pub(super) shown: Option<Shown>,
    /// The number of the attachment that it is of.
    pub(super) file: Option<usize>,
    /// How much of it was left out before `value`, which ranges count from its beginning.
    pub(super) skipped: usize,
}

impl<'m> Text<'m> {
    pub(super) fn new(place: Where, value: impl Into<Cow<'m, str>>, shown: Shown) -> Self {
        Self { place, value: value.into(), shown: Some(shown), file: None, skipped: 0 }
    }

    /// A text that no list of messages shows.
    pub(super) fn hidden(place: Where, value: impl Into<Cow<'m, str>>) -> Self {
        Self { place, value: value.into(), shown: None, file: None, skipped: 0 }
    }

    /// The text inside of a file, which is not stored.
    pub(super) fn inside(file: Option<usize>) -> Self {
        Self { file, ..Self::new(Where::Attachment, "", Shown::Nothing) }
    }

    pub(super) fn of_file(self, number: usize) -> Self {
        Self { file: Some(number), ..self }
    }
}

/// A text and where in it a clause matches.
pub(super) type Spot<'m> = (Text<'m>, Ranges);
