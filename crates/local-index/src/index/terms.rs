//! The terms by which people and file names are found.
//!
//! One field holds several kinds of terms; each term begins with the letter of its kind, so that
//! every question about a name begins with a term or a range of terms. Words carry positions:
//! those of one name follow each other, and a gap keeps the next name away.

use postern_query::analysis::{lower_case, terms};
use postern_query::{Recipient, name_words};
use tantivy::tokenizer::{PreTokenizedString, Token};

/// Bytes of the longest term; see [`traits::IRREGULAR`].
pub(crate) const LONGEST: usize = 4_096;

/// How many ends after a dot of a domain or a file name become terms, counted from the last dot.
pub(crate) const ENDS: usize = 8;

/// What a typed term says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole address, or nothing for a person without one; in lower case like all of these.
    Address,
    /// The part after the `@`.
    Domain,
    /// A domain above that.
    ParentDomain,
    /// The whole part before the `@`.
    Local,
    /// A word of that part.
    LocalWord,
    /// A word of a display name, as the analyser cuts it.
    NameWord,
    /// A whole file name.
    FileName,
    /// What stands after a dot of a file name.
    Extension,
    /// A word of a file name.
    FileWord,
}

impl Kind {
    /// What every term of this kind begins with.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Address => "a",
            Self::Domain => "d",
            Self::ParentDomain => "s",
            Self::Local => "l",
            Self::LocalWord => "w",
            Self::NameWord => "n",
            Self::FileName => "f",
            Self::Extension => "e",
            Self::FileWord => "v",
        }
    }

    /// The term of this kind for `text`.
    pub(crate) fn term(self, text: &str) -> String {
        format!("{}{text}", self.prefix())
    }
}

/// What a message has, as terms of one field.
pub(crate) mod traits {
    /// Some value is too long to be a term as it is. Such a message is found by reading it.
    pub(crate) const IRREGULAR: &str = "irregular";

    /// An element of a list lacks this sub-field.
    pub(crate) fn lacking(list: &str, field: &str) -> String {
        format!("{list}/{field}?")
    }
}

/// The ends of `text` after its dots, the shortest first.
pub(crate) fn ends(text: &str) -> impl Iterator<Item = &str> {
    text.rmatch_indices('.').filter_map(|(dot, _)| text.get(dot + 1..)).take(ENDS)
}

/// Typed terms with their positions.
#[derive(Debug, Default)]
pub(crate) struct TypedTerms {
    tokens: Vec<Token>,
    position: usize,
    /// Whether a term was too long.
    pub(crate) irregular: bool,
}

impl TypedTerms {
    /// Adds the terms of a person.
    pub(crate) fn add_person(&mut self, person: &Recipient) {
        let address = person.address.as_deref().map(lower_case).unwrap_or_default();
        let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
        self.add(Kind::Address, &address);
        self.add(Kind::Domain, domain);
        self.add(Kind::Local, local);
        ends(domain).for_each(|parent| self.add(Kind::ParentDomain, parent));
        self.add_words(Kind::LocalWord, &name_words(local));
        self.add_words(Kind::NameWord, &person.name.as_deref().map(terms).unwrap_or_default());
    }

    /// Adds the terms of a file name.
    pub(crate) fn add_file_name(&mut self, name: &str) {
        let name = lower_case(name);
        self.add(Kind::FileName, &name);
        ends(&name).for_each(|end| self.add(Kind::Extension, end));
        self.add_words(Kind::FileWord, &name_words(&name));
    }

    /// The value for the field; `None` where there are no terms.
    pub(crate) fn finish(self) -> Option<PreTokenizedString> {
        let Self { tokens, .. } = self;
        (!tokens.is_empty()).then(|| PreTokenizedString { text: String::new(), tokens })
    }

    fn add_words(&mut self, kind: Kind, words: &[String]) {
        for word in words {
            self.position += 1;
            self.add(kind, word);
        }
        self.position += 1;
    }

    fn add(&mut self, kind: Kind, text: &str) {
        if text.len() > LONGEST {
            self.irregular = true;
            return;
        }
        let token = Token {
            position: self.position,
            text: kind.term(text),
            position_length: 1,
            ..Token::default()
        };
        self.tokens.push(token);
    }
}

/// `text` as a term: the whole of it, or as much of its beginning as fits.
pub(crate) fn cut(text: &str) -> &str {
    let end = (LONGEST - 3..=LONGEST).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Whether [`cut`] leaves `text` as it is, and no longer text becomes the same.
pub(crate) const fn is_regular(text: &str) -> bool {
    text.len() < LONGEST - 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_on_a_character() {
        let long = "é".repeat(LONGEST);
        assert_eq!(cut(&long).len(), LONGEST);
        let odd = format!("a{long}");
        assert_eq!(cut(&odd).len(), LONGEST - 1);
        assert!(!is_regular(cut(&odd)) && is_regular("a") && cut("a") == "a");
    }

    #[test]
    fn ends_after_dots() {
        assert_eq!(ends("mail.example.com").collect::<Vec<_>>(), ["com", "example.com"]);
        assert_eq!(ends("a.").collect::<Vec<_>>(), [""]);
        assert_eq!(ends("none").count(), 0);
        assert_eq!(ends(&".".repeat(100)).count(), ENDS);
    }
}
