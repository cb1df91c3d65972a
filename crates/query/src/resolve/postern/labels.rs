//! Operators for the labels of a message: category, folder, mailing list, kind, media type, and
//! the messages to which it refers.

use std::sync::LazyLock;

use super::canonical;
use super::plain::foreign;
use super::resolved::{Resolved, leaf};
use super::value::{Value, fault, list, single, unknown_value};
use crate::analysis::lower_case;
use crate::pattern::Wildcard;
use crate::query::{AttachmentTest, Condition, NamedSets, Predicate, SetTest, StringTest};
use crate::schema::StringField;
use crate::syntax::postern::Term;
use crate::{Advice, AdviceCode, Code, Error, Expr, FILE, Span};

/// A test of a whole text in any case.
fn whole(value: &Value<'_>) -> StringTest {
    if !value.quoted && Wildcard::is_pattern(&value.text) {
        StringTest::Shaped(Wildcard::parse(&lower_case(&value.text)))
    } else {
        StringTest::Same(value.text.to_string())
    }
}

fn one_of(parts: Vec<Condition>, text: String) -> Resolved {
    Resolved::unit(Expr::group(parts, Expr::Or), text)
}

fn string(field: StringField, test: StringTest, span: Span) -> Condition {
    leaf(Predicate::String(field, test), span)
}

// ---- categories ----

/// States and folders that notmuch and Gmail keep as tags, and the operator for each here; `None`
/// if an archive does not keep it.
const STATES: &[(&str, Option<&str>)] = &[
    ("attachment", Some("has:attachment")),
    ("deleted", Some("in:trash")),
    ("draft", Some("is:draft")),
    ("encrypted", Some("is:encrypted")),
    ("flagged", Some("is:flagged")),
    ("forwarded", None),
    ("important", Some("is:important")),
    ("inbox", Some("in:inbox")),
    ("new", None),
    ("passed", None),
    ("replied", Some("is:replied")),
    ("sent", Some("in:sent")),
    ("signed", Some("is:signed")),
    ("spam", Some("in:spam")),
    ("starred", None),
    ("trash", Some("in:trash")),
    ("unread", Some("is:unread")),
];

/// `category:invoices`, `label:a,b`.
pub(super) fn category(
    term: &Term<'_>,
    name: &str,
    advice: &mut Vec<Advice>,
) -> Result<Resolved, Error> {
    let values = list(term)?;
    if let Some(tab) = values.iter().find(|value| is_gmail_tab(value)) {
        return Err(foreign(tab, "an archive does not keep the tabs of Gmail")
            .hint(format!("quote it to mean a category of that name: {name}:\"{}\"", tab.text))
            .fix(tab.span, canonical::quoted_text(&tab.text)));
    }
    advice.extend(values.iter().filter_map(|value| state_as_category(value, name)));
    let test = |value: &Value<'_>| leaf(Predicate::Category(Expr::Leaf(whole(value))), value.span);
    Ok(one_of(values.iter().map(test).collect(), canonical::list(name, &values)))
}

fn is_gmail_tab(value: &Value<'_>) -> bool {
    const TABS: [&str; 7] =
        ["primary", "promotions", "social", "updates", "forums", "reservations", "purchases"];
    !value.quoted && TABS.contains(&lower_case(&value.text).as_str())
}

/// A tag of a mail program. Quotes make it a category.
fn state_as_category(value: &Value<'_>, name: &str) -> Option<Advice> {
    let text = &value.text;
    let known = STATES.iter().find(|(state, _)| *state == lower_case(text));
    let (_, asked) = known.filter(|_| !value.quoted)?;
    let category = format!("{name}:\"{text}\"");
    let message = match asked {
        Some(asked) => {
            format!(
                "`{text}` is looked for as a category: write {asked}, or {category} to mean that"
            )
        }
        None => format!(
            "`{text}` is looked for as a category, for an archive does not keep that state: write {category} to mean it"
        ),
    };
    Some(Advice::new(AdviceCode::StateAsCategory, value.span, message))
}

// ---- folders ----

