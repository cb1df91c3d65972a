//! The operators of the language: canonical names, aliases, and operators that only other languages have.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::range::RangeKind;
use super::{canonical, elsewhere};
use crate::query::Role;
use crate::schema::{InstantField, StringField, TextField};
use crate::syntax::postern::{FieldName, PieceKind, Relation, Term};
use crate::{Code, Error, Span};

/// The meaning of an operator.
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
    IsFlagged,
    /// Media type of an attachment.
    MediaType,
    Category,
    Folder,
    MailingList,
    Reference,
    Set,
    Kind,
    /// A field whose whole text is compared, in any case.
    Whole(StringField),
}

impl Operator {
    /// Whether it takes several values with commas between them.
    pub(crate) const fn takes_list(self) -> bool {
        matches!(
            self,
            Self::People(_)
                | Self::Extension
                | Self::Importance
                | Self::Category
                | Self::Kind
                | Self::MediaType
        )
    }
}

/// An operator: its canonical name first, then every other spelling.
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
    (Operator::Range(RangeKind::Period(InstantField::Created)), &["created"]),
    (Operator::Range(RangeKind::Period(InstantField::Modified)), &["modified"]),
    (Operator::Range(RangeKind::Size), &["size", "z"]),
    (Operator::Range(RangeKind::Larger), &["larger", "larger_than"]),
    (Operator::Range(RangeKind::Smaller), &["smaller", "smaller_than"]),
    (Operator::Importance, &["importance", "priority", "prio", "p"]),
    (Operator::Id, &["id", "mid", "msgid", "i", "message-id", "rfc822msgid"]),
    (Operator::Thread, &["thread", "conversation", "w"]),
    (Operator::Sort, &["sort", "order"]),
    (Operator::IsFlagged, &["isflagged"]),
    (Operator::People(&[Role::DeliveredTo]), &["deliveredto"]),
    (Operator::People(&[Role::Owner]), &["mailbox", "account", "owner"]),
    (
        Operator::MediaType,
        &["mime", "mimetype", "mime-type", "type", "y", "attachment_content_type"],
    ),
    (Operator::Words(&[TextField::AttachmentText]), &["contents", "embed", "e"]),
    (Operator::Words(&[TextField::New]), &["new", "nq"]),
    (Operator::Words(&[TextField::Quoted]), &["quoted"]),
    (Operator::Category, &["category", "label", "tag", "labels", "tags", "x", "q"]),
    (Operator::Folder, &["in", "folder", "maildir", "m"]),
    (Operator::MailingList, &["list", "v"]),
    (Operator::Reference, &["ref", "references", "related", "r"]),
    (Operator::Set, &["set"]),
    (Operator::Kind, &["kind", "itemclass"]),
    (Operator::Whole(StringField::Source), &["source"]),
];

/// Operators of other languages, and why a search here has no answer to them.
const FOREIGN: &[(&[&str], &str)] = &[
    (
        &["lastmod", "changed", "k", "ingest_since", "ingest_before"],
        "an archive does not keep when it took a message in; use received: or sent:",
    ),
    (&["path", "l"], "messages are not kept by file; use in: for the folder"),
    (
        &["folderid", "itemid", "mailbox_ids", "account_ids"],
        "ids of one server mean nothing to the next; use in: or mailbox:",
    ),
    (&["query", "squery", "bookmark"], "there are no saved queries; write the query itself"),
    (&["sexp"], "there is one syntax; write the query in it"),
    (&["lang", "language", "a"], "the language of a message is not known"),
    (&["property", "header"], "headers are not searched one by one"),
    (&["attachment_category"], "files are not sorted into kinds; use mime: or ext:"),
    (
        &["is_ocr", "min_page_count", "max_page_count", "content_hash", "page_count"],
        "pages and pictures are not looked into",
    ),
    (&["min_size"], "the least size is asked for with larger:"),
    (&["max_size"], "the greatest size is asked for with smaller:"),
];

/// Why an operator of another language has no answer here.
pub(crate) fn foreign(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    FOREIGN.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, reason)| *reason)
}

/// Every operator by each of its names.
static BY_NAME: LazyLock<HashMap<&'static str, (Operator, &'static str)>> = LazyLock::new(|| {
    let rows = OPERATORS.iter().flat_map(|(operator, names)| {
        let canonical = names.first().copied().unwrap_or_default();
        names.iter().map(move |name| (*name, (*operator, canonical)))
    });
    rows.collect()
});

/// The operator of that name, in any case, with its canonical name.
pub(crate) fn find(name: &str) -> Option<(Operator, &'static str)> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return BY_NAME.get(name.to_ascii_lowercase().as_str()).copied();
    }
    BY_NAME.get(name).copied()
}

