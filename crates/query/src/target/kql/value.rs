//! Single values: strings, flags, numbers, moments, categories, attachments.

use jiff::Timestamp;

use super::Emitter;
use crate::Expr;
use crate::Span;
use crate::query::{
    AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, StringTest,
};
use crate::schema::{FlagField, InstantField, NumberField, StringField};
use crate::target::property::{Text, Value, called, prefix, values};

const WHOLE: &str = "KQL finds the words anywhere in the value, in any case";
pub(super) const FILE_NAMES: &str = "KQL finds the words anywhere in the names of attachments";
/// First note below "Searchable email properties".
const MISSING: &str = "Purview cannot search for values that are missing";

impl Emitter {
    pub(super) fn string(
        &mut self,
        field: StringField,
        test: &StringTest,
        span: Span,
    ) -> Option<Text> {
        let why = match field {
            StringField::Subject => return self.words("subject", test, WHOLE, span),
            StringField::FromAddress | StringField::FromName => {
                return self.words("from", test, super::people::EXPANSION, span);
            }
            StringField::Importance => return self.importance(test, span),
            StringField::Kind => return self.kind(test, span),
            StringField::InternetMessageId | StringField::ListId => {
                "Purview does not search headers"
            }
            StringField::Mailbox => "in Purview mailboxes are chosen beside the query, not in it",
            StringField::Folder => "KQL knows a folder by its id only, not by its name",
            StringField::Id
            | StringField::ConversationId
            | StringField::ItemId
            | StringField::FragmentId => "KQL has no property for this id",
        };
        self.notes.unsupported(Some(span), why)
    }

    fn words(
        &mut self,
        property: &str,
        test: &StringTest,
        differs: &str,
        span: Span,
    ) -> Option<Text> {
        let Some(values) = values(test) else { return self.no_values(test, span) };
        self.terms(&[property], &values, differs, span)
    }

    /// Why words cannot say a test.
    pub(super) fn no_values(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        let why = match test {
            StringTest::Missing => MISSING,
            StringTest::OneOf(_) => return self.nothing(Some(span)),
            StringTest::Is(_)
            | StringTest::Same(_)
            | StringTest::Shaped(_)
            | StringTest::PathEnd(_) => "KQL has * at the end of a word only",
        };
        self.notes.unsupported(Some(span), why)
    }

    fn importance(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        const CALLED: &[(&str, &str)] = &[("low", "low"), ("normal", "medium"), ("high", "high")];
        let words = self.called("importance", test, CALLED, span)?;
        if words.text.contains("medium") {
            self.notes.approximate(span, "Purview says medium where Outlook says normal");
        }
        Some(words)
    }

    fn kind(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        const CALLED: &[(&str, &str)] = &[
            ("email", "email"),
            ("meeting", "meetings"),
            ("note", "notes"),
            ("task", "tasks"),
            ("contact", "contacts"),
        ];
        self.called("kind", test, CALLED, span)
    }

    fn called(
        &mut self,
        property: &str,
        test: &StringTest,
        table: &[(&str, &'static str)],
        span: Span,
    ) -> Option<Text> {
        if *test == StringTest::Missing {
            return self.no_values(test, span);
        }
        let Some(words) = called(test, table) else {
            let message = format!("KQL has no such value of `{property}`");
            return self.notes.unsupported(Some(span), message);
        };
        let terms: Vec<_> =
            words.iter().map(|word| Text::term(format!("{property}:{word}"))).collect();
        Some(Text::any(&terms))
    }

    pub(super) fn flag(&mut self, field: FlagField, test: FlagTest, span: Span) -> Option<Text> {
        let property = match field {
            FlagField::HasAttachments => "hasattachment",
            FlagField::IsRead => "isread",
            FlagField::IsFlagged
            | FlagField::IsDraft
            | FlagField::IsSigned
            | FlagField::IsEncrypted => {
                let message = format!("Purview has no property for `{}`", field.path());
                return self.notes.unsupported(Some(span), message);
            }
        };
        match test {
            FlagTest::Is(wanted) => Some(Text::term(format!("{property}:{wanted}"))),
            FlagTest::Missing => self.notes.unsupported(Some(span), MISSING),
        }
    }

    pub(super) fn number(
        &mut self,
        field: NumberField,
        test: NumberTest,
        span: Span,
    ) -> Option<Text> {
        let property = field.path();
        match test {
            NumberTest::Compare(comparison, Number::Integer(number)) => {
                Some(Text::term(format!("{property}{}{number}", operator(comparison))))
            }
            NumberTest::Compare(_, Number::Float(_)) => {
                self.notes.unsupported(Some(span), "sizes in KQL are whole numbers")
            }
            NumberTest::Missing => self.notes.unsupported(Some(span), MISSING),
        }
    }

    /// A day where the bound is the beginning of one, else a time, which Purview's page does not show.
    pub(super) fn instant(
        &mut self,
        field: InstantField,
        test: InstantTest,
        span: Span,
    ) -> Option<Text> {
        let InstantTest::Compare(comparison, moment) = test else {
            return self.notes.unsupported(Some(span), MISSING);
        };
        let property = match field {
            InstantField::Received => "received",
            InstantField::Sent => "sent",
        };
        let time = moment.to_string();
        let day = day(moment).filter(|_| begins(comparison));
        if day.is_none() {
            self.notes.approximate(span, "Purview documents days, not times of a day");
        }
        let value = day.unwrap_or(time);
        Some(Text::term(format!("{property}{}{value}", operator(comparison))))
    }

    /// One category, compared by its words.
    pub(super) fn category(&mut self, test: &Expr<StringTest>, span: Span) -> Option<Text> {
        self.element(test, span, &mut |emitter, test| emitter.words("category", test, WHOLE, span))
    }

    /// One attachment, of which names are all that KQL knows.
    pub(super) fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Text> {
        if test.is_everything() {
            self.notes.approximate(span, "hasattachment: does not count files inside of the text");
            return Some(Text::term("hasattachment:true".to_owned()));
        }
        self.element(test, span, &mut |emitter, leaf| match leaf {
            AttachmentTest::Name(test) => emitter.words("attachmentnames", test, FILE_NAMES, span),
            AttachmentTest::Named(text) => emitter.file(Value::Words(text.clone()), span),
            AttachmentTest::Extension(text) => emitter.file(Value::Words(format!(".{text}")), span),
            AttachmentTest::Words(words) => emitter.file(Value::Words(words.join(" ")), span),
            AttachmentTest::Shaped(shape) => match prefix(shape) {
                Some(value) => emitter.file(value, span),
                None => emitter.no_values(&StringTest::Shaped(shape.clone()), span),
            },
            AttachmentTest::ContentType(_) | AttachmentTest::Size(_) => {
                let message = "KQL knows of attachments their names only";
                emitter.notes.unsupported(Some(span), message)
            }
        })
    }

    fn file(&mut self, value: Value, span: Span) -> Option<Text> {
        self.terms(&["attachmentnames"], &[value], FILE_NAMES, span)
    }
}

/// Whether the bound is the beginning of what stands there: a day may be meant to its end.
const fn begins(comparison: Comparison) -> bool {
    match comparison {
        Comparison::AtLeast | Comparison::Less => true,
        Comparison::Equal | Comparison::AtMost | Comparison::Greater => false,
    }
}

fn day(moment: Timestamp) -> Option<String> {
    moment.to_string().strip_suffix("T00:00:00Z").map(str::to_owned)
}

const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::Greater => ">",
        Comparison::AtLeast => ">=",
    }
}
