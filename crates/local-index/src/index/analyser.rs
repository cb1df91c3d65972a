//! The shared analyser as a tantivy tokenizer.

use postern_query::analysis;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name under which the analyser is registered.
pub(crate) const ANALYSER: &str = "postern";

/// Cuts text as [`analysis::tokens`] does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Analyser;

impl Tokenizer for Analyser {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream { words: Box::new(analysis::words(text)), current: Token::default() }
    }
}

/// The tokens of one text; the texts of all are written into the same place.
pub(crate) struct Stream<'a> {
    words: Box<dyn Iterator<Item = (usize, &'a str)> + 'a>,
    current: Token,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some((start, word)) = self.words.next() else { return false };
        let token = &mut self.current;
        (token.offset_from, token.offset_to) = (start, start + word.len());
        token.text.clear();
        analysis::push_lower_case(&mut token.text, word);
        // A new token stands before the first position.
        token.position = token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}
