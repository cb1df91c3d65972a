//! `any` and `all` over a collection.
//!
//! Elements of complex collections take every construct over their own sub-fields. Elements of string
//! collections are stored as plain terms. Hence the restrictions of "Troubleshoot OData collection
//! filters": in `any` only equality joined by `or`, in `all` only inequality joined by `and`.

use super::calls::{compared, search_in, unknown_function};
use super::value::Compared;
use super::{Sides, comparison_sides, leaf, truth, unknown};
use crate::query::{AttachmentTest, Condition, Predicate, RecipientTest, StringTest};
use crate::schema::{ATTACHMENTS, CATEGORIES, RecipientList};
use crate::syntax::odata::{Call, Lambda, Operand, Path, Relation, Syntax, Term};
use crate::{Code, Error, Expr, Located, Span};

pub(super) fn resolve(lambda: &Lambda, span: Span) -> Result<Condition, Error> {
    let name = lambda.collection.text.as_str();
    let predicate = if let Some(list) = RecipientList::from_path(name) {
        Predicate::Recipient(list, body(lambda, &recipient_element)?)
    } else if name == ATTACHMENTS {
        Predicate::Attachment(body(lambda, &attachment_element)?)
    } else if name == CATEGORIES {
        restrict(lambda)?;
        Predicate::Category(body(lambda, &category_element)?)
    } else {
        return Err(not_a_collection(&lambda.collection));
    };
    let any = leaf(predicate, span);
    Ok(if lambda.all { Expr::negated(any) } else { any })
}

/// The condition on an element. For `all` it is the opposite, so that "not any" says it.
fn body<T>(
    lambda: &Lambda,
    element: &impl Fn(&Inner<'_>) -> Result<Expr<T>, Error>,
) -> Result<Expr<T>, Error> {
    let Some((variable, syntax)) = &lambda.body else { return Ok(Expr::everything()) };
    let expr = Syntax::clone(syntax)
        .try_map(&mut |term: Located<Term>| inner(&term.value, term.span, variable, element))?;
    Ok(if lambda.all { Expr::negated(expr) } else { expr })
}

/// A test of one sub-field of the element. An empty sub-field is the element itself.
enum Inner<'a> {
    Compare { field: &'a str, compared: Compared<'a> },
    OneOf { path: &'a Path, field: &'a str, values: Vec<String> },
}

fn inner<T>(
    term: &Term,
    span: Span,
    variable: &Path,
    element: &impl Fn(&Inner<'_>) -> Result<Expr<T>, Error>,
) -> Result<Expr<T>, Error> {
    match term {
        Term::Alone(Operand::Constant(constant, at)) => truth(constant, *at),
        Term::Alone(Operand::Path(path)) => {
            bound(path, variable)?;
            Err(Error::new(
                Code::TypeMismatch,
                path.span,
                format!("`{}` is not yes or no", path.text),
                "compare it with a value",
            )
            .hint("write x/address eq 'a@example.com'"))
        }
        Term::Alone(Operand::Call(call)) => inner_call(call, variable, element),
        Term::Compare { left, relation, right } => {
            match comparison_sides(left, *relation, right, span)? {
                Sides::Call(call, relation, constant) => {
                    compared(inner_call(&call, variable, element)?, relation, &constant, span)
                }
                Sides::Field(path, relation, constant, at) => {
                    let field = bound(&path, variable)?;
                    let (path, constant) = (&path, &constant);
                    let compared = Compared { path, relation, constant, at, span };
                    element(&Inner::Compare { field, compared })
                }
            }
        }
        Term::Lambda(nested) => {
            bound(&nested.collection, variable)?;
            Err(Error::new(
                Code::TypeMismatch,
                nested.collection.span,
                "there is no collection inside this one",
                "not a collection",
            )
            .hint("write a condition on the parts of the element itself"))
        }
    }
}

fn inner_call<T>(
    call: &Call,
    variable: &Path,
    element: &impl Fn(&Inner<'_>) -> Result<Expr<T>, Error>,
) -> Result<Expr<T>, Error> {
    if call.name.starts_with("search.ismatch") {
        return Err(Error::new(
            Code::Unsupported,
            call.span,
            format!("`{}` cannot stand inside any or all", call.name),
            "not bound to the range variable",
        )
        .hint("put it beside the lambda, joined with `and`"));
    }
    if call.name != "search.in" {
        return Err(unknown_function(call));
    }
    let (path, values) = search_in(call)?;
    let field = bound(&path, variable)?;
    element(&Inner::OneOf { path: &path, field, values })
}

/// The sub-field of a path that starts at the range variable.
fn bound<'a>(path: &'a Path, variable: &Path) -> Result<&'a str, Error> {
    let (first, rest) = path.split();
    if first == variable.text {
        return Ok(rest.unwrap_or_default());
    }
    let title = format!("`{}` does not start at `{}`", path.text, variable.text);
    let error =
        Error::new(Code::Unsupported, path.span, title, "not bound to the range variable").hint(
            "inside any and all only fields of the element can be used; put other conditions beside it",
        );
    Err(match of_element(&path.text, &variable.text) {
        Some(whole) => error.hint(format!("write {whole}")).fix(path.span, whole),
        None => error,
    })
}

