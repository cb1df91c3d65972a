//! Operators, and the values of operators that have few.

use super::check::Check;
use super::{Proposal, Typing, Wanted, help};
use crate::analysis::lower_case;
use crate::resolve::postern::operators::{self, Operator};
use crate::resolve::postern::range::RangeKind;
use crate::resolve::postern::{self, labels, plain};
use crate::schema::StringField;

/// Dates in words. A space in them would need quotes.
const DATES: &[&str] = &[
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "7d",
    "30d",
];
const AGES: &[&str] = &["1d", "3d", "1w", "2w", "1m", "3m", "6m", "1y", "2y"];
const SIZES: &[&str] = &["100K", "500K", "1M", "5M", "10M", "25M", "100M"];
const MEDIA_TYPES: &[&str] = &[
    "application/pdf",
    "image/*",
    "image/jpeg",
    "image/png",
    "text/plain",
    "text/html",
    "text/calendar",
    "text/csv",
    "message/rfc822",
    "application/zip",
    "application/msword",
    "application/vnd.ms-excel",
    "audio/*",
    "video/*",
];

/// What may stand as the value of an operator.
pub(super) fn wanted(operator: Option<Operator>) -> Wanted {
    match operator {
        Some(Operator::People(roles)) => Wanted::Person(roles),
        Some(Operator::Filename) => Wanted::FileName,
        Some(Operator::Extension) => Wanted::Extension,
        Some(Operator::Category) => Wanted::Category,
        Some(Operator::Folder) => Wanted::Folder,
        Some(Operator::MailingList) => Wanted::MailingList,
        Some(Operator::Set) => Wanted::Set,
        Some(Operator::Whole(StringField::Source)) => Wanted::Source,
        Some(Operator::Is) => Wanted::Word(plain::STATES),
        Some(Operator::Has) => Wanted::Word(&["attachment"]),
        Some(Operator::HasAttachment | Operator::IsRead | Operator::IsFlagged) => {
            Wanted::Word(&["true", "false"])
        }
        Some(Operator::Importance) => Wanted::Word(&plain::IMPORTANCES),
        Some(Operator::Kind) => Wanted::Word(labels::KIND_NAMES.as_slice()),
        Some(Operator::Sort) => Wanted::Word(postern::SORT_NAMES.as_slice()),
        Some(Operator::MediaType) => Wanted::Word(MEDIA_TYPES),
        Some(Operator::Range(kind)) => Wanted::Word(measures(kind)),
        Some(
            Operator::Words(_)
            | Operator::Id
            | Operator::Thread
            | Operator::Reference
            | Operator::Whole(_),
        )
        | None => Wanted::Anything,
    }
}

const fn measures(kind: RangeKind) -> &'static [&'static str] {
    match kind {
        RangeKind::Period(_) | RangeKind::After | RangeKind::Before | RangeKind::Until => DATES,
        RangeKind::NewerThan | RangeKind::OlderThan => AGES,
        RangeKind::Size | RangeKind::Larger | RangeKind::Smaller => SIZES,
    }
}

/// What begins as typed and adds no fault, the likeliest first.
pub(super) fn proposals<'a>(
    typing: &'a Typing,
    check: &'a Check<'_>,
) -> Box<dyn Iterator<Item = Proposal> + 'a> {
    let typed = lower_case(&typing.typed);
    match typing.wanted {
        Wanted::Operator => Box::new(names(typed).filter_map(|name| operator(name, check))),
        Wanted::Name => {
            let fitting = names(typed).filter(|name| check.fits(name, ""));
            Box::new(fitting.map(|name| Proposal {
                text: name.to_owned(),
                help: help::of(name).map(|(_, help)| help),
            }))
        }
        Wanted::Word(words) => {
            let joined = typed.replace(' ', "_");
            let begun = words.iter().filter(move |word| {
                let word = lower_case(word);
                word.starts_with(&typed) || word.starts_with(&joined)
            });
            let fitting = begun.filter(|word| check.fits(word, ""));
            Box::new(fitting.map(|word| Proposal { text: (*word).to_owned(), help: None }))
        }
        Wanted::Person(_)
        | Wanted::FileName
        | Wanted::Extension
        | Wanted::Category
        | Wanted::Folder
        | Wanted::MailingList
        | Wanted::Set
        | Wanted::Source
        | Wanted::Anything => Box::new(std::iter::empty()),
    }
}

/// The operators of which the name begins so, then those that have another name which does.
fn names(typed: String) -> impl Iterator<Item = &'static str> {
    let by_name = operators::rows().filter({
        let typed = typed.clone();
        move |names| names.first().is_some_and(|name| name.starts_with(&typed))
    });
    let by_other = operators::rows().filter(move |names| {
        let mut begin = names.iter().map(|name| name.starts_with(&typed));
        begin.next() == Some(false) && begin.any(|begins| begins)
    });
    by_name.chain(by_other).filter_map(|names| names.first().copied())
}

/// An operator with its colon. It is judged with a value, which is still to be typed.
fn operator(name: &'static str, check: &Check<'_>) -> Option<Proposal> {
    let (sample, help) = help::of(name)?;
    let text = format!("{name}:");
    let sample = if check.touches() { "" } else { sample };
    check.fits(&text, sample).then_some(Proposal { text, help: Some(help) })
}
