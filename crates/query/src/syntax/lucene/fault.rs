//! The faults of query text, and the text to type instead.

use super::MAX_DEPTH;
use crate::pattern::RegexFault;
use crate::schema::TextField;
use crate::{Code, Error, Span};

/// The least similarity of a suggested field name.
const ALIKE: f64 = 0.8;

/// No token starts at `start`: the first character says why.
pub(super) fn no_token(text: &str, start: usize) -> Error {
    let rest = text.get(start..).unwrap_or_default();
    let first = rest.chars().next().unwrap_or_default();
    let span = Span::new(start, start + rest.chars().next().map_or(0, char::len_utf8));
    match first {
        '"' => Error::new(Code::UnclosedQuote, span, "a quote is not closed", "opened here")
            .hint("close it with `\"`, or type `\\\"` for the quote itself")
            .fix(Span::new(text.len(), text.len()), "\""),
        '/' => slash(span),
        '[' | '{' => range(rest, start),
        '^' => Error::new(Code::Syntax, span, "`^` needs a number", "no number follows")
            .hint("type a boost such as `^2`, or `\\^` for the character itself")
            .fix(span, "\\^"),
        _ => Error::new(Code::Syntax, span, format!("`{first}` stands for nothing"), "stray")
            .hint(format!("type `\\{first}` for the character itself"))
            .fix(span, format!("\\{first}")),
    }
}

fn slash(span: Span) -> Error {
    let title = "a regular expression is not closed";
    Error::new(Code::Syntax, span, title, "a slash opens a regular expression")
        .hint("put the text in quotes, or type `\\/` for the slash itself")
        .fix(span, "\\/")
}

fn range(rest: &str, start: usize) -> Error {
    let end = rest.find([']', '}']).map_or(rest.len(), |close| close + 1);
    let title = "ranges are no part of query text";
    Error::new(Code::Unsupported, Span::new(start, start + end), title, "a range")
        .hint("use a filter such as `receivedDateTime ge 2024-01-31T00:00:00Z`")
}

pub(super) fn too_deep(span: Span) -> Error {
    let title = format!("more than {MAX_DEPTH} groups in each other");
    Error::new(Code::TooDeep, span, title, "one level too many").hint("use fewer parentheses")
}

pub(super) fn escape(span: Span) -> Error {
    let title = "`\\u` needs four hexadecimal digits";
    Error::new(Code::Syntax, span, title, "not a whole escape")
        .hint("type a character such as `\\u0041`, or `\\\\u` for a backslash and a u")
}

/// A parenthesis that nothing closes before the end of the text.
pub(super) fn unclosed(span: Span, text: &str) -> Error {
    parenthesis(span, "opened here").fix(Span::new(text.len(), text.len()), ")")
}

pub(super) fn closes_nothing(span: Span) -> Error {
    parenthesis(span, "closes nothing").fix(Span::new(span.start, span.start), "\\")
}

fn parenthesis(span: Span, label: &str) -> Error {
    Error::new(Code::UnclosedGroup, span, "parentheses do not pair up", label)
        .hint("add the other parenthesis, or type a backslash before this one")
}

pub(super) fn empty_group(span: Span, text: &str) -> Error {
    Error::new(Code::MissingOperand, span, "a group is empty", "nothing inside")
        .hint("put a word between the parentheses, or remove them")
        .leave_out(span, text)
}

pub(super) fn nothing_before(span: Span, text: &str) -> Error {
    let typed = span.slice(text);
    let title = format!("`{typed}` has nothing before it");
    Error::new(Code::MissingOperand, span, title, "a word is missing before this")
        .hint(format!("add a word, or type `\"{typed}\"` to search for the word itself"))
        .fix(span, format!("\"{typed}\""))
}

pub(super) fn nothing_after(span: Span, text: &str) -> Error {
    let title = format!("`{}` has nothing after it", span.slice(text));
    Error::new(Code::MissingOperand, span, title, "a word is missing after this")
        .hint("add a word after it, or remove it")
        .leave_out(span, text)
}

pub(super) fn two_marks(span: Span, text: &str) -> Error {
    let title = format!("`{}` follows another operator", span.slice(text));
    Error::new(Code::MissingOperand, span, title, "a term or a group has to stand here")
        .hint("one of `+`, `-`, `!` and `NOT` stands before a term and before its field name")
}

