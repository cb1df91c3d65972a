//! The functions of a filter: `search.in`, `search.ismatch`, `search.ismatchscoring`.

use super::{leaf, top_field};
use crate::analysis::terms;
use crate::query::{Condition, Predicate, StringTest};
use crate::resolve::lucene;
use crate::schema::{StringField, TextField};
use crate::syntax::lucene::{Mode, Options, Syntax};
use crate::syntax::odata::{Argument, Call, Constant, Path, Relation};
use crate::{Code, Error, Expr, Located, Span};

/// A call outside of a lambda.
pub(super) fn top(call: &Call) -> Result<Condition, Error> {
    match call.name.as_str() {
        "search.in" => {
            let (path, values) = search_in(call)?;
            let field = StringField::from_path(&path.text).ok_or_else(|| not_text(&path))?;
            Ok(leaf(Predicate::String(field, StringTest::OneOf(values)), call.span))
        }
        "search.ismatch" => is_match(call, false),
        "search.ismatchscoring" => is_match(call, true),
        _ => Err(unknown_function(call)),
    }
}

/// A call compared with true, false or null; a call is never null.
pub(super) fn compared<L>(
    call: Expr<L>,
    relation: Relation,
    constant: &Constant,
    span: Span,
) -> Result<Expr<L>, Error> {
    let same = match relation {
        Relation::Eq => true,
        Relation::Ne => false,
        Relation::Gt | Relation::Ge | Relation::Lt | Relation::Le => {
            return Err(Error::new(
                Code::NotComparable,
                span,
                "a condition has no order",
                "only eq and ne",
            )
            .hint("write eq or ne"));
        }
    };
    match constant {
        Constant::Boolean(wanted) if *wanted == same => Ok(call),
        Constant::Boolean(_) => Ok(Expr::negated(call)),
        Constant::Null if same => Ok(Expr::nothing()),
        Constant::Null => Ok(Expr::everything()),
        Constant::String(_) | Constant::Integer(_) | Constant::Float(_) | Constant::Instant(_) => {
            Err(Error::new(
                Code::TypeMismatch,
                span,
                "a condition is true or false",
                "compare it with true or false",
            )
            .hint("leave the comparison out"))
        }
    }
}

/// The field and the values of `search.in(field, 'a,b', 'delimiters')`.
///
/// Every character of the third argument separates. Empty pieces are dropped and nothing is trimmed.
pub(super) fn search_in(call: &Call) -> Result<(Path, Vec<String>), Error> {
    let (Some(Argument::Path(path)), Some(Argument::Constant(Constant::String(list), _))) =
        (call.arguments.first(), call.arguments.get(1))
    else {
        return Err(wrong_arguments(call, "search.in(field, 'a,b', ',')"));
    };
    let delimiters = match call.arguments.get(2) {
        None => " ,",
        Some(Argument::Constant(Constant::String(text), _)) if !text.is_empty() => text,
        Some(_) => return Err(wrong_arguments(call, "search.in(field, 'a|b', '|')")),
    };
    if call.arguments.len() > 3 {
        return Err(wrong_arguments(call, "search.in(field, 'a,b', ',')"));
    }
    let values = list.split(|c| delimiters.contains(c)).filter(|value| !value.is_empty());
    Ok((path.clone(), values.map(str::to_owned).collect()))
}

fn not_text(path: &Path) -> Error {
    match top_field(path) {
        Ok(_) => Error::new(
            Code::TypeMismatch,
            path.span,
            format!("`{}` is not a text field", path.text),
            "search.in needs text",
        )
        .hint("compare it with eq, lt or gt"),
        Err(error) => error,
    }
}

/// `search.ismatch('text', 'fields', 'full'|'simple', 'any'|'all')` with one, two or four arguments.
fn is_match(call: &Call, scored: bool) -> Result<Condition, Error> {
    let mut texts = Vec::new();
    for argument in &call.arguments {
        let Argument::Constant(Constant::String(text), _) = argument else {
            return Err(wrong_arguments(
                call,
                "search.ismatch('text', 'subject,body', 'full', 'any')",
            ));
        };
        texts.push(text.as_str());
    }
    let (text, fields, syntax, mode) = match *texts.as_slice() {
        [text] => (text, None, "simple", "any"),
        [text, fields] => (text, Some(fields), "simple", "any"),
        [text, fields, syntax, mode] => (text, Some(fields), syntax, mode),
        _ => {
            return Err(wrong_arguments(
                call,
                "one, two or four texts: search.ismatch('text', 'subject,body', 'full', 'any')",
            ));
        }
    };
    let options = match_options(call, syntax, mode)?;
    let fields = match_fields(call, fields)?;
    let condition = lucene::condition(text, options, &fields, scored)
        .map_err(|errors| inner_error(call, &errors))?;
    // All predicates of the text get the span of the call, because places in the text are not places in the
    // filter.
    condition.try_map(&mut |leaf| Ok(Expr::Leaf(Located::new(leaf.value, call.span))))
}

