//! Facets by their names.

use postern_archive::search::{Facet, FacetCounts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What messages are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FacetName {
    Sender,
    SenderDomain,
    Year,
    Month,
    Folder,
    Mailbox,
    Source,
    AttachmentType,
    HasAttachment,
    Kind,
    Extension,
}

/// Each facet with its name.
const NAMES: [(FacetName, &str, Facet); 11] = [
    (FacetName::Sender, "sender", Facet::Sender),
    (FacetName::SenderDomain, "senderDomain", Facet::SenderDomain),
    (FacetName::Year, "year", Facet::Year),
    (FacetName::Month, "month", Facet::Month),
    (FacetName::Folder, "folder", Facet::Folder),
    (FacetName::Mailbox, "mailbox", Facet::Mailbox),
    (FacetName::Source, "source", Facet::Source),
    (FacetName::AttachmentType, "attachmentType", Facet::AttachmentType),
    (FacetName::HasAttachment, "hasAttachment", Facet::HasAttachment),
    (FacetName::Kind, "kind", Facet::Kind),
    (FacetName::Extension, "extension", Facet::Extension),
];

impl FacetName {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name, _)| *name == text).map(|(facet, ..)| *facet)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(facet, ..)| *facet == self).map_or("", |(_, name, _)| name)
    }

    pub(crate) fn facet(self) -> Option<Facet> {
        NAMES.iter().find(|(facet, ..)| *facet == self).map(|(.., facet)| *facet)
    }
}

/// The most frequent values of a facet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FacetView {
    /// The most frequent values, the most frequent first.
    pub values: Vec<ValueCount>,
    /// How many other values there are.
    pub others: usize,
}

/// A value and how many messages have it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// How many messages have it.
    pub count: usize,
}

impl From<FacetCounts> for FacetView {
    fn from(counts: FacetCounts) -> Self {
        let view = |one: postern_archive::search::Counted| ValueCount {
            value: one.value,
            count: one.count,
        };
        Self { values: counts.values.into_iter().map(view).collect(), others: counts.others }
    }
}
