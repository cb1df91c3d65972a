//! Where a message matches.

use postern_archive::search::{PersonRanges, Snippet};
use postern_query::{Message, Recipient};
use serde::Serialize;
use utoipa::ToSchema;

use super::bounds::{LISTED, end};

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SnippetView {
    text: String,
    ranges: Vec<[usize; 2]>,
    subject_ranges: Vec<[usize; 2]>,
    from: PersonRangesView,
    to: Vec<PersonRangesView>,
    cc: Vec<PersonRangesView>,
    /// In the name of each attachment.
    attachments: Vec<Vec<[usize; 2]>>,
}

/// Where a person matches.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PersonRangesView {
    name: Vec<[usize; 2]>,
    address: Vec<[usize; 2]>,
}

/// The ranges, as far as the text around them is said.
pub(super) fn pairs(ranges: &[std::ops::Range<usize>], text: Option<&str>) -> Vec<[usize; 2]> {
    let end = text.map_or(0, |text| end(text, LISTED.text));
    ranges.iter().filter(|range| range.end <= end).map(|range| [range.start, range.end]).collect()
}

impl PersonRangesView {
    pub(super) fn of(ranges: &PersonRanges, name: Option<&str>, address: Option<&str>) -> Self {
        Self { name: pairs(&ranges.name, name), address: pairs(&ranges.address, address) }
    }

    pub(super) fn each(ranges: &[PersonRanges], people: &[Recipient]) -> Vec<Self> {
        let both = ranges.iter().zip(people).take(LISTED.list);
        both.map(|(ranges, person)| {
            Self::of(ranges, person.name.as_deref(), person.address.as_deref())
        })
        .collect()
    }
}

impl SnippetView {
    pub(super) fn of(snippet: &Snippet, message: &Message) -> Self {
        let from = (message.from_name.as_deref(), message.from_address.as_deref());
        let files = snippet.attachments.iter().zip(&message.attachments).take(LISTED.list);
        Self {
            text: snippet.text.clone(),
            ranges: pairs(&snippet.ranges, Some(&snippet.text)),
            subject_ranges: pairs(&snippet.subject_ranges, message.subject.as_deref()),
            from: PersonRangesView::of(&snippet.from, from.0, from.1),
            to: PersonRangesView::each(&snippet.to, &message.to_recipients),
            cc: PersonRangesView::each(&snippet.cc, &message.cc_recipients),
            attachments: files.map(|(ranges, file)| pairs(ranges, file.name.as_deref())).collect(),
        }
    }
}