/// The path of a part of the element, where it was written without the variable or with another mark.
fn of_element(path: &str, variable: &str) -> Option<String> {
    const PARTS: [&str; 4] = ["name", "address", "contentType", "size"];
    let (first, rest) = path.split_once(['.', '/']).unwrap_or(("", path));
    let is_variable = first.eq_ignore_ascii_case(variable);
    let is_plain = first.is_empty() || is_variable || first == "emailAddress";
    let part = rest.rsplit('/').next()?;
    let part = PARTS.iter().find(|known| known.eq_ignore_ascii_case(part)).filter(|_| is_plain)?;
    Some(format!("{variable}/{part}"))
}

fn recipient_element(inner: &Inner<'_>) -> Result<Expr<RecipientTest>, Error> {
    match inner.field() {
        "name" => Ok(map_leaves(inner.string()?, RecipientTest::Name)),
        "address" => Ok(map_leaves(inner.string()?, RecipientTest::Address)),
        _ => Err(inner.unknown(&["name", "address"])),
    }
}

fn attachment_element(inner: &Inner<'_>) -> Result<Expr<AttachmentTest>, Error> {
    match (inner.field(), inner) {
        ("name", _) => Ok(map_leaves(inner.string()?, AttachmentTest::Name)),
        ("contentType", _) => Ok(map_leaves(inner.string()?, AttachmentTest::ContentType)),
        ("size", Inner::Compare { compared, .. }) => {
            let test = compared.number()?;
            Ok(test.map(|test| Expr::Leaf(AttachmentTest::Size(test))).into_expr())
        }
        ("size", Inner::OneOf { path, .. }) => Err(Error::new(
            Code::TypeMismatch,
            path.span,
            "`size` is a number",
            "search.in needs text",
        )
        .hint("compare it with eq, lt or gt")),
        _ => Err(inner.unknown(&["name", "contentType", "size"])),
    }
}

fn category_element(inner: &Inner<'_>) -> Result<Expr<StringTest>, Error> {
    if inner.field().is_empty() { inner.string() } else { Err(inner.unknown(&[])) }
}

impl<'a> Inner<'a> {
    const fn field(&self) -> &'a str {
        match self {
            Self::Compare { field, .. } | Self::OneOf { field, .. } => field,
        }
    }

    const fn path(&self) -> &'a Path {
        match self {
            Self::Compare { compared, .. } => compared.path,
            Self::OneOf { path, .. } => path,
        }
    }

    fn string(&self) -> Result<Expr<StringTest>, Error> {
        match self {
            Self::Compare { compared, .. } => Ok(compared.string()?.map(Expr::Leaf).into_expr()),
            Self::OneOf { values, .. } => Ok(Expr::Leaf(StringTest::OneOf(values.clone()))),
        }
    }

    fn unknown(&self, known: &[&str]) -> Error {
        let path = self.path();
        if self.field().is_empty() {
            let title = format!("`{}` has several parts", path.text);
            let parts: Vec<_> = known.iter().map(|name| format!("{}/{name}", path.text)).collect();
            let usual = if known.contains(&"address") { "address" } else { "name" };
            return Error::new(Code::TypeMismatch, path.span, title, "name one of them")
                .hint(parts.join(", "))
                .fix(path.span, format!("{}/{usual}", path.text));
        }
        if known.is_empty() {
            let title = format!("`{}` has no parts", path.split().0);
            return Error::new(Code::UnknownField, path.span, title, "a category is plain text")
                .hint("compare the variable itself: categories/any(c: c eq 'text')")
                .fix(path.span, path.split().0);
        }
        let variable = path.split().0;
        let part = self.field().rsplit('/').next().unwrap_or_default();
        let error = Error { fix: None, ..unknown(path, self.field()) }
            .hint(format!("parts: {}", known.join(", ")));
        match crate::resolve::names::closest(part, known) {
            Some(close) => error.fix(path.span, format!("{variable}/{close}")),
            None => error,
        }
    }
}

