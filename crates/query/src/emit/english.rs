//! One sentence in English that says to people what a query means.

use jiff::Timestamp;

use crate::pattern::Near;
use crate::query::{
    AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, PersonPattern,
    Predicate, RecipientTest, Role, StringTest, TextPattern, TextTest,
};
use crate::schema::{FlagField, InstantField, RecipientList, Sort, SortField, TextField};
use crate::{Expr, Query};

/// Describes a query in English.
///
/// ```
/// use postern_query::emit::english;
/// use postern_query::{parse, Context};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let query = parse("from:alice has:attachment -draft sort:newest", &context)?.query;
/// assert_eq!(
///     english::describe(&query),
///     "Messages from “alice”, with an attachment and not with “draft” in subject or body; newest first."
/// );
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn describe(query: &Query) -> String {
    let what = match query.condition() {
        everything if everything.is_everything() => "Every message".to_owned(),
        Expr::Or(parts) if parts.is_empty() => "No message".to_owned(),
        condition => format!("Messages {}", tree(condition, &predicate).0),
    };
    let order: Vec<_> = query.order().iter().copied().map(sort).collect();
    if order.is_empty() {
        format!("{what}.")
    } else {
        format!("{what}; {}.", order.join(", then "))
    }
}

/// The text of a tree, and whether it has several parts.
fn tree<L>(expr: &Expr<L>, leaf: &impl Fn(&L) -> String) -> (String, bool) {
    match expr {
        Expr::Leaf(inner) => (leaf(inner), false),
        Expr::Not(inner) => (format!("not {}", part(inner, leaf)), false),
        Expr::And(parts) => listed(parts, leaf, "and", "anything"),
        Expr::Or(parts) => listed(parts, leaf, "or", "nothing"),
    }
}

fn part<L>(expr: &Expr<L>, leaf: &impl Fn(&L) -> String) -> String {
    let (text, several) = tree(expr, leaf);
    if several { format!("({text})") } else { text }
}

fn listed<L>(
    parts: &[Expr<L>],
    leaf: &impl Fn(&L) -> String,
    word: &str,
    empty: &str,
) -> (String, bool) {
    let texts: Vec<_> = parts.iter().map(|one| part(one, leaf)).collect();
    match texts.as_slice() {
        [] => (empty.to_owned(), false),
        [only] => (only.clone(), false),
        [first @ .., last] => (format!("{} {word} {last}", first.join(", ")), true),
    }
}

fn predicate(leaf: &crate::Located<Predicate>) -> String {
    match &leaf.value {
        Predicate::Text(test) => text(test),
        Predicate::String(field, test) => {
            format!("whose {} {}", words_of(field.path()), string(test))
        }
        Predicate::Flag(field, test) => flag(*field, *test),
        Predicate::Number(field, test) => {
            format!("whose {} {}", words_of(field.path()), number(*test))
        }
        Predicate::Instant(field, test) => instant(*field, *test),
        Predicate::Recipient(list, test) => {
            format!("with a person in {} {}", list_name(*list), inside(test, &recipient))
        }
        Predicate::Attachment(test) => format!("with a file {}", inside(test, &attachment)),
        Predicate::Category(test) => {
            format!("with a category {}", inside(test, &|test| format!("that {}", string(test))))
        }
        Predicate::Reference(id) => format!("that reply or refer to {}", quote(id)),
        Predicate::Set(set) => format!("of the set {}", quote(&set.name)),
        Predicate::Person { roles, pattern } => format!("{} {}", roles_of(roles), person(pattern)),
    }
}

fn inside<L>(test: &Expr<L>, leaf: &impl Fn(&L) -> String) -> String {
    if test.is_everything() { "at all".to_owned() } else { tree(test, leaf).0 }
}

