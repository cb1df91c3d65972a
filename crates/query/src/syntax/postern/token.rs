//! From typed text to tokens.

use nom::IResult;

use super::ast::{Distance, FieldName, Piece, PieceKind, Pieces};
use super::grammar::{
    bang, bare, field, is_minus, is_opening_quote, is_typographic, mark, near, purview_join,
    quoted, regex, unequal, word_operator,
};
use super::{distances, faults};
use crate::{Advice, AdviceCode, Code, Error, Span};

/// A token and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind<'t>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'t> {
    Mark(Mark),
    Field(FieldName<'t>),
    /// Pieces without white space between them.
    Value(Pieces<'t>),
    /// `NEAR/5` and similar operators.
    Near(Distance),
}

/// A bracket or an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    And,
    Or,
    Xor,
    Not,
    /// `+` before a term, which changes nothing.
    Plus,
}

/// Cuts typed text into tokens, one at a time. Every text has some.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    rest: &'t str,
    /// The next token.
    next: Option<Token<'t>>,
    /// The token after it, if a field came together with its value.
    second: Option<Token<'t>>,
    pub(crate) errors: Vec<Error>,
    pub(crate) advice: Vec<Advice>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let (errors, advice) = (Vec::new(), Vec::new());
        let mut lexer = Self { text, rest: text, next: None, second: None, errors, advice };
        lexer.read();
        lexer
    }

    /// Looks at the next token without taking it.
    pub(crate) const fn peek(&self) -> Option<&Token<'t>> {
        self.next.as_ref()
    }

    /// Takes the next token.
    pub(crate) fn next(&mut self) -> Option<Token<'t>> {
        let token = std::mem::replace(&mut self.next, self.second.take());
        if self.next.is_none() {
            self.read();
        }
        token
    }

    /// Ignores the rest of the text.
    pub(crate) fn stop(&mut self) {
        (self.rest, self.next, self.second) = ("", None, None);
    }

    /// Reads up to the next token, if there is one.
    fn read(&mut self) {
        while self.next.is_none() {
            self.rest = self.rest.trim_start();
            let Some(first) = self.rest.chars().next() else { break };
            self.token(first);
        }
    }

    /// The whole text.
    pub(crate) const fn text(&self) -> &'t str {
        self.text
    }

    /// Whether the quote at the start of `span` is never closed.
    pub(crate) fn is_unclosed(&self, span: Span) -> bool {
        let opens = |error: &Error| error.span.start == span.start;
        self.errors.iter().any(|error| error.code == Code::UnclosedQuote && opens(error))
    }

    /// Whether the mark at `span` is a word such as `AND`.
    pub(crate) fn is_word(&self, span: Span) -> bool {
        span.slice(self.text).starts_with(|c: char| c.is_ascii_alphabetic())
    }

    const fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Takes the text that `parser` reads, with its span.
    fn take<T>(
        &mut self,
        mut parser: impl FnMut(&'t str) -> IResult<&'t str, T>,
    ) -> Option<(T, Span)> {
        let start = self.at();
        let (rest, found) = parser(self.rest).ok()?;
        self.rest = rest;
        Some((found, Span::new(start, self.at())))
    }

    fn push(&mut self, kind: TokenKind<'t>, span: Span) {
        let token = Some(Token { kind, span });
        if self.next.is_none() { self.next = token } else { self.second = token }
    }

    fn token(&mut self, first: char) {
        if self.foreign(first) {
            return;
        }
        let mark = match first {
            '(' | ')' | '{' | '}' | '|' | '+' => self.take(mark),
            minus if is_minus(minus) => self.take(mark),
            'A' | 'O' | 'N' | 'X' => self.take(word_operator),
            _ => None,
        };
        if let Some((mark, span)) = mark {
            if mark == Mark::Not && !first.is_ascii() {
                self.advice.push(faults::pasted_dash(first, span));
            }
            return self.push(TokenKind::Mark(mark), span);
        }
        if let 'A' | 'N' | 'O' = first
            && let Some((distance, span)) = self.take(near)
        {
            return self.push(TokenKind::Near(distance), span);
        }
        if first.is_ascii_alphabetic() && self.field() {
            return;
        }
        self.value(&[',']);
    }

    /// Marks that are operators elsewhere. It tells whether it took one that is also one here.
    fn foreign(&mut self, first: char) -> bool {
        if first == '!'
            && let Some((_, span)) = self.take(bang)
        {
            self.errors.push(faults::bang(span, self.rest));
        } else if first.is_ascii_alphabetic()
            && let Some((name, span)) = self.take(unequal)
        {
            self.errors.push(faults::unequal(name, span));
        } else if first == '(' && self.at_purview_join() {
            let Some((join, span)) = self.take(purview_join) else { return false };
            if join == "(c:s)" {
                self.errors.push(faults::purview_join(span));
            }
            self.push(TokenKind::Mark(Mark::And), span);
            return true;
        } else if let Some(error) = distances::foreign(self.rest, self.at()) {
            self.errors.push(error);
        }
        false
    }

    /// Whether a joint of Purview touches what it joins, so that it is no question for a person `c`.
    fn at_purview_join(&self) -> bool {
        let touches = self.text.get(..self.at()).is_some_and(|before| {
            before.ends_with(|c: char| !c.is_whitespace() && !matches!(c, '(' | '{' | ':'))
        });
        purview_join(self.rest).is_ok_and(|(rest, _)| touches || rest.starts_with('('))
    }

    /// A field and, unless a group follows, its value.
    fn field(&mut self) -> bool {
        let Some(((name, relation), span)) = self.take(field) else { return false };
        let name_span = Span::new(span.start, span.start + name.len());
        let colon = self.text.get(name_span.end..).is_some_and(|rest| rest.starts_with(':'));
        self.push(TokenKind::Field(FieldName { name, relation, colon, span: name_span }), span);
        let value = self.rest.trim_start();
        // A word that stands alone may be an operator. In `state:OR` it is a value.
        let apart = value.len() < self.rest.len();
        self.rest = value;
        let operator = apart && word_operator(value).is_ok();
        if !operator && !value.starts_with(['(', '{', ')', '}', '|']) {
            self.value(&[',', ';']);
        }
        true
    }

    /// Pieces that touch. Beside one of `separators`, a quoted piece may touch a bare one.
    fn value(&mut self, separators: &[char]) {
        let Some(first) = self.piece() else { return };
        let mut pieces = Pieces { first, more: Vec::new() };
        loop {
            let last = pieces.more.last().unwrap_or(&pieces.first);
            let goes_on = if last.kind == PieceKind::Bare && last.text.ends_with(separators) {
                self.rest.starts_with(is_opening_quote)
            } else {
                self.rest.starts_with(separators)
            };
            match goes_on.then(|| self.piece()).flatten() {
                Some(piece) => pieces.more.push(piece),
                None => break,
            }
        }
        let span = pieces.span();
        self.push(TokenKind::Value(pieces), span);
    }

    fn piece(&mut self) -> Option<Piece<'t>> {
        match self.rest.chars().next()? {
            quote if is_opening_quote(quote) => Some(self.quoted(quote)),
            '/' => self.take(regex).map_or_else(
                || self.bare(),
                |(text, span)| Some(Piece { text: text.into(), kind: PieceKind::Regex, span }),
            ),
            _ => self.bare(),
        }
    }

    fn bare(&mut self) -> Option<Piece<'t>> {
        let (text, span) = self.take(bare)?;
        let is_value = self.text.get(..span.start).is_some_and(|before| before.ends_with(':'));
        if let Some(error) = faults::foreign_brackets(text, self.rest, span, is_value) {
            self.errors.push(error);
        }
        Some(Piece { text: text.into(), kind: PieceKind::Bare, span })
    }

    fn quoted(&mut self, open: char) -> Piece<'t> {
        let Some(((text, distance), span)) = self.take(quoted) else { return self.unclosed() };
        if is_typographic(open) {
            let message = "typographic quotes were read as plain ones";
            self.advice.push(Advice::new(AdviceCode::PastedQuotes, span, message));
        }
        if self.rest.starts_with('*') {
            let star = Span::new(span.end, span.end + 1);
            self.errors.push(faults::prefix_of_phrase(star, span, &text));
        }
        let kind = distance.map_or(PieceKind::Quoted, PieceKind::Near);
        Piece { text, kind, span }
    }

    /// The rest of the text as a phrase, with a fault.
    fn unclosed(&mut self) -> Piece<'t> {
        let start = self.at();
        let quote = self.rest.chars().next().map_or(0, char::len_utf8);
        let span = Span::new(start, start + quote);
        let error = Error::new(Code::UnclosedQuote, span, "a quote is not closed", "opened here");
        let hint = "add `\"` at the end of the phrase; a quote inside is written \\\"";
        let end = Span::new(self.text.len(), self.text.len());
        self.errors.push(error.hint(hint).fix(end, "\""));
        let text = self.rest.get(quote..).unwrap_or_default().into();
        self.rest = "";
        Piece { text, kind: PieceKind::Quoted, span: Span::new(start, self.text.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain::tokens;
    use super::*;

    #[test]
    fn values() {
        for (text, expected) in [
            ("a b", "[a] [b]"),
            ("a:b", "a: [b]"),
            (
                "10:30 http://x/?a=b mailto:x C:\\dir re:x",
                "[10:30] [http://x/?a=b] [mailto:x] [C:\\dir] [re:x]",
            ),
            ("a>=5 a:>5 a<>5", "a>= [5] a> [5] a<> [5]"),
            ("\"a \\\" b\" “c d”", "[a \" b] [c d]"),
            ("from:a,\"b c\",d", "from: [a,|b c|,d]"),
            ("/a.*\\/b/ /a b/", "[/a.*\\/b/] [/a] [b/]"),
            ("\"a b\"~5", "[a b~5]"),
            (
                "a NEAR/5 b AROUND 3 c ONEAR(2) d ADJ/1 e",
                "[a] near5 [b] near3 [c] adj2 [d] adj1 [e]",
            ),
            ("NEARBY ORDER ANDREW NEAR AROUND", "[NEARBY] [ORDER] [ANDREW] [NEAR] [AROUND]"),
            ("-a - b +c a-b", "NOT [a] [-] [b] + [c] [a-b]"),
        ] {
            let tokens = tokens(text).unwrap();
            let shown: Vec<_> = tokens.iter().map(|token| show(&token.kind)).collect();
            assert_eq!(shown.join(" "), expected);
        }
    }

    fn show(kind: &TokenKind<'_>) -> String {
        match kind {
            TokenKind::Field(name) => format!("{}{}", name.name, name.relation.symbol()),
            TokenKind::Value(pieces) => {
                let texts: Vec<_> = pieces.iter().map(piece).collect();
                format!("[{}]", texts.join("|"))
            }
            TokenKind::Near(near) => {
                format!("{}{}", if near.ordered { "adj" } else { "near" }, near.words)
            }
            TokenKind::Mark(Mark::Not) => "NOT".to_owned(),
            TokenKind::Mark(Mark::Plus) => "+".to_owned(),
            TokenKind::Mark(other) => format!("{other:?}"),
        }
    }

    fn piece(piece: &Piece<'_>) -> String {
        match piece.kind {
            PieceKind::Bare | PieceKind::Quoted => piece.text.to_string(),
            PieceKind::Near(distance) => format!("{}~{distance}", piece.text),
            PieceKind::Regex => format!("/{}/", piece.text),
        }
    }
}
