//! The value of a term, as one text or as a list.

use std::borrow::Cow;

use crate::letters::as_seen;
use crate::syntax::postern::{Piece, PieceKind, Term};
use crate::{Code, Error, Span};

/// One value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value<'t> {
    pub(crate) text: Cow<'t, str>,
    pub(crate) quoted: bool,
    pub(crate) span: Span,
}

impl Value<'_> {
    fn seen(self) -> Self {
        match as_seen(&self.text) {
            Cow::Owned(text) => Self { text: text.into(), ..self },
            Cow::Borrowed(_) => self,
        }
    }
}

/// A fault of a value.
pub(crate) fn fault(
    code: Code,
    value: &Value<'_>,
    title: impl Into<String>,
    label: impl Into<String>,
) -> Error {
    Error::new(code, value.span, title, label)
}

/// The values of a term, separated by commas, or by semicolons as Outlook writes them.
pub(crate) fn list<'t>(term: &Term<'t>) -> Result<Vec<Value<'t>>, Error> {
    let mut values = Vec::new();
    for piece in alone(term)?.iter() {
        let value = typed(piece)?;
        if value.quoted || !value.text.contains([',', ';']) {
            values.push(value);
        } else {
            values.extend(between_commas(&value));
        }
    }
    values = values.into_iter().map(Value::seen).collect();
    values.retain(|value| value.quoted || !value.text.is_empty());
    match values.iter().find(|value| value.text.is_empty()) {
        Some(empty) => Err(empty_value(empty)),
        None if values.is_empty() => Err(Error::new(
            Code::EmptyValue,
            term.span,
            "there is nothing between the commas",
            "nothing to look for",
        )
        .hint("write a value on each side of a comma")),
        None => Ok(values),
    }
}

fn between_commas<'t>(value: &Value<'t>) -> Vec<Value<'t>> {
    let mut at = value.span.start;
    let pieces = value.text.split([',', ';']).map(|text| {
        let span = Span::new(at, at + text.len());
        at = span.end + 1;
        Value { text: text.to_owned().into(), quoted: false, span }
    });
    pieces.collect()
}

/// The only value of a term.
pub(crate) fn single<'t>(term: &Term<'t>) -> Result<Value<'t>, Error> {
    let Some(piece) = alone(term)?.only() else {
        let title = "this operator takes one value";
        return Err(Error::new(Code::Syntax, term.span, title, "several values")
            .hint("quote the whole value, or repeat the operator with OR"));
    };
    let value = plain(piece)?;
    if value.text.trim().is_empty() { Err(empty_value(&value)) } else { Ok(value) }
}

/// The pieces of a term without a distance between them.
fn alone<'a, 't>(term: &'a Term<'t>) -> Result<&'a crate::syntax::postern::Pieces<'t>, Error> {
    if term.near.is_none() { Ok(&term.value) } else { Err(words_only(term.span, "a distance")) }
}

/// The value as readers see it: so are the texts of mail.
pub(crate) fn plain<'t>(piece: &Piece<'t>) -> Result<Value<'t>, Error> {
    typed(piece).map(Value::seen)
}

/// The value as it was typed, so that its parts keep their places.
fn typed<'t>(piece: &Piece<'t>) -> Result<Value<'t>, Error> {
    let quoted = match piece.kind {
        PieceKind::Bare => false,
        PieceKind::Quoted => true,
        PieceKind::Near(_) => return Err(words_only(piece.span, "a distance")),
        PieceKind::Regex => return Err(words_only(piece.span, "a regular expression")),
    };
    Ok(Value { text: piece.text.clone(), quoted, span: piece.span })
}

fn words_only(span: Span, what: &str) -> Error {
    let title = format!("{what} works on the words of subject, body and attachments");
    Error::new(Code::Unsupported, span, title, "not on this value")
        .hint("use * and ?, or quote the text to look for it as it is")
}

fn empty_value(value: &Value<'_>) -> Error {
    fault(Code::EmptyValue, value, "there is nothing to look for", "empty")
        .hint("write something between the quotes, or leave the operator out")
}

/// A value that an operator does not know.
pub(super) fn unknown_value(value: &Value<'_>, what: &str, known: &[&str]) -> Error {
    let error =
        fault(Code::UnknownValue, value, format!("`{}` is not {what}", value.text), "not known");
    match crate::resolve::names::closest(&value.text, known) {
        Some(close) => error
            .hint(format!("did you mean {close}? Known: {}", known.join(", ")))
            .fix(value.span, close),
        None => error.hint(format!("known: {}", known.join(", "))),
    }
}
