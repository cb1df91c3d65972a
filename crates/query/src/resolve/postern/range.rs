//! Dates and sizes: points, comparisons and ranges.

use jiff::{Timestamp, Zoned};

use super::canonical;
use super::dates::{self, Fault, Period};
use super::resolved::{Resolved, leaf};
use super::value::{Value, fault, single};
use crate::query::{Comparison, Condition, InstantTest, Number, NumberTest, Predicate};
use crate::schema::{InstantField, NumberField};
use crate::syntax::postern::{Relation, Term};
use crate::{Advice, AdviceCode, Code, Context, Error, Expr, Span};

/// The value that an operator compares, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeKind {
    /// A date, compared in any way or in a range.
    Period(InstantField),
    After,
    Before,
    Until,
    NewerThan,
    OlderThan,
    /// A size, compared in any way or in a range.
    Size,
    Larger,
    Smaller,
}

/// Resolves one term.
pub(super) fn resolve(
    kind: RangeKind,
    name: &'static str,
    term: &Term<'_>,
    relation: Relation,
    context: &Context,
) -> Result<Resolved, Error> {
    let value = single(term)?;
    refuse_comparison(kind, name, term, relation, &value)?;
    let dates = Dates { now: &context.now, field: InstantField::Received, span: term.span };
    match kind {
        RangeKind::Period(field) => Dates { field, ..dates }.compared(name, relation, &value),
        RangeKind::Size => size_compared(name, relation, &value, term.span),
        RangeKind::After => dates.bound(name, Comparison::AtLeast, &value),
        RangeKind::Before => dates.bound(name, Comparison::Less, &value),
        RangeKind::Until => dates.bound(name, Comparison::AtMost, &value),
        RangeKind::NewerThan => dates.age(name, Comparison::AtLeast, &value),
        RangeKind::OlderThan => dates.age(name, Comparison::Less, &value),
        RangeKind::Larger => size_bound(name, Comparison::Greater, &value, term.span),
        RangeKind::Smaller => size_bound(name, Comparison::Less, &value, term.span),
    }
}

/// Refuses a comparison for an operator that compares by itself.
fn refuse_comparison(
    kind: RangeKind,
    name: &str,
    term: &Term<'_>,
    relation: Relation,
    value: &Value<'_>,
) -> Result<(), Error> {
    let compares = !matches!(kind, RangeKind::Period(_) | RangeKind::Size);
    if relation == Relation::Colon || !compares {
        return Ok(());
    }
    let title = format!("`{name}` already compares");
    let error = fault(Code::NotComparable, value, title, "compared twice")
        .hint(format!("write {name}:{}", value.text));
    let mark = term.field.map(|field| Span::new(field.span.end, value.span.start));
    Err(match mark.filter(|_| agrees(kind, relation)) {
        Some(mark) => error.fix(mark, ":"),
        None => error,
    })
}

/// Whether the comparison says the same as the operator: `after>2024`, but not `after<2024`.
const fn agrees(kind: RangeKind, relation: Relation) -> bool {
    match kind {
        // An age counts the other way: `older_than>1y`.
        RangeKind::After | RangeKind::OlderThan | RangeKind::Larger => {
            matches!(relation, Relation::Greater | Relation::AtLeast | Relation::Equal)
        }
        RangeKind::Before | RangeKind::Until | RangeKind::NewerThan | RangeKind::Smaller => {
            matches!(relation, Relation::Less | Relation::AtMost | Relation::Equal)
        }
        RangeKind::Period(_) | RangeKind::Size => false,
    }
}

const fn comparison(relation: Relation) -> Option<Comparison> {
    match relation {
        Relation::Colon | Relation::Equal | Relation::NotEqual => None,
        Relation::Less => Some(Comparison::Less),
        Relation::AtMost => Some(Comparison::AtMost),
        Relation::Greater => Some(Comparison::Greater),
        Relation::AtLeast => Some(Comparison::AtLeast),
    }
}

/// The two sides of `a..b`, either of which may be left open.
fn sides(text: &str) -> Option<(&str, &str)> {
    text.split_once("..").filter(|(from, to)| !(from.is_empty() && to.is_empty()))
}

// ---- dates ----

