//! Single values: strings, flags, numbers, moments, attachments.

use super::Emitter;
use crate::emit::property::{self, Text, operator, values};
use crate::emit::terms::Terms as _;
use crate::query::{AttachmentTest, Comparison, FlagTest, InstantTest, NumberTest, StringTest};
use crate::schema::{FlagField, InstantField, NumberField, StringField};
use crate::{Expr, Span};

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
            StringField::Source => {
                let message = "item search does not know the sources that are configured here";
                return self.notes.unsupported(Some(span), message);
            }
            StringField::Id | StringField::ItemId | StringField::FragmentId => {
                let message = "item search has no property for this id";
                return self.notes.unsupported(Some(span), message);
            }
        };
        let Some(values) = values(test) else { return self.no_values(test, span) };
        self.terms(&[property], &values, span)
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

    pub(super) fn flag(&mut self, field: FlagField, test: FlagTest, span: Span) -> Option<Text> {
        let property = match field {
            FlagField::HasAttachments => Some("hasattachments"),
            FlagField::IsRead => Some("isread"),
            FlagField::IsFlagged => Some("isflagged"),
            FlagField::IsReplied
            | FlagField::IsDraft
            | FlagField::IsSigned
            | FlagField::IsEncrypted => None,
        };
        self.yes_or_no(property, field, test, span)
    }

    pub(super) fn number(
        &mut self,
        field: NumberField,
        test: NumberTest,
        span: Span,
    ) -> Option<Text> {
        self.whole_number(test, span, |emitter, comparison, number| {
            emitter.compared(field.path(), comparison, &number.to_string(), span)
        })
    }

    pub(super) fn instant(
        &mut self,
        field: InstantField,
        test: InstantTest,
        span: Span,
    ) -> Option<Text> {
        match test {
            InstantTest::Compare(comparison, moment) => {
                let time = moment.to_string();
                let value = time.strip_suffix("T00:00:00Z").unwrap_or(&time);
                Some(self.compared(property::instant(field), comparison, value, span))
            }
            InstantTest::Missing => self.notes.unsupported(Some(span), Self::NO_MISSING),
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
        self.notes.approximate(span, "Veeam does not say how comparisons, dates and sizes are written: these are Microsoft's");
        Text::term(format!("{property}:{}{value}", operator(comparison)))
    }

    /// One attachment, of which names are all that item search knows.
    pub(super) fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Text> {
        if test.is_everything() {
            self.notes.approximate(span, "hasattachments: may not count files inside of the text");
            return Some(Text::term("hasattachments:true".to_owned()));
        }
        self.attachment_named(test, span)
    }
}
