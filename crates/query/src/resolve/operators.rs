//! The operators of the language: canonical names, aliases, and those that only others know.

use super::range::RangeKind;
use crate::query::Role;
use crate::schema::{InstantField, TextField};

/// What an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// Words of these fields.
    Words(&'static [TextField]),
    /// People in these roles.
    People(&'static [Role]),
    /// Dates and sizes.
    Range(RangeKind),
    Filename,
    Extension,
    Has,
    HasAttachment,
    Is,
    IsRead,
    Importance,
    Id,
    Thread,
    Sort,
    /// Part of the language that cannot be answered yet.
    Later,
}

/// An operator with its canonical name first and then every other spelling.
type Row = (Operator, &'static [&'static str]);

const OPERATORS: &[Row] = &[
    (Operator::Words(&[TextField::Subject]), &["subject", "s"]),
    (Operator::Words(&[TextField::Body]), &["body", "b", "text", "content"]),
    (Operator::People(&[Role::From]), &["from", "f", "author", "sender"]),
    (Operator::People(&[Role::To]), &["to", "t"]),
    (Operator::People(&[Role::Cc]), &["cc", "c"]),
    (Operator::People(&[Role::Bcc]), &["bcc", "h"]),
    (Operator::People(&Role::RECIPIENTS), &["recipients", "recip", "any_recipient"]),
    (
        Operator::People(&Role::PARTICIPANTS),
        &["participants", "with", "contact", "any_participant"],
    ),
    (
        Operator::Filename,
        &["filename", "file", "j", "attachment", "attachmentnames", "attachment_name"],
    ),
    (Operator::Extension, &["ext", "filetype", "attachment_extension"]),
    (Operator::Has, &["has"]),
    (Operator::HasAttachment, &["hasattachment", "hasattachments", "has_attachment"]),
    (Operator::Is, &["is", "flag", "g"]),
    (Operator::IsRead, &["isread"]),
    (Operator::Range(RangeKind::Period(InstantField::Received)), &["date", "d"]),
    (Operator::Range(RangeKind::After), &["after", "since", "newer"]),
    (Operator::Range(RangeKind::Before), &["before", "older"]),
    (Operator::Range(RangeKind::Until), &["until", "through"]),
    (Operator::Range(RangeKind::NewerThan), &["newer_than"]),
    (Operator::Range(RangeKind::OlderThan), &["older_than"]),
    (Operator::Range(RangeKind::Period(InstantField::Received)), &["received"]),
    (Operator::Range(RangeKind::Period(InstantField::Sent)), &["sent"]),
    (Operator::Range(RangeKind::Size), &["size", "z"]),
    (Operator::Range(RangeKind::Larger), &["larger", "larger_than"]),
    (Operator::Range(RangeKind::Smaller), &["smaller", "smaller_than"]),
    (Operator::Importance, &["importance", "priority", "prio", "p"]),
    (Operator::Id, &["id", "mid", "msgid", "i", "message-id", "rfc822msgid"]),
    (Operator::Thread, &["thread", "conversation", "w"]),
    (Operator::Sort, &["sort", "order"]),
    (Operator::Later, &["deliveredto"]),
    (Operator::Later, &["mime", "mimetype", "y", "attachment_content_type"]),
    (Operator::Later, &["contents", "embed", "e"]),
    (Operator::Later, &["category", "label", "tag", "labels", "tags", "x", "q"]),
    (Operator::Later, &["in", "folder", "maildir", "m"]),
    (Operator::Later, &["mailbox", "account", "owner"]),
    (Operator::Later, &["list", "v"]),
    (Operator::Later, &["ref", "references", "related", "r"]),
    (Operator::Later, &["kind", "itemclass"]),
];

/// The operator of that name, whatever its case, with its canonical name.
pub(crate) fn find(name: &str) -> Option<(Operator, &'static str)> {
    let name = name.to_ascii_lowercase();
    let row = OPERATORS.iter().find(|(_, names)| names.contains(&name.as_str()))?;
    row.1.first().map(|canonical| (row.0, *canonical))
}

/// Every name that is long enough to be meant when another was typed.
pub(crate) fn names() -> Vec<&'static str> {
    let all = OPERATORS.iter().flat_map(|(_, names)| names.iter().copied());
    all.filter(|name| name.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice() {
        let mut all: Vec<_> = OPERATORS.iter().flat_map(|(_, names)| names.iter()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