struct Dates<'n> {
    now: &'n Zoned,
    field: InstantField,
    span: Span,
}

impl Dates<'_> {
    fn compared(
        &self,
        name: &str,
        relation: Relation,
        value: &Value<'_>,
    ) -> Result<Resolved, Error> {
        if let Some(comparison) = comparison(relation) {
            let period = self.parse(value, &value.text)?;
            let text = format!("{name}{}{}", relation.symbol(), period.canonical);
            return Ok(Resolved::unit(self.against(comparison, &period), text));
        }
        let (condition, text) = self.within(value)?;
        if relation == Relation::NotEqual {
            return Ok(Resolved::unit(Expr::negated(condition), format!("{name}<>{text}")));
        }
        Ok(Resolved::unit(condition, format!("{name}:{text}")))
    }

    /// A date, or a range with both ends included at the precision they are written in.
    fn within(&self, value: &Value<'_>) -> Result<(Condition, String), Error> {
        let Some((from, to)) = sides(&value.text) else {
            let period = self.parse(value, &value.text)?;
            let both = vec![
                self.against(Comparison::AtLeast, &period),
                self.against(Comparison::AtMost, &period),
            ];
            return Ok((Expr::And(both), period.canonical));
        };
        let end = |text: &str| (!text.is_empty()).then(|| self.parse(value, text)).transpose();
        let (from, to) = (end(from)?, end(to)?);
        let text = |end: &Option<Period>| {
            end.as_ref().map_or_else(String::new, |period| period.canonical.clone())
        };
        let canonical = format!("{}..{}", text(&from), text(&to));
        let from = from.map(|period| self.against(Comparison::AtLeast, &period));
        let to = to.map(|period| self.against(Comparison::AtMost, &period));
        Ok((Expr::And(from.into_iter().chain(to).collect()), canonical))
    }

    /// A comparison with a whole period: "at most this day" is before the next one.
    fn against(&self, comparison: Comparison, period: &Period) -> Condition {
        let (comparison, moment) = match comparison {
            Comparison::AtMost if !period.is_moment => (Comparison::Less, period.end),
            Comparison::Greater if !period.is_moment => (Comparison::AtLeast, period.end),
            other => (other, period.start),
        };
        self.test(comparison, moment)
    }

    fn test(&self, comparison: Comparison, moment: Timestamp) -> Condition {
        leaf(Predicate::Instant(self.field, InstantTest::Compare(comparison, moment)), self.span)
    }

    fn bound(
        &self,
        name: &str,
        comparison: Comparison,
        value: &Value<'_>,
    ) -> Result<Resolved, Error> {
        let period = self.parse(value, &value.text)?;
        let text = canonical::bare(name, &period.canonical);
        Ok(Resolved::unit(self.against(comparison, &period), text))
    }

    fn age(
        &self,
        name: &str,
        comparison: Comparison,
        value: &Value<'_>,
    ) -> Result<Resolved, Error> {
        let text = value.text.to_lowercase();
        let minutes = dates::minutes(&value.text);
        let moment =
            dates::age(&text, self.now).filter(|_| minutes.is_none()).ok_or_else(|| {
                fault(
                    Code::InvalidDate,
                    value,
                    format!("`{}` is not an age", value.text),
                    "not an age",
                )
                .hint(minutes.map_or_else(
                    || "write a number and d, w, m or y: 3d, 2w, 6m, 1y".to_owned(),
                    |months| format!("write {months}"),
                ))
            })?;
        Ok(Resolved::unit(self.test(comparison, moment), canonical::bare(name, &text)))
    }

    fn parse(&self, value: &Value<'_>, text: &str) -> Result<Period, Error> {
        dates::parse(text, self.now).map_err(|why| match why {
            Fault::Ambiguous(one, other) => fault(
                Code::AmbiguousDate,
                value,
                format!("`{text}` can be read in two ways"),
                "day or month first?",
            )
            .hint(format!("write {one} or {other}")),
            Fault::Invalid(instead) => {
                let error = fault(
                    Code::InvalidDate,
                    value,
                    format!("`{text}` is not a date"),
                    "not a calendar date",
                );
                match instead {
                    Some(instead) => told_instead(error, value, text, &instead),
                    None => error.hint(
                        "write a date as 2024-03-31, 2024-03, today, monday, \"last week\" or 3d",
                    ),
                }
            }
        })
    }
}

