//! The two kinds of items that are searched, each with properties of its own.

use crate::schema::{InstantField, StringField, TextField};

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Items {
    /// The items of mailboxes.
    Mail,
    /// The documents of drives.
    Documents,
}

/// The name of a document.
pub(super) const FILE_NAME: &str = "filename";
/// Who wrote a document: the first of them, or the last.
pub(super) const AUTHOR: &[&str] = &["System.Author", "System.Document.LastAuthor"];

const TITLE: &[&str] = &["title"];
const CONTENTS: &[&str] = &["contents"];

/// Why nobody can tell which way a property of documents errs; nothing where it can be told.
pub(super) fn says_little_of(property: &str) -> Option<&'static str> {
    let is_one_of = |names: &[&str]| names.contains(&property);
    if is_one_of(TITLE) {
        Some("Veeam does not say what it takes for the title of a document")
    } else if is_one_of(CONTENTS) {
        Some("Veeam does not say of which documents it searches the content")
    } else if is_one_of(AUTHOR) {
        Some("Veeam does not say whom it takes for the author of a document")
    } else {
        None
    }
}

impl Items {
    /// Why a query is not asked that none of them can meet.
    pub(super) const fn has_none(self) -> &'static str {
        match self {
            Self::Mail => "this is the search for mail, and no mail can be what is asked for",
            Self::Documents => {
                "this is the search for documents of drives, and none can be what is asked for"
            }
        }
    }

    /// Why a text is not looked for.
    pub(super) const fn has_no_text(self) -> &'static str {
        match self {
            Self::Mail => "item search has no property for the text inside of attachments",
            Self::Documents => "the search of drives has no property for this text",
        }
    }

    pub(super) const fn of_file_name(self) -> &'static str {
        match self {
            Self::Mail => "attachments",
            Self::Documents => FILE_NAME,
        }
    }

    /// The properties of a text; none where there is no such property.
    pub(super) const fn of_text(self, field: TextField) -> &'static [&'static str] {
        match self {
            Self::Mail => of_mail(field),
            Self::Documents => match field {
                TextField::Subject => TITLE,
                TextField::FromAddress | TextField::FromName => AUTHOR,
                TextField::AttachmentName | TextField::FileName => &[FILE_NAME],
                TextField::AttachmentText => CONTENTS,
                TextField::Body
                | TextField::New
                | TextField::Quoted
                | TextField::ToName
                | TextField::ToAddress
                | TextField::CcName
                | TextField::CcAddress
                | TextField::BccName
                | TextField::BccAddress => &[],
            },
        }
    }

    /// The properties of a whole value of a document; `None` where mail has it, or nothing does.
    pub(super) const fn of_string(self, field: StringField) -> Option<&'static [&'static str]> {
        match (self, field) {
            (Self::Documents, StringField::Subject) => Some(TITLE),
            (Self::Documents, StringField::FromAddress | StringField::FromName) => Some(AUTHOR),
            _ => None,
        }
    }

    /// The property of a moment; nothing where these items have no such moment.
    pub(super) const fn of_moment(self, field: InstantField) -> Option<&'static str> {
        match (self, field) {
            (Self::Mail, InstantField::Received) => Some("received"),
            (Self::Mail, InstantField::Sent) => Some("sent"),
            (Self::Documents, InstantField::Received | InstantField::Modified) => {
                Some("datemodified")
            }
            (Self::Documents, InstantField::Created) => Some("datecreated"),
            (Self::Mail, InstantField::Created | InstantField::Modified)
            | (Self::Documents, InstantField::Sent) => None,
        }
    }
}

const fn of_mail(field: TextField) -> &'static [&'static str] {
    match field {
        TextField::Subject => &["subject"],
        TextField::Body | TextField::New | TextField::Quoted => &["body"],
        TextField::FromAddress => &["System.Message.FromAddress"],
        TextField::FromName => &["System.Message.FromName"],
        TextField::ToName => &["System.Message.ToName"],
        TextField::ToAddress => &["System.Message.ToAddress"],
        TextField::CcName => &["System.Message.CcName"],
        TextField::CcAddress => &["System.Message.CcAddress"],
        TextField::BccName => &["System.Message.BccName"],
        TextField::BccAddress => &["System.Message.BccAddress"],
        TextField::AttachmentName => &["attachments"],
        TextField::AttachmentText | TextField::FileName => &[],
    }
}
