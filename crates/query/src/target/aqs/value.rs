//! Single values: strings, flags, numbers, moments, attachments.

use super::Emitter;
use crate::query::{
    AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, StringTest,
};
use crate::schema::{FlagField, InstantField, NumberField, StringField};
use crate::target::property::{Text, Value, called, prefix, values};
use crate::{Expr, Span};

const MISSING: &str = "Veeam does not say how to ask for a value that is missing";
const SCOPE: &str = "mailbox and folder are chosen by the URL of the request, not in the text";

impl Emitter {
    pub(super) fn string(
        &mut self,
        field: StringField,
        test: &StringTest,
        span: Span,
    ) -> Option<Text> {
        let property = match field {
            StringField::Subject => "subject",
            StringField::FromAddress => "System.Message.FromAddress",
            StringField::FromName => "System.Message.FromName",
            StringField::ConversationId => "System.Message.ConversationID",
            StringField::InternetMessageId | StringField::ListId => {
                self.notes
                    .approximate(span, "item search looks into every header, not into this one");
                "Veeam.Message.Header"
            }
            StringField::Importance => return self.importance(test, span),
            StringField::Kind => return self.kind(test, span),
            StringField::Mailbox | StringField::Folder => {
                return self.notes.unsupported(Some(span), SCOPE);
            }
            StringField::Id | StringField::ItemId | StringField::FragmentId => {
                let message = "item search has no property for this id";
                return self.notes.unsupported(Some(span), message);
            }
        };
        let Some(values) = values(test) else { return self.no_values(test, span) };
        self.terms(&[property], &values, span)
    }

    /// Why words cannot say a test.
    pub(super) fn no_values(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        let why = match test {
            StringTest::Missing => MISSING,
            StringTest::OneOf(_) => return self.nothing(Some(span)),
            StringTest::Is(_)
            | StringTest::Same(_)
            | StringTest::Shaped(_)
            | StringTest::PathEnd(_) => "item search is not known to have wildcards",
        };
        self.notes.unsupported(Some(span), why)
    }

    /// A documented property with documented values.
    fn importance(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        const CALLED: &[(&str, &str)] = &[("low", "low"), ("normal", "normal"), ("high", "high")];
        self.called("importance", test, CALLED, span)
    }

    /// By message class, of which there are more than one for a kind.
    fn kind(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        const CALLED: &[(&str, &str)] = &[
            ("email", "IPM.Note"),
            ("meeting", "IPM.Appointment"),
            ("note", "IPM.StickyNote"),
            ("task", "IPM.Task"),
            ("contact", "IPM.Contact"),
        ];
        self.notes.approximate(
            span,
            "a kind is more than one message class, and this is the first of them",
        );
        self.called("System.Message.MessageClass", test, CALLED, span)
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
            let message = format!("item search has no such value of `{property}`");
            return self.notes.unsupported(Some(span), message);
        };
        let terms: Vec<_> =
            words.iter().map(|word| Text::term(format!("{property}:{word}"))).collect();
        Some(Text::any(&terms))
    }

    pub(super) fn flag(&mut self, field: FlagField, test: FlagTest, span: Span) -> Option<Text> {
        let property = match field {
            FlagField::HasAttachments => "hasattachments",
            FlagField::IsRead => "isread",
            FlagField::IsFlagged => "isflagged",
            FlagField::IsDraft | FlagField::IsSigned | FlagField::IsEncrypted => {
                let message = format!("item search has no property for `{}`", field.path());
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
        match test {
            NumberTest::Compare(comparison, Number::Integer(number)) => {
                Some(self.compared(field.path(), comparison, &number.to_string(), span))
            }
            NumberTest::Compare(_, Number::Float(_)) => {
                let message = "sizes in item search are whole numbers";
                self.notes.unsupported(Some(span), message)
            }
            NumberTest::Missing => self.notes.unsupported(Some(span), MISSING),
        }
    }

    pub(super) fn instant(
        &mut self,
        field: InstantField,
        test: InstantTest,
        span: Span,
    ) -> Option<Text> {
        let property = match field {
            InstantField::Received => "received",
            InstantField::Sent => "sent",
        };
        match test {
            InstantTest::Compare(comparison, moment) => {
                let time = moment.to_string();
                let value = time.strip_suffix("T00:00:00Z").unwrap_or(&time);
                Some(self.compared(property, comparison, value, span))
            }
            InstantTest::Missing => self.notes.unsupported(Some(span), MISSING),
        }
    }

    /// A comparison as Microsoft writes it, the operator after the colon.
    fn compared(
        &mut self,
        property: &str,
        comparison: Comparison,
        value: &str,
        span: Span,
    ) -> Text {
        let operator = match comparison {
            Comparison::Equal => "=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        };
        self.notes.approximate(span, "Veeam does not say how comparisons, dates and sizes are written: these are Microsoft's");
        Text::term(format!("{property}:{operator}{value}"))
    }

    /// One attachment, of which names are all that item search knows.
    pub(super) fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Text> {
        if test.is_everything() {
            self.notes.approximate(span, "hasattachments: may not count files inside of the text");
            return Some(Text::term("hasattachments:true".to_owned()));
        }
        self.element(test, span, &mut |emitter, leaf| {
            let value = match leaf {
                AttachmentTest::Name(test) => {
                    let Some(values) = values(test) else { return emitter.no_values(test, span) };
                    return emitter.terms(&["attachments"], &values, span);
                }
                AttachmentTest::Named(text) => Value::Words(text.clone()),
                AttachmentTest::Extension(text) => Value::Words(format!(".{text}")),
                AttachmentTest::Words(words) => Value::Words(words.join(" ")),
                AttachmentTest::Shaped(shape) => match prefix(shape) {
                    Some(value) => value,
                    None => return emitter.no_values(&StringTest::Shaped(shape.clone()), span),
                },
                AttachmentTest::ContentType(_) | AttachmentTest::Size(_) => {
                    let message = "item search knows of attachments their names only";
                    return emitter.notes.unsupported(Some(span), message);
                }
            };
            emitter.terms(&["attachments"], &[value], span)
        })
    }
}
