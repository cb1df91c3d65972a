//! Misspelt words.

/// A token within a number of edits. An edit adds, removes or changes a character, or exchanges two
/// neighbours.
///
/// Edits count over characters, and each place is edited at most once (optimal string alignment),
/// as in the automata of Lucene. An engine may search only the fifty most similar tokens.
///
/// ```
/// use postern_query::pattern::Fuzzy;
///
/// let fuzzy = Fuzzy::new("colour", 1);
/// assert!(fuzzy.matches("color") && fuzzy.matches("coluor"));
/// assert!(!fuzzy.matches("collar"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fuzzy {
    token: String,
    edits: u8,
}

impl Fuzzy {
    /// The most edits.
    pub const MAX_EDITS: u8 = 2;

    /// Tokens within `edits` edits of `token`, at most [`Self::MAX_EDITS`].
    pub fn new(token: impl Into<String>, edits: u8) -> Self {
        Self { token: token.into(), edits: edits.min(Self::MAX_EDITS) }
    }

    /// The token as it was typed, in lower case.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The number of allowed edits.
    #[must_use]
    pub const fn edits(&self) -> u8 {
        self.edits
    }

    /// The number of edits to `token`; `None` if there are too many.
    ///
    /// ```
    /// use postern_query::pattern::Fuzzy;
    ///
    /// let fuzzy = Fuzzy::new("colour", 2);
    /// assert_eq!(fuzzy.distance("coulor"), Some(2));
    /// assert_eq!(fuzzy.distance("cellar"), None);
    /// ```
    #[must_use]
    pub fn distance(&self, token: &str) -> Option<u8> {
        let lengths = token.chars().count().abs_diff(self.token.chars().count());
        if lengths > usize::from(self.edits) {
            return None;
        }
        let edits = u8::try_from(strsim::osa_distance(&self.token, token)).ok()?;
        (edits <= self.edits).then_some(edits)
    }

    /// Whether `token` is within the allowed edits.
    #[must_use]
    pub fn matches(&self, token: &str) -> bool {
        self.distance(token).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (token, edits, other, expected) in [
            ("invoice", 1, "invoice", Some(0)),
            ("invoice", 1, "invioce", Some(1)),
            ("invoice", 1, "invoices", Some(1)),
            ("invoice", 1, "nvoices", None),
            ("invoice", 2, "nvoices", Some(2)),
            ("ca", 2, "abc", None),
            ("é", 1, "e", Some(1)),
            ("a", 9, "abcd", None),
        ] {
            assert_eq!(
                Fuzzy::new(token, edits).distance(other),
                expected,
                "{token}~{edits} {other}"
            );
        }
    }
}
