//! Operators with one of a few words, an id, or a file name as their value.

use super::canonical;
use super::labels::without_brackets;
use super::resolved::{Resolved, leaf};
use super::value::{Value, fault, list, single, unknown_value};
use crate::analysis::{LowerCase, lower_case, name_words};
use crate::pattern::Wildcard;
use crate::query::{AttachmentTest, Condition, FlagTest, Predicate, StringTest};
use crate::schema::{FlagField, StringField};
use crate::syntax::postern::Term;
use crate::{Code, Error, Expr, Span};

pub(crate) const IMPORTANCES: [&str; 3] = ["low", "normal", "high"];

/// Extensions: a file name without a dot that equals one of them is read as an extension.
const EXTENSIONS: &[&str] = &[
    "7z", "asc", "avi", "bmp", "csv", "doc", "docx", "eml", "gif", "gz", "heic", "htm", "html",
    "ics", "jpeg", "jpg", "json", "log", "md", "mov", "mp3", "mp4", "msg", "odp", "ods", "odt",
    "p7m", "p7s", "pdf", "png", "ppt", "pptx", "pst", "rar", "rtf", "svg", "tar", "tif", "tiff",
    "txt", "vcf", "wav", "xls", "xlsm", "xlsx", "xml", "zip",
];

fn flag(field: FlagField, wanted: bool, span: Span) -> Condition {
    leaf(Predicate::Flag(field, FlagTest::Is(wanted)), span)
}

fn string(field: StringField, text: &str, span: Span) -> Condition {
    leaf(Predicate::String(field, StringTest::Is(text.to_owned())), span)
}

// ---- yes or no ----

/// `has:attachment`.
pub(super) fn has(term: &Term<'_>) -> Result<Resolved, Error> {
    let value = single(term)?;
    match lower_case(&value.text).as_str() {
        "attachment" | "attachments" => Ok(attachment(term.span)),
        "drive" | "document" | "spreadsheet" | "presentation" | "youtube" => {
            Err(foreign(&value, "links are not kept apart from the text")
                .hint("look for a word of the link"))
        }
        "userlabels" | "nouserlabels" => {
            Err(foreign(&value, "an archive does not tell labels of users from others"))
        }
        other if other.ends_with("-star") => Err(foreign(&value, "an archive keeps no stars")),
        _ => Err(unknown_value(&value, "something a message can have", &["attachment"])),
    }
}

fn attachment(span: Span) -> Resolved {
    Resolved::unit(flag(FlagField::HasAttachments, true, span), "has:attachment".to_owned())
}

/// `hasattachment:true`.
pub(super) fn has_attachment(term: &Term<'_>) -> Result<Expr<Resolved>, Error> {
    let has = Expr::Leaf(attachment(term.span));
    Ok(if boolean(term)? { has } else { Expr::negated(has) })
}

/// `isread:true`.
pub(super) fn is_read(term: &Term<'_>) -> Result<Expr<Resolved>, Error> {
    boolean(term).map(|yes| Expr::Leaf(read(yes, term.span)))
}

fn read(yes: bool, span: Span) -> Resolved {
    let text = if yes { "is:read" } else { "is:unread" };
    Resolved::unit(flag(FlagField::IsRead, yes, span), text.to_owned())
}

fn boolean(term: &Term<'_>) -> Result<bool, Error> {
    let value = single(term)?;
    match lower_case(&value.text).as_str() {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        _ => Err(unknown_value(&value, "true or false", &["true", "false", "yes", "no"])),
    }
}

/// `is:read` and other states, with the letters that mu uses for its flags.
pub(super) fn is(term: &Term<'_>) -> Result<Expr<Resolved>, Error> {
    let value = single(term)?;
    let resolved = match lower_case(&value.text).as_str() {
        "read" | "seen" => read(true, term.span),
        "unread" | "unseen" | "u" => read(false, term.span),
        "important" => {
            Resolved::unit(string(StringField::Importance, "high", term.span), "importance:high")
        }
        "attachment" | "attach" | "a" => attachment(term.span),
        "flagged" | "f" => state(FlagField::IsFlagged, "is:flagged", term.span),
        "replied" => state(FlagField::IsReplied, "is:replied", term.span),
        "draft" | "d" => state(FlagField::IsDraft, "is:draft", term.span),
        "signed" | "z" => state(FlagField::IsSigned, "is:signed", term.span),
        "encrypted" | "x" => state(FlagField::IsEncrypted, "is:encrypted", term.span),
        "starred" | "muted" | "snoozed" | "chat" | "passed" | "forwarded" | "trashed" | "new"
        | "personal" | "calendar" | "list" => {
            return Err(foreign(&value, "an archive does not keep this"));
        }
        _ => return Err(unknown_value(&value, "a state of a message", STATES)),
    };
    Ok(Expr::Leaf(resolved))
}

pub(crate) const STATES: &[&str] = &[
    "read",
    "unread",
    "flagged",
    "replied",
    "draft",
    "signed",
    "encrypted",
    "attachment",
    "important",
];

