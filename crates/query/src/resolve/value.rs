//! The value of a term, as one text or as a list.

use crate::syntax::postern::{Piece, PieceKind, Term};
use crate::{Code, Error, Span};

/// One value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) quoted: bool,
    pub(crate) span: Span,
}

/// A fault of a value.
pub(crate) fn fault(
    code: Code,
    value: &Value,
    title: impl Into<String>,
    label: impl Into<String>,
) -> Error {
    Error::new(code, value.span, title, label)
}

/// The values of a term whose commas separate.
pub(crate) fn list(term: &Term) -> Result<Vec<Value>, Error> {
    let mut values = Vec::new();
    for piece in &term.value {
        let value = plain(piece)?;
        if value.quoted {
            values.push(value);
        } else {
            values.extend(between_commas(&value));
        }
    }
    match values.iter().find(|value| value.text.is_empty()) {
        Some(empty) => Err(empty_value(empty)),
        None if values.is_empty() => Err(Error::new(
            Code::EmptyValue,
            term.span,
            "there is nothing between the commas",
            "nothing to look for",
        )),
        None => Ok(values),
    }
}

fn between_commas(value: &Value) -> Vec<Value> {
    let mut at = value.span.start;
    let pieces = value.text.split(',').map(|text| {
        let span = Span::new(at, at + text.len());
        at = span.end + 1;
        Value { text: text.to_owned(), quoted: false, span }
    });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

/// The value of a term that takes one.
pub(crate) fn single(term: &Term) -> Result<Value, Error> {
    let [piece] = term.value.as_slice() else {
        return Err(Error::new(
            Code::Syntax,
            term.span,
            "this operator takes one value",
            "several values",
        )
        .hint("quote the whole value, or repeat the operator with OR"));
    };
    let value = plain(piece)?;
    if value.text.trim().is_empty() { Err(empty_value(&value)) } else { Ok(value) }
}

fn plain(piece: &Piece) -> Result<Value, Error> {
    let quoted = match piece.kind {
        PieceKind::Bare => false,
        PieceKind::Quoted => true,
        PieceKind::Near => {
            return Err(later(piece.span, "words near each other", "quote an exact phrase"));
        }
        PieceKind::Regex => {
            return Err(later(
                piece.span,
                "regular expressions",
                "use * and ?, or quote the text to look for it",
            ));
        }
    };
    Ok(Value { text: piece.text.clone(), quoted, span: piece.span })
}

/// A part of the language that is understood but cannot be answered yet.
pub(crate) fn later(span: Span, what: &str, hint: &str) -> Error {
    Error::new(
        Code::Unsupported,
        span,
        format!("{what} cannot be searched for yet"),
        "not answered",
    )
    .hint(hint)
}

fn empty_value(value: &Value) -> Error {
    fault(Code::EmptyValue, value, "there is nothing to look for", "empty")
}
