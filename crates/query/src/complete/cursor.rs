//! What stands at a cursor.

use super::fixed::wanted;
use super::{Typing, Wanted};
use crate::Span;
use crate::resolve::postern::operators::{self, Operator};
use crate::syntax::postern::{
    FieldName, Lexer, Mark, Piece, PieceKind, Pieces, Relation, Token, TokenKind, is_minus,
    unescaped,
};

/// The place of a cursor among the tokens.
pub(super) enum Spot<'t> {
    /// In the name of an operator that has its mark.
    Name(FieldName<'t>),
    /// In or at a piece of text.
    Piece {
        /// The operator of which it is the value.
        field: Option<FieldName<'t>>,
        piece: Piece<'t>,
        /// Its quote is never closed.
        is_open: bool,
    },
    /// Where the next term begins, or the value of that operator.
    Gap(Option<FieldName<'t>>),
    /// Inside of a mark, where nothing can be put.
    Mark,
}

/// Finds the place of `cursor`, which is on a character boundary.
pub(super) fn spot(text: &str, cursor: usize) -> Spot<'_> {
    let mut lexer = Lexer::new(text);
    let mut scope = Scope::default();
    while let Some(token) = lexer.next() {
        if token.span.start > cursor {
            break;
        }
        if token.span.end >= cursor
            && let Some(spot) = scope.spot(&token, cursor, &lexer)
        {
            return spot;
        }
        scope.pass(&token.kind);
    }
    Spot::Gap(scope.operator())
}

/// The operators on the way to the cursor.
#[derive(Default)]
struct Scope<'t> {
    /// That of the group around the cursor.
    group: Option<FieldName<'t>>,
    /// Those of the groups around that one.
    outer: Vec<Option<FieldName<'t>>>,
    /// The one before the cursor that has no value yet.
    pending: Option<FieldName<'t>>,
}

impl<'t> Scope<'t> {
    fn operator(&self) -> Option<FieldName<'t>> {
        self.pending.or(self.group)
    }

    fn pass(&mut self, kind: &TokenKind<'t>) {
        let pending = self.pending.take();
        match kind {
            TokenKind::Field(name) => self.pending = Some(*name),
            TokenKind::Mark(Mark::Open | Mark::OpenBrace) => {
                self.outer.push(self.group);
                self.group = pending.or(self.group);
            }
            TokenKind::Mark(Mark::Close | Mark::CloseBrace) => {
                self.group = self.outer.pop().flatten();
            }
            TokenKind::Mark(_) | TokenKind::Value(_) | TokenKind::Near(_) => {}
        }
    }

    /// The place in or at this token; `None` if the cursor is behind it and the next token counts.
    fn spot(&self, token: &Token<'t>, cursor: usize, lexer: &Lexer<'_>) -> Option<Spot<'t>> {
        let is_behind = cursor == token.span.end;
        match &token.kind {
            TokenKind::Field(name) if cursor <= name.span.end => Some(Spot::Name(*name)),
            TokenKind::Value(_) if cursor == token.span.start && self.operator().is_none() => {
                Some(Spot::Gap(None))
            }
            TokenKind::Value(pieces) => {
                let piece = touched(pieces, cursor).clone();
                let is_open = lexer.is_unclosed(piece.span);
                Some(Spot::Piece { field: self.operator(), piece, is_open })
            }
            TokenKind::Mark(_) if lexer.is_word(token.span) => Some(Spot::Mark),
            TokenKind::Mark(_) if cursor == token.span.start => Some(Spot::Gap(self.operator())),
            TokenKind::Field(_) | TokenKind::Mark(_) if is_behind => None,
            TokenKind::Field(_) | TokenKind::Mark(_) | TokenKind::Near(_) => Some(Spot::Mark),
        }
    }
}

/// The piece at the cursor. Where two meet it is the one that was begun.
fn touched<'a, 't>(pieces: &'a Pieces<'t>, cursor: usize) -> &'a Piece<'t> {
    let begun = |piece: &&Piece<'_>| {
        let waits = piece.kind == PieceKind::Bare && piece.text.ends_with(SEPARATORS);
        cursor < piece.span.end || cursor == piece.span.end && !waits
    };
    pieces.iter().find(begun).or(pieces.more.last()).unwrap_or(&pieces.first)
}

/// The marks between the values of a list.
const SEPARATORS: [char; 2] = [',', ';'];