fn state(field: FlagField, text: &str, span: Span) -> Resolved {
    Resolved::unit(flag(field, true, span), text)
}

/// `isflagged:true`.
pub(super) fn is_flagged(term: &Term<'_>) -> Result<Expr<Resolved>, Error> {
    let has = Expr::Leaf(state(FlagField::IsFlagged, "is:flagged", term.span));
    Ok(if boolean(term)? { has } else { Expr::negated(has) })
}

pub(super) fn foreign(value: &Value<'_>, reason: &str) -> Error {
    fault(
        Code::ForeignOperator,
        value,
        format!("`{}` cannot be answered here: {reason}", value.text),
        "known elsewhere",
    )
    .hint("leave it out")
}

// ---- words of a list ----

/// `importance:high`, `importance:low,high`.
pub(super) fn importance(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let mut values = list(term)?;
    for value in &mut values {
        let word = lower_case(&value.text);
        // Purview's name of it.
        let word = if word == "medium" { "normal".to_owned() } else { word };
        if !IMPORTANCES.contains(&word.as_str()) {
            return Err(unknown_value(value, "an importance", &IMPORTANCES));
        }
        value.text = word.into();
    }
    let parts = values
        .iter()
        .map(|value| string(StringField::Importance, &value.text, value.span))
        .collect();
    Ok(Resolved::unit(Expr::group(parts, Expr::Or), canonical::list(name, &values)))
}

/// `ext:pdf`, `ext:doc,docx`.
pub(super) fn extension(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let mut values = list(term)?;
    for value in &mut values {
        value.text = lower_case(value.text.trim_start_matches('.')).into();
        if value.text.is_empty() || value.text.contains(['.', '*', '?']) {
            return Err(no_extension(value, term));
        }
    }
    let parts = values
        .iter()
        .map(|value| file(AttachmentTest::Extension(LowerCase::from(&value.text)), value.span))
        .collect();
    Ok(Resolved::unit(Expr::group(parts, Expr::Or), canonical::list(name, &values)))
}

fn no_extension(value: &Value<'_>, term: &Term<'_>) -> Error {
    let title = "this is not an extension";
    let error = fault(Code::UnknownValue, value, title, "one word without dots");
    let is_alone = term.span != value.span && term.value.span() == value.span && !value.quoted;
    if value.text.is_empty() || !is_alone {
        return error.hint("write ext:pdf, or a pattern of the whole name: filename:*.tar.gz");
    }
    let pattern = format!("filename:*.{}", value.text);
    error
        .hint(format!("write ext:pdf, or a pattern of the whole name: {pattern}"))
        .fix(term.span, pattern)
}

// ---- names and ids ----

fn file(test: AttachmentTest, span: Span) -> Condition {
    leaf(Predicate::Attachment(Expr::Leaf(test)), span)
}

/// A whole name, an extension, words of the name, or a pattern.
pub(super) fn filename(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let value = single(term)?;
    let test = file_test(&value)?;
    let text = match &test {
        AttachmentTest::Extension(extension) => canonical::value("ext", extension),
        AttachmentTest::Shaped(_) => canonical::bare(name, &value.text),
        AttachmentTest::Named(_)
        | AttachmentTest::Words(_)
        | AttachmentTest::Name(_)
        | AttachmentTest::ContentType(_)
        | AttachmentTest::Size(_) => canonical::quotable(name, &value),
    };
    Ok(Resolved::unit(file(test, term.span), text))
}

fn file_test(value: &Value<'_>) -> Result<AttachmentTest, Error> {
    let lower = lower_case(&value.text);
    if !value.quoted && Wildcard::is_pattern(&lower) {
        return Ok(AttachmentTest::Shaped(Wildcard::parse(&lower)));
    }
    if lower.trim_matches('.').contains('.') {
        return Ok(AttachmentTest::Named(value.text.to_string()));
    }
    if !value.quoted && EXTENSIONS.contains(&lower.as_str()) {
        return Ok(AttachmentTest::Extension(lower.into()));
    }
    let words = name_words(&lower);
    if words.is_empty() {
        return Err(fault(
            Code::EmptyValue,
            value,
            "there is no letter or digit to look for",
            "nothing to look for",
        )
        .hint("write a word of the name"));
    }
    Ok(AttachmentTest::Words(words))
}

/// A Message-ID, with or without its brackets.
pub(super) fn id(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let value = single(term)?;
    let inner = &without_brackets(&value)?;
    let condition = string(StringField::InternetMessageId, &format!("<{inner}>"), term.span);
    Ok(Resolved::unit(condition, canonical::value(name, inner)))
}

/// A conversation id, exactly as it is.
pub(super) fn thread(term: &Term<'_>, name: &str) -> Result<Resolved, Error> {
    let value = single(term)?;
    let condition = string(StringField::ConversationId, &value.text, term.span);
    Ok(Resolved::unit(condition, canonical::value(name, &value.text)))
}