pub(super) fn colon(span: Span) -> Error {
    let title = "a colon stands between one field name and its value";
    Error::new(Code::Syntax, span, title, "no field name before this")
        .hint("put text with a colon in quotes, or type `\\:` for the colon itself")
        .fix(span, "\\:")
}

pub(super) fn suffix(span: Span, text: &str) -> Error {
    let typed = span.slice(text);
    Error::new(Code::Syntax, span, format!("`{typed}` follows no term"), "cannot stand here")
        .hint(format!("put it right after a term, or type `\\{typed}` for the text itself"))
        .fix(Span::new(span.start, span.start), "\\")
}

pub(super) fn boost(span: Span) -> Error {
    Error::new(Code::InvalidNumber, span, "a boost is too large", "too large")
        .hint("type a smaller number, such as `^10`")
}

pub(super) fn leading_wildcard(span: Span) -> Error {
    let title = "a term cannot start with `*` or `?`";
    Error::new(Code::Syntax, span, title, "starts with a wildcard")
        .hint("put letters before the wildcard; `*` as the whole text finds everything")
}

pub(super) fn long_pattern(span: Span, most: usize) -> Error {
    let title = format!("a pattern is longer than {most} characters");
    Error::new(Code::TooLong, span, title, "too long").hint("shorten the pattern")
}

pub(super) fn edits(span: Span) -> Error {
    let title = "a term may be spelt within 0, 1 or 2 edits";
    Error::new(Code::InvalidNumber, span, title, "not such a number")
        .hint("type `~1` or `~2`")
        .fix(span, "~2")
}

/// A fault of the expression between the slashes.
pub(super) fn regex(reason: &RegexFault, inner: &str, span: Span) -> Error {
    let at = span.start + 1 + reason.at.min(inner.len());
    let next =
        inner.get(reason.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    let place = if reason.at == 0 { span } else { Span::new(at, at + next) };
    if reason.beyond {
        let title = format!("a regular expression cannot be answered: {}", reason.message);
        return Error::new(Code::Unsupported, place, title, "not answered")
            .hint("say it with `[ ]`, `|`, `?`, `*`, `+` and `{ }`");
    }
    let title = format!("this is no regular expression: {}", reason.message);
    Error::new(Code::InvalidRegex, place, title, "reading stopped here")
        .hint("type a backslash before a character that stands for itself")
}

pub(crate) fn too_long(text: &str, limit: usize) -> Error {
    let title = format!("the text is longer than {limit} characters");
    Error::new(Code::TooLong, Span::new(0, text.len()), title, "too long").hint("shorten the text")
}

pub(crate) fn too_many_terms(terms: usize, limit: usize, span: Span) -> Error {
    let title = format!("{terms} terms times fields are more than {limit}");
    Error::new(Code::TooManyTerms, span, title, "too many terms")
        .hint("use fewer terms, or name a field before each so that it counts only once")
}

pub(crate) fn negations_alone(span: Span) -> Error {
    let title = "a query of negations alone finds nothing";
    Error::new(Code::MissingOperand, span, title, "only says what not to find")
        .hint("add a word to find, as in `report -draft`")
}

pub(crate) fn unknown_field(name: &str, span: Span) -> Error {
    let label = format!("searchable are {}", names());
    let title = format!("`{name}` is no searchable field");
    let error = Error::new(Code::UnknownField, span, title, label);
    let behind = Span::new(span.end, span.end);
    match suggestion(name) {
        Some(field) => {
            error.hint(format!("did you mean `{}:`?", field.path())).fix(span, field.path())
        }
        None => error
            .hint("put text with a colon in quotes, or type `\\:` for the colon itself")
            .fix(behind, "\\"),
    }
}

fn names() -> String {
    let paths: Vec<_> = TextField::PREMIUM.iter().map(|field| field.path()).collect();
    paths.join(", ")
}

/// The field whose name is most similar to `name`. Long text is not a misspelt name.
fn suggestion(name: &str) -> Option<TextField> {
    let typed = Some(name).filter(|name| name.len() <= 40)?.to_lowercase();
    let alike = |field: &TextField| strsim::jaro(&typed, &field.path().to_lowercase());
    let near = TextField::PREMIUM.iter().copied().filter(|field| alike(field) > ALIKE);
    near.max_by(|a, b| alike(a).total_cmp(&alike(b)))
}
