//! Words, phrases and patterns looked for in text.

use super::value::{Value, fault, later};
use crate::analysis::{lower_case, tokens};
use crate::query::TextPattern;
use crate::{Code, Error, Wildcard};

/// What a value means among the tokens of a text; nothing when it has no letter and no digit.
pub(crate) fn pattern(value: &Value) -> Result<Option<TextPattern>, Error> {
    let literal = value.quoted || value.text.contains("://");
    if !literal && Wildcard::is_pattern(&value.text) {
        return wildcard(value).map(Some);
    }
    if !literal && is_fuzzy(&value.text) {
        return Err(later(value.span, "words spelt alike", "leave out the ~, or use * and ?"));
    }
    let phrase: Vec<_> = tokens(&value.text).map(|token| token.text).collect();
    Ok((!phrase.is_empty()).then_some(TextPattern::Phrase(phrase)))
}

/// `word~`, `word~1`, `word~2`.
fn is_fuzzy(text: &str) -> bool {
    text.rsplit_once('~').is_some_and(|(word, distance)| {
        !word.is_empty() && matches!(distance, "" | "0" | "1" | "2")
    })
}

/// A pattern over one token: it must not stand where the analyser would cut.
fn wildcard(value: &Value) -> Result<TextPattern, Error> {
    let text = lower_case(&value.text);
    let fits = ["a", "0"].iter().any(|stand_in| is_one_token(&text.replace(['*', '?'], stand_in)));
    if fits {
        return Ok(TextPattern::Wildcard(Wildcard::parse(&text)));
    }
    let error = fault(
        Code::WildcardCrossesToken,
        value,
        format!("`{}` is more than one word to the index", value.text),
        "a wildcard works inside one word",
    );
    let last = text.rsplit(|c: char| !c.is_alphanumeric() && !matches!(c, '*' | '?')).next();
    Err(match last.filter(|last| Wildcard::parse(last).prefix().is_some()) {
        Some(last) => {
            error.hint(format!("write the words apart, the last with the wildcard: {last}"))
        }
        None => error.hint("write the words apart, or quote the phrase without a wildcard"),
    })
}

fn is_one_token(text: &str) -> bool {
    let mut tokens = tokens(text);
    let whole =
        tokens.next().is_some_and(|token| token.span.start == 0 && token.span.end == text.len());
    whole && tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    fn read(text: &str, quoted: bool) -> Result<Option<TextPattern>, Code> {
        let value = Value { text: text.into(), quoted, span: Span::default() };
        pattern(&value).map_err(|error| error.code)
    }

    #[test]
    fn values() {
        let phrase = |words: &[&str]| {
            Ok(Some(TextPattern::Phrase(words.iter().map(|&word| word.into()).collect())))
        };
        let shape = |text| Ok(Some(TextPattern::Wildcard(Wildcard::parse(text))));
        assert_eq!(read("Invoice", false), phrase(&["invoice"]));
        assert_eq!(read("foo-bar", false), phrase(&["foo", "bar"]));
        assert_eq!(read("invoic*", true), phrase(&["invoic"]));
        assert_eq!(read("Invoic*", false), shape("invoic*"));
        assert_eq!(read("c?lo*r", false), shape("c?lo*r"));
        assert_eq!(read("10.*", false), shape("10.*"));
        assert_eq!(read("foo-ba*", false), Err(Code::WildcardCrossesToken));
        assert_eq!(read("a@*", false), Err(Code::WildcardCrossesToken));
        assert_eq!(read("colour~1", false), Err(Code::Unsupported));
        assert_eq!(read("&", false), Ok(None));
        assert_eq!(read("http://x/?q", false), phrase(&["http", "x", "q"]));
    }
}
