//! HTML read token by token, in time linear in its length, whatever is in it.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};

/// Bytes of one tag or comment that are read; a longer one is skipped. The tokenizer compares every
/// attribute of a tag with all before it, so a tag of a megabyte would take minutes.
pub(crate) const MAX_TAG: usize = 4 << 10;

/// Takes the tokens of a page.
pub(crate) trait Reader: Default {
    fn text(&mut self, text: &str);

    /// A tag, and how the tokenizer is to read what is inside of it.
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()>;

    /// A tag or comment was too long and is left out; what follows is read as if nothing were open.
    fn skipped(&mut self);

    /// Whether the rest of the page makes no difference.
    fn is_done(&self) -> bool {
        false
    }
}

/// Hands the tokens of a page to a reader.
pub(crate) fn read<R: Reader>(mut reader: R, html: &str) -> R {
    let mut rest = html;
    while !rest.is_empty() {
        (reader, rest) = read_on(reader, rest);
    }
    reader
}

/// Reads on until the end, or until a tag or comment that is too long; then what comes after it is
/// left to a new tokenizer.
fn read_on<R: Reader>(reader: R, html: &str) -> (R, &str) {
    let sink = Sink(RefCell::new(State { reader, moved: false }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let (mut fed, mut before) = (0, 0);
    while let Some(rest) = html.get(fed..).filter(|rest| !rest.is_empty()) {
        let chunk = rest.get(..rest.floor_char_boundary(MAX_TAG)).unwrap_or(rest);
        let at = fed + chunk.len();
        let moved = feed(&tokenizer, chunk);
        if tokenizer.sink.0.borrow().reader.is_done() {
            return (tokenizer.sink.0.take().reader, "");
        }
        if !moved && at - before > MAX_TAG {
            let mut reader = tokenizer.sink.0.take().reader;
            reader.skipped();
            return (reader, after_markup(html, before, at));
        }
        (before, fed) = (fed, at);
    }
    tokenizer.end();
    (tokenizer.sink.0.take().reader, "")
}

/// Whether a token ended in the chunk.
fn feed<R: Reader>(tokenizer: &Tokenizer<Sink<R>>, chunk: &str) -> bool {
    let input = BufferQueue::default();
    input.push_back(chunk.into());
    // A script would pause the tokenizer; it goes on at the next call.
    while !input.is_empty() {
        drop(tokenizer.feed(&input));
    }
    std::mem::take(&mut tokenizer.sink.0.borrow_mut().moved)
}

/// What follows the tag or comment that begins behind `start` and is still open at `end`.
fn after_markup(html: &str, start: usize, end: usize) -> &str {
    let markup = html.get(start..end).unwrap_or_default();
    let comment =
        markup.rfind("<!--").filter(|at| !markup.get(*at..).unwrap_or_default().contains("-->"));
    let (from, close) = match comment {
        Some(at) => (start + at, "-->"),
        None => (end, ">"),
    };
    html.get(from..).and_then(|rest| rest.split_once(close)).map_or("", |(_, after)| after)
}

struct Sink<R>(RefCell<State<R>>);

#[derive(Default)]
struct State<R> {
    reader: R,
    /// A token was read since this was last asked.
    moved: bool,
}

impl<R: Reader> TokenSink for Sink<R> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        state.moved |= !matches!(token, Token::ParseError(_));
        match token {
            CharacterTokens(characters) => state.reader.text(&characters),
            TagToken(tag) => return state.reader.tag(&tag),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}