/// The operator for words of exactly these fields.
pub(crate) fn of_words(fields: &[TextField]) -> Option<&'static str> {
    named(|operator| matches!(operator, Operator::Words(own) if own == fields))
}

/// The operator for people in exactly these roles.
pub(crate) fn of_people(roles: &[Role]) -> Option<&'static str> {
    named(|operator| matches!(operator, Operator::People(own) if own == roles))
}

fn named(wanted: impl Fn(Operator) -> bool) -> Option<&'static str> {
    let row = OPERATORS.iter().find(|(operator, _)| wanted(*operator));
    row.and_then(|(_, names)| names.first().copied())
}

/// The names of every operator, the canonical one first.
pub(crate) fn rows() -> impl Iterator<Item = &'static [&'static str]> {
    OPERATORS.iter().map(|(_, names)| *names)
}

/// Every name that is long enough to suggest for a misspelt one.
pub(crate) fn names() -> Vec<&'static str> {
    let all = OPERATORS.iter().flat_map(|(_, names)| names.iter().copied());
    all.filter(|name| name.len() > 1).collect()
}

/// A `name:` that is not an operator here. `fits` says whether the term is right with another name.
pub(super) fn unknown(
    term: &Term<'_>,
    field: FieldName<'_>,
    mut fits: impl FnMut(&'static str) -> bool,
) -> Error {
    if let Some(reason) = foreign(field.name) {
        let title = format!("`{}` cannot be asked here: {reason}", field.name);
        let error = Error::new(Code::ForeignOperator, field.span, title, "known elsewhere")
            .hint(format!("leave it out, or quote the text: \"{}:...\"", field.name));
        return match instead_of(field.name).filter(|name| fits(name)) {
            Some(name) => error.hint(format!("write {name}:")).fix(field.span, name),
            None => error,
        };
    }
    let title = format!("there is no operator `{}`", field.name);
    if let Some(texts) = elsewhere::meant(field.name) {
        let error = Error::new(Code::UnknownField, field.span, title, "known elsewhere")
            .hint(format!("write {}", texts.join(" or ")));
        return match elsewhere::fix(texts, term, field) {
            Some((span, text)) => error.fix(span, text),
            None => error,
        };
    }
    let error = Error::new(Code::UnknownField, field.span, title, "not an operator");
    let symbol = field.relation.symbol();
    let quoted =
        format!("to look for the text itself, put it in quotes: \"{}{symbol}...\"", field.name);
    let alike = crate::resolve::names::alike(field.name, &names());
    let fitting = alike.iter().find(|name| fits(name));
    match fitting.or_else(|| alike.first()) {
        Some(close) => {
            let error = error.hint(format!("did you mean {close}{symbol}? Or, {quoted}"));
            if fitting.is_some() { error.fix(field.span, *close) } else { error }
        }
        None => match whole_text(term, field) {
            Some(text) => error.hint(quoted).fix(term.span, canonical::quoted_text(&text)),
            None => error.hint(quoted),
        },
    }
}

/// The operator for another name of which it is the only meaning.
fn instead_of(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "min_size" => Some("larger"),
        "max_size" => Some("smaller"),
        _ => None,
    }
}

/// An operator and its bare value as text; `None` if the value stands apart, in quotes or in a group.
fn whole_text(term: &Term<'_>, field: FieldName<'_>) -> Option<String> {
    let piece = term.value.only().filter(|piece| piece.kind == PieceKind::Bare)?;
    let mark = if field.colon && field.relation != Relation::Colon { ":" } else { "" };
    let text = format!("{}{mark}{}{}", field.name, field.relation.symbol(), piece.text);
    (term.span.start == field.span.start && term.span.end - term.span.start == text.len())
        .then_some(text)
}

/// A comparison that an operator does not have.
pub(super) fn not_comparable(term: &Term<'_>, field: FieldName<'_>, name: &str) -> Error {
    let symbol = field.relation.symbol();
    let title = format!("`{name}` cannot be compared with `{symbol}`");
    let minus = if field.relation == Relation::NotEqual { "-" } else { "" };
    let mark = Span::new(field.span.start, term.value.first.span.start);
    Error::new(Code::NotComparable, field.span, title, "has no order")
        .hint(format!("write {minus}{name}:value"))
        .fix(mark, format!("{minus}{name}:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice() {
        let known = OPERATORS.iter().flat_map(|(_, names)| names.iter());
        let mut all: Vec<_> = known.chain(FOREIGN.iter().flat_map(|(names, _)| *names)).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