/// Folders that have different names in mail programs.
const FOLDERS: &[(&str, &[&str])] = &[
    ("sent", &["sent", "sent items", "sent mail"]),
    ("drafts", &["drafts", "draft"]),
    ("draft", &["drafts", "draft"]),
    ("trash", &["trash", "deleted items", "deleted"]),
    ("spam", &["spam", "junk email", "junk e-mail", "junk"]),
    ("junk", &["spam", "junk email", "junk e-mail", "junk"]),
];

/// `in:inbox`, `in:"Projects/2024"`: the name of a folder, or the end of its path.
pub(super) fn folder(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let mut value = single(term)?;
    match lower_case(&value.text).as_str() {
        "anywhere" | "all" if !value.quoted => {
            let error = foreign(&value, "every folder is searched anyway").hint("leave it out");
            let is_alone = term.span != value.span;
            return Err(if is_alone { error.fix(term.span, "*") } else { error });
        }
        "snoozed" | "scheduled" | "chats" | "starred" | "important" if !value.quoted => {
            return Err(foreign(&value, "an archive does not keep this"));
        }
        _ => {}
    }
    value.text = value.text.trim_matches('/').to_owned().into();
    if value.text.is_empty() {
        return Err(fault(Code::EmptyValue, &value, "there is no folder name", "only slashes")
            .hint("write the name of a folder, or leave the operator out"));
    }
    let tests = if value.quoted { vec![path_end(&value.text)] } else { named_folders(&value) };
    let parts = tests.into_iter().map(|test| string(StringField::Folder, test, term.span));
    Ok(one_of(parts.collect(), canonical::quotable(name, &value)))
}

fn path_end(text: &str) -> StringTest {
    StringTest::PathEnd(text.to_owned())
}

fn named_folders(value: &Value<'_>) -> Vec<StringTest> {
    let text = lower_case(&value.text);
    if Wildcard::is_pattern(&text) {
        let below = Wildcard::parse(&format!("*/{text}"));
        return vec![StringTest::Shaped(Wildcard::parse(&text)), StringTest::Shaped(below)];
    }
    match FOLDERS.iter().find(|(name, _)| *name == text) {
        Some((_, names)) => names.iter().map(|name| path_end(name)).collect(),
        None => vec![path_end(&value.text)],
    }
}

// ---- mailing lists ----

/// `list:announce.example.com`, `list:announce`: the whole List-Id, or its first part.
pub(super) fn mailing_list(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let mut value = single(term)?;
    value.text = without_brackets(&value)?.into();
    let mut tests = vec![whole(&value)];
    // People know a list by its address. Its List-Id has a dot in place of the `@` (RFC 2919).
    if !value.quoted && value.text.contains('@') {
        tests.push(whole(&Value { text: value.text.replace('@', ".").into(), ..value.clone() }));
    } else if !value.quoted && !value.text.contains(['.', '*', '?']) {
        let below = format!("{}.*", lower_case(&value.text));
        tests.push(StringTest::Shaped(Wildcard::parse(&below)));
    }
    let parts = tests.into_iter().map(|test| string(StringField::ListId, test, term.span));
    Ok(one_of(parts.collect(), canonical::quotable(name, &value)))
}

// ---- kinds ----

/// The names of the kinds in Outlook and Exchange.
const KINDS: [(&str, &[&str]); 7] = [
    ("email", &["emails", "mail", "ipm.note"]),
    ("meeting", &["meetings", "calendar", "ipm.appointment", "ipm.schedule.meeting.request"]),
    ("note", &["notes", "ipm.stickynote"]),
    ("task", &["tasks", "ipm.task"]),
    ("contact", &["contacts", "ipm.contact"]),
    ("report", &["reports", "report.ipm.note.ndr", "report.ipm.note.dr"]),
    (FILE, &["files", "document", "documents"]),
];

/// The names of the kinds here.
pub(crate) static KIND_NAMES: LazyLock<[&str; 7]> = LazyLock::new(|| KINDS.map(|(kind, _)| kind));

