//! OData filter text. Only [`quote`] quotes its strings.

use jiff::Timestamp;

use crate::Expr;
use crate::query::{
    AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, RecipientTest,
    StringTest,
};
use crate::schema::{ATTACHMENTS, CATEGORIES, RecipientList, Sort};

/// How tightly a piece of filter binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    /// A comparison, which `not` would tear apart.
    Comparison,
    /// A call, a lambda or a negation.
    Unit,
}

/// A piece of filter text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    text: String,
    binding: Binding,
    /// The text of the opposite, where it is shorter than `not (...)`.
    opposite: Option<(String, Binding)>,
}

impl Filter {
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    const fn unit(text: String) -> Self {
        Self { text, binding: Binding::Unit, opposite: None }
    }

    const fn comparison(text: String) -> Self {
        Self { text, binding: Binding::Comparison, opposite: None }
    }

    fn equal(path: &str, literal: &str) -> Self {
        let opposite = Some((format!("{path} ne {literal}"), Binding::Comparison));
        Self { text: format!("{path} eq {literal}"), binding: Binding::Comparison, opposite }
    }

    /// The text, in brackets where something else binds more tightly.
    fn within(self, binding: Binding) -> String {
        if self.binding < binding { format!("({})", self.text) } else { self.text }
    }

    pub(crate) fn negated(self) -> Self {
        let before = Some((self.text.clone(), self.binding));
        match self.opposite {
            Some((text, binding)) => Self { text, binding, opposite: before },
            None => {
                let text = format!("not {}", self.within(Binding::Unit));
                Self { text, binding: Binding::Unit, opposite: before }
            }
        }
    }

    pub(crate) fn all(parts: Vec<Self>) -> Self {
        Self::joined(parts, " and ", Binding::And, "true")
    }

    pub(crate) fn any(parts: Vec<Self>) -> Self {
        Self::joined(parts, " or ", Binding::Or, "false")
    }

    fn joined(mut parts: Vec<Self>, separator: &str, binding: Binding, empty: &str) -> Self {
        // A part that decides nothing, such as an empty list among alternatives, is left out.
        parts.retain(|part| part.text != empty);
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return only;
        }
        if parts.is_empty() {
            return Self::unit(empty.to_owned());
        }
        let texts: Vec<_> = parts.into_iter().map(|part| part.within(binding)).collect();
        Self { text: texts.join(separator), binding, opposite: None }
    }
}

/// A tree of pieces as one piece; `None` where a leaf has none.
pub(crate) fn tree<L>(
    expr: &Expr<L>,
    leaf: &mut impl FnMut(&L) -> Option<Filter>,
) -> Option<Filter> {
    // Every leaf is written, so that one run finds everything that cannot be said.
    let each = |parts: &[Expr<L>], leaf: &mut _| -> Option<Vec<Filter>> {
        let parts: Vec<_> = parts.iter().map(|part| tree(part, leaf)).collect();
        parts.into_iter().collect()
    };
    match expr {
        Expr::And(parts) => each(parts, leaf).map(Filter::all),
        Expr::Or(parts) => each(parts, leaf).map(Filter::any),
        Expr::Not(inner) => tree(inner, leaf).map(Filter::negated),
        Expr::Leaf(inner) => leaf(inner),
    }
}

/// The only place where text becomes a string literal. Quotes are doubled, and nothing else is special.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A test of a string; `None` for a pattern. A test that ignores case, or one of the end of a path, becomes
/// an equality of the whole text as it is spelt. That is not the same.
pub(crate) fn string(path: &str, test: &StringTest, functions: bool) -> Option<Filter> {
    match test {
        StringTest::Is(text) | StringTest::Same(text) | StringTest::PathEnd(text) => {
            Some(Filter::equal(path, &quote(text)))
        }
        StringTest::Missing => Some(Filter::equal(path, "null")),
        StringTest::OneOf(texts) => Some(one_of(path, texts, functions)),
        StringTest::Shaped(_) => None,
    }
}

/// One text of a collection of plain texts.
pub(crate) fn contains(path: &str, text: &str) -> Filter {
    Filter::unit(format!("{path}/any(t: t eq {})", quote(text)))
}

/// `search.in` where the endpoint passes it and a delimiter is free. Otherwise a chain of equalities.
fn one_of(path: &str, texts: &[String], functions: bool) -> Filter {
    let delimiter =
        ['|', ';', '\u{1f}'].into_iter().find(|c| !texts.iter().any(|text| text.contains(*c)));
    let listable = functions && !texts.iter().any(String::is_empty);
    if let Some(delimiter) = delimiter.filter(|_| listable && texts.len() > 1) {
        let list = texts.join(&delimiter.to_string());
        let (list, delimiter) = (quote(&list), quote(&delimiter.to_string()));
        return Filter::unit(format!("search.in({path}, {list}, {delimiter})"));
    }
    Filter::any(texts.iter().map(|text| Filter::equal(path, &quote(text))).collect())
}

pub(crate) fn flag(path: &str, test: FlagTest) -> Filter {
    match test {
        FlagTest::Is(wanted) => Filter::equal(path, &wanted.to_string()),
        FlagTest::Missing => Filter::equal(path, "null"),
    }
}

