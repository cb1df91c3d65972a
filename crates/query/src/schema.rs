//! The fields of the search index, by type.
//!
//! Names and types are those of the premium index. A name lookup gives `None` for a field that the premium
//! index does not have.

use crate::Whose;

macro_rules! fields {
    (
        $(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $path:literal,)+ }
        $(local { $($(#[$local_doc:meta])* $local:ident = $local_path:literal,)+ })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ $($($(#[$local_doc])* $local,)+)? }

        impl $name {
            /// The fields of this type that the premium index has.
            pub const PREMIUM: &'static [Self] = &[$(Self::$variant),+];

            /// Every field of this type, also those that only a local index has.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+ $($(Self::$local,)+)?];

            /// The name in the index, with sub-fields after a slash.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)+ $($(Self::$local => $local_path,)+)? }
            }

            /// The field of the premium index of that name. Names are case-sensitive.
            #[must_use]
            pub fn from_path(path: &str) -> Option<Self> {
                Self::PREMIUM.iter().copied().find(|field| field.path() == path)
            }
        }
    };
}

fields! {
    /// Single strings, compared as a whole and case-sensitively.
    StringField {
        /// Key of the document.
        Id = "id",
        /// `Message-ID` with its brackets.
        InternetMessageId = "internetMessageId",
        /// Conversation.
        ConversationId = "conversationId",
        /// Subject as a whole.
        Subject = "subject",
        /// Sender's address.
        FromAddress = "fromAddress",
        /// Sender's display name.
        FromName = "fromName",
        /// `low`, `normal` or `high`.
        Importance = "importance",
        /// Mailbox.
        Mailbox = "mailbox",
        /// Folder path.
        Folder = "folder",
        /// Upstream item.
        ItemId = "itemId",
        /// Upstream fragment.
        FragmentId = "fragmentId",
    }
    local {
        /// Mailing list.
        ListId = "listId",
        /// `email`, `meeting`, `note`, `task`, `contact`, `report` or `file`.
        Kind = "kind",
        /// Configured name of the source.
        Source = "source",
        /// The newest version of the file, of which this is an older one.
        Newest = "newest",
    }
}

impl StringField {
    /// Whether the value belongs to a place of the message, so that a message may have several.
    #[must_use]
    pub const fn is_of_place(self) -> bool {
        match self {
            Self::Mailbox | Self::Folder | Self::ItemId | Self::FragmentId | Self::Source => true,
            Self::Id
            | Self::InternetMessageId
            | Self::ConversationId
            | Self::Subject
            | Self::FromAddress
            | Self::FromName
            | Self::Importance
            | Self::ListId
            | Self::Kind
            | Self::Newest => false,
        }
    }
}

fields! {
    /// Yes or no.
    FlagField {
        /// Has an attachment that is not inline.
        HasAttachments = "hasAttachments",
        /// Was read.
        IsRead = "isRead",
    }
    local {
        /// Carries a follow-up flag.
        IsFlagged = "isFlagged",
        /// Was answered.
        IsReplied = "isReplied",
        /// Was never sent.
        IsDraft = "isDraft",
        /// Carries a signature.
        IsSigned = "isSigned",
        /// Is encrypted.
        IsEncrypted = "isEncrypted",
    }
}

impl FlagField {
    /// Whether it is a mark of a place of the message, so that a message may have both yes and no.
    #[must_use]
    pub const fn is_of_place(self) -> bool {
        match self {
            Self::IsRead | Self::IsFlagged | Self::IsReplied | Self::IsDraft => true,
            Self::HasAttachments | Self::IsSigned | Self::IsEncrypted => false,
        }
    }
}

fields! {
    /// Whole numbers.
    NumberField {
        /// Bytes of the message.
        Size = "size",
    }
}

fields! {
    /// Moments, to the millisecond.
    InstantField {
        /// When it arrived.
        Received = "receivedDateTime",
        /// When it was sent.
        Sent = "sentDateTime",
    }
    local {
        /// When a file was made.
        Created = "createdDateTime",
        /// When a file was last changed.
        Modified = "modifiedDateTime",
    }
}

fields! {
    /// Lists of people.
    RecipientList {
        /// `To`.
        To = "toRecipients",
        /// `Cc`.
        Cc = "ccRecipients",
        /// `Bcc`.
        Bcc = "bccRecipients",
    }
}

fields! {
    /// Fields that full text can search.
    TextField {
        /// Subject.
        Subject = "subject",
        /// Body.
        Body = "body",
        /// Sender's address.
        FromAddress = "fromAddress",
        /// Sender's display name.
        FromName = "fromName",
        /// Display names of `To`.
        ToName = "toRecipients/name",
        /// Addresses of `To`.
        ToAddress = "toRecipients/address",
        /// Display names of `Cc`.
        CcName = "ccRecipients/name",
        /// Addresses of `Cc`.
        CcAddress = "ccRecipients/address",
        /// Display names of `Bcc`.
        BccName = "bccRecipients/name",
        /// Addresses of `Bcc`.
        BccAddress = "bccRecipients/address",
        /// File names of attachments.
        AttachmentName = "attachments/name",
    }
    local {
        /// Text inside attachments.
        AttachmentText = "attachments/text",
        /// Name of a file that did not come with mail: its words, and the name as it is.
        FileName = "name",
        /// What of the body its author wrote.
        New = "body/new",
        /// What of the body is quoted or forwarded.
        Quoted = "body/quoted",
    }
}

impl TextField {
    /// Whose words it holds, if it is a part of the body. No phrase runs from one part to the next.
    ///
    /// ```
    /// use postern_query::{Whose, schema::TextField};
    ///
    /// assert_eq!(TextField::New.whose(), Some(Whose::New));
    /// assert_eq!(TextField::Body.whose(), None);
    /// ```
    #[must_use]
    pub const fn whose(self) -> Option<Whose> {
        match self {
            Self::New => Some(Whose::New),
            Self::Quoted => Some(Whose::Quoted),
            Self::Subject
            | Self::Body
            | Self::FromAddress
            | Self::FromName
            | Self::ToName
            | Self::ToAddress
            | Self::CcName
            | Self::CcAddress
            | Self::BccName
            | Self::BccAddress
            | Self::AttachmentName
            | Self::AttachmentText
            | Self::FileName => None,
        }
    }

    /// The fields that query text without a field name searches. See [`TextTest::searched`] for files.
    ///
    /// [`TextTest::searched`]: crate::TextTest::searched
    pub const DEFAULT: &'static [Self] = &[Self::Subject, Self::Body];
}

impl RecipientList {
    /// The fields with the words of its display names and of its addresses.
    #[must_use]
    pub const fn words(self) -> [TextField; 2] {
        match self {
            Self::To => [TextField::ToName, TextField::ToAddress],
            Self::Cc => [TextField::CcName, TextField::CcAddress],
            Self::Bcc => [TextField::BccName, TextField::BccAddress],
        }
    }
}

/// Name of the list of attachments.
pub const ATTACHMENTS: &str = "attachments";
/// Name of the list of categories.
pub const CATEGORIES: &str = "categories";
/// Name of the list of messages to which a message refers. Only a local index has it.
pub const REFERENCES: &str = "references";
/// Name of the list of addresses to which a message was delivered. Only a local index has it.
pub const DELIVERED_TO: &str = "deliveredTo";

/// A key for ordering results: a single-valued field or the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortField {
    /// Relevance.
    Score,
    /// A string, by code point.
    String(StringField),
    /// No before yes.
    Flag(FlagField),
    /// A number.
    Number(NumberField),
    /// A moment.
    Instant(InstantField),
}

impl SortField {
    /// The sortable field of that name. `search.score()` is the score.
    ///
    /// ```
    /// use postern_query::schema::{InstantField, SortField};
    ///
    /// let received = Some(SortField::Instant(InstantField::Received));
    /// assert_eq!(SortField::from_path("receivedDateTime"), received);
    /// assert_eq!(SortField::from_path("fromName"), None, "not sortable in the index");
    /// ```
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        use StringField::{Folder, FromAddress, Importance, Mailbox, Subject};
        let string = StringField::from_path(path)
            .filter(|field| matches!(field, Subject | FromAddress | Importance | Mailbox | Folder));
        (path == "search.score()")
            .then_some(Self::Score)
            .or(string.map(Self::String))
            .or(FlagField::from_path(path).map(Self::Flag))
            .or(NumberField::from_path(path).map(Self::Number))
            .or(InstantField::from_path(path).map(Self::Instant))
    }

    /// Whether the value belongs to a place of the message.
    #[must_use]
    pub const fn is_of_place(self) -> bool {
        match self {
            Self::String(field) => field.is_of_place(),
            Self::Flag(field) => field.is_of_place(),
            Self::Score | Self::Number(_) | Self::Instant(_) => false,
        }
    }

    /// The name in `$orderby`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Score => "search.score()",
            Self::String(field) => field.path(),
            Self::Flag(field) => field.path(),
            Self::Number(field) => field.path(),
            Self::Instant(field) => field.path(),
        }
    }
}

/// One key of an order. Missing values come first ascending and last descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The field to compare.
    pub by: SortField,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

impl Sort {
    /// Greatest first.
    #[must_use]
    pub const fn descending(by: SortField) -> Self {
        Self { by, descending: true }
    }

    /// Least first.
    #[must_use]
    pub const fn ascending(by: SortField) -> Self {
        Self { by, descending: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for field in StringField::PREMIUM {
            assert_eq!(StringField::from_path(field.path()), Some(*field));
        }
        assert_eq!(StringField::from_path("listId"), None, "no field of the premium index");
        assert_eq!(StringField::from_path("Subject"), None, "names are case-sensitive");
        assert_eq!(TextField::from_path("toRecipients/name"), Some(TextField::ToName));
    }
}
