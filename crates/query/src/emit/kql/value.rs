//! Single values: strings, flags, numbers, moments, categories, attachments.

use jiff::Timestamp;

use super::Emitter;
use crate::emit::Direction;
use crate::emit::property::{self, Text, operator, values};
use crate::emit::terms::Terms as _;
use crate::query::{AttachmentTest, Comparison, FlagTest, InstantTest, NumberTest, StringTest};
use crate::schema::{FlagField, InstantField, NumberField, StringField};
use crate::{Expr, FILE, Span};

const WHOLE: &str = "KQL finds the words anywhere in the value, in any case";
pub(super) const FILE_NAMES: &str =
    "KQL finds the words anywhere in the names of attachments and files";

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
            StringField::Newest => "KQL does not tell the versions of a file apart",
            StringField::Source => "Purview does not know the sources that are configured here",
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

    fn importance(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        const CALLED: &[(&str, &str)] = &[("low", "low"), ("normal", "medium"), ("high", "high")];
        let words = self.called("importance", test, CALLED, span)?;
        if words.text.contains("medium") {
            self.notes.errs(
                Direction::Narrower,
                span,
                "Purview says medium where Outlook says normal",
            );
        }
        Some(words)
    }

    fn kind(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        if *test == StringTest::Is(FILE.to_owned()) {
            let message = "in Purview files are chosen by the sites to search, beside the query";
            return self.notes.unsupported(Some(span), message);
        }
        const CALLED: &[(&str, &str)] = &[
            ("email", "email"),
            ("meeting", "meetings"),
            ("note", "notes"),
            ("task", "tasks"),
            ("contact", "contacts"),
        ];
        self.called("kind", test, CALLED, span)
    }

    pub(super) fn flag(&mut self, field: FlagField, test: FlagTest, span: Span) -> Option<Text> {
        let property = match field {
            FlagField::HasAttachments => Some("hasattachment"),
            FlagField::IsRead => Some("isread"),
            FlagField::IsFlagged
            | FlagField::IsReplied
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
        self.whole_number(test, span, |_, comparison, number| {
            Text::term(format!("{}{}{number}", field.path(), operator(comparison)))
        })
    }

    /// A day where the bound is the beginning of one. Otherwise a time, which Purview's page does not show.
    pub(super) fn instant(
        &mut self,
        field: InstantField,
        test: InstantTest,
        span: Span,
    ) -> Option<Text> {
        let InstantTest::Compare(comparison, moment) = test else {
            return self.notes.unsupported(Some(span), Self::NO_MISSING);
        };
        let time = moment.to_string();
        let day = day(moment).filter(|_| begins(comparison));
        if day.is_none() {
            self.notes.errs(Direction::Either, span, "Purview documents days, not times of a day");
        }
        let value = day.unwrap_or(time);
        Some(Text::term(format!("{}{}{value}", property::instant(field), operator(comparison))))
    }

    /// One category, compared by its words.
    pub(super) fn category(&mut self, test: &Expr<StringTest>, span: Span) -> Option<Text> {
        self.element(test, span, &mut |emitter, test| emitter.words("category", test, WHOLE, span))
    }

    /// One attachment. KQL knows only names of attachments.
    pub(super) fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Text> {
        if test.is_everything() {
            self.notes.errs(
                Direction::Narrower,
                span,
                "hasattachment: does not count files inside of the text",
            );
            return Some(Text::term("hasattachment:true".to_owned()));
        }
        self.attachment_named(test, span)
    }
}

/// Whether the comparison starts from the beginning of the written day. `<=` and `>` mean its end.
const fn begins(comparison: Comparison) -> bool {
    match comparison {
        Comparison::AtLeast | Comparison::Less => true,
        Comparison::Equal | Comparison::AtMost | Comparison::Greater => false,
    }
}

fn day(moment: Timestamp) -> Option<String> {
    moment.to_string().strip_suffix("T00:00:00Z").map(str::to_owned)
}