fn map_leaves<T>(expr: Expr<StringTest>, wrap: impl Fn(StringTest) -> T) -> Expr<T> {
    match expr {
        Expr::Not(inner) => Expr::negated(map_leaves(*inner, wrap)),
        Expr::Leaf(test) => Expr::Leaf(wrap(test)),
        // A test of one value is a leaf or its opposite.
        Expr::And(_) | Expr::Or(_) => Expr::nothing(),
    }
}

fn not_a_collection(path: &Path) -> Error {
    let error = unknown(path, &path.text);
    if crate::schema::StringField::from_path(&path.text).is_some() || path.text.contains('/') {
        return Error::new(
            Code::TypeMismatch,
            path.span,
            format!("`{}` is not a list", path.text),
            "any and all need a list",
        )
        .hint("compare the field itself: field eq value");
    }
    error
}

// ---- string collections ----

/// Refuses conditions that plain terms cannot answer, after every `not` has been pushed down to its leaf.
fn restrict(lambda: &Lambda) -> Result<(), Error> {
    let Some((_, syntax)) = &lambda.body else { return Ok(()) };
    allowed(syntax, lambda.all, false)
}

/// In `any`, equalities joined by `or`. In `all`, which is "not any not", the mirror image.
fn allowed(syntax: &Syntax, all: bool, negated: bool) -> Result<(), Error> {
    match syntax {
        Expr::Not(inner) => allowed(inner, all, !negated),
        Expr::And(parts) if all != negated => {
            parts.iter().try_for_each(|part| allowed(part, all, negated))
        }
        Expr::Or(parts) if all == negated => {
            parts.iter().try_for_each(|part| allowed(part, all, negated))
        }
        Expr::And(_) | Expr::Or(_) => Err(wrong_join(syntax, all)),
        Expr::Leaf(term) => leaf_allowed(term, all, negated),
    }
}

fn leaf_allowed(term: &Located<Term>, all: bool, negated: bool) -> Result<(), Error> {
    let positive = match &term.value {
        Term::Compare { left: Operand::Call(_), .. }
        | Term::Compare { right: Operand::Call(_), .. }
        | Term::Alone(Operand::Constant(..)) => {
            return Err(Error::new(
                Code::Unsupported,
                term.span,
                "not over plain values",
                "only comparisons and search.in",
            )
            .hint("write categories/any(c: c eq 'text'), or categories/any() for any category"));
        }
        Term::Compare { relation: Relation::Ne, .. } => negated,
        Term::Alone(Operand::Call(_)) | Term::Compare { .. } => !negated,
        // Resolving the element refuses it, with its own reason.
        Term::Alone(Operand::Path(_)) | Term::Lambda(_) => return Ok(()),
    };
    if positive != all {
        return Ok(());
    }
    let (title, hint) = if all {
        (
            "in `all` a category can only differ",
            "write categories/any(x: x eq 'text') for \"one is\", or categories/all(x: x ne 'text') for \"none is\"",
        )
    } else {
        (
            "in `any` a category can only be equal",
            "for \"none is\" write not categories/any(x: x eq 'text')",
        )
    };
    Err(Error::new(Code::Unsupported, term.span, title, "not over plain values").hint(hint))
}

fn wrong_join(syntax: &Syntax, all: bool) -> Error {
    let mut span: Option<Span> = None;
    syntax
        .for_each_leaf(&mut |term| span = Some(span.map_or(term.span, |span| span.to(term.span))));
    let join = if all { "and" } else { "or" };
    let name = if all { "all" } else { "any" };
    Error::new(
        Code::Unsupported,
        span.unwrap_or_default(),
        format!("over plain values `{name}` joins its conditions by `{join}` only"),
        "joined in another way",
    )
    .hint(format!("write one `{name}` for each, joined outside of them"))
}
