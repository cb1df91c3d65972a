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
        Stream { text, words: None, current: Token::default() }
    }
}

/// The tokens of one text; the texts of all are written into the same place.
pub(crate) struct Stream<'a> {
    text: &'a str,
    /// Those that are still to come, once they are asked for one by one.
    words: Option<Box<dyn Iterator<Item = (usize, &'a str)> + 'a>>,
    current: Token,
}

fn put(token: &mut Token, start: usize, word: &str) {
    (token.offset_from, token.offset_to) = (start, start + word.len());
    token.text.clear();
    analysis::push_lower_case(&mut token.text, word);
    // A new token stands before the first position.
    token.position = token.position.wrapping_add(1);
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let words = self.words.get_or_insert_with(|| Box::new(analysis::words(self.text)));
        let Some((start, word)) = words.next() else { return false };
        put(&mut self.current, start, word);
        true
    }

    /// All tokens, as the engine takes them in; handing them out one by one costs twice as much.
    fn process(&mut self, sink: &mut dyn FnMut(&Token)) {
        let current = &mut self.current;
        analysis::words(self.text).for_each(|(start, word)| {
            put(current, start, word);
            sink(current);
        });
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
    use super::*;

    #[test]
    fn all_at_once_are_the_same_as_one_by_one() {
        let text = "Ünïted x.y@z 1,2\n\u{e01}\u{e02} last";
        let mut all = Vec::new();
        Analyser.token_stream(text).process(&mut |token| all.push(token.clone()));
        let mut stream = Analyser;
        let mut stream = stream.token_stream(text);
        let each: Vec<_> =
            std::iter::from_fn(|| stream.advance().then(|| stream.token().clone())).collect();
        assert_eq!((all.len(), all), (each.len(), each));
    }
}
