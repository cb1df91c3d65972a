//! Marks that a filter does not have, and the text to write instead.

use crate::{Code, Error, Span};

/// The marks of other languages, the longest first, and the words for them.
const MARKS: [(&str, &str); 17] = [
    ("===", "eq"),
    ("!==", "ne"),
    ("==", "eq"),
    ("!=", "ne"),
    ("<>", "ne"),
    (">=", "ge"),
    ("<=", "le"),
    ("&&", "and"),
    ("||", "or"),
    ("=>", ":"),
    ("->", ":"),
    ("=", "eq"),
    ("!", "not"),
    (">", "gt"),
    ("<", "lt"),
    ("&", "and"),
    ("|", "or"),
];

/// No token begins at `start`: the first character says why.
pub(super) fn unreadable(text: &str, start: usize) -> Error {
    let rest = text.get(start..).unwrap_or_default();
    let first = rest.chars().next().unwrap_or_default();
    let span = Span::new(start, start + first.len_utf8());
    match first {
        '\'' => unclosed(text, start),
        '"' | '“' | '”' | '„' | '‘' | '’' | '`' => other_quote(text, span),
        '/' => Error::new(
            Code::Syntax,
            span,
            "white space before a slash",
            "a name is missing before it",
        )
        .hint("write names and slashes without white space, such as toRecipients/any"),
        '$' => parameter(rest, span),
        ';' if rest.trim_end() == ";" => {
            Error::new(Code::Syntax, span, title(first), "not understood")
                .hint("leave it out")
                .fix(span, "")
        }
        _ => match MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            Some((mark, word)) => foreign(text, Span::new(start, start + mark.len()), word),
            None => Error::new(Code::Syntax, span, title(first), "not understood")
                .hint("leave it out, or put the text in single quotes"),
        },
    }
}

fn title(mark: char) -> String {
    format!("`{}` has no place in a filter", mark.escape_debug())
}

fn foreign(text: &str, span: Span, word: &str) -> Error {
    let title = format!("`{}` has no place in a filter", span.slice(text));
    Error::new(Code::Syntax, span, title, "not understood")
        .hint(format!("write {word}"))
        .fix(span, apart(text, span, word))
}

/// A word with a space on each side where there is none.
fn apart(text: &str, span: Span, word: &str) -> String {
    let before = text.get(..span.start).and_then(|before| before.chars().next_back());
    let after = text.get(span.end..).and_then(|after| after.chars().next());
    let space = |beside: Option<char>, bracket| {
        if beside.is_none_or(|c| c == bracket || c == ' ' || c == '\t') { "" } else { " " }
    };
    format!("{}{word}{}", space(before, '('), space(after, ')'))
}

/// A string that does not end. A quote between two letters is one that should be doubled.
fn unclosed(text: &str, start: usize) -> Error {
    let span = Span::new(start, text.len());
    let error = Error::new(Code::UnclosedQuote, span, "a string has no end", "starts here")
        .hint("end it with a single quote; a quote inside is written twice: 'O''Brien'");
    let end = apostrophe(text).unwrap_or(text.len());
    error.fix(Span::new(end, end), "'")
}

fn apostrophe(text: &str) -> Option<usize> {
    let letters: Vec<_> = text.char_indices().collect();
    let between = letters.windows(3).find(|around| match around {
        [(_, before), (_, '\''), (_, after)] => before.is_alphabetic() && after.is_alphabetic(),
        _ => false,
    });
    between.and_then(|around| around.get(1)).map(|(at, _)| *at)
}

/// Text in quotes of another kind.
fn other_quote(text: &str, open: Span) -> Error {
    let error =
        Error::new(Code::Syntax, open, "text stands in single quotes", "not a single quote")
            .hint("write 'text'; a single quote inside is written twice");
    let inner = text.get(open.end..).unwrap_or_default();
    let pairs: &[char] = match open.slice(text) {
        "\"" => &['"'],
        "`" => &['`', '\''],
        "‘" | "’" => &['‘', '’'],
        _ => &['“', '”', '„', '"'],
    };
    let Some((end, quote)) = inner.char_indices().find(|(_, c)| pairs.contains(c)) else {
        return error;
    };
    let string = format!("'{}'", inner.get(..end).unwrap_or_default().replace('\'', "''"));
    error.fix(Span::new(open.start, open.end + end + quote.len_utf8()), string)
}

/// `$filter=` before the filter.
fn parameter(rest: &str, span: Span) -> Error {
    let error = Error::new(Code::Syntax, span, title('$'), "not understood")
        .hint("leave out the name of the parameter");
    let name = rest.split_once('=').map(|(name, _)| name.trim_end());
    match name.filter(|name| name.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic())) {
        Some(_) => {
            let length = rest.find('=').map_or(1, |at| at + 1);
            error.fix(Span::new(span.start, span.start + length), "")
        }
        None => error,
    }
}
