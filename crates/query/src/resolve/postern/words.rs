//! Words, phrases and patterns to search in text.

use super::canonical;
use super::value::{Value, fault, plain};
use crate::analysis::{lower_case, terms};
use crate::letters::as_seen;
use crate::pattern::{Fuzzy, Near, Regex, RegexFault, Wildcard};
use crate::query::TextPattern;
use crate::syntax::postern::{Distance, Piece, PieceKind, Term};
use crate::{Code, Error, Span};

/// The largest distance between words near each other.
const MAX_DISTANCE: u32 = 1_000;

/// The pattern of a term over the tokens of a text, and its canonical text. There is no pattern without
/// a letter or digit.
pub(crate) fn term(term: &Term<'_>, name: &str) -> Result<(Option<TextPattern>, String), Error> {
    if let Some(distance) = term.near {
        let pattern = near(term, distance)?;
        let text = canonical::near(name, &pattern, &texts(term)?);
        return Ok((Some(TextPattern::Near(pattern)), text));
    }
    let Some(piece) = term.value.only() else {
        let title = "words are not listed with commas or semicolons";
        return Err(Error::new(Code::Syntax, term.span, title, "a list")
            .hint("write them apart, in brackets with OR between: (a OR \"b c\")"));
    };
    match piece.kind {
        PieceKind::Regex => Ok((Some(TextPattern::Regex(regex(piece)?)), regex_text(name, piece))),
        PieceKind::Near(words) => quoted_near(piece, words, name),
        PieceKind::Bare | PieceKind::Quoted => {
            let value = plain(piece)?;
            let pattern = pattern(&value)?;
            let text = match &pattern {
                Some(TextPattern::Fuzzy(fuzzy)) => {
                    canonical::bare(name, &format!("{}~{}", fuzzy.token(), fuzzy.edits()))
                }
                _ => canonical::words(name, &value),
            };
            Ok((pattern, text))
        }
    }
}

/// The pattern of a value over the tokens of a text; `None` without a letter or digit.
fn pattern(value: &Value<'_>) -> Result<Option<TextPattern>, Error> {
    let literal = value.quoted || value.text.contains("://");
    if !literal && Wildcard::is_pattern(&value.text) {
        return wildcard(value).map(Some);
    }
    if !literal && let Some((word, edits)) = edits(&value.text) {
        return fuzzy(value, word, edits).map(|fuzzy| Some(TextPattern::Fuzzy(fuzzy)));
    }
    if !literal && is_boosted(&value.text) {
        return Err(boost(value));
    }
    let phrase = terms(&value.text);
    Ok((!phrase.is_empty()).then_some(TextPattern::Phrase(phrase)))
}

// ---- patterns over one token ----

/// A pattern over one token. It must not cross a place where the analyser cuts.
fn wildcard(value: &Value<'_>) -> Result<TextPattern, Error> {
    let text = lower_case(&value.text);
    let fits = ["a", "0"].iter().any(|stand_in| is_one_token(&text.replace(['*', '?'], stand_in)));
    if fits {
        Ok(TextPattern::Wildcard(Wildcard::parse(&text)))
    } else {
        Err(crosses(value, &text))
    }
}

fn crosses(value: &Value<'_>, text: &str) -> Error {
    let error = fault(
        Code::WildcardCrossesToken,
        value,
        format!("`{}` is more than one word to the index", value.text),
        "a pattern works inside one word",
    );
    let last = text.rsplit(|c: char| !c.is_alphanumeric() && !matches!(c, '*' | '?')).next();
    match last.filter(|last| Wildcard::parse(last).prefix().is_some()) {
        Some(last) => {
            let error =
                error.hint(format!("write the words apart, the last with the wildcard: {last}"));
            match words_apart(text) {
                Some(words) => error.fix(value.span, words),
                None => error,
            }
        }
        None => error.hint("write the words apart, or quote the phrase without a pattern"),
    }
}

/// The words of a text in brackets, each with its wildcards.
fn words_apart(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '*' | '?'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let has_letters = |word: &&str| word.contains(char::is_alphanumeric);
    (words.len() > 1 && words.iter().all(has_letters)).then(|| format!("({})", words.join(" ")))
}

fn is_one_token(text: &str) -> bool {
    let mut tokens = crate::analysis::tokens(text);
    let whole =
        tokens.next().is_some_and(|token| token.span.start == 0 && token.span.end == text.len());
    whole && tokens.next().is_none()
}

