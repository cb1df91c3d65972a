//! Typed text to tokens.

use std::borrow::Cow;

use nom::IResult;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{anychar, char, digit1, satisfy};
use nom::combinator::{eof, not, opt, peek, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded, terminated};

use super::ast::{Distance, FieldName, Piece, PieceKind, Pieces, Relation};
use super::faults;
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
    /// `NEAR/5` and its kin.
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
    /// `+` in front of a term: the term as it stands.
    Plus,
}

/// Every token of a text, where nothing was wrong with it.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut lexer = Lexer::new(text);
    let tokens = std::iter::from_fn(|| lexer.next()).collect();
    lexer.errors.is_empty().then_some(tokens)
}

/// Whether `text` alone is one bare word, so that it can be written without quotes.
pub(crate) fn is_plain_word(text: &str) -> bool {
    if is_simple(text) && !text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return true;
    }
    tokens(text).is_some_and(|tokens| matches!(tokens.as_slice(), [value] if is_bare(value, text)))
}

/// Whether `text` behind `name:` is one bare value, for an operator that does not compare.
pub(crate) fn is_plain_value(text: &str) -> bool {
    if is_simple(text) {
        return true;
    }
    let typed = format!("name:{text}");
    match tokens(&typed).as_deref() {
        Some([Token { kind: TokenKind::Field(name), .. }, value]) => {
            text.strip_prefix(name.relation.value_part()).is_some_and(|rest| is_bare(value, rest))
        }
        _ => false,
    }
}

/// Letters and digits with the marks of addresses and names between them.
fn is_simple(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte))
}

fn is_bare(token: &Token<'_>, expected: &str) -> bool {
    let TokenKind::Value(pieces) = &token.kind else { return false };
    pieces.only().is_some_and(|piece| piece.kind == PieceKind::Bare && piece.text == expected)
}

/// Cuts typed text into tokens as they are asked for; every text has some.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    rest: &'t str,
    /// The next token.
    next: Option<Token<'t>>,
    /// The one after it, where a field was read with its value.
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

    /// The next token, left where it is.
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

    /// Leaves the rest of the text alone.
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

    const fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Takes what `parser` reads, with its place.
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
        let mark = match first {
            '(' | ')' | '{' | '}' | '|' | '-' | '+' => self.take(mark),
            'A' | 'O' | 'N' | 'X' => self.take(word_operator),
            _ => None,
        };
        if let Some((mark, span)) = mark {
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
        self.value();
    }

    /// A field and, unless a group follows, its value.
    fn field(&mut self) -> bool {
        let Some(((name, relation), span)) = self.take(field) else { return false };
        let name_span = Span::new(span.start, span.start + name.len());
        let colon = self.text.get(name_span.end..).is_some_and(|rest| rest.starts_with(':'));
        self.push(TokenKind::Field(FieldName { name, relation, colon, span: name_span }), span);
        let value = self.rest.trim_start();
        // What stands apart may be an operator; `state:OR` is a value.
        let apart = value.len() < self.rest.len();
        self.rest = value;
        let operator = apart && word_operator(value).is_ok();
        if !operator && !value.starts_with(['(', '{', ')', '}', '|']) {
            self.value();
        }
        true
    }

    /// Pieces that touch: after a comma or before one, a quoted piece may stand beside a bare one.
    fn value(&mut self) {
        let Some(first) = self.piece() else { return };
        let mut pieces = Pieces { first, more: Vec::new() };
        loop {
            let last = pieces.more.last().unwrap_or(&pieces.first);
            let goes_on = if last.kind == PieceKind::Bare && last.text.ends_with(',') {
                self.rest.starts_with(is_opening_quote)
            } else {
                self.rest.starts_with(',')
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
        if let Some(error) = faults::foreign_brackets(text, self.rest, span) {
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
            self.errors.push(faults::prefix_of_phrase(Span::new(span.end, span.end + 1)));
        }
        let kind = distance.map_or(PieceKind::Quoted, PieceKind::Near);
        Piece { text, kind, span }
    }

    /// The rest of the text as a phrase, reported.
    fn unclosed(&mut self) -> Piece<'t> {
        let start = self.at();
        let quote = self.rest.chars().next().map_or(0, char::len_utf8);
        let span = Span::new(start, start + quote);
        let error = Error::new(Code::UnclosedQuote, span, "a quote is not closed", "opened here");
        let hint = "add `\"` at the end of the phrase; a quote inside is written \\\"";
        self.errors.push(error.hint(hint));
        let text = self.rest.get(quote..).unwrap_or_default().into();
        self.rest = "";
        Piece { text, kind: PieceKind::Quoted, span: Span::new(start, self.text.len()) }
    }
}

/// Brackets, `|`, and `-` or `+` directly before a term.
fn mark(text: &str) -> IResult<&str, Mark> {
    let before_term = || peek(satisfy(|c| !c.is_whitespace() && !matches!(c, ')' | '}' | '|')));
    alt((
        value(Mark::Open, char('(')),
        value(Mark::Close, char(')')),
        value(Mark::OpenBrace, char('{')),
        value(Mark::CloseBrace, char('}')),
        value(Mark::Or, char('|')),
        value(Mark::Not, pair(char('-'), before_term())),
        value(Mark::Plus, pair(char('+'), before_term())),
    ))
    .parse(text)
}

