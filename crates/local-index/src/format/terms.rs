//! The terms by which people and file names are found.
//!
//! One field holds several kinds of terms; each term begins with the letter of its kind, so that
//! every question about a name begins with a term or a range of terms. Words carry positions:
//! those of one name follow each other, and a gap keeps the next name away.

use postern_query::Recipient;
use postern_query::analysis::name_words;
use postern_query::analysis::{lower_case, terms};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::wire::{Reader, Writer};

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

    /// It lies in several places: see [`places`](crate::format::places).
    pub(crate) const SEVERAL_PLACES: &str = "places";

    /// It is a file whose content is not here.
    pub(crate) const NO_CONTENT: &str = "nocontent";

    /// One of several places lacks this field, and maybe not all of them.
    pub(crate) fn lacking_somewhere(field: &str) -> String {
        format!("{field}?")
    }

    /// An element of a list lacks this sub-field.
    pub(crate) fn lacking(list: &str, field: &str) -> String {
        format!("{list}/{field}?")
    }
}

/// The ends of `text` after its dots, the shortest first.
pub(crate) fn ends(text: &str) -> impl Iterator<Item = &str> {
    text.rmatch_indices('.').filter_map(|(dot, _)| text.get(dot + 1..)).take(ENDS)
}

/// The name under which [`Typed`] is registered.
pub(crate) const TYPED: &str = "typed";

/// Terms with their positions, as the text that [`Typed`] cuts into them again. The engine would take
/// them as they are, but carries them as JSON from thread to thread.
#[derive(Debug, Default)]
pub(crate) struct TypedTerms {
    out: Writer,
    position: u64,
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
    pub(crate) fn finish(self) -> Option<String> {
        Some(self.out.finish()).filter(|text| !text.is_empty())
    }

    /// Adds a term as it is.
    pub(crate) fn add_term(&mut self, text: &str) {
        self.out.count(self.position);
        self.out.text(Some(text));
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
        self.add_term(&kind.term(text));
    }
}

/// Cuts the text of [`TypedTerms`] into its terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed;

impl Tokenizer for Typed {
    type TokenStream<'a> = TypedStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TypedStream<'a> {
        TypedStream { input: Reader::new(text), current: Token::default() }
    }
}

/// The terms of one text.
#[derive(Debug)]
pub(crate) struct TypedStream<'a> {
    input: Reader<'a>,
    current: Token,
}

impl TypedStream<'_> {
    fn read(&mut self) -> Option<()> {
        self.current.position = usize::try_from(self.input.count()?).ok()?;
        let text = self.input.str()??;
        self.current.text.clear();
        self.current.text.push_str(text);
        Some(())
    }
}

impl TokenStream for TypedStream<'_> {
    fn advance(&mut self) -> bool {
        self.read().is_some()
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
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
    fn terms_with_their_positions_are_cut_out_again() {
        let mut terms = TypedTerms::default();
        assert_eq!(TypedTerms::default().finish(), None);
        terms.add_file_name("A b.PDF");
        let text = terms.finish().unwrap();
        let mut found = Vec::new();
        Typed.token_stream(&text).process(&mut |token| {
            found.push((token.position, token.text.clone()));
        });
        let expected = [(0, "fa b.pdf"), (0, "epdf"), (1, "va"), (2, "vb"), (3, "vpdf")];
        assert_eq!(found, expected.map(|(position, text)| (position, text.to_owned())));
        assert_eq!(Typed.token_stream("\u{7f}\u{7f}x").token().text, "");
    }

    #[test]
    fn ends_after_dots() {
        assert_eq!(ends("mail.example.com").collect::<Vec<_>>(), ["com", "example.com"]);
        assert_eq!(ends("a.").collect::<Vec<_>>(), [""]);
        assert_eq!(ends("none").count(), 0);
        assert_eq!(ends(&".".repeat(100)).count(), ENDS);
    }
}
