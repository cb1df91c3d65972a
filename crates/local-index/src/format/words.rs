//! The words of a text as the engine takes them in: each in lower case, on a line of its own.
//!
//! A text is cut once, where its document is made: there the words are counted that tell where a part of a body or
//! the text of an attachment begins. The engine would take words as they are, but carries them as JSON from thread
//! to thread.

use postern_query::analysis;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name under which [`Lines`] is registered.
pub(crate) const LINES: &str = "lines";

/// What ends a word. No word has it: a line break is always a word break.
const END: char = '\n';

/// The words of a field so far.
#[derive(Debug, Default)]
pub(crate) struct Words {
    lines: String,
    count: u64,
}

impl Words {
    /// Adds the words of a text behind the others.
    pub(crate) fn add(&mut self, text: &str) {
        self.add_each(text, |_, _| {});
    }

    /// The same, and calls `before` for each word with the byte of the text at which it begins, and with how many
    /// words there are before it.
    pub(crate) fn add_each(&mut self, text: &str, mut before: impl FnMut(usize, u64)) {
        self.lines.reserve(text.len());
        // Handing words out one by one costs twice as much.
        analysis::words(text).for_each(|(start, word)| {
            before(start, self.count);
            analysis::push_lower_case(&mut self.lines, word);
            self.lines.push(END);
            self.count += 1;
        });
    }

    /// Adds a word that was cut and written in lower case before.
    pub(crate) fn add_cut(&mut self, word: &str) {
        self.lines.push_str(word);
        self.lines.push(END);
        self.count += 1;
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The value for the field.
    pub(crate) fn finish(self) -> String {
        self.lines
    }
}

/// Cuts the value of [`Words`] into the words again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines;

impl Tokenizer for Lines {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream { rest: text, current: Token::default() }
    }
}

/// The words of one field; the texts of all are written into the same place.
pub(crate) struct Stream<'a> {
    rest: &'a str,
    current: Token,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some((word, rest)) = self.rest.split_once(END) else { return false };
        self.rest = rest;
        self.current.text.clear();
        self.current.text.push_str(word);
        // A new token stands before the first position.
        self.current.position = self.current.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken_in(words: Words) -> Vec<(usize, String)> {
        let (value, mut taken) = (words.finish(), Vec::new());
        let take = &mut |token: &Token| taken.push((token.position, token.text.clone()));
        Lines.token_stream(&value).process(take);
        taken
    }

    proptest! {
        /// The engine takes in the tokens of each text, one position after the other.
        #[test]
        fn words_come_back_as_the_analyser_cuts_them(
            texts in prop::collection::vec("([aB İ\u{e01}\u{e02}\r\n\u{85}\u{2028}.'_,1-]|\\PC){0,30}", 0..4),
        ) {
            let (mut words, mut begins) = (Words::default(), Vec::new());
            for text in &texts {
                words.add_each(text, |start, before| begins.push((start, before)));
            }
            let terms: Vec<_> = texts.iter().flat_map(|text| analysis::terms(text)).collect();
            let starts = texts.iter().flat_map(|text| analysis::tokens(text)).map(|token| token.span.start);
            prop_assert_eq!(words.count(), terms.len() as u64);
            prop_assert_eq!(begins, starts.zip(0..).collect::<Vec<_>>());
            prop_assert_eq!(taken_in(words), terms.into_iter().enumerate().collect::<Vec<_>>());
        }
    }
}
