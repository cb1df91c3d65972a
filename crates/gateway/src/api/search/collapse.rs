//! Equal messages in one row.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::cursor::fingerprint;
use crate::api::params::BadParam;
use crate::engine::Found;

/// What equal messages have in common.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Collapse {
    /// The Message-ID. Messages without one are equal to none.
    MessageId,
}

impl Collapse {
    pub(super) fn parse(text: &str) -> Result<Self, BadParam> {
        match text {
            "messageId" => Ok(Self::MessageId),
            _ => Err(BadParam::new("collapse", "is messageId, or left out")),
        }
    }
}

/// The marks by which a search knows its cursors again. Pages that an engine began with every message in a row of
/// its own go on so, whoever answers them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) messages: u64,
    pub(super) rows: u64,
}

impl Marks {
    /// Those of a search that is made up of these parts.
    pub(super) fn of(parts: &[&str]) -> Self {
        Self { messages: fingerprint(parts), rows: fingerprint(&[parts, &["rows"]].concat()) }
    }

    /// The one of pages like this.
    pub(super) const fn like(self, found: &Found) -> u64 {
        if found.rows.is_some() { self.rows } else { self.messages }
    }
}