/// `word~`, `word~1`: the word and its edits.
fn edits(text: &str) -> Option<(&str, &str)> {
    let (word, edits) = text.rsplit_once('~')?;
    let number = edits.bytes().all(|byte| byte.is_ascii_digit());
    (!word.is_empty() && number).then_some((word, edits))
}

fn fuzzy(value: &Value<'_>, word: &str, edits: &str) -> Result<Fuzzy, Error> {
    let most = Fuzzy::MAX_EDITS;
    let edits = if edits.is_empty() { Some(most) } else { edits.parse().ok() };
    let word = lower_case(word);
    match edits.filter(|edits| *edits <= most) {
        Some(_) if !is_one_token(&word) => Err(crosses(value, &word)),
        Some(edits) => Ok(Fuzzy::new(word, edits)),
        None => Err(fault(
            Code::InvalidNumber,
            value,
            format!("a word may be spelt within {most} edits at most"),
            "too many edits",
        )
        .hint(format!("write {word}~{most}"))
        .fix(value.span, format!("{word}~{most}"))),
    }
}

/// `word^2`, as in Lucene.
fn is_boosted(text: &str) -> bool {
    text.rsplit_once('^')
        .is_some_and(|(word, number)| !word.is_empty() && number.parse::<f32>().is_ok())
}

fn boost(value: &Value<'_>) -> Error {
    let title = "a word cannot count more than others here";
    let word = value.text.rsplit_once('^').map_or(&*value.text, |(word, _)| word);
    fault(Code::ForeignOperator, value, title, "known elsewhere")
        .hint("leave out ^ and the number; words of the subject count more by themselves")
        .fix(value.span, word)
}

// ---- regular expressions ----

fn regex(piece: &Piece<'_>) -> Result<Regex, Error> {
    let inner = &*piece.text;
    check_regex(inner).and_then(|()| Regex::parse(inner)).and_then(|_| Regex::parse(&as_seen(inner))).map_err(|reason| {
        let at = reason.at.min(inner.len());
        let next = inner.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let start = piece.span.start + 1 + at;
        let code = if reason.beyond { Code::WildcardCrossesToken } else { Code::InvalidRegex };
        Error::new(code, Span::new(start, start + next), reason.message, "reading stopped here")
            .hint("known are . ? * + {2,3} [a-z] | ( ) and \\ before a character that stands for itself")
    })
}

/// Refuses characters that engines read in different ways, and characters that no word has.
fn check_regex(inner: &str) -> Result<(), RegexFault> {
    let mut chars = inner.char_indices();
    let mut in_class = false;
    while let Some((at, c)) = chars.next() {
        let fault = |message: &str, beyond| RegexFault { at, message: message.to_owned(), beyond };
        match c {
            '\\' => match chars.next() {
                Some((_, next)) if next.is_ascii_alphanumeric() => {
                    return Err(fault("write classes out: [0-9] for \\d, [a-z] for \\w", false));
                }
                Some((_, '-' | '/')) if !in_class => return Err(fault(TWO_WORDS, true)),
                _ => {}
            },
            '[' => in_class = true,
            ']' => in_class = false,
            '^' | '$' if !in_class => {
                return Err(fault("the whole word is matched anyway: leave out ^ and $", false));
            }
            '~' | '&' | '<' | '@' | '#' | '"' if !in_class => {
                return Err(fault("this mark needs a \\ before it to stand for itself", false));
            }
            '-' if !in_class => return Err(fault(TWO_WORDS, true)),
            _ => {}
        }
    }
    Ok(())
}

const TWO_WORDS: &str = "an expression works inside one word, and here the index begins a new one";

fn regex_text(name: &str, piece: &Piece<'_>) -> String {
    canonical::bare(name, &format!("/{}/", piece.text))
}

// ---- words near each other ----

