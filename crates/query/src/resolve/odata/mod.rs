//! From the syntax tree of a filter to a typed condition: field names, types, null and lambda rules.
//!
//! The rules are those of "OData comparison operators", "OData logical operators" and "Troubleshoot
//! OData collection filters" for Azure AI Search. It refuses whatever the service refuses with 400.

mod calls;
mod lambda;
mod value;

use self::value::Compared;
use crate::budget::Spending;
use crate::query::{Condition, FlagTest, Predicate};
use crate::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, RecipientList, StringField,
    TextField,
};
use crate::syntax::odata::{Constant, Operand, Path, Relation, Syntax, Term};
use crate::{Code, Error, Expr, Located, Span};

/// Resolves a whole filter, within the budget.
pub(crate) fn resolve(syntax: Syntax, spending: &mut Spending<'_, '_>) -> Result<Condition, Error> {
    syntax.try_map(&mut |term| {
        let condition = resolve_term(&term.value, term.span)?;
        spending.pay(&condition, term.span)?;
        Ok(condition)
    })
}

fn resolve_term(term: &Term, span: Span) -> Result<Condition, Error> {
    match term {
        Term::Alone(Operand::Constant(constant, at)) => truth(constant, *at),
        Term::Alone(Operand::Path(path)) => flag_alone(path),
        Term::Alone(Operand::Call(call)) => calls::top(call),
        Term::Compare { left, relation, right } => {
            match comparison_sides(left, *relation, right, span)? {
                Sides::Field(path, relation, constant, at) => {
                    let (path, constant) = (&path, &constant);
                    top_comparison(&Compared { path, relation, constant, at, span })
                }
                Sides::Call(call, relation, constant) => {
                    calls::compared(calls::top(&call)?, relation, &constant, span)
                }
            }
        }
        Term::Lambda(lambda) => lambda::resolve(lambda, span),
    }
}

/// `true` or `false` alone.
pub(super) fn truth<L>(constant: &Constant, span: Span) -> Result<Expr<L>, Error> {
    match constant {
        Constant::Boolean(true) => Ok(Expr::everything()),
        Constant::Boolean(false) => Ok(Expr::nothing()),
        Constant::Null
        | Constant::String(_)
        | Constant::Integer(_)
        | Constant::Float(_)
        | Constant::Instant(_) => Err(Error::new(
            Code::TypeMismatch,
            span,
            "a value alone is not a condition",
            "compare it with a field",
        )
        .hint("write a condition such as fromAddress eq 'a@example.com'")),
    }
}

fn flag_alone(path: &Path) -> Result<Condition, Error> {
    match top_field(path)? {
        TopField::Flag(field) => Ok(leaf(Predicate::Flag(field, FlagTest::Is(true)), path.span)),
        TopField::String(_) | TopField::Number(_) | TopField::Instant(_) => Err(Error::new(
            Code::TypeMismatch,
            path.span,
            format!("`{}` is not yes or no", path.text),
            "stands where a condition is needed",
        )
        .hint(format!("compare it: {} eq ...", path.text))),
    }
}

/// A comparison with the constant on the right.
pub(super) enum Sides {
    /// With the place of the constant.
    Field(Path, Relation, Constant, Span),
    Call(crate::syntax::odata::Call, Relation, Constant),
}

pub(super) fn comparison_sides(
    left: &Operand,
    relation: Relation,
    right: &Operand,
    span: Span,
) -> Result<Sides, Error> {
    let (operand, relation, constant, at) = match (left, right) {
        (operand, Operand::Constant(constant, at)) => (operand, relation, constant, *at),
        (Operand::Constant(constant, at), operand) => (operand, relation.flipped(), constant, *at),
        (Operand::Call(call), Operand::Path(_)) | (_, Operand::Call(call))
            if !calls::is_known(&call.name) =>
        {
            return Err(calls::unknown_function(call));
        }
        (Operand::Path(_) | Operand::Call(_), Operand::Path(_) | Operand::Call(_)) => {
            return Err(two_fields(right, span));
        }
    };
    match operand {
        Operand::Call(call) => Ok(Sides::Call(call.clone(), relation, constant.clone())),
        Operand::Path(path) => Ok(Sides::Field(path.clone(), relation, constant.clone(), at)),
        Operand::Constant(..) => Err(Error::new(
            Code::TypeMismatch,
            span,
            "two constants are compared",
            "one side must be a field",
        )
        .hint("write a condition such as fromAddress eq 'a@example.com'")),
    }
}

fn two_fields(right: &Operand, span: Span) -> Error {
    let title = "two fields are compared";
    let error = Error::new(Code::TypeMismatch, span, title, "one side must be a constant")
        .hint("text stands in single quotes, and true, false and null in small letters");
    let Operand::Path(path) = right else { return error };
    match path.text.to_ascii_lowercase().as_str() {
        word @ ("true" | "false" | "null") => error.fix(path.span, word),
        "none" | "nil" => error.fix(path.span, "null"),
        _ if top_field(path).is_err() => error.fix(path.span, format!("'{}'", path.text)),
        _ => error,
    }
}

fn top_comparison(compared: &Compared<'_>) -> Result<Condition, Error> {
    let predicate = |predicate| leaf(predicate, compared.span);
    Ok(match top_field(compared.path).map_err(|error| with_lambda(error, compared))? {
        TopField::String(field) => {
            compared.string()?.map(|test| predicate(Predicate::String(field, test)))
        }
        TopField::Flag(field) => {
            compared.flag()?.map(|test| predicate(Predicate::Flag(field, test)))
        }
        TopField::Number(field) => {
            compared.number()?.map(|test| predicate(Predicate::Number(field, test)))
        }
        TopField::Instant(field) => {
            compared.instant()?.map(|test| predicate(Predicate::Instant(field, test)))
        }
    }
    .into_expr())
}

