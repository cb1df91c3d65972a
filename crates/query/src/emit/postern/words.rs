//! The typed text of one condition.

use crate::Expr;
use crate::emit::Direction;
use crate::emit::property::operator;
use crate::query::{
    AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, PersonPattern,
    Predicate, RecipientTest, Role, StringTest, TextPattern, TextTest,
};
use crate::resolve::postern::canonical::{bare, listed_value, quoted_text, value_of};
use crate::resolve::postern::operators;
use crate::schema::{FlagField, InstantField, NumberField, RecipientList, StringField, TextField};

/// A condition as typed text, and what differs if it does not read back as the same.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) differs: Option<(Direction, &'static str)>,
}

type Result = std::result::Result<Written, &'static str>;

const NO_MISSING: &str = "the language cannot ask for a value that is missing";
const CAPITALS: &str = "typed text makes no difference between capitals and small letters";
const WORDS: &str = "typed text finds these words anywhere in the value, in any case";
const NOT_KNOWN: &str = "messages of which it is not known are found too";
const ONE_ELEMENT: &str = "the language cannot ask for two things of the same element";

fn exact(text: String) -> Result {
    Ok(Written { text, differs: None })
}

fn wider(text: String, differs: &'static str) -> Result {
    Ok(Written { text, differs: Some((Direction::Wider, differs)) })
}

/// The text of one condition, or why there is none.
pub(super) fn written(predicate: &Predicate) -> Result {
    match predicate {
        Predicate::Text(test) => words(test),
        Predicate::String(field, test) => string(*field, test),
        Predicate::Flag(field, test) => flag(*field, *test),
        Predicate::Number(NumberField::Size, test) => size(*test),
        Predicate::Instant(field, test) => instant(*field, *test),
        Predicate::Recipient(list, Expr::Leaf(test)) => recipient(*list, test),
        Predicate::Attachment(Expr::Leaf(test)) => attachment(test),
        Predicate::Category(Expr::Leaf(test)) => category(test),
        Predicate::Recipient(..) | Predicate::Attachment(_) | Predicate::Category(_) => {
            Err(ONE_ELEMENT)
        }
        Predicate::Reference(id) => exact(value_of("ref", without_brackets(id)?)),
        Predicate::Set(set) => exact(value_of("set", &set.name)),
        Predicate::Person { roles, pattern } => person(roles, pattern),
    }
}

fn listed(name: &str, text: &str) -> String {
    format!("{name}:{}", listed_value(text))
}

// ---- words ----

fn words(test: &TextTest) -> Result {
    let name = match test.fields.as_slice() {
        fields if fields == TextField::DEFAULT => "",
        fields => operators::of_words(fields)
            .ok_or("the language has no operator for the words of this field")?,
    };
    exact(match &test.pattern {
        TextPattern::Phrase(tokens) => bare(name, &phrase(tokens)),
        TextPattern::Wildcard(shape) => bare(name, &shape.to_string()),
        TextPattern::Regex(regex) => bare(name, &format!("/{}/", regex.as_str())),
        TextPattern::Fuzzy(fuzzy) => bare(name, &format!("{}~{}", fuzzy.token(), fuzzy.edits())),
        TextPattern::Near(near) => {
            let mark = if near.ordered { "ADJ" } else { "NEAR" };
            let parts: Vec<_> = near.parts.iter().map(|part| phrase(part)).collect();
            bare(name, &format!("({})", parts.join(&format!(" {mark}/{} ", near.distance))))
        }
        TextPattern::Sloppy(_) => {
            return Err(
                "query text counts how far words are moved, and the language counts the words between them",
            );
        }
    })
}

fn phrase(tokens: &[String]) -> String {
    match tokens {
        [token] => listed_value(token),
        _ => quoted_text(&tokens.join(" ")),
    }
}

// ---- whole values ----

fn string(field: StringField, test: &StringTest) -> Result {
    let text = match test {
        StringTest::Missing => return Err(NO_MISSING),
        StringTest::Shaped(shape) => return shaped(field, &shape.to_string()),
        StringTest::Is(text) | StringTest::Same(text) | StringTest::PathEnd(text) => text,
        StringTest::OneOf(_) => return Err(ONE_ELEMENT),
    };
    let quoted = |name: &str| format!("{name}:{}", quoted_text(text));
    match field {
        StringField::Subject => wider(quoted("subject"), WORDS),
        StringField::FromAddress => {
            if text.contains('@') {
                wider(listed("from", text), CAPITALS)
            } else {
                Err("a typed address has an @")
            }
        }
        StringField::FromName => wider(quoted("from"), WORDS),
        StringField::Importance => exact(value_of("importance", text)),
        StringField::Kind => exact(value_of("kind", text)),
        StringField::ConversationId => exact(value_of("thread", text)),
        StringField::InternetMessageId => exact(value_of("id", without_brackets(text)?)),
        StringField::Mailbox => wider(quoted("mailbox"), WORDS),
        StringField::Folder => wider(
            quoted("in"),
            "typed text finds a folder by its name or the end of its path, in any case",
        ),
        StringField::ListId => wider(quoted("list"), CAPITALS),
        StringField::Source => wider(quoted("source"), CAPITALS),
        StringField::Newest => Err("the language does not tell the versions of a file apart"),
        StringField::Id | StringField::ItemId | StringField::FragmentId => {
            Err("the language has no operator for this id")
        }
    }
}