/// `kind:meeting`, `itemclass:ipm.task`.
pub(super) fn kind(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let mut values = list(term)?;
    for value in &mut values {
        let text = lower_case(&value.text);
        let known = KINDS.iter().find(|(kind, names)| *kind == text || names.contains(&&*text));
        let (kind, _) = known
            .ok_or_else(|| unknown_value(value, "a kind of message", KIND_NAMES.as_slice()))?;
        value.text = (*kind).into();
    }
    let test = |value: &Value<'_>| {
        string(StringField::Kind, StringTest::Is(value.text.to_string()), value.span)
    };
    Ok(one_of(values.iter().map(test).collect(), canonical::list(name, &values)))
}

// ---- whole texts ----

/// `source:datatap`: the whole text of a field.
pub(super) fn whole_text(
    field: StringField,
    term: &Term<'_>,
    name: &str,
) -> Result<Resolved, Error> {
    let value = single(term)?;
    let condition = string(field, whole(&value), term.span);
    Ok(Resolved::unit(condition, canonical::quotable(name, &value)))
}

// ---- media types ----

/// `mime:application/pdf`, `mime:image/*`.
pub(super) fn media_type(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let mut values = list(term)?;
    for value in &mut values {
        value.text = lower_case(&value.text).into();
        if !value.text.contains('/') {
            return Err(no_media_type(value, name));
        }
    }
    let test = |value: &Value<'_>| {
        let test = AttachmentTest::ContentType(whole(value));
        leaf(Predicate::Attachment(Expr::Leaf(test)), value.span)
    };
    Ok(one_of(values.iter().map(test).collect(), canonical::list(name, &values)))
}

fn no_media_type(value: &Value<'_>, name: &str) -> Error {
    const TYPES: [&str; 8] =
        ["application", "audio", "font", "image", "message", "multipart", "text", "video"];
    let title = format!("`{}` is no media type", value.text);
    let error = fault(Code::UnknownValue, value, title, "has no slash");
    if TYPES.contains(&&*value.text) {
        let all = format!("{}/*", value.text);
        return error.hint(format!("write {name}:{all}")).fix(value.span, all);
    }
    error.hint(format!(
        "write type/subtype as in {name}:application/pdf, or the extension as in ext:pdf"
    ))
}

// ---- references ----

/// `ref:<id@host>`: replies to that message, and other references to it.
pub(super) fn reference(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let value = single(term)?;
    let inner = without_brackets(&value)?;
    let condition = leaf(Predicate::Reference(format!("<{inner}>")), term.span);
    Ok(Resolved::unit(condition, canonical::value(name, &inner)))
}

// ---- sets ----

/// `set:lease`: the messages of a frozen set.
pub(super) fn set(
    term: &Term<'_>,
    name: &str,
    sets: Option<&dyn NamedSets>,
) -> Result<Resolved, Error> {
    let value = single(term)?;
    if let Some(ids) = sets.and_then(|sets| sets.ids(&value.text)) {
        let text = canonical::value(name, &value.text);
        let test = SetTest { name: value.text.into_owned(), ids };
        return Ok(Resolved::unit(leaf(Predicate::Set(test), term.span), text));
    }
    let names = sets.map(NamedSets::names).unwrap_or_default();
    if names.is_empty() {
        let title = format!("`{}` is not a frozen set", value.text);
        return Err(fault(Code::UnknownValue, &value, title, "not known")
            .hint("no set is known here; `postern set NAME QUERY` makes one"));
    }
    let names: Vec<_> = names.iter().map(String::as_str).take(MOST_NAMES).collect();
    Err(unknown_value(&value, "a frozen set", &names))
}

/// Names of sets that a hint tells.
const MOST_NAMES: usize = 50;

/// An id without the angle brackets around it.
pub(super) fn without_brackets(value: &Value<'_>) -> Result<String, Error> {
    let inner = value.text.trim_start_matches('<').trim_end_matches('>').trim();
    if inner.is_empty() {
        return Err(fault(Code::EmptyValue, value, "there is nothing in the brackets", "empty")
            .hint("write the id between < and >, or without them"));
    }
    Ok(inner.to_owned())
}