/// The date to write instead of `text`, which may be one end of a range.
fn told_instead(error: Error, value: &Value<'_>, text: &str, instead: &str) -> Error {
    let error = error.hint(format!("write {instead}"));
    // Otherwise it is a remark.
    let is_date = instead.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_date { error.fix(value.span, value.text.replacen(text, instead, 1)) } else { error }
}

// ---- sizes ----

/// Advice for `size:10M`, which is exactly that size and more than it in Gmail.
pub(super) fn exact_size(kind: RangeKind, term: &Term<'_>, relation: Relation) -> Option<Advice> {
    let piece = term.value.only().filter(|_| kind == RangeKind::Size)?;
    let text = &piece.text;
    (relation == Relation::Colon && sides(text).is_none()).then(|| {
        let message =
            format!("only this size to the byte is found: write size>{text} or size<{text}");
        Advice::new(AdviceCode::OtherReading, piece.span, message)
    })
}

fn size_compared(
    name: &str,
    relation: Relation,
    value: &Value<'_>,
    span: Span,
) -> Result<Resolved, Error> {
    let upper = value.text.to_ascii_uppercase();
    let shown = shown(&upper);
    if let Some(comparison) = comparison(relation) {
        let condition = size_test(comparison, size(value, &upper)?, span);
        return Ok(Resolved::unit(condition, format!("{name}{}{shown}", relation.symbol())));
    }
    let condition = match sides(&upper) {
        None => size_test(Comparison::Equal, size(value, &upper)?, span),
        Some((from, to)) => {
            let end = |text: &str, comparison| {
                (!text.is_empty())
                    .then(|| size(value, text).map(|bytes| size_test(comparison, bytes, span)))
                    .transpose()
            };
            let (from, to) = (end(from, Comparison::AtLeast)?, end(to, Comparison::AtMost)?);
            Expr::And(from.into_iter().chain(to).collect())
        }
    };
    if relation == Relation::NotEqual {
        return Ok(Resolved::unit(Expr::negated(condition), format!("{name}<>{shown}")));
    }
    Ok(Resolved::unit(condition, format!("{name}:{shown}")))
}

fn size_bound(
    name: &str,
    comparison: Comparison,
    value: &Value<'_>,
    span: Span,
) -> Result<Resolved, Error> {
    let upper = value.text.to_ascii_uppercase();
    Ok(Resolved::unit(
        size_test(comparison, size(value, &upper)?, span),
        canonical::bare(name, &shown(&upper)),
    ))
}

fn size_test(comparison: Comparison, bytes: i64, span: Span) -> Condition {
    let test = NumberTest::Compare(comparison, Number::Integer(bytes));
    leaf(Predicate::Number(NumberField::Size, test), span)
}

/// Spellings of powers of 1,024.
fn shown(upper: &str) -> String {
    upper.replace("IB", "iB")
}

/// `10485760`, `10K` and `10KB` (powers of 1,000), `10KIB` (powers of 1,024).
fn size(value: &Value<'_>, upper: &str) -> Result<i64, Error> {
    let split = upper.find(|c: char| !c.is_ascii_digit()).unwrap_or(upper.len());
    let (digits, unit) = upper.split_at_checked(split).unwrap_or_default();
    let factor: Option<i64> = match unit {
        "" | "B" => Some(1),
        "K" | "KB" => Some(1_000),
        "M" | "MB" => Some(1_000_000),
        "G" | "GB" => Some(1_000_000_000),
        "KIB" => Some(1 << 10),
        "MIB" => Some(1 << 20),
        "GIB" => Some(1 << 30),
        _ => None,
    };
    let bytes = digits
        .parse::<i64>()
        .ok()
        .zip(factor)
        .and_then(|(count, factor)| count.checked_mul(factor));
    bytes.ok_or_else(|| {
        fault(Code::InvalidSize, value, format!("`{}` is not a size", value.text), "not a size")
            .hint("write bytes, or a number with K, M, G, KiB, MiB or GiB: 10M")
    })
}
