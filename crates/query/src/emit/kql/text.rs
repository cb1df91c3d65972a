//! Words.

use super::{Emitter, literal};
use crate::Span;
use crate::emit::Direction;
use crate::emit::property::{self, Text, Value, WHOLE_BODY, is_plain_word, prefix};
use crate::emit::terms::Terms as _;
use crate::pattern::Near;
use crate::query::{TextPattern, TextTest};
use crate::schema::TextField;

/// Letters that Purview wants before a `*` (page "eDiscovery search limits").
const MIN_PREFIX: usize = 3;

/// The property that holds a text, if there is one.
const fn property(field: TextField) -> Option<&'static str> {
    match field {
        TextField::Subject => Some("subject"),
        TextField::Body | TextField::New | TextField::Quoted => Some("body"),
        TextField::FromAddress | TextField::FromName => Some("from"),
        TextField::ToName | TextField::ToAddress => Some("to"),
        TextField::CcName | TextField::CcAddress => Some("cc"),
        TextField::BccName | TextField::BccAddress => Some("bcc"),
        TextField::AttachmentName => Some("attachmentnames"),
        TextField::AttachmentText | TextField::FileName => None,
    }
}

impl Emitter {
    pub(super) fn text(&mut self, test: &TextTest, span: Span) -> Option<Text> {
        if test.fields == TextField::DEFAULT {
            self.notes.errs(Direction::Wider, span, "KQL looks for words without a property in people and attachments too, not only in subject and body");
            if let TextPattern::Near(near) = &test.pattern {
                return self.near(near, span);
            }
            return self.unit(&test.pattern, span).map(Text::term);
        }
        let unit = self.unit(&test.pattern, span)?;
        let properties = self.properties(&test.fields, span)?;
        let terms: Vec<_> =
            properties.iter().map(|name| Text::term(format!("{name}:{unit}"))).collect();
        if terms.is_empty() { self.nothing(Some(span)) } else { Some(Text::any(&terms)) }
    }

    fn properties(&mut self, fields: &[TextField], span: Span) -> Option<Vec<&'static str>> {
        let mut properties = Vec::new();
        for field in fields {
            let Some(name) = property(*field) else {
                let message = "KQL has no property for the text inside of attachments";
                return self.notes.unsupported(Some(span), message);
            };
            if !properties.contains(&name) {
                properties.push(name);
                self.property_differs(*field, span);
            }
            if field.whose().is_some() {
                self.notes.errs(Direction::Wider, span, WHOLE_BODY);
            }
        }
        Some(properties)
    }

    fn property_differs(&mut self, field: TextField, span: Span) {
        match field {
            TextField::Subject => {}
            TextField::Body | TextField::New | TextField::Quoted => self.notes.errs(
                Direction::Either,
                span,
                "Outlook knows body:, but Purview does not have it among its properties",
            ),
            TextField::FromAddress
            | TextField::FromName
            | TextField::ToName
            | TextField::ToAddress
            | TextField::CcName
            | TextField::CcAddress
            | TextField::BccName
            | TextField::BccAddress => {
                self.notes.errs(Direction::Wider, span, super::people::EXPANSION);
            }
            TextField::AttachmentName | TextField::AttachmentText | TextField::FileName => {
                self.notes.errs(Direction::Wider, span, super::value::FILE_NAMES);
            }
        }
    }

    /// One word, phrase or prefix.
    fn unit(&mut self, pattern: &TextPattern, span: Span) -> Option<String> {
        let why = match pattern {
            TextPattern::Phrase(tokens) => return self.phrase(tokens, span),
            TextPattern::Wildcard(shape) => match prefix(shape) {
                Some(Value::Prefix(text)) => return self.prefix(&text, span),
                Some(Value::Words(_)) | None => Self::NO_PATTERN,
            },
            TextPattern::Regex(_) => "KQL has no regular expressions",
            TextPattern::Fuzzy(_) => "KQL has no words spelt nearly so",
            TextPattern::Sloppy(_) => {
                "KQL counts the words between two, not how far they are moved: write NEAR"
            }
            TextPattern::Near(_) => "KQL has NEAR between words without a property only",
        };
        self.notes.unsupported(Some(span), why)
    }

    fn phrase(&mut self, tokens: &[String], span: Span) -> Option<String> {
        if tokens.is_empty() {
            self.nothing(Some(span))?;
        }
        if !tokens.iter().all(|token| is_plain_word(token)) {
            self.notes.errs(
                Direction::Either,
                span,
                "Exchange cuts words by rules of its own, at marks such as . and _ and in scripts without spaces",
            );
        }
        self.written(&property::phrase(tokens), false, span)
    }

    pub(super) fn prefix(&mut self, text: &str, span: Span) -> Option<String> {
        if text.chars().count() < MIN_PREFIX {
            self.notes.errs(Direction::Narrower, span, "Purview wants three letters before the *");
        }
        self.written(text, true, span)
    }

    /// A literal, or the reason why it cannot be written.
    pub(super) fn written(&mut self, text: &str, rest: bool, span: Span) -> Option<String> {
        let message =
            "KQL cannot write this: it has no escapes for quotes, * and control characters";
        literal(text, rest).or_else(|| self.notes.unsupported(Some(span), message))
    }

    /// `n` is the number of words between them, one less than the distance.
    fn near(&mut self, near: &Near, span: Span) -> Option<Text> {
        let [first, second] = near.parts.as_slice() else {
            let message = "KQL has NEAR between two words or phrases only";
            return self.notes.unsupported(Some(span), message);
        };
        let Some(gaps) = near.gaps() else { return self.nothing(Some(span)) };
        let (first, second) = (self.phrase(first, span)?, self.phrase(second, span)?);
        let operator = if near.ordered { "ONEAR" } else { "NEAR" };
        Some(Text { text: format!("{first} {operator}({gaps}) {second}"), compound: true })
    }
}
