//! Errors of a query: the fault, its place, and the text to type instead.

use std::fmt;

use crate::Span;

/// A fault of a query: a stable code, a title, the place, a label for that place, and a hint.
///
/// A terminal draws it with carets, and HTTP sends it as JSON. Texts are lower case without a final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind of fault. It is stable, for programs.
    pub code: Code,
    /// The fault, in one line.
    pub title: String,
    /// The characters at fault.
    pub span: Span,
    /// The fault at that place, in a few words.
    pub label: String,
    /// The text to type instead.
    pub hint: Option<String>,
    /// The hint as a change of the text, where it is one.
    pub fix: Option<Box<Fix>>,
}

/// A change that mends a fault.
///
/// ```
/// use postern_query::{Context, Fix, Span, parse};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let errors = parse("form:alice report)", &context).unwrap_err();
/// let fix = |start, end, text: &str| Some(Fix { span: Span::new(start, end), replacement: text.into() });
/// let fixes: Vec<_> = errors.as_slice().iter().map(|error| error.fix.as_deref().cloned()).collect();
/// assert_eq!(fixes, [fix(0, 4, "from"), fix(17, 18, "")]);
/// assert_eq!(errors.fixed(), Some("from:alice report"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The characters to replace. It is empty where something is to be inserted.
    pub span: Span,
    /// The text to put there.
    pub replacement: String,
}

impl Error {
    /// A fault at a place.
    pub fn new(code: Code, span: Span, title: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            code,
            title: cut(title.into()),
            span,
            label: cut(label.into()),
            hint: None,
            fix: None,
        }
    }

    /// The same fault with a hint: the text to type instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(cut(hint.into()));
        self
    }

    /// The same fault with a change that mends it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Box::new(Fix { span, replacement: replacement.into() }));
        self
    }
}

impl Error {
    /// The same fault, which goes away with the text at `mark`. Words stay apart, and no space too many.
    pub(crate) fn leave_out(self, mark: Span, text: &str) -> Self {
        let before = text.get(..mark.start).unwrap_or_default();
        let after = text.get(mark.end..).unwrap_or_default();
        let spaces_before = before.len() - before.trim_end().len();
        let spaces_after = after.len() - after.trim_start().len();
        let is_inner = |side: &str| !side.trim().is_empty();
        if spaces_before == 0 && spaces_after == 0 && is_inner(before) && is_inner(after) {
            return self.fix(mark, " ");
        }
        if !is_inner(after) {
            return self.fix(Span::new(mark.start - spaces_before, mark.end), "");
        }
        let takes_space = spaces_before > 0 || !is_inner(before) || before.ends_with(['(', '{']);
        let end = mark.end + if takes_space { spaces_after } else { 0 };
        self.fix(Span::new(mark.start, end), "")
    }
}

/// Bytes of one text of a fault, which may repeat typed text.
const MOST_TEXT: usize = 500;

/// The text, cut off where it is too long to show.
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

/// The faults of one query, in the order of the text. There is at least one.
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
    /// How many more faults there are.
    others: usize,
    /// The text with all fixes.
    fixed: Option<String>,
}

impl Errors {
    /// The most faults reported for one text.
    pub const MOST: usize = 20;

    /// The faults `found`, or `None` without any. It reports the first [`MOST`](Self::MOST) of them.
    #[must_use]
    pub fn collect(mut found: Vec<Error>) -> Option<Self> {
        found.sort_by_key(|error| error.span);
        // Each term of a group finds the fault of the group again.
        found.dedup_by(|two, one| two.span == one.span && two.code == one.code);
        let others = found.len().saturating_sub(Self::MOST);
        found.truncate(Self::MOST);
        (!found.is_empty()).then_some(Self { told: found, others, fixed: None })
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

    /// The text with every fix, if it has no fault then. Fixes do not overlap.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        self.fixed.as_deref()
    }

    /// Faults with the fixes that go together.
    pub(crate) const fn repaired(told: Vec<Error>, fixed: Option<String>) -> Self {
        Self { told, others: 0, fixed }
    }

    pub(crate) fn without_fixes(mut self) -> Self {
        self.told.iter_mut().for_each(|error| error.fix = None);
        self
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self { told: vec![error], others: 0, fixed: None }
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
        /// A date with two readings.
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
        /// A value without anything to search.
        EmptyValue = "empty_value",
        /// A comparison that the field does not have.
        NotComparable = "not_comparable",
        /// Known in another language, but without an answer here.
        ForeignOperator = "foreign_operator",
        /// More text than the limit.
        TooLong = "too_long",
        /// More nested brackets than the limit.
        TooDeep = "too_deep",
        /// More terms than the limit.
        TooManyTerms = "too_many_terms",
        /// A text that costs more work than one request may.
        TooCostly = "too_costly",
        /// A part of the language that is not supported.
        Unsupported = "unsupported",
        /// Text that does not follow the grammar.
        Syntax = "syntax",
        /// A comparison of values that cannot be compared.
        TypeMismatch = "type_mismatch",
    }
}

codes! {
    /// The kinds of advice. Advice never stops a query.
    AdviceCode {
        /// `and`, `or`, `not` in lower case: they are searched as words.
        LowercaseOperator = "lowercase_operator",
        /// No message can match.
        NeverMatches = "never_matches",
        /// The end of a range is before its start.
        EmptyRange = "empty_range",
        /// Every word of the query stands in nearly every message.
        CommonWordOnly = "common_word_only",
        /// A mark without letters or digits, which is not searched.
        IgnoredMark = "ignored_mark",
        /// A dash before a word was read as a minus.
        PastedDash = "pasted_dash",
        /// Another program reads this text in another way.
        OtherReading = "other_reading",
        /// Typographic quotes were read as plain ones.
        PastedQuotes = "pasted_quotes",
        /// A state that other programs keep as a tag is searched as a category.
        StateAsCategory = "state_as_category",
    }
}

/// A remark about a query that works, but perhaps not as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The kind of advice. It is stable, for programs.
    pub code: AdviceCode,
    /// The characters that it is about.
    pub span: Span,
    /// The remark and the text to type, in one line.
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