/// Operators in capitals, whole words only.
fn word_operator(text: &str) -> IResult<&str, Mark> {
    let word = alt((
        value(Mark::And, tag("AND")),
        value(Mark::Or, tag("OR")),
        value(Mark::Not, tag("NOT")),
        value(Mark::Xor, tag("XOR")),
    ));
    terminated(word, end_of_bare).parse(text)
}

/// `NEAR/5`, `NEAR(5)`, `AROUND 5`, `AROUND(5)`; in this order `ADJ/5` and `ONEAR(5)`.
fn near(text: &str) -> IResult<&str, Distance> {
    let any = alt((
        terminated(preceded(tag("NEAR/"), digit1), end_of_bare),
        preceded(alt((tag("NEAR"), tag("AROUND"))), delimited(char('('), digit1, char(')'))),
        terminated(
            preceded(pair(tag("AROUND"), take_while1(char::is_whitespace)), digit1),
            end_of_bare,
        ),
    ));
    let ordered = alt((
        terminated(preceded(tag("ADJ/"), digit1), end_of_bare),
        preceded(alt((tag("ONEAR"), tag("ADJ"))), delimited(char('('), digit1, char(')'))),
    ));
    let distance = |ordered| move |digits| Distance { words: number(digits), ordered };
    alt((any.map(distance(false)), ordered.map(distance(true)))).parse(text)
}

/// Digits as a number; more than anything can be apart stays that.
fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

fn end_of_bare(text: &str) -> IResult<&str, ()> {
    alt((value((), eof), value((), peek(satisfy(ends_bare))))).parse(text)
}

const fn ends_bare(c: char) -> bool {
    matches!(c, '(' | ')' | '{' | '}' | '"' | '|') || c.is_whitespace()
}

fn bare(text: &str) -> IResult<&str, &str> {
    take_while1(|c| !ends_bare(c)).parse(text)
}

/// `name:` and `name>=`; not a time, a URL, a Windows path or a reply mark.
fn field(text: &str) -> IResult<&str, (&str, Relation)> {
    let name = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let (rest, found) = pair(name, relation).parse(text)?;
    not(alt((tag("//"), verify(tag("\\"), |_: &str| found.0.len() == 1)))).parse(rest)?;
    verify(nom::combinator::success(found), |found| {
        !(found.1 == Relation::Colon && is_word_before_colon(found.0))
    })
    .parse(rest)
}

/// Marks of replies, and links that no slashes follow.
fn is_word_before_colon(name: &str) -> bool {
    ["re", "fw", "fwd", "mailto"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

fn relation(text: &str) -> IResult<&str, Relation> {
    preceded(
        opt(terminated(char(':'), peek(satisfy(|c| matches!(c, '<' | '>' | '='))))),
        alt((
            value(Relation::Colon, char(':')),
            value(Relation::AtLeast, tag(">=")),
            value(Relation::AtMost, tag("<=")),
            value(Relation::NotEqual, tag("<>")),
            value(Relation::Greater, char('>')),
            value(Relation::Less, char('<')),
            value(Relation::Equal, char('=')),
        )),
    )
    .parse(text)
}

const fn is_typographic(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '«' | '»')
}

const fn is_opening_quote(c: char) -> bool {
    c == '"' || is_typographic(c)
}

/// A quoted text with its escapes read, and the `~n` behind it.
///
/// Plain quotes end at a plain one; typographic quotes come in too many pairs, so any ends them.
fn quoted(text: &str) -> IResult<&str, (Cow<'_, str>, Option<u32>)> {
    let (rest, open) = satisfy(is_opening_quote).parse(text)?;
    let ends = |c: char| c == '"' || is_typographic(open) && is_typographic(c);
    let escaped = value((), preceded(char('\\'), satisfy(|c| matches!(c, '"' | '\\'))));
    let inner = recognize(many0_count(alt((escaped, value((), satisfy(|c| !ends(c)))))));
    let distance = opt(preceded(char('~'), digit1.map(number)));
    pair(terminated(inner, anychar).map(unescaped), distance).parse(rest)
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escapes = c == '\\' && chars.peek().is_some_and(|next| matches!(next, '"' | '\\'));
        out.push(if escapes { chars.next().unwrap_or(c) } else { c });
    }
    out.into()
}

/// `/…/` up to the end of the run; `\/` stands for a slash inside.
fn regex(text: &str) -> IResult<&str, &str> {
    let plain = value((), verify(is_not("/\\"), |run: &str| !run.contains(char::is_whitespace)));
    let escaped = value((), pair(char('\\'), anychar));
    let inner =
        verify(recognize(many0_count(alt((escaped, plain)))), |inner: &str| !inner.is_empty());
    terminated(delimited(char('/'), inner, char('/')), end_of_bare).parse(text)
}

#[cfg(test)]
mod tests {
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
