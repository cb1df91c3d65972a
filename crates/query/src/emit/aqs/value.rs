//! Single values: strings, flags, numbers, moments, attachments.

use jiff::Timestamp;

use super::items::Items;
use super::{Emitter, HEADERS};
use crate::emit::Direction;
use crate::emit::property::{Text, Value, operator, values};
use crate::emit::terms::Terms as _;
use crate::query::{AttachmentTest, Comparison, FlagTest, InstantTest, NumberTest, StringTest};
use crate::schema::{FlagField, InstantField, NumberField, StringField};
use crate::{Expr, Span};

const SCOPE: &str = "mailbox and folder are chosen by the URL of the request, not in the text";

/// The comparison without a fraction of a second, which Veeam lists no times with.
fn to_the_second(comparison: Comparison, moment: Timestamp) -> (&'static str, Timestamp) {
    let begun = Timestamp::from_second(moment.as_second()).unwrap_or(moment);
    let operator = match comparison {
        Comparison::Less | Comparison::AtMost if begun != moment => "<=",
        Comparison::AtLeast | Comparison::Greater if begun != moment => ">",
        whole => operator(whole),
    };
    (operator, begun)
}

/// Whether the test asks for the importance that a message may have there without naming one.
fn names_normal(test: &StringTest) -> bool {
    let is_normal =
        |value: &Value| matches!(value, Value::Words(text) if text.eq_ignore_ascii_case("normal"));
    values(test).is_some_and(|all| all.iter().any(is_normal))
}

const FILES: &str = "Veeam does not say which files it counts as attachments";
const ITEM_SIZE: &str =
    "a size is that of the item in the backup, and not that of what is saved of it";
const SIZES: &str = "Veeam does not say how sizes are compared: this is Microsoft's form";
const DATES: &str = "Veeam does not say how moments are compared: this is Microsoft's form, which compares them to the second";

impl Emitter {
    pub(super) fn string(
        &mut self,
        field: StringField,
        test: &StringTest,
        span: Span,
    ) -> Option<Text> {
        if let Some(properties) = self.items.of_string(field) {
            return self.of_document(properties, test, span);
        }
        let property = match field {
            StringField::Subject => "subject",
            StringField::FromAddress => "System.Message.FromAddress",
            StringField::FromName => "System.Message.FromName",
            StringField::ConversationId => {
                let message = "the id of a conversation there may be another than here";
                self.notes.errs(Direction::Either, span, message);
                "System.Message.ConversationID"
            }
            StringField::InternetMessageId | StringField::ListId => {
                self.notes.errs(Direction::Wider, span, HEADERS);
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
            StringField::Id
            | StringField::ItemId
            | StringField::FragmentId
            | StringField::Newest => {
                let message = "item search has no property for this id";
                return self.notes.unsupported(Some(span), message);
            }
        };
        let Some(values) = values(test) else { return self.no_values(test, span) };
        self.terms(&[property], &values, span)
    }

    fn of_document(
        &mut self,
        properties: &[&'static str],
        test: &StringTest,
        span: Span,
    ) -> Option<Text> {
        let Some(values) = values(test) else { return self.no_values(test, span) };
        let of = |value| self.in_properties(properties, value, span);
        let texts: Option<Vec<_>> = values.into_iter().map(of).collect();
        texts.map(|texts| Text::any(&texts))
    }

    /// A documented property with documented values.
    fn importance(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        const CALLED: &[(&str, &str)] = &[("low", "low"), ("normal", "normal"), ("high", "high")];
        let message = "Veeam does not say which importance a message has that names none";
        if names_normal(test) {
            self.notes.errs(Direction::Wider, span, message);
        } else {
            self.notes.approximate(span, message);
        }
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
        self.notes.errs(
            Direction::Either,
            span,
            "a kind is more than one message class, and this is the first of them",
        );
        self.called("System.Message.MessageClass", test, CALLED, span)
    }

    pub(super) fn flag(&mut self, field: FlagField, test: FlagTest, span: Span) -> Option<Text> {
        let property = match field {
            FlagField::HasAttachments => {
                self.notes.errs(Direction::Either, span, FILES);
                Some("hasattachments")
            }
            FlagField::IsRead => self.mark("isread", span),
            FlagField::IsFlagged => self.mark("isflagged", span),
            FlagField::IsReplied
            | FlagField::IsDraft
            | FlagField::IsSigned
            | FlagField::IsEncrypted => None,
        };
        self.yes_or_no(property, field, test, span)
    }

    fn mark(&mut self, property: &'static str, span: Span) -> Option<&'static str> {
        let message =
            "a mark is that of the backup: what was saved of the message may say otherwise";
        self.notes.errs(Direction::Either, span, message);
        Some(property)
    }

    pub(super) fn number(
        &mut self,
        field: NumberField,
        test: NumberTest,
        span: Span,
    ) -> Option<Text> {
        match self.items {
            Items::Mail => self.notes.errs(Direction::Either, span, ITEM_SIZE),
            Items::Documents => self.notes.approximate(span, SIZES),
        }
        self.whole_number(test, span, |_, comparison, number| {
            Text::term(format!("{}:{}{number}", field.path(), operator(comparison)))
        })
    }

    /// A moment as it was asked for: where Microsoft's page has a day for a span, a moment is none.
    pub(super) fn instant(
        &mut self,
        field: InstantField,
        test: InstantTest,
        span: Span,
    ) -> Option<Text> {
        let Some(property) = self.items.of_moment(field) else {
            return self.notes.unsupported(Some(span), self.items.has_none());
        };
        match test {
            InstantTest::Compare(comparison, moment) => {
                self.notes.approximate(span, DATES);
                let (operator, moment) = to_the_second(comparison, moment);
                Some(Text::term(format!("{property}:{operator}{moment}")))
            }
            InstantTest::Missing => self.notes.unsupported(Some(span), Self::NO_MISSING),
        }
    }

    /// One attachment, of which names are all that item search knows.
    pub(super) fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Text> {
        if test.is_everything() {
            self.notes.errs(Direction::Either, span, FILES);
            return Some(Text::term("hasattachments:true".to_owned()));
        }
        self.attachment_named(test, span)
    }
}
