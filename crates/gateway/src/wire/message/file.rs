//! Files: those of a drive, and those that came with a message.

use postern_query::{Attachment, FILE, Message};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::bounds::{Bounds, said};
use super::time;

/// A file of a drive or of a folder of documents. It is the only one of `attachments`, too; its author is `from`,
/// its title `subject`, and `receivedDateTime` the time of the last change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileView {
    /// `file`. Only a file has it, so a description that wants it would refuse mail.
    #[schema(required = false)]
    kind: &'static str,
    #[schema(value_type = Option<String>)]
    name: Value,
    /// The path of its folder.
    #[schema(value_type = Option<String>)]
    path: Value,
    #[schema(value_type = Option<String>)]
    owner: Value,
    #[schema(value_type = Option<String>)]
    created_date_time: Value,
    #[schema(value_type = Option<String>)]
    modified_date_time: Value,
    /// The source's id of this version, where it keeps several.
    #[schema(value_type = Option<String>)]
    version: Value,
    /// The id of the newest version, if this is an older one.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    #[schema(value_type = Option<String>)]
    source: Value,
    /// Why its content, or a part of it, is not searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<String>,
}

impl FileView {
    pub(super) fn of(message: &Message, bounds: Bounds) -> Option<Self> {
        let (file, place) = (message.file()?, message.place());
        let text = |text: &Option<String>| said(text.as_deref(), bounds);
        Some(Self {
            kind: FILE,
            name: text(&file.name),
            path: text(&place.folder),
            owner: text(&place.mailbox),
            created_date_time: time(message.created),
            modified_date_time: time(message.modified),
            version: text(&message.version),
            newest: message.newest.clone(),
            source: text(&place.source),
            unread: file.unread.clone(),
        })
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    #[schema(value_type = Option<String>)]
    pub(super) name: Value,
    #[schema(value_type = Option<String>)]
    pub(super) content_type: Value,
    #[schema(value_type = Option<i64>)]
    pub(super) size: Value,
}

impl File {
    pub(super) fn of(file: &Attachment, bounds: Bounds) -> Self {
        Self {
            name: said(file.name.as_deref(), bounds),
            content_type: said(file.content_type.as_deref(), bounds),
            size: file.size.into(),
        }
    }
}
