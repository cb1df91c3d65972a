//! The tokens of a text that may matter, without cutting up all of it.
//!
//! In plain text white space always ends a token, and a piece between white space that nowhere has
//! the letters of any needle has none of its tokens. A line break ends a token in any text: lines
//! with other letters are cut up whole.

use std::cmp::Reverse;
use std::ops::Range;

use postern_query::analysis::{Token, tokens};
use postern_query::pattern::{Wildcard, WildcardPart};
use postern_query::{Span, TextPattern};

/// The letters without which a line has no match: one list entry for each token looked for.
/// `None` when every line may match.
pub(crate) fn letters<'a>(patterns: &[&'a TextPattern]) -> Option<Vec<&'a str>> {
    let mut letters = Vec::new();
    for pattern in patterns {
        match pattern {
            TextPattern::Phrase(phrase) => letters.extend(phrase.iter().map(String::as_str)),
            TextPattern::Wildcard(shape) => letters.push(longest_literal(shape)),
            // Another spelling has other letters, and distances are counted over whole lines.
            TextPattern::Regex(_)
            | TextPattern::Fuzzy(_)
            | TextPattern::Sloppy(_)
            | TextPattern::Near(_) => return None,
        }
    }
    letters.iter().all(|text| !text.is_empty() && text.is_ascii()).then_some(letters)
}

fn longest_literal<'a>(shape: &'a Wildcard) -> &'a str {
    let literal = |part: &'a WildcardPart| match part {
        WildcardPart::Literal(text) => text.as_str(),
        WildcardPart::One | WildcardPart::Many => "",
    };
    shape.parts().iter().map(literal).max_by_key(|text| text.len()).unwrap_or_default()
}

/// The tokens of the pieces that may match. What is left out but is not empty leaves a token
/// without text, so that no phrase closes over it.
pub(crate) fn tokens_near(text: &str, letters: Option<&[&str]>) -> Vec<Token> {
    let Some(letters) = letters else { return tokens(text).collect() };
    let (mut found, mut end) = (Vec::new(), 0);
    for piece in pieces(text, letters) {
        // A piece with several hits is there several times, and so are those of a whole line.
        if piece.start >= end {
            found.extend(gap(text, end..piece.start));
            let inside = text.get(piece.clone()).unwrap_or_default();
            found.extend(tokens(inside).map(|token| moved(token, piece.start)));
            end = piece.end;
        }
    }
    found.extend(gap(text, end..text.len()));
    found
}

/// Where something may match, in order.
fn pieces(text: &str, letters: &[&str]) -> Vec<Range<usize>> {
    let mut pieces: Vec<_> = letters.iter().flat_map(|letters| hits(text, letters)).collect();
    if !text.is_ascii() {
        pieces.extend(foreign_lines(text));
    }
    pieces.sort_unstable_by_key(|piece| (piece.start, Reverse(piece.end)));
    pieces
}

/// The pieces between white space that have these letters in a row, in whatever case.
fn hits<'a>(text: &'a str, letters: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let (bytes, letters) = (text.as_bytes(), letters.as_bytes());
    let (place, rarest) = rarest(letters);
    let (lower, upper) = (rarest.to_ascii_lowercase(), rarest.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, bytes).filter_map(move |at| {
        let start = at.checked_sub(place)?;
        let here = bytes.get(start..start + letters.len())?;
        here.eq_ignore_ascii_case(letters).then(|| piece(bytes, start))
    })
}

/// The letter that is met the least, so that it leads to few places in vain.
fn rarest(letters: &[u8]) -> (usize, u8) {
    const COMMONEST_FIRST: &[u8] = b"etaoinsrhldcumfpgwybvkxjqz";
    let rank = |byte: u8| {
        let place = memchr::memchr(byte.to_ascii_lowercase(), COMMONEST_FIRST);
        place.unwrap_or(COMMONEST_FIRST.len())
    };
    let places = letters.iter().copied().enumerate();
    places.max_by_key(|(_, byte)| rank(*byte)).unwrap_or_default()
}

/// What stands between white space around `at`.
fn piece(bytes: &[u8], at: usize) -> Range<usize> {
    let (before, after) = bytes.split_at_checked(at).unwrap_or_default();
    let start = before.iter().rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1);
    let length = after.iter().position(u8::is_ascii_whitespace).unwrap_or(after.len());
    start..at + length
}

/// The lines that are not plain: some other letters have plain ones as their lower case.
fn foreign_lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        end += line.len();
        (line, end - line.len()..end)
    });
    lines.filter(|(line, _)| !line.is_ascii()).map(|(_, range)| range)
}

/// What stands for a part that is left out, if there is a word in it.
fn gap(text: &str, range: Range<usize>) -> Option<Token> {
    let start = range.start;
    let skipped = text.get(range).unwrap_or_default();
    let has_word = skipped.bytes().any(|byte| byte.is_ascii_alphanumeric());
    has_word.then(|| Token { text: String::new(), span: Span::new(start, start) })
}

fn moved(token: Token, by: usize) -> Token {
    Token { span: Span::new(token.span.start + by, token.span.end + by), ..token }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_without_the_letters_only_leave_a_gap() {
        let tokens = tokens_near("one (two\n\nthree\n--\nTWO", Some(&["two"]));
        let texts: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, ["", "two", "", "two"]);
        assert_eq!(tokens.last().map(|token| token.span), Some(Span::new(19, 22)));
    }

    #[test]
    fn a_kelvin_sign_is_a_k() {
        assert_eq!(tokens_near("x\nsto\u{212a}e", Some(&["stoke"])).len(), 2);
    }

    proptest! {
        /// Leaving pieces out changes nothing but what is left out.
        #[test]
        fn the_tokens_are_those_of_the_text(
            text in "([abAB \té\u{e01}\u{301}\u{212a}\r\n.'-]|\\PC){0,40}",
            letters in "[ab]{1,2}",
        ) {
            let near = tokens_near(&text, Some(&[&letters]));
            let all: Vec<_> = tokens(&text).collect();
            let kept: Vec<_> = near.into_iter().filter(|token| !token.text.is_empty()).collect();
            prop_assert!(kept.iter().all(|token| all.contains(token)));
            let wanted = all.iter().filter(|token| token.text.contains(&letters));
            prop_assert!(wanted.clone().all(|token| kept.contains(token)));
        }
    }
}
