//! One predicate in the engine's language.

use super::text::phrase;
use super::value::{ends_with, flag, instant, lower, number, shaped, string, term};
use super::{Emitter, Profile, Said, any};
use crate::analysis::lower_case;
use crate::emit::Direction;
use crate::query::{AttachmentTest, NumberTest, Predicate, RecipientTest, StringTest};
use crate::schema::{ATTACHMENTS, CATEGORIES, REFERENCES, RecipientList};
use crate::{Expr, Span};

pub(super) fn said(emitter: &mut Emitter, predicate: &Predicate, span: Span) -> Option<Said> {
    let query = match predicate {
        Predicate::Text(test) => return emitter.text(test, span),
        Predicate::String(field, test) => string(field.path(), test),
        Predicate::Flag(field, test) => flag(field.path(), *test),
        Predicate::Number(field, test) => number(field.path(), *test),
        Predicate::Instant(field, test) => instant(field.path(), *test),
        Predicate::Recipient(list, test) => return recipient(emitter, *list, test, span),
        Predicate::Attachment(test) => return attachment(emitter, test, span),
        Predicate::Category(test) => return category(emitter, test, span),
        Predicate::Reference(id) => term(REFERENCES, id.as_str()),
        Predicate::Person { roles, pattern } => return Some(emitter.person(roles, pattern, span)),
    };
    Some(Said::filter(query))
}

/// One person of a list.
fn recipient(
    emitter: &mut Emitter,
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
        Some(Said::filter(string(&format!("{}.{field}", list.path()), test)))
    })
}

/// One category, an element with a `name`.
fn category(emitter: &mut Emitter, test: &Expr<StringTest>, span: Span) -> Option<Said> {
    emitter.element(CATEGORIES, test, span, &mut |emitter, test| {
        emitter.missing_in_list(*test == StringTest::Missing, span);
        Some(Said::filter(string(&format!("{CATEGORIES}.name"), test)))
    })
}

fn attachment(emitter: &mut Emitter, test: &Expr<AttachmentTest>, span: Span) -> Option<Said> {
    emitter.element(ATTACHMENTS, test, span, &mut |emitter, leaf| {
        let field = |name: &str| format!("{ATTACHMENTS}.{name}");
        let name = field("name");
        let query = match leaf {
            AttachmentTest::Name(test) => {
                emitter.missing_in_list(*test == StringTest::Missing, span);
                string(&name, test)
            }
            AttachmentTest::ContentType(test) => {
                emitter.missing_in_list(*test == StringTest::Missing, span);
                string(&field("contentType"), test)
            }
            AttachmentTest::Size(test) => {
                emitter.missing_in_list(*test == NumberTest::Missing, span);
                number(&field("size"), *test)
            }
            AttachmentTest::Named(text) => term(&lower(&name), lower_case(text)),
            AttachmentTest::Extension(text) => ends_with(&lower(&name), &format!(".{text}")),
            AttachmentTest::Words(words) => phrase(emitter.profile, &field("words"), words, 0),
            AttachmentTest::Shaped(shape) => {
                let tests = [shaped(&lower(&name), shape), shaped(&field("words"), shape)];
                any(tests.into_iter().map(Said::filter).collect()).query
            }
        };
        Some(Said::filter(query))
    })
}

impl Emitter {
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