fn text(test: &TextTest) -> String {
    let what = match &test.pattern {
        TextPattern::Phrase(tokens) => quote(&tokens.join(" ")),
        TextPattern::Wildcard(shape) => format!("a word like {}", quote(&shape.to_string())),
        TextPattern::Regex(regex) => format!("a word that matches /{}/", regex.as_str()),
        TextPattern::Fuzzy(fuzzy) => {
            format!("a word within {} of {}", count(fuzzy.edits(), "edit"), quote(fuzzy.token()))
        }
        TextPattern::Sloppy(sloppy) => {
            let moves = count(sloppy.slop, "move");
            format!("{} give or take {moves}", quote(&sloppy.tokens.join(" ")))
        }
        TextPattern::Near(near) => self::near(near),
    };
    let fields: Vec<_> = test.fields.iter().map(|field| text_field(*field)).collect();
    format!("with {what} in {}", fields.join(" or "))
}

fn near(near: &Near) -> String {
    let parts: Vec<_> = near.parts.iter().map(|part| quote(&part.join(" "))).collect();
    let order = if near.ordered { ", in this order" } else { "" };
    format!("{} within {}{order}", parts.join(" and "), count(near.distance, "word"))
}

fn count(number: impl Into<u32>, what: &str) -> String {
    let number = number.into();
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn text_field(field: TextField) -> String {
    match field.whose() {
        Some(whose) => format!("{} text", whose.name()),
        None => words_of(&field.path().replace('/', " ")),
    }
}

/// `receivedDateTime` as `received date time`.
fn words_of(path: &str) -> String {
    path.chars()
        .flat_map(|c| {
            let space = c.is_ascii_uppercase().then_some(' ');
            space.into_iter().chain([c.to_ascii_lowercase()])
        })
        .collect()
}

fn string(test: &StringTest) -> String {
    match test {
        StringTest::Is(text) => format!("is {}", quote(text)),
        StringTest::OneOf(texts) if texts.is_empty() => "is one of none".to_owned(),
        StringTest::OneOf(texts) => {
            format!(
                "is one of {}",
                texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")
            )
        }
        StringTest::Same(text) => format!("is {} in any case", quote(text)),
        StringTest::Shaped(shape) => format!("is like {}", quote(&shape.to_string())),
        StringTest::PathEnd(end) => format!("is or ends in {}", quote(end)),
        StringTest::Missing => "is missing".to_owned(),
    }
}

fn flag(field: FlagField, test: FlagTest) -> String {
    let text = match (field, test) {
        (FlagField::HasAttachments, FlagTest::Is(true)) => "with an attachment",
        (FlagField::HasAttachments, FlagTest::Is(false)) => "without attachments",
        (FlagField::HasAttachments, FlagTest::Missing) => "not known to have attachments or none",
        (FlagField::IsRead, FlagTest::Is(true)) => "that were read",
        (FlagField::IsRead, FlagTest::Is(false)) => "that are unread",
        (FlagField::IsRead, FlagTest::Missing) => "not known to be read or unread",
        (FlagField::IsFlagged, _) => return state("flagged", test),
        (FlagField::IsReplied, _) => return state("replied to", test),
        (FlagField::IsDraft, _) => return state("drafts", test),
        (FlagField::IsSigned, _) => return state("signed", test),
        (FlagField::IsEncrypted, _) => return state("encrypted", test),
    };
    text.to_owned()
}

fn state(what: &str, test: FlagTest) -> String {
    match test {
        FlagTest::Is(true) => format!("that are {what}"),
        FlagTest::Is(false) => format!("known not to be {what}"),
        FlagTest::Missing => format!("not known to be {what} or not"),
    }
}

fn number(test: NumberTest) -> String {
    match test {
        NumberTest::Compare(comparison, Number::Integer(number)) => {
            format!("{} {number}", compared(comparison))
        }
        NumberTest::Compare(comparison, Number::Float(number)) => {
            format!("{} {number}", compared(comparison))
        }
        NumberTest::Missing => "is missing".to_owned(),
    }
}

const fn compared(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "is",
        Comparison::Less => "is less than",
        Comparison::AtMost => "is at most",
        Comparison::Greater => "is more than",
        Comparison::AtLeast => "is at least",
    }
}

