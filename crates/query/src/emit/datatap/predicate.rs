//! One predicate, for the search API.

use super::{Emitter, Said};
use crate::emit::odata::{self as filter, Filter};
use crate::emit::{Direction, SET};
use crate::query::{AttachmentTest, Predicate, StringTest, TextTest};
use crate::schema::{CATEGORIES, REFERENCES, TextField};
use crate::{Expr, Span, TextPattern};

impl Emitter<'_> {
    pub(super) fn predicate(&mut self, predicate: &Predicate, span: Span) -> Option<Said> {
        let functions = self.capabilities.search_functions;
        match predicate {
            Predicate::Text(test) => self.text(test, span),
            Predicate::String(field, test) => {
                self.as_spelled(test, Direction::Narrower, span);
                self.filter(field.path(), span, || filter::string(field.path(), test, functions))
            }
            Predicate::Flag(field, test) => {
                self.filter(field.path(), span, || Some(filter::flag(field.path(), *test)))
            }
            Predicate::Number(field, test) => {
                self.filter(field.path(), span, || Some(filter::number(field.path(), *test)))
            }
            Predicate::Instant(field, test) => {
                self.filter(field.path(), span, || Some(filter::instant(field.path(), *test)))
            }
            Predicate::Recipient(list, test) => {
                self.filter(&format!("{}/address", list.path()), span, || {
                    filter::recipient(*list, test, functions)
                })
            }
            Predicate::Attachment(test) => self.attachment(test, span),
            Predicate::Category(test) => {
                test.for_each_signed_leaf(&mut |test, is_negated| {
                    self.as_spelled(test, narrower(is_negated), span);
                });
                self.filter(CATEGORIES, span, || filter::category(test, functions))
            }
            Predicate::Reference(id) => {
                self.filter(REFERENCES, span, || Some(filter::contains(REFERENCES, id)))
            }
            Predicate::Set(_) => self.notes.unsupported(Some(span), SET),
            Predicate::Person { roles, pattern } => self.person(roles, pattern, span),
        }
    }

    /// A condition for which the index compares capitals and small letters as they are typed.
    fn as_spelled(&mut self, test: &StringTest, direction: Direction, span: Span) {
        match test {
            StringTest::Same(_) => {
                self.notes.errs(
                    direction,
                    span,
                    "the premium index compares this case-sensitively",
                );
            }
            StringTest::PathEnd(_) => self.notes.errs(
                direction,
                span,
                "the premium index compares whole paths case-sensitively",
            ),
            StringTest::Is(_)
            | StringTest::OneOf(_)
            | StringTest::Shaped(_)
            | StringTest::Missing => {}
        }
    }

    pub(super) fn filter(
        &mut self,
        path: &str,
        span: Span,
        filter: impl FnOnce() -> Option<Filter>,
    ) -> Option<Said> {
        if self.capabilities.fields.get(path).filterable {
            let said = filter().map(Said::Filter);
            let message = "a filter compares whole texts: it has no patterns and no parts of texts";
            return said.or_else(|| self.notes.unsupported(Some(span), message));
        }
        let message = format!("the premium index has no field `{path}` to filter by");
        self.notes.unsupported(Some(span), message)
    }

    fn text(&mut self, test: &TextTest, span: Span) -> Option<Said> {
        for field in &test.fields {
            self.searchable(*field, span)?;
        }
        if matches!(&test.pattern, TextPattern::Fuzzy(fuzzy) if fuzzy.edits() > 0) {
            self.notes.errs(
                Direction::Narrower,
                span,
                "the service looks for the 50 words of a field most like it, and for no others",
            );
        }
        Some(Said::Text(Expr::Leaf(test.clone()), span))
    }

    fn searchable(&mut self, field: TextField, span: Span) -> Option<()> {
        if self.capabilities.fields.get(field.path()).searchable {
            return Some(());
        }
        let message =
            format!("the premium index is not known to search words of `{}`", field.path());
        self.notes.unsupported(Some(span), message)
    }

    fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Said> {
        test.for_each_signed_leaf(&mut |test, is_negated| {
            self.attachment_as_spelled(test, narrower(is_negated), span);
        });
        if let Some(filter) = filter::attachment(test, self.capabilities.search_functions) {
            return self.filter(attachment_path(test), span, || Some(filter));
        }
        match test {
            Expr::Leaf(AttachmentTest::ContentType(_)) => {
                self.filter("attachments/contentType", span, || None)
            }
            Expr::Leaf(AttachmentTest::Words(words)) => {
                self.searchable(TextField::AttachmentName, span)?;
                self.notes.errs(
                    Direction::Narrower,
                    span,
                    "the premium index does not cut file names at dots and underscores",
                );
                let pattern = TextPattern::Phrase(words.clone());
                let test = text_test(TextField::AttachmentName, pattern);
                Some(Said::Text(Expr::Leaf(test), span))
            }
            Expr::Leaf(_) | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => self.notes.unsupported(
                Some(span),
                "the premium index compares attachment names as a whole: give the full name",
            ),
        }
    }

    fn attachment_as_spelled(&mut self, test: &AttachmentTest, direction: Direction, span: Span) {
        match test {
            AttachmentTest::Named(_) => self.notes.errs(
                direction,
                span,
                "the premium index compares file names case-sensitively",
            ),
            AttachmentTest::Name(test) | AttachmentTest::ContentType(test) => {
                self.as_spelled(test, direction, span);
            }
            AttachmentTest::Size(_)
            | AttachmentTest::Extension(_)
            | AttachmentTest::Words(_)
            | AttachmentTest::Shaped(_) => {}
        }
    }
}

/// What misses something, or finds too much under a NOT inside of the condition.
const fn narrower(is_negated: bool) -> Direction {
    if is_negated { Direction::Wider } else { Direction::Narrower }
}

pub(super) fn text_test(field: TextField, pattern: TextPattern) -> TextTest {
    TextTest { fields: vec![field], pattern, scored: false }
}

/// The sub-field on which a test of one attachment depends.
const fn attachment_path(test: &Expr<AttachmentTest>) -> &'static str {
    match test {
        Expr::Leaf(AttachmentTest::ContentType(_)) => "attachments/contentType",
        Expr::Leaf(AttachmentTest::Size(_)) => "attachments/size",
        Expr::Leaf(_) | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => "attachments/name",
    }
}
