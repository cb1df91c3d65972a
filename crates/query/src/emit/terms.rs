//! A language of `property:value` terms, and the conditions that all such languages say in the same way.

use super::property::{Asked, Make, Text, Value, called, make, prefix, tree, values};
use super::{Direction, Notes};
use crate::query::{AttachmentTest, Comparison, FlagTest, Number, NumberTest, StringTest};
use crate::schema::FlagField;
use crate::{Expr, Span};

/// A language of terms.
pub(super) trait Terms: Sized {
    /// The name of the language in notes.
    const NAME: &'static str;
    /// The program that has the properties.
    const PROPERTIES: &'static str;
    /// Why the language cannot ask for a missing value.
    const NO_MISSING: &'static str;
    /// Why the language cannot say a pattern.
    const NO_PATTERN: &'static str;

    fn notes(&mut self) -> &mut Notes;

    /// One of the values in the name of an attachment.
    fn file_names(&mut self, values: &[Value], span: Span) -> Option<Text>;

    /// These words in the name of an attachment, which may stand inside of a longer one.
    fn file_words(&mut self, value: Value, span: Span) -> Option<Text> {
        self.file_names(&[value], span)
    }

    /// No message.
    fn nothing(&mut self, span: Option<Span>) -> Option<Text> {
        let message = format!("{} has no text that finds nothing", Self::NAME);
        self.notes().unsupported(span, message)
    }

    /// Why words cannot say a test.
    fn no_values(&mut self, test: &StringTest, span: Span) -> Option<Text> {
        let why = match test {
            StringTest::Missing => Self::NO_MISSING,
            StringTest::OneOf(_) => return self.nothing(Some(span)),
            StringTest::Is(_)
            | StringTest::Same(_)
            | StringTest::Shaped(_)
            | StringTest::PathEnd(_) => Self::NO_PATTERN,
        };
        self.notes().unsupported(Some(span), why)
    }

    /// A property whose values have other names there: our name and theirs.
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
            let message = format!("{} has no such value of `{property}`", Self::NAME);
            return self.notes().unsupported(Some(span), message);
        };
        let terms: Vec<_> =
            words.iter().map(|word| Text::term(format!("{property}:{word}"))).collect();
        Some(Text::any(&terms))
    }

    /// A flag, if there is a property for it.
    fn yes_or_no(
        &mut self,
        property: Option<&str>,
        field: FlagField,
        test: FlagTest,
        span: Span,
    ) -> Option<Text> {
        let Some(property) = property else {
            let message = format!("{} has no property for `{}`", Self::PROPERTIES, field.path());
            return self.notes().unsupported(Some(span), message);
        };
        match test {
            FlagTest::Is(wanted) => Some(Text::term(format!("{property}:{wanted}"))),
            FlagTest::Missing => self.notes().unsupported(Some(span), Self::NO_MISSING),
        }
    }

    /// A comparison with a whole number, as `say` writes it.
    fn whole_number(
        &mut self,
        test: NumberTest,
        span: Span,
        say: impl FnOnce(&mut Self, Comparison, i64) -> Text,
    ) -> Option<Text> {
        match test {
            NumberTest::Compare(comparison, Number::Integer(number)) => {
                Some(say(self, comparison, number))
            }
            NumberTest::Compare(_, Number::Float(_)) => {
                let message = format!("sizes in {} are whole numbers", Self::NAME);
                self.notes().unsupported(Some(span), message)
            }
            NumberTest::Missing => self.notes().unsupported(Some(span), Self::NO_MISSING),
        }
    }

    /// A condition on one element of a list. No such language separates elements.
    fn element<L>(
        &mut self,
        test: &Expr<L>,
        span: Span,
        leaf: &mut impl FnMut(&mut Self, &L) -> Option<Text>,
    ) -> Option<Text> {
        match make(test) {
            Make::Alternatives => {}
            Make::Together => {
                let message = format!(
                    "{} keeps no elements of a list apart: the conditions may hold of different ones",
                    Self::NAME
                );
                self.notes().errs(Direction::Wider, span, message);
            }
            Make::Negated => {
                let message =
                    format!("{} cannot ask for an element of a list that is not so", Self::NAME);
                return self.notes().unsupported(Some(span), message);
            }
        }
        tree(test, &mut |asked, _| match asked {
            Asked::Leaf(inner) => leaf(self, inner),
            Asked::Everything => {
                let message = format!(
                    "{} cannot ask whether a list of people or categories has anyone or anything",
                    Self::NAME
                );
                self.notes().unsupported(Some(span), message)
            }
            Asked::Nothing => self.nothing(Some(span)),
        })
    }

    /// One attachment. These languages know only its name.
    fn attachment_named(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Text> {
        self.element(test, span, &mut |language, leaf| {
            let value = match leaf {
                AttachmentTest::Name(test) => {
                    let Some(values) = values(test) else { return language.no_values(test, span) };
                    return language.file_names(&values, span);
                }
                AttachmentTest::Named(text) => Value::Words(text.clone()),
                AttachmentTest::Extension(text) => Value::Words(format!(".{text}")),
                AttachmentTest::Words(words) => {
                    return language.file_words(Value::Words(words.join(" ")), span);
                }
                AttachmentTest::Shaped(shape) => {
                    return match prefix(shape) {
                        Some(value) => language.file_words(value, span),
                        None => language.notes().unsupported(Some(span), Self::NO_PATTERN),
                    };
                }
                AttachmentTest::ContentType(_) | AttachmentTest::Size(_) => {
                    let message = format!("{} knows of attachments their names only", Self::NAME);
                    return language.notes().unsupported(Some(span), message);
                }
            };
            language.file_names(&[value], span)
        })
    }
}
