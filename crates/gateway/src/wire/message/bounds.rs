//! How much of a message is said.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How much of a message is said.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Characters of a subject, a name or an address.
    pub(super) text: usize,
    /// People of a list, and attachments.
    pub(super) list: usize,
}

/// In a list of messages.
pub(super) const LISTED: Bounds = Bounds { text: 1_000, list: 100 };
/// Where the message stands by itself.
pub(super) const WHOLE: Bounds = Bounds { text: 100_000, list: 10_000 };

/// What is left out of a message that has more than can be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Omitted {
    #[serde(skip_serializing_if = "is_none")]
    pub(super) to: usize,
    #[serde(skip_serializing_if = "is_none")]
    pub(super) cc: usize,
    #[serde(skip_serializing_if = "is_none")]
    pub(super) attachments: usize,
    #[serde(skip_serializing_if = "is_none")]
    pub(super) copies: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(super) const fn is_none(number: &usize) -> bool {
    *number == 0
}

impl Omitted {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the first characters of a text end.
pub(super) fn end(text: &str, most: usize) -> usize {
    // No text has more characters than bytes.
    if text.len() <= most {
        return text.len();
    }
    text.char_indices().nth(most).map_or(text.len(), |(end, _)| end)
}

/// A text, or as much of it as is said.
pub(super) fn said(text: Option<&str>, bounds: Bounds) -> Value {
    let Some(text) = text else { return Value::Null };
    match text.get(..end(text, bounds.text)) {
        Some(start) if start.len() < text.len() => format!("{start}…").into(),
        _ => text.into(),
    }
}

/// The same of what premium said.
pub(super) fn bounded(value: Value, bounds: Bounds) -> Value {
    match value {
        Value::String(text) => said(Some(&text), bounds),
        other => other,
    }
}
