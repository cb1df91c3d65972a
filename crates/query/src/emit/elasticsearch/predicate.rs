//! One predicate in the engine's language.

use super::text::phrase;
use super::value::{ends_with, flag, instant, lower, number, shaped, string, term};
use super::{Emitter, Profile, Said, any};
use crate::analysis::lower_case;
use crate::emit::Direction;
use crate::query::{AttachmentTest, NumberTest, Predicate, RecipientTest, SetTest, StringTest};
use crate::schema::{ATTACHMENTS, CATEGORIES, REFERENCES, RecipientList, StringField};
use crate::{Expr, Span};

/// Ids of messages of frozen sets in one query.
const MOST_IDS: usize = 10_000;

pub(super) fn said(emitter: &mut Emitter<'_>, predicate: &Predicate, span: Span) -> Option<Said> {
    let query = match predicate {
        Predicate::Text(test) => return emitter.text(test, span),
        Predicate::String(field, test) => {
            emitter.whole_value(field.path(), test, span);
            string(field.path(), test)
        }
        Predicate::Flag(field, test) => flag(field.path(), *test),
        Predicate::Number(field, test) => number(field.path(), *test),
        Predicate::Instant(field, test) => instant(field.path(), *test),
        Predicate::Recipient(list, test) => return recipient(emitter, *list, test, span),
        Predicate::Attachment(test) => return attachment(emitter, test, span),
        Predicate::Category(test) => return category(emitter, test, span),
        Predicate::Reference(id) => {
            emitter.left_out(REFERENCES, span);
            term(REFERENCES, id.as_str())
        }
        Predicate::Set(set) => return emitter.set(set, span),
        Predicate::Person { roles, pattern } => return Some(emitter.person(roles, pattern, span)),
    };
    Some(Said::filter(query))
}

/// One person of a list.
fn recipient(
    emitter: &mut Emitter<'_>,
    list: RecipientList,
    test: &Expr<RecipientTest>,
    span: Span,
) -> Option<Said> {
    emitter.element(list.path(), test, span, &mut |emitter, leaf| {
        let (field, test) = match leaf {
            RecipientTest::Name(test) => ("name", test),
            RecipientTest::Address(test) => ("address", test),
        };
        emitter.missing_in_list(*test == StringTest::Missing, span);
        let path = format!("{}.{field}", list.path());
        emitter.whole_value(&path, test, span);
        Some(Said::filter(string(&path, test)))
    })
}

/// One category, an element with a `name`.
fn category(emitter: &mut Emitter<'_>, test: &Expr<StringTest>, span: Span) -> Option<Said> {
    emitter.element(CATEGORIES, test, span, &mut |emitter, test| {
        emitter.missing_in_list(*test == StringTest::Missing, span);
        let path = format!("{CATEGORIES}.name");
        emitter.whole_value(&path, test, span);
        Some(Said::filter(string(&path, test)))
    })
}

fn attachment(emitter: &mut Emitter<'_>, test: &Expr<AttachmentTest>, span: Span) -> Option<Said> {
    emitter.element(ATTACHMENTS, test, span, &mut |emitter, leaf| {
        let field = |name: &str| format!("{ATTACHMENTS}.{name}");
        let name = field("name");
        let query = match leaf {
            AttachmentTest::Name(test) => {
                emitter.missing_in_list(*test == StringTest::Missing, span);
                emitter.whole_value(&name, test, span);
                string(&name, test)
            }
            AttachmentTest::ContentType(test) => {
                emitter.missing_in_list(*test == StringTest::Missing, span);
                emitter.whole_value(&field("contentType"), test, span);
                string(&field("contentType"), test)
            }
            AttachmentTest::Size(test) => {
                emitter.missing_in_list(*test == NumberTest::Missing, span);
                number(&field("size"), *test)
            }
            AttachmentTest::Named(text) => {
                emitter.left_out(&name, span);
                term(&lower(&name), lower_case(text))
            }
            AttachmentTest::Extension(text) => {
                emitter.left_out(&name, span);
                ends_with(&lower(&name), &format!(".{text}"))
            }
            AttachmentTest::Words(words) => phrase(emitter.profile, &field("words"), words, 0),
            AttachmentTest::Shaped(shape) => {
                emitter.left_out(&name, span);
                let tests = [shaped(&lower(&name), shape), shaped(&field("words"), shape)];
                any(tests.into_iter().map(Said::filter).collect()).query
            }
        };
        Some(Said::filter(query))
    })
}

impl Emitter<'_> {
    /// The messages of a frozen set, by their ids.
    fn set(&mut self, set: &SetTest, span: Span) -> Option<Said> {
        self.ids = self.ids.saturating_add(set.ids.len());
        if self.ids > MOST_IDS {
            let why = format!("the frozen sets of a query have more than {MOST_IDS} messages");
            return self.notes.unsupported(Some(span), why);
        }
        let ids = StringTest::OneOf(set.ids.iter().cloned().collect());
        Some(Said::filter(string(StringField::Id.path(), &ids)))
    }

    /// Where elements are not separate, an element without a value looks like a list without values.
    fn missing_in_list(&mut self, missing: bool, span: Span) {
        if missing && self.profile == Profile::Quickwit {
            self.notes.errs(
                Direction::Narrower,
                span,
                "Quickwit keeps no elements of a list apart: a value is missing only where it is missing in all of them",
            );
        }
    }
}
