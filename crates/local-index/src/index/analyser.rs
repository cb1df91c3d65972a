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
        Stream { tokens: Box::new(analysis::tokens(text)), current: Token::default(), next: 0 }
    }
}

/// The tokens of one text.
pub(crate) struct Stream<'a> {
    tokens: Box<dyn Iterator<Item = analysis::Token> + 'a>,
    current: Token,
    next: usize,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(token) = self.tokens.next() else { return false };
        self.current = Token {
            offset_from: token.span.start,
            offset_to: token.span.end,
            position: self.next,
            text: token.text,
            position_length: 1,
        };
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}
