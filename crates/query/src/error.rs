//! What is wrong with a query, where, and what to type instead.

use std::fmt;

use crate::Span;

/// A fault of a query: a stable code, a title, the place, a label for that place, and what to type.
///
/// The same value is drawn with carets in a terminal and sent as JSON over HTTP. Texts are lower
/// case without a final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of fault it is; stable, for programs.
    pub code: Code,
    /// What is wrong, in one line.
    pub title: String,
    /// The characters at fault.
    pub span: Span,
    /// What is wrong at that place, in a few words.
    pub label: String,
    /// What to type instead.
    pub hint: Option<String>,
}

impl Error {
    /// A fault at a place.
    pub fn new(code: Code, span: Span, title: impl Into<String>, label: impl Into<String>) -> Self {
        Self { code, title: cut(title.into()), span, label: cut(label.into()), hint: None }
    }

    /// The same with what to type instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(cut(hint.into()));
        self
    }
}

/// Bytes of one text of a fault, which may hold what was typed.
const MOST_TEXT: usize = 500;

/// The text, without the end of what is too long to be shown.
fn cut(mut text: String) -> String {
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
        text.push('…');
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

impl std::error::Error for Error {}

/// All the faults of one query, in the order of the text; never empty.
///
/// ```
/// use postern_query::{Context, parse};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let typed = "befor:2024 size>big";
/// let errors = parse(typed, &context).unwrap_err();
/// let places: Vec<_> = errors.as_slice().iter().map(|error| error.span.slice(typed)).collect();
/// assert_eq!(places, ["befor", "big"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    told: Vec<Error>,
    /// How many there are beside those that are told.
    others: usize,
}

impl Errors {
    /// Faults that are told of one text, at most.
    pub const MOST: usize = 20;

    /// The faults `found`, or nothing where there are none; the first [`MOST`](Self::MOST) of them are told.
    #[must_use]
    pub fn collect(mut found: Vec<Error>) -> Option<Self> {
        found.sort_by_key(|error| error.span);
        // A fault of a group is found once for each term in it.
        found.dedup_by(|two, one| two.span == one.span && two.code == one.code);
        let others = found.len().saturating_sub(Self::MOST);
        found.truncate(Self::MOST);
        (!found.is_empty()).then_some(Self { told: found, others })
    }

    /// The faults in the order of the text.
    #[must_use]
    pub fn as_slice(&self) -> &[Error] {
        &self.told
    }

    /// How many more there are.
    #[must_use]
    pub const fn others(&self) -> usize {
        self.others
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self { told: vec![error], others: 0 }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.told.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("; "))?;
        if self.others > 0 { write!(f, "; and {} more", self.others) } else { Ok(()) }
    }
}

impl std::error::Error for Errors {}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as programs see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// What kind of fault a query has.
    Code {
        /// A `name:` that is no operator.
        UnknownField = "unknown_field",
        /// A value that the operator does not know.
        UnknownValue = "unknown_value",
        /// Not a date.
        InvalidDate = "invalid_date",
        /// A date that can be read in two ways.
        AmbiguousDate = "ambiguous_date",
        /// Not a size.
        InvalidSize = "invalid_size",
        /// Not a number.
        InvalidNumber = "invalid_number",
        /// Not a regular expression.
        InvalidRegex = "invalid_regex",
        /// A pattern over several tokens.
        WildcardCrossesToken = "wildcard_crosses_token",
        /// A quote without its end.
        UnclosedQuote = "unclosed_quote",
        /// A bracket without its end, or an end without its bracket.
        UnclosedGroup = "unclosed_group",
        /// An operator without something on each side.
        MissingOperand = "missing_operand",
        /// A value with nothing in it to look for.
        EmptyValue = "empty_value",
        /// A comparison that the field has not.
        NotComparable = "not_comparable",
        /// Known in another dialect; cannot be answered here.
        ForeignOperator = "foreign_operator",
        /// More text than the limit.
        TooLong = "too_long",
        /// More brackets in each other than the limit.
        TooDeep = "too_deep",
        /// More terms than the limit.
        TooManyTerms = "too_many_terms",
        /// Text that asks for more work than one request may cost.
        TooCostly = "too_costly",
        /// Part of the language that is not understood.
        Unsupported = "unsupported",
        /// Text that does not follow the grammar.
        Syntax = "syntax",
        /// A comparison of values that cannot be compared.
        TypeMismatch = "type_mismatch",
    }
}

codes! {
    /// What kind of advice a query earns; advice never blocks.
    AdviceCode {
        /// `and`, `or`, `not` in small letters: searched as words.
        LowercaseOperator = "lowercase_operator",
        /// No message can match.
        NeverMatches = "never_matches",
        /// The end of a range is before its start.
        EmptyRange = "empty_range",
        /// Every word of the query stands in nearly every message.
        CommonWordOnly = "common_word_only",
        /// A mark without letters or digits, which is not looked for.
        IgnoredMark = "ignored_mark",
        /// Typographic quotes were read as plain ones.
        PastedQuotes = "pasted_quotes",
        /// A state that other programs keep as a tag is looked for as a category.
        StateAsCategory = "state_as_category",
    }
}

/// A remark about a query that works, but perhaps not as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What kind of advice it is; stable, for programs.
    pub code: AdviceCode,
    /// The characters it speaks of.
    pub span: Span,
    /// What was noticed and what to type, in one line.
    pub message: String,
}

impl Advice {
    /// A remark about a place.
    pub fn new(code: AdviceCode, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.extend(AdviceCode::ALL.iter().map(|code| code.as_str()));
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