fn match_options(call: &Call, syntax: &str, mode: &str) -> Result<Options, Error> {
    let syntax = match syntax {
        "full" => Syntax::Full,
        "simple" => Syntax::Simple,
        _ => return Err(wrong_arguments(call, "the third argument is 'full' or 'simple'")),
    };
    let mode = match mode {
        "any" => Mode::Any,
        "all" => Mode::All,
        _ => return Err(wrong_arguments(call, "the fourth argument is 'any' or 'all'")),
    };
    Ok(Options { syntax, mode })
}

/// The fields named, or every searchable one.
fn match_fields(call: &Call, fields: Option<&str>) -> Result<Vec<TextField>, Error> {
    let Some(fields) = fields else { return Ok(TextField::PREMIUM.to_vec()) };
    let mut named = Vec::new();
    for name in fields.split(',').map(str::trim) {
        let field = TextField::from_path(name).ok_or_else(|| not_searchable(call, name))?;
        // A field that stands twice is searched once.
        if !named.contains(&field) {
            named.push(field);
        }
    }
    Ok(named)
}

fn not_searchable(call: &Call, name: &str) -> Error {
    let title = format!("`{name}` is not a searchable field");
    let names: Vec<_> = TextField::PREMIUM.iter().map(|field| field.path()).collect();
    Error::new(Code::UnknownField, call.span, title, "named here")
        .hint(format!("searchable: {}", names.join(", ")))
}

/// A fault of the query text inside a filter, at the place of the call.
fn inner_error(call: &Call, errors: &crate::Errors) -> Error {
    errors.as_slice().first().map_or_else(
        || wrong_arguments(call, "search.ismatch('text')"),
        |error| Error { span: call.span, fix: None, ..error.clone() },
    )
}

fn wrong_arguments(call: &Call, usage: &str) -> Error {
    let span = call.arguments.first().zip(call.arguments.last());
    let span = span.map_or(call.span, |(first, last)| first.span().to(last.span()));
    Error::new(Code::Syntax, span, format!("`{}` takes other arguments", call.name), "not these")
        .hint(usage)
}

/// Whether a filter may call it.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

pub(super) fn unknown_function(call: &Call) -> Error {
    let error = |title: &str| Error::new(Code::Unsupported, call.span, title, "cannot be answered");
    match call.name.as_str() {
        "geo.distance" | "geo.intersects" => {
            error("the index has no geographic field").hint("leave it out")
        }
        "contains" | "startswith" | "endswith" | "substringof" | "indexof" => {
            words_instead(call, error(&format!(
                "`{}` is not part of the service's filter language",
                call.name
            )))
        }
        "tolower" | "toupper" | "trim" => {
            let error = error("the service's filters compare text as it is stored").hint(
                "write the text as it is stored, or look for words with search.ismatch('word')",
            );
            match call.arguments.as_slice() {
                [Argument::Path(path)] => error.fix(call.span, &*path.text),
                _ => error,
            }
        }
        name @ ("now" | "mindatetime" | "maxdatetime") => error(&format!(
            "`{name}` is not part of the service's filter language"
        ))
        .hint("write the moment itself: receivedDateTime ge 2024-01-31T00:00:00Z"),
        name @ ("year" | "month" | "day" | "hour" | "minute" | "second" | "date" | "time") => {
            error(&format!("`{name}` is not part of the service's filter language")).hint(
                "write both ends: receivedDateTime ge 2024-01-01T00:00:00Z and receivedDateTime lt 2025-01-01T00:00:00Z",
            )
        }
        name => {
            let error = error(&format!("there is no function `{name}`"))
                .hint("functions: search.in, search.ismatch, search.ismatchscoring");
            match FUNCTIONS.into_iter().find(|known| known.eq_ignore_ascii_case(name)) {
                Some(close) => {
                    let name = Span::new(call.span.start, call.span.start + name.len());
                    error.hint(format!("did you mean {close}?")).fix(name, close)
                }
                None => error,
            }
        }
    }
}

const FUNCTIONS: [&str; 3] = ["search.in", "search.ismatch", "search.ismatchscoring"];

/// `contains(subject, 'overdue')` and its like, with the search for those words where the field has words.
fn words_instead(call: &Call, error: Error) -> Error {
    let ([Argument::Path(path), Argument::Constant(Constant::String(text), _)]
    | [Argument::Constant(Constant::String(text), _), Argument::Path(path)]) =
        call.arguments.as_slice()
    else {
        return error.hint(WHOLE_VALUES);
    };
    let field =
        TextField::PREMIUM.iter().find(|field| field.path().eq_ignore_ascii_case(&path.text));
    let words = terms(text);
    let is_said = !words.is_empty() && !text.contains(['"', '\\', '\'', '*']);
    let Some(field) = field.filter(|_| is_said && call.name != "endswith") else {
        return error.hint(WHOLE_VALUES);
    };
    let words = match words.as_slice() {
        [word] if call.name == "startswith" && word == &text.to_lowercase() => format!("{text}*"),
        [word] if word == &text.to_lowercase() => text.clone(),
        _ => format!("\"{text}\""),
    };
    let search = format!("search.ismatch('{words}', '{}')", field.path());
    error
        .hint(format!("filters compare whole values; look for words with `query` or {search}"))
        .fix(call.span, search)
}

const WHOLE_VALUES: &str =
    "filters compare whole values; look for words with `query` or search.ismatch('word*')";
