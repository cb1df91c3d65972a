//! Patterns with `*` and `?` over one piece of text.

use std::fmt;

use crate::analysis::{lower_case, lower_char};

/// A piece of a [`Wildcard`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WildcardPart {
    /// This text.
    Literal(String),
    /// `?`: one character.
    One,
    /// `*`: any number of characters.
    Many,
}

/// A pattern over a whole text: `*` stands for any characters, `?` for one. It is in lower case, and matches
/// text in [`lower_case`].
///
/// ```
/// use postern_query::pattern::Wildcard;
///
/// let pattern = Wildcard::parse("c?lo*r");
/// assert!(pattern.matches("color") && pattern.matches("cologneur"));
/// assert!(!pattern.matches("colour-"));
/// assert_eq!(Wildcard::parse("Invoic*").prefix(), Some("invoic"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wildcard {
    parts: Vec<WildcardPart>,
}

impl Wildcard {
    /// Reads `*` and `?` as wildcards and everything else as itself.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut pattern = Self { parts: Vec::new() };
        for c in text.chars() {
            match c {
                '*' => pattern.push_many(),
                '?' => pattern.parts.push(WildcardPart::One),
                literal => pattern.push_literal(lower_char(literal)),
            }
        }
        pattern
    }

    /// The pattern of everything that starts with `text`, where no character is special.
    #[must_use]
    pub fn starting_with(text: &str) -> Self {
        Self { parts: vec![WildcardPart::Literal(lower_case(text)), WildcardPart::Many] }
    }

    /// Whether `text` has `*` or `?`.
    #[must_use]
    pub fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?'])
    }

    /// The pieces in their order. Two literals, or two `*`, never follow each other.
    #[must_use]
    pub fn parts(&self) -> &[WildcardPart] {
        &self.parts
    }

    /// The text before a lone `*` at the end: the pattern is a prefix.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [WildcardPart::Literal(text), WildcardPart::Many] => Some(text),
            _ => None,
        }
    }

    pub(crate) fn push_many(&mut self) {
        if self.parts.last() != Some(&WildcardPart::Many) {
            self.parts.push(WildcardPart::Many);
        }
    }

    pub(crate) fn push_one(&mut self) {
        self.parts.push(WildcardPart::One);
    }

    pub(crate) fn push_literal(&mut self, c: char) {
        if let Some(WildcardPart::Literal(text)) = self.parts.last_mut() {
            text.push(c);
        } else {
            self.parts.push(WildcardPart::Literal(c.to_string()));
        }
    }

    /// Whether the whole of `text` has this shape. Memory is linear, and time is at worst the product of both
    /// lengths.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // It is greedy and returns to one point: only the last `*` may have to take one more character.
        let (mut parts, mut rest) = (self.parts.as_slice(), text);
        let mut last_many: Option<(&[WildcardPart], &str)> = None;
        loop {
            match step(parts, rest) {
                Step::Done => return true,
                Step::Matched(next_parts, next_rest) => (parts, rest) = (next_parts, next_rest),
                Step::Many(after) => {
                    last_many = Some((after, rest));
                    parts = after;
                }
                Step::Failed => {
                    let Some((after, from)) = last_many else { return false };
                    let Some(shorter) = without_first(from) else { return false };
                    last_many = Some((after, shorter));
                    (parts, rest) = (after, shorter);
                }
            }
        }
    }
}

enum Step<'a> {
    Done,
    Matched(&'a [WildcardPart], &'a str),
    Many(&'a [WildcardPart]),
    Failed,
}

fn step<'a>(parts: &'a [WildcardPart], rest: &'a str) -> Step<'a> {
    let matched = match parts.split_first() {
        None if rest.is_empty() => return Step::Done,
        None => None,
        Some((WildcardPart::Many, after)) => return Step::Many(after),
        Some((WildcardPart::One, after)) => without_first(rest).map(|rest| (after, rest)),
        Some((WildcardPart::Literal(text), after)) => {
            rest.strip_prefix(text.as_str()).map(|rest| (after, rest))
        }
    };
    matched.map_or(Step::Failed, |(after, rest)| Step::Matched(after, rest))
}

fn without_first(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next().map(|_| chars.as_str())
}

impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            WildcardPart::Literal(text) => f.write_str(text),
            WildcardPart::One => f.write_str("?"),
            WildcardPart::Many => f.write_str("*"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*@*.gov", "x@irs.gov", true),
            ("*@*.gov", "x@irs.gov.example", false),
            ("**a", "bba", true),
            ("*ab", "aab", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Wildcard::parse(pattern).matches(text), expected, "{pattern} over {text}");
        }
    }
}
