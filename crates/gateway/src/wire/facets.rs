//! Facets by their names.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_archive::search::{Facet, FacetCounts, Histogram};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What messages are counted by. `senderDomain` and `attachmentType` are older names of `domain` and `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FacetName {
    /// The sender's address.
    Sender,
    /// The domain of that.
    Domain,
    /// Mailbox.
    Mailbox,
    /// Folder.
    Folder,
    /// The year of arrival.
    Year,
    /// The month.
    Month,
    /// The day.
    Day,
    /// Kind: `email`, `file` and so on.
    Kind,
    /// Media type of an attachment.
    Type,
    /// End of the name of an attachment or a file.
    Extension,
    /// Category.
    Category,
    /// Whether it has an attachment.
    HasAttachment,
    /// Source.
    Source,
    /// The time of arrival, as bars.
    Histogram,
    /// As `domain`.
    SenderDomain,
    /// As `type`.
    AttachmentType,
}

/// Each facet with its name; the histogram has bars in place of values.
const NAMES: [(FacetName, &str, Option<Facet>); 16] = [
    (FacetName::Sender, "sender", Some(Facet::Sender)),
    (FacetName::Domain, "domain", Some(Facet::Domain)),
    (FacetName::Mailbox, "mailbox", Some(Facet::Mailbox)),
    (FacetName::Folder, "folder", Some(Facet::Folder)),
    (FacetName::Year, "year", Some(Facet::Year)),
    (FacetName::Month, "month", Some(Facet::Month)),
    (FacetName::Day, "day", Some(Facet::Day)),
    (FacetName::Kind, "kind", Some(Facet::Kind)),
    (FacetName::Type, "type", Some(Facet::Type)),
    (FacetName::Extension, "extension", Some(Facet::Extension)),
    (FacetName::Category, "category", Some(Facet::Category)),
    (FacetName::HasAttachment, "hasAttachment", Some(Facet::HasAttachment)),
    (FacetName::Source, "source", Some(Facet::Source)),
    (FacetName::Histogram, "histogram", None),
    (FacetName::SenderDomain, "senderDomain", Some(Facet::Domain)),
    (FacetName::AttachmentType, "attachmentType", Some(Facet::Type)),
];

impl FacetName {
    /// The facet of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name, _)| *name == text).map(|(facet, ..)| *facet)
    }

    /// The name as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(facet, ..)| *facet == self).map_or("", |(_, name, _)| name)
    }

    /// How the index counts it; nothing for the histogram.
    #[must_use]
    pub fn facet(self) -> Option<Facet> {
        NAMES.iter().find(|(facet, ..)| *facet == self).and_then(|(.., facet)| *facet)
    }

    /// Every name; older ones come last.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name, _)| *name)
    }

    /// Whether there is a newer name for it.
    #[must_use]
    pub const fn is_older(self) -> bool {
        matches!(self, Self::SenderDomain | Self::AttachmentType)
    }
}

/// A result counted by one facet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FacetView {
    /// By values.
    Values(ValuesView),
    /// By the time of arrival.
    Histogram(HistogramView),
}

/// The most frequent values of a facet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValuesView {
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

/// When messages arrived. Each message that matches is in a bar, outside of all, or undated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistogramView {
    /// How long a bar is: `hour`, `day`, `week`, `month`, `quarter`, `year`, `decade`, `century` or `millennium`.
    pub step: &'static str,
    /// Where days begin.
    pub zone: String,
    /// One behind the other without a gap.
    pub bars: Vec<BarView>,
    /// Messages before the first bar or behind the last.
    pub outside: usize,
    /// Messages without a date.
    pub undated: usize,
}

/// The messages of a span of time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BarView {
    /// Its first moment, as the clocks of the zone show it.
    pub from: String,
    /// The first moment behind it.
    pub to: String,
    /// How many arrived in it.
    pub count: usize,
}

impl From<FacetCounts> for ValuesView {
    fn from(counts: FacetCounts) -> Self {
        let view = |one: postern_archive::search::Counted| ValueCount {
            value: one.value,
            count: one.count,
        };
        Self { values: counts.values.into_iter().map(view).collect(), others: counts.others }
    }
}

impl HistogramView {
    pub(crate) fn of(histogram: &Histogram, zone: &TimeZone) -> Self {
        let bar = |bar: &postern_archive::search::Bar| BarView {
            from: local_time(bar.from, zone),
            to: local_time(bar.to, zone),
            count: bar.count,
        };
        Self {
            step: histogram.step.as_str(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            bars: histogram.bars.iter().map(bar).collect(),
            outside: histogram.outside,
            undated: histogram.undated,
        }
    }
}

/// A moment as the clocks of a zone show it, as far as RFC 3339 can write that: its offsets have no seconds.
fn local_time(moment: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(moment);
    if offset.seconds() == 0 || offset.seconds() % 60 != 0 {
        return moment.to_string();
    }
    moment.display_with_offset(offset).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_clock() {
        for (zone, moment, expected) in [
            ("UTC", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("Europe/Berlin", "2023-12-31T23:00:00Z", "2024-01-01T00:00:00+01:00"),
            // Local mean time is 53 minutes and 28 seconds ahead.
            ("Europe/Berlin", "1850-01-01T00:00:00Z", "1850-01-01T00:00:00Z"),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(local_time(moment.parse().unwrap(), &zone), expected);
        }
    }

    #[test]
    fn names_read_back() {
        for name in FacetName::names() {
            let facet = FacetName::parse(name).unwrap();
            assert_eq!(facet.name(), name);
            assert_eq!(serde_json::to_value(facet).unwrap(), name);
        }
        assert_eq!(FacetName::parse("nothing"), None);
    }
}
