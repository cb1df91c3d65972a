//! A field compared with a constant: types, and the meaning of null.

use jiff::Timestamp;

use crate::query::{Comparison, FlagTest, InstantTest, Number, NumberTest, StringTest};
use crate::syntax::odata::{Constant, Path, Relation};
use crate::{Code, Error, Expr, Span};

/// A test, or its opposite. "Not equal" is true for a missing value.
pub(super) struct Signed<T> {
    test: T,
    negated: bool,
}

impl<T> Signed<T> {
    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> Signed<U> {
        Signed { test: map(self.test), negated: self.negated }
    }
}

impl<L> Signed<Expr<L>> {
    pub(super) fn into_expr(self) -> Expr<L> {
        if self.negated { Expr::negated(self.test) } else { self.test }
    }
}

/// A comparison, the field on the left.
#[derive(Clone, Copy)]
pub(super) struct Compared<'s> {
    pub(super) path: &'s Path,
    pub(super) relation: Relation,
    pub(super) constant: &'s Constant,
    /// The place of the constant.
    pub(super) at: Span,
    pub(super) span: Span,
}

impl Compared<'_> {
    pub(super) fn string(&self) -> Result<Signed<StringTest>, Error> {
        self.signed(StringTest::Missing, || {
            let Constant::String(text) = self.constant else {
                let error = self.mismatch("text").hint("text stands in single quotes");
                return Err(match self.constant {
                    Constant::Integer(number) => error.fix(self.at, format!("'{number}'")),
                    Constant::Boolean(word) => error.fix(self.at, format!("'{word}'")),
                    _ => error,
                });
            };
            self.without_order(|| {
                format!("text cannot be compared with `{}`", self.relation.word())
            })?;
            Ok(StringTest::Is(text.clone()))
        })
    }

    pub(super) fn flag(&self) -> Result<Signed<FlagTest>, Error> {
        self.signed(FlagTest::Missing, || {
            let Constant::Boolean(wanted) = self.constant else {
                return Err(self.not_a_flag());
            };
            self.without_order(|| "yes or no has no order".to_owned())?;
            Ok(FlagTest::Is(*wanted))
        })
    }

    pub(super) fn number(&self) -> Result<Signed<NumberTest>, Error> {
        self.signed(NumberTest::Missing, || {
            let number = match self.constant {
                Constant::Integer(number) => Number::Integer(*number),
                Constant::Float(number) if number.is_finite() => Number::Float(*number),
                Constant::Float(_)
                | Constant::Null
                | Constant::Boolean(_)
                | Constant::String(_)
                | Constant::Instant(_) => return Err(self.not_a_number()),
            };
            Ok(NumberTest::Compare(self.comparison(), number))
        })
    }

    pub(super) fn instant(&self) -> Result<Signed<InstantTest>, Error> {
        self.signed(InstantTest::Missing, || match self.constant {
            Constant::Instant(moment) => Ok(InstantTest::Compare(self.comparison(), *moment)),
            Constant::String(text) => Err(self.quoted_date(text)),
            Constant::Null | Constant::Boolean(_) | Constant::Integer(_) | Constant::Float(_) => {
                Err(self.mismatch("a date").hint("write a date as 2024-01-31T00:00:00Z"))
            }
        })
    }

    fn not_a_flag(&self) -> Error {
        let error = self.mismatch("true or false");
        let word = match self.constant {
            Constant::String(text) => text.to_ascii_lowercase(),
            Constant::Integer(1) => "true".to_owned(),
            Constant::Integer(0) => "false".to_owned(),
            _ => return error,
        };
        if !matches!(&*word, "true" | "false") {
            return error;
        }
        error.hint(format!("write {word} without quotes")).fix(self.at, word)
    }

    fn not_a_number(&self) -> Error {
        let error = self.mismatch("a whole number");
        match self.constant {
            Constant::String(text) if text.parse::<i64>().is_ok() => {
                error.hint(format!("a number stands without quotes: {text}")).fix(self.at, text)
            }
            _ => error,
        }
    }

    fn quoted_date(&self, text: &str) -> Error {
        let error = self.mismatch("a date");
        let forms = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
        let date = forms.iter().find_map(|form| form.parse::<Timestamp>().ok());
        match date {
            Some(date) => error
                .hint(format!("a date stands without quotes: {date}"))
                .fix(self.at, date.to_string()),
            None => error.hint("write a date as 2024-01-31T00:00:00Z, without quotes"),
        }
    }

    /// The test of a constant, or the test for null, which has no order.
    fn signed<T>(
        &self,
        missing: T,
        test: impl FnOnce() -> Result<T, Error>,
    ) -> Result<Signed<T>, Error> {
        let is_null = *self.constant == Constant::Null;
        if is_null && self.is_range() {
            return Err(Error::new(Code::TypeMismatch, self.span, "null has no order", "compare it with eq or ne")
                .hint("write `field eq null` for values that are missing, `field ne null` for those that are there"));
        }
        let test = if is_null { missing } else { test()? };
        Ok(Signed { test, negated: self.relation == Relation::Ne })
    }

    const fn is_range(&self) -> bool {
        !matches!(self.relation, Relation::Eq | Relation::Ne)
    }

    const fn comparison(&self) -> Comparison {
        match self.relation {
            Relation::Eq | Relation::Ne => Comparison::Equal,
            Relation::Gt => Comparison::Greater,
            Relation::Ge => Comparison::AtLeast,
            Relation::Lt => Comparison::Less,
            Relation::Le => Comparison::AtMost,
        }
    }

    fn without_order(&self, title: impl FnOnce() -> String) -> Result<(), Error> {
        if self.is_range() {
            return Err(Error::new(Code::NotComparable, self.span, title(), "only eq and ne")
                .hint("write eq or ne"));
        }
        Ok(())
    }

    fn mismatch(&self, wanted: &str) -> Error {
        let found = match self.constant {
            Constant::Null => "null",
            Constant::Boolean(_) => "true or false",
            Constant::String(_) => "text",
            Constant::Integer(_) => "a whole number",
            Constant::Float(_) => "a fraction",
            Constant::Instant(_) => "a date",
        };
        let title = format!("`{}` is {wanted}, not {found}", self.path.text);
        Error::new(Code::TypeMismatch, self.span, title, "these cannot be compared")
            .hint(format!("write {wanted}"))
    }
}