pub(super) const fn leaf(predicate: Predicate, span: Span) -> Condition {
    Expr::Leaf(Located::new(predicate, span))
}

// ---- names ----

/// A single-valued field at the top of a filter.
pub(super) enum TopField {
    String(StringField),
    Flag(FlagField),
    Number(NumberField),
    Instant(InstantField),
}

pub(super) fn top_field(path: &Path) -> Result<TopField, Error> {
    let name = path.text.as_str();
    StringField::from_path(name)
        .map(TopField::String)
        .or_else(|| FlagField::from_path(name).map(TopField::Flag))
        .or_else(|| NumberField::from_path(name).map(TopField::Number))
        .or_else(|| InstantField::from_path(name).map(TopField::Instant))
        .ok_or_else(|| not_a_single_field(path))
}

/// The name of a part of the elements of a list, as it stands behind the range variable.
fn part(list: &str, rest: Option<&str>) -> Option<String> {
    let whole = match list {
        CATEGORIES => "",
        ATTACHMENTS => "/name",
        _ if RecipientList::from_path(list).is_some() => "/address",
        _ => return None,
    };
    Some(match rest.map(|rest| rest.strip_prefix("emailAddress/").unwrap_or(rest)) {
        Some(rest) if !whole.is_empty() => format!("/{rest}"),
        Some(_) | None => whole.to_owned(),
    })
}

/// A comparison of a list, with the lambda that asks for one of its elements.
fn with_lambda(error: Error, compared: &Compared<'_>) -> Error {
    let (first, rest) = compared.path.split();
    let (Some(part), Constant::String(text)) = (part(first, rest), compared.constant) else {
        return error;
    };
    let any = format!("{first}/any(x: x{part} eq '{}')", text.replace('\'', "''"));
    match compared.relation {
        Relation::Eq => error.fix(compared.span, any),
        Relation::Ne => error.fix(compared.span, format!("not {any}")),
        Relation::Gt | Relation::Ge | Relation::Lt | Relation::Le => error,
    }
}

fn not_a_single_field(path: &Path) -> Error {
    let (first, rest) = path.split();
    if let Some(part) = part(first, rest) {
        return Error::new(
            Code::TypeMismatch,
            path.span,
            format!("`{first}` is a list"),
            "names many values",
        )
        .hint(format!("ask for one of them: {first}/any(x: x{part} eq '...')"));
    }
    if TextField::from_path(&path.text).is_some() {
        return Error::new(
            Code::Unsupported,
            path.span,
            format!("`{}` cannot be filtered", path.text),
            "can only be searched",
        )
        .hint("look for words of it in `query`");
    }
    let whole = Path { text: first.to_owned(), span: path.span };
    if rest.is_some() && top_field(&whole).is_ok() {
        let title = format!("`{first}` has no parts");
        return Error::new(Code::UnknownField, path.span, title, "one value")
            .hint(format!("write {first}"))
            .fix(path.span, first);
    }
    unknown(path, first)
}

pub(super) fn unknown(path: &Path, name: &str) -> Error {
    let error = Error::new(
        Code::UnknownField,
        path.span,
        format!("there is no field `{name}`"),
        "not in the index",
    );
    let all = filterable_names();
    if let Some(field) = of_graph(&path.text) {
        return error.hint(format!("write {field}")).fix(path.span, field);
    }
    let first = Span::new(path.span.start, path.span.start + path.split().0.len());
    match crate::resolve::names::closest(name, &all) {
        Some(close) => error.hint(format!("did you mean {close}?")).fix(first, close),
        None if matches!(name, "True" | "False" | "TRUE" | "FALSE" | "None" | "NULL" | "Null") => {
            let lower = name.to_ascii_lowercase();
            let word = if lower == "none" { "null" } else { &*lower };
            error.hint("true, false and null are written in small letters").fix(first, word)
        }
        None => error.hint(format!("fields: {}", all.join(", "))),
    }
}

/// The field for a path of Microsoft Graph ("message resource type").
fn of_graph(path: &str) -> Option<&'static str> {
    Some(match path {
        "from"
        | "sender"
        | "from/emailAddress"
        | "sender/emailAddress"
        | "from/emailAddress/address"
        | "sender/emailAddress/address"
        | "from/address"
        | "sender/address" => "fromAddress",
        "from/emailAddress/name" | "sender/emailAddress/name" | "from/name" | "sender/name" => {
            "fromName"
        }
        "parentFolderId" => "folder",
        "messageId" => "internetMessageId",
        _ => return None,
    })
}

fn filterable_names() -> Vec<&'static str> {
    let strings = StringField::PREMIUM.iter().map(|field| field.path());
    let flags = FlagField::PREMIUM.iter().map(|field| field.path());
    let numbers = NumberField::PREMIUM.iter().map(|field| field.path());
    let instants = InstantField::PREMIUM.iter().map(|field| field.path());
    let lists = RecipientList::ALL.iter().map(|field| field.path());
    strings
        .chain(flags)
        .chain(numbers)
        .chain(instants)
        .chain(lists)
        .chain([ATTACHMENTS, CATEGORIES])
        .collect()
}
