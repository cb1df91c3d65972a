//! Where more is to be had.

use std::borrow::Cow;

use postern_query::{Message, NO_CONTENT};
use serde::Serialize;
use utoipa::ToSchema;

/// Where more is to be had: of mail the message and its conversation, of a file its bytes.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct Links {
    #[serde(rename = "self")]
    this: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    eml: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

/// Ids come from elsewhere and may hold anything.
pub(super) fn escaped(id: &str) -> Cow<'_, str> {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(id, NON_ALPHANUMERIC).into()
}

impl Links {
    pub(super) fn of(message: &Message) -> Self {
        match message.file() {
            Some(file) => Self::to_file(&message.id, file.unread.as_deref() != Some(NO_CONTENT)),
            None => Self::to(&message.id),
        }
    }

    pub(super) fn to(id: &str) -> Self {
        let id: &str = &escaped(id);
        let this = ["/v1/messages/", id].concat();
        let (eml, thread) = ([this.as_str(), "/eml"].concat(), ["/v1/threads/", id].concat());
        Self { this, eml: Some(eml), thread: Some(thread), content: None }
    }

    pub(super) fn to_file(id: &str, has_content: bool) -> Self {
        let this = format!("/v1/items/{}", escaped(id));
        Self { content: has_content.then(|| format!("{this}/content")), this, ..Self::default() }
    }
}