fn shaped(field: StringField, shape: &str) -> Result {
    match field {
        StringField::ListId => exact(bare("list", shape)),
        StringField::Source => exact(bare("source", shape)),
        StringField::Folder => {
            wider(bare("in", shape), "a pattern over folders looks at the end of the path too")
        }
        _ => Err("the language has no patterns over this value"),
    }
}

fn without_brackets(id: &str) -> std::result::Result<&str, &'static str> {
    let inner = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inner.ok_or("a typed Message-ID stands in < and >")
}

// ---- flags, sizes, moments ----

fn flag(field: FlagField, test: FlagTest) -> Result {
    let text = match field {
        FlagField::HasAttachments => "has:attachment",
        FlagField::IsRead => "is:read",
        FlagField::IsFlagged => "is:flagged",
        FlagField::IsReplied => "is:replied",
        FlagField::IsDraft => "is:draft",
        FlagField::IsSigned => "is:signed",
        FlagField::IsEncrypted => "is:encrypted",
    };
    match (field, test) {
        (_, FlagTest::Is(true)) => exact(text.to_owned()),
        (FlagField::IsRead, FlagTest::Is(false)) => exact("is:unread".to_owned()),
        (_, FlagTest::Is(false)) => wider(format!("-{text}"), NOT_KNOWN),
        (_, FlagTest::Missing) => Err(NO_MISSING),
    }
}

fn size(test: NumberTest) -> Result {
    match test {
        NumberTest::Compare(Comparison::Equal, Number::Integer(bytes)) => {
            exact(format!("size:{bytes}"))
        }
        NumberTest::Compare(comparison, Number::Integer(bytes)) => {
            exact(format!("size{}{bytes}", operator(comparison)))
        }
        NumberTest::Compare(_, Number::Float(_)) => Err("a typed size is a whole number"),
        NumberTest::Missing => Err(NO_MISSING),
    }
}

fn instant(field: InstantField, test: InstantTest) -> Result {
    let name = match field {
        InstantField::Received => "received",
        InstantField::Sent => "sent",
        InstantField::Created => "created",
        InstantField::Modified => "modified",
    };
    match test {
        InstantTest::Compare(Comparison::Equal, moment) => exact(format!("{name}:{moment}")),
        InstantTest::Compare(comparison, moment) => {
            exact(format!("{name}{}{moment}", operator(comparison)))
        }
        InstantTest::Missing => Err(NO_MISSING),
    }
}

// ---- people, files, categories ----

fn recipient(list: RecipientList, test: &RecipientTest) -> Result {
    let name = match list {
        RecipientList::To => "to",
        RecipientList::Cc => "cc",
        RecipientList::Bcc => "bcc",
    };
    match test {
        RecipientTest::Address(StringTest::Is(text)) if text.contains('@') => {
            wider(listed(name, text), CAPITALS)
        }
        RecipientTest::Name(StringTest::Is(text)) => {
            wider(format!("{name}:{}", quoted_text(text)), WORDS)
        }
        RecipientTest::Address(StringTest::Missing) | RecipientTest::Name(StringTest::Missing) => {
            Err(NO_MISSING)
        }
        RecipientTest::Address(_) | RecipientTest::Name(_) => Err("a typed address has an @"),
    }
}

fn attachment(test: &AttachmentTest) -> Result {
    match test {
        AttachmentTest::Name(StringTest::Is(text)) => {
            // Without a dot it could be read as an extension.
            if text.trim_matches('.').contains('.') {
                wider(listed("filename", text), CAPITALS)
            } else {
                wider(format!("filename:{}", quoted_text(text)), WORDS)
            }
        }
        AttachmentTest::ContentType(StringTest::Is(text) | StringTest::Same(text)) => {
            wider(listed("mime", text), CAPITALS)
        }
        AttachmentTest::ContentType(StringTest::Shaped(shape)) => {
            exact(bare("mime", &shape.to_string()))
        }
        AttachmentTest::Named(text) => exact(format!("filename:{}", quoted_text(text))),
        AttachmentTest::Extension(text) => exact(value_of("ext", text)),
        AttachmentTest::Words(words) => {
            exact(format!("filename:{}", quoted_text(&words.join(" "))))
        }
        AttachmentTest::Shaped(shape) => exact(bare("filename", &shape.to_string())),
        AttachmentTest::Size(_) => Err("the language has no operator for the size of one file"),
        AttachmentTest::Name(_) | AttachmentTest::ContentType(_) => Err(NO_MISSING),
    }
}

fn category(test: &StringTest) -> Result {
    match test {
        StringTest::Is(text) | StringTest::Same(text) => {
            wider(format!("category:{}", quoted_text(text)), CAPITALS)
        }
        StringTest::Shaped(shape) => exact(bare("category", &shape.to_string())),
        StringTest::Missing => Err(NO_MISSING),
        StringTest::OneOf(_) | StringTest::PathEnd(_) => Err(ONE_ELEMENT),
    }
}

fn person(roles: &[Role], pattern: &PersonPattern) -> Result {
    const FORMS: &str = "both forms of a host name are found";
    let name = operators::of_people(roles).ok_or("the language has no operator for these roles")?;
    let value = match pattern {
        PersonPattern::Address(text) => listed_value(text),
        PersonPattern::Domain(text) => format!("@{text}"),
        PersonPattern::SubDomains(text) => format!("*.{text}"),
        PersonPattern::DomainOrLocal(text) | PersonPattern::Words(text) => text.to_string(),
        PersonPattern::NamePhrase(text) => quoted_text(text),
        PersonPattern::Shaped(shape) | PersonPattern::AddressShaped(shape) => shape.to_string(),
    };
    wider(bare(name, &value), FORMS)
}