/// `"a b"~5`: its words within that distance of each other.
fn quoted_near(
    piece: &Piece<'_>,
    words: u32,
    name: &str,
) -> Result<(Option<TextPattern>, String), Error> {
    let text = as_seen(&piece.text);
    let tokens = terms(&text);
    if tokens.len() < 2 {
        let value = Value { text: text.into_owned().into(), quoted: true, span: piece.span };
        let pattern = (!tokens.is_empty()).then_some(TextPattern::Phrase(tokens));
        return Ok((pattern, canonical::words(name, &value)));
    }
    let parts: Vec<_> = tokens.iter().map(|token| vec![token.clone()]).collect();
    let near = Near { parts, distance: words, ordered: false };
    check_near(&near, piece.span)?;
    let texts: Vec<_> = tokens.iter().map(|token| canonical::quoted_word(token)).collect();
    let text = canonical::near(name, &near, &texts);
    Ok((Some(TextPattern::Near(near)), text))
}

fn near(term: &Term<'_>, distance: Distance) -> Result<Near, Error> {
    let parts = term.value.iter().map(part).collect::<Result<_, _>>()?;
    let near = Near { parts, distance: distance.words, ordered: distance.ordered };
    check_near(&near, term.span)?;
    Ok(near)
}

/// The tokens of one side.
fn part(piece: &Piece<'_>) -> Result<Vec<String>, Error> {
    let value = plain(piece)?;
    match pattern(&value)? {
        Some(TextPattern::Phrase(tokens)) => Ok(tokens),
        None => Err(fault(
            Code::EmptyValue,
            &value,
            "there is no letter or digit to look for",
            "nothing to look for",
        )
        .hint("write a word on each side")),
        Some(_) => Err(fault(
            Code::Unsupported,
            &value,
            "a distance counts between whole words and phrases",
            "a pattern",
        )
        .hint("write the whole word, or join the two with AND")),
    }
}

fn texts(term: &Term<'_>) -> Result<Vec<String>, Error> {
    term.value.iter().map(|piece| plain(piece).map(|value| canonical::words("", &value))).collect()
}

fn check_near(near: &Near, span: Span) -> Result<(), Error> {
    let least = near.parts.len().saturating_sub(1).max(1);
    if near.distance > MAX_DISTANCE || near.gaps().is_none() || near.distance == 0 {
        let title = format!("these words can be within {least} to {MAX_DISTANCE} of each other");
        return Err(Error::new(Code::InvalidNumber, span, title, "not such a distance")
            .hint("write a NEAR/5 b; neighbours are 1 apart"));
    }
    if !near.ordered && near.may_overlap() {
        let title = "the same words stand on both sides of a distance";
        return Err(Error::new(Code::Unsupported, span, title, "could be one and the same place")
            .hint("use ADJ/5, which takes them in this order, or leave one of them out"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let fuzzy = |text: &str, edits| Ok(Some(TextPattern::Fuzzy(Fuzzy::new(text, edits))));
        assert_eq!(read("Invoice", false), phrase(&["invoice"]));
        assert_eq!(read("foo-bar", false), phrase(&["foo", "bar"]));
        assert_eq!(read("invoic*", true), phrase(&["invoic"]));
        assert_eq!(read("Invoic*", false), shape("invoic*"));
        assert_eq!(read("c?lo*r", false), shape("c?lo*r"));
        assert_eq!(read("10.*", false), shape("10.*"));
        assert_eq!(read("foo-ba*", false), Err(Code::WildcardCrossesToken));
        assert_eq!(read("a@*", false), Err(Code::WildcardCrossesToken));
        assert_eq!(read("Colour~1", false), fuzzy("colour", 1));
        assert_eq!(read("colour~", false), fuzzy("colour", 2));
        assert_eq!(read("colour~3", false), Err(Code::InvalidNumber));
        assert_eq!(read("foo-bar~1", false), Err(Code::WildcardCrossesToken));
        assert_eq!(read("colour~1", true), phrase(&["colour", "1"]));
        assert_eq!(read("~x", false), phrase(&["x"]));
        assert_eq!(read("word^2", false), Err(Code::ForeignOperator));
        assert_eq!(read("&", false), Ok(None));
        assert_eq!(read("http://x/?q", false), phrase(&["http", "x", "q"]));
    }

    #[test]
    fn expressions_that_are_refused() {
        for (inner, expected) in [
            ("in.*ce", None),
            ("[a-z-]+", None),
            ("^in", Some((0, false))),
            (r"\d+", Some((0, false))),
            ("foo-bar", Some((3, true))),
            ("a@b", Some((1, false))),
            (r"a\.b", None),
        ] {
            let fault = check_regex(inner).err().map(|fault| (fault.at, fault.beyond));
            assert_eq!(fault, expected, "/{inner}/");
        }
    }
}
