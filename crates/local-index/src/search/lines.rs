//! The tokens of a text that may matter, without cutting up all of it.
//!
//! A line break always ends a token, so that lines can be taken one by one; and a plain line that
//! nowhere has the letters of any needle has none of its tokens.

use postern_query::analysis::{Token, tokens};
use postern_query::{Span, TextPattern, Wildcard, WildcardPart};

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

/// The tokens of the lines that may match. A line that is left out but is not empty leaves a token
/// without text, so that no phrase closes over it.
pub(crate) fn tokens_near(text: &str, letters: Option<&[&str]>) -> Vec<Token> {
    let Some(letters) = letters else { return tokens(text).collect() };
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // Some other letters have plain ones as their lower case: only plain lines can be judged.
        if !line.is_ascii() || letters.iter().any(|text| has(line, text)) {
            found.extend(tokens(line).map(|token| moved(token, start)));
        } else if line.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
            found.push(Token { text: String::new(), span: Span::new(start, start) });
        }
        start += line.len();
    }
    found
}

fn moved(token: Token, by: usize) -> Token {
    Token { span: Span::new(token.span.start + by, token.span.end + by), ..token }
}

/// Whether `line` has these letters in a row, in whatever case.
fn has(line: &str, letters: &str) -> bool {
    let (line, letters) = (line.as_bytes(), letters.as_bytes());
    let Some(first) = letters.first() else { return true };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    line.windows(letters.len()).any(|window| {
        window.first().is_some_and(|byte| *byte == lower || *byte == upper)
            && window.eq_ignore_ascii_case(letters)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_without_the_letters_only_leave_a_gap() {
        let tokens = tokens_near("one two\n\nthree\n--\nTWO", Some(&["two"]));
        let texts: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, ["one", "two", "", "two"]);
        assert_eq!(tokens.last().map(|token| token.span), Some(Span::new(18, 21)));
    }

    #[test]
    fn a_kelvin_sign_is_a_k() {
        assert_eq!(tokens_near("x\nsto\u{212a}e", Some(&["stoke"])).len(), 2);
    }

    proptest! {
        /// Leaving lines out changes nothing but what is left out.
        #[test]
        fn the_tokens_are_those_of_the_text(
            text in "([abAB é\u{e01}\u{301}\u{212a}\r\n.'-]|\\PC){0,40}",
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