impl Spot<'_> {
    /// What is typed there, and what may stand there.
    pub(super) fn typing(self, text: &str, cursor: usize) -> Typing {
        let here = Span::new(cursor, cursor);
        match self {
            Self::Mark => Typing { typed: String::new(), span: here, wanted: Wanted::Anything },
            Self::Name(name) => {
                let typed = Span::new(name.span.start, cursor).slice(text).to_owned();
                Typing { typed, span: name.span, wanted: Wanted::Name }
            }
            Self::Gap(field) => {
                let (wanted, start) = value_of(field, cursor);
                Typing { typed: String::new(), span: Span::new(start, cursor), wanted }
            }
            Self::Piece { field, piece, is_open } => {
                let (wanted, start) = value_of(field, piece.span.start);
                let (typed, span) = match piece.kind {
                    PieceKind::Bare => bare(text, piece.span, cursor, field),
                    PieceKind::Quoted => quoted(text, piece.span, cursor, is_open),
                    PieceKind::Near(_) | PieceKind::Regex => (String::new(), here),
                };
                let is_plain = piece.kind == PieceKind::Bare
                    || piece.kind == PieceKind::Quoted && wanted != Wanted::Operator;
                let wanted = if is_plain { wanted } else { Wanted::Anything };
                let start = if span.start == piece.span.start { start } else { span.start };
                Typing { typed, span: Span { start, ..span }, wanted }
            }
        }
    }
}

/// What may stand as the value of an operator, and where that value begins. A mark after the colon belongs to
/// it if the operator does not compare: `id:<a@b>`.
fn value_of(field: Option<FieldName<'_>>, start: usize) -> (Wanted, usize) {
    let Some(name) = field else { return (Wanted::Operator, start) };
    let operator = operators::find(name.name).map(|(operator, _)| operator);
    match (name.relation, operator) {
        (Relation::Colon | Relation::Equal, _) | (_, Some(Operator::Range(_))) => {
            (wanted(operator), start)
        }
        _ if name.colon => (wanted(operator), name.span.end + 1),
        _ => (Wanted::Anything, start),
    }
}

/// The word or value around the cursor. Values of a list and ends of a range stand apart.
fn bare(text: &str, whole: Span, cursor: usize, field: Option<FieldName<'_>>) -> (String, Span) {
    let before = Span::new(whole.start, cursor).slice(text);
    if begins_term(before) {
        return (String::new(), Span::new(cursor, cursor));
    }
    let after = Span::new(cursor, whole.end).slice(text);
    let separators: &[&str] = match field.and_then(|name| operators::find(name.name)) {
        Some((operator, _)) if operator.takes_list() => &[",", ";"],
        Some((Operator::Range(_), _)) => &[".."],
        Some(_) | None => &[],
    };
    let start = separators.iter().filter_map(|mark| Some(before.rfind(mark)? + mark.len())).max();
    let end = separators.iter().filter_map(|mark| after.find(mark)).min();
    let start = start.map_or(whole.start, |start| whole.start + start);
    let end = end.map_or(whole.end, |end| cursor + end);
    (Span::new(start, cursor).slice(text).to_owned(), Span::new(start, end))
}

/// Whether signs alone stand before the cursor, as in `-` at the end of a text.
fn begins_term(before: &str) -> bool {
    !before.is_empty() && before.chars().all(|c| is_minus(c) || c == '+')
}

/// The text in quotes up to the cursor. A quote that is never closed ends with the word at the cursor, so that
/// what follows is left alone.
fn quoted(text: &str, whole: Span, cursor: usize, is_open: bool) -> (String, Span) {
    let raw = whole.slice(text);
    let open = raw.chars().next().map_or(0, char::len_utf8);
    let close = if is_open { 0 } else { raw.chars().next_back().map_or(0, char::len_utf8) };
    let inner = Span::new(whole.start + open, (whole.end - close).max(whole.start + open));
    let typed = unescaped(Span::new(inner.start, cursor.clamp(inner.start, inner.end)).slice(text));
    let end = if is_open { end_of_word(text, cursor.max(inner.start)) } else { whole.end };
    (typed.into_owned(), Span::new(whole.start, end))
}

fn end_of_word(text: &str, cursor: usize) -> usize {
    let rest = text.get(cursor..).unwrap_or_default();
    let length = rest.find(|c: char| c.is_whitespace() || matches!(c, ')' | '}'));
    cursor + length.unwrap_or(rest.len())
}