fn instant(field: InstantField, test: InstantTest) -> String {
    let verb = match field {
        InstantField::Received => "received",
        InstantField::Sent => "sent",
        InstantField::Created => "created",
        InstantField::Modified => "modified",
    };
    match test {
        InstantTest::Compare(comparison, moment) => {
            let relation = match comparison {
                Comparison::Equal => "at",
                Comparison::Less => "before",
                Comparison::AtMost => "at or before",
                Comparison::Greater => "after",
                Comparison::AtLeast => "at or after",
            };
            format!("{verb} {relation} {}", date(moment))
        }
        InstantTest::Missing => format!("with no time {verb}"),
    }
}

/// A midnight without its zeros.
fn date(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.strip_suffix("T00:00:00Z").map_or_else(|| text.clone(), str::to_owned)
}

const fn list_name(list: RecipientList) -> &'static str {
    match list {
        RecipientList::To => "To",
        RecipientList::Cc => "Cc",
        RecipientList::Bcc => "Bcc",
    }
}

fn recipient(test: &RecipientTest) -> String {
    match test {
        RecipientTest::Name(test) => format!("whose name {}", string(test)),
        RecipientTest::Address(test) => format!("whose address {}", string(test)),
    }
}

fn attachment(test: &AttachmentTest) -> String {
    match test {
        AttachmentTest::Name(test) => format!("whose name {}", string(test)),
        AttachmentTest::ContentType(test) => format!("whose type {}", string(test)),
        AttachmentTest::Size(test) => format!("whose size {}", number(*test)),
        AttachmentTest::Named(name) => format!("named {}", quote(name)),
        AttachmentTest::Extension(extension) => {
            format!("ending in {}", quote(&format!(".{extension}")))
        }
        AttachmentTest::Words(words) => format!("with {} in its name", quote(&words.join(" "))),
        AttachmentTest::Shaped(shape) => format!("named like {}", quote(&shape.to_string())),
    }
}

fn roles_of(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.english()).collect();
    names.join(" or ")
}

fn person(pattern: &PersonPattern) -> String {
    match pattern {
        PersonPattern::Address(text) => text.to_string(),
        PersonPattern::Domain(text) => format!("anyone at {text}"),
        PersonPattern::SubDomains(text) => format!("anyone at a domain below {text}"),
        PersonPattern::DomainOrLocal(text) | PersonPattern::Words(text) => quote(text),
        PersonPattern::NamePhrase(text) => format!("someone named {}", quote(text)),
        PersonPattern::Shaped(shape) => format!("someone like {}", quote(&shape.to_string())),
        PersonPattern::AddressShaped(shape) => {
            format!("an address like {}", quote(&shape.to_string()))
        }
    }
}

fn sort(sort: Sort) -> String {
    let text = match (sort.by, sort.descending) {
        (SortField::Instant(InstantField::Received), true) => "newest first",
        (SortField::Instant(InstantField::Received), false) => "oldest first",
        (SortField::Score, true) => "best first",
        (SortField::Score, false) => "worst first",
        (SortField::Number(_), true) => "largest first",
        (SortField::Number(_), false) => "smallest first",
        (
            SortField::String(_)
            | SortField::Flag(_)
            | SortField::Instant(InstantField::Sent | InstantField::Created | InstantField::Modified),
            descending,
        ) => {
            let direction = if descending { ", downwards" } else { "" };
            return format!("by {}{direction}", words_of(sort.by.path()));
        }
    };
    text.to_owned()
}

/// Typed text inside the sentence. Its quotes differ from ours.
fn quote(text: &str) -> String {
    format!("“{}”", text.replace(['“', '”'], "\""))
}