pub(crate) fn number(path: &str, test: NumberTest) -> Filter {
    let literal = |number| match number {
        Number::Integer(number) => number.to_string(),
        Number::Float(number) => float(number),
    };
    match test {
        NumberTest::Compare(Comparison::Equal, number) => Filter::equal(path, &literal(number)),
        NumberTest::Compare(comparison, number) => compare(path, comparison, &literal(number)),
        NumberTest::Missing => Filter::equal(path, "null"),
    }
}

/// A fraction with its point or exponent, so that nobody reads a whole number.
fn float(number: f64) -> String {
    format!("{number:?}")
}

pub(crate) fn instant(path: &str, test: InstantTest) -> Filter {
    match test {
        InstantTest::Compare(Comparison::Equal, moment) => Filter::equal(path, &timestamp(moment)),
        InstantTest::Compare(comparison, moment) => compare(path, comparison, &timestamp(moment)),
        InstantTest::Missing => Filter::equal(path, "null"),
    }
}

fn timestamp(moment: Timestamp) -> String {
    moment.to_string()
}

fn compare(path: &str, comparison: Comparison, literal: &str) -> Filter {
    let operator = match comparison {
        Comparison::Equal => "eq",
        Comparison::Less => "lt",
        Comparison::AtMost => "le",
        Comparison::Greater => "gt",
        Comparison::AtLeast => "ge",
    };
    Filter::comparison(format!("{path} {operator} {literal}"))
}

/// One person of a list.
pub(crate) fn recipient(
    list: RecipientList,
    test: &Expr<RecipientTest>,
    functions: bool,
) -> Option<Filter> {
    any(list.path(), "r", test, &mut |leaf| match leaf {
        RecipientTest::Name(test) => string("r/name", test, functions),
        RecipientTest::Address(test) => string("r/address", test, functions),
    })
}

/// One attachment; `None` for tests that the filter language cannot say.
pub(crate) fn attachment(test: &Expr<AttachmentTest>, functions: bool) -> Option<Filter> {
    any(ATTACHMENTS, "x", test, &mut |leaf| match leaf {
        AttachmentTest::Name(test) => string("x/name", test, functions),
        AttachmentTest::ContentType(test) => string("x/contentType", test, functions),
        AttachmentTest::Size(test) => Some(number("x/size", *test)),
        AttachmentTest::Named(name) => string("x/name", &StringTest::Is(name.clone()), functions),
        AttachmentTest::Extension(_) | AttachmentTest::Words(_) | AttachmentTest::Shaped(_) => None,
    })
}

/// One category. Every negation inside is pushed down, as the service demands over plain values.
pub(crate) fn category(test: &Expr<StringTest>, functions: bool) -> Option<Filter> {
    match alternatives(test, false) {
        Some(tests) if tests.is_empty() => Some(Filter::unit("false".to_owned())),
        Some(tests) => {
            let parts: Option<_> = tests.iter().map(|test| string("c", test, functions)).collect();
            let body = Filter::any(parts?).into_text();
            Some(Filter::unit(format!("{CATEGORIES}/any(c: {body})")))
        }
        None => test.is_everything().then(|| Filter::unit(format!("{CATEGORIES}/any()"))),
    }
}

/// Tests of which one must hold; `None` where they are joined in another way.
fn alternatives(expr: &Expr<StringTest>, negated: bool) -> Option<Vec<&StringTest>> {
    let parts = match (expr, negated) {
        (Expr::Not(inner), _) => return alternatives(inner, !negated),
        (Expr::Leaf(test), false) => return Some(vec![test]),
        (Expr::And(parts), true) | (Expr::Or(parts), false) => parts,
        (Expr::Leaf(_) | Expr::Or(_), true) | (Expr::And(_), false) => return None,
    };
    let each: Option<Vec<_>> = parts.iter().map(|part| alternatives(part, negated)).collect();
    Some(each?.concat())
}

fn any<L>(
    path: &str,
    variable: &str,
    test: &Expr<L>,
    leaf: &mut impl FnMut(&L) -> Option<Filter>,
) -> Option<Filter> {
    if test.is_everything() {
        return Some(Filter::unit(format!("{path}/any()")));
    }
    let body = tree(test, leaf)?.into_text();
    Some(Filter::unit(format!("{path}/any({variable}: {body})")))
}

/// A call of `search.ismatch` or `search.ismatchscoring` with a text in full syntax.
pub(crate) fn is_match(text: &str, fields: &str, scored: bool) -> Filter {
    let name = if scored { "search.ismatchscoring" } else { "search.ismatch" };
    Filter::unit(format!("{name}({}, {}, 'full', 'any')", quote(text), quote(fields)))
}

/// The text of `$orderby`.
pub(crate) fn order_by(order: &[Sort]) -> String {
    let keys = order.iter().map(|sort| {
        let direction = if sort.descending { "desc" } else { "asc" };
        format!("{} {direction}", sort.by.path())
    });
    keys.collect::<Vec<_>>().join(", ")
}
