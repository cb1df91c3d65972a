//! The parts of a typed text, for colours.

use crate::Span;
use crate::syntax::postern::{Lexer, Mark, PieceKind, TokenKind};

/// A part of a typed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its kind.
    pub kind: PartKind,
    /// Its bytes.
    pub span: Span,
}

/// The kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A word by itself, or behind an operator.
    Word,
    /// A text in quotes, or a pattern between slashes.
    Phrase,
    /// `from:` and its like, with the mark.
    Operator,
    /// `OR`, `-`, `NEAR/5`: what stands between terms or before one.
    Joiner,
    /// A bracket.
    Bracket,
}

impl PartKind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Phrase => "phrase",
            Self::Operator => "operator",
            Self::Joiner => "joiner",
            Self::Bracket => "bracket",
        }
    }
}

/// The parts of a typed text in their order, also of one with faults.
///
/// ```
/// use postern_query::parts::parts;
///
/// let text = r#"from:alice OR "a b""#;
/// let cut: Vec<_> = parts(text).map(|one| (one.span.slice(text), one.kind.as_str())).collect();
/// assert_eq!(
///     cut,
///     [("from:", "operator"), ("alice", "word"), ("OR", "joiner"), ("\"a b\"", "phrase")]
/// );
/// ```
pub fn parts(text: &str) -> impl Iterator<Item = Part> {
    let mut lexer = Lexer::new(text);
    let tokens = std::iter::from_fn(move || lexer.next());
    tokens.flat_map(|token| match token.kind {
        TokenKind::Mark(mark) => vec![Part { kind: of_mark(mark), span: token.span }],
        TokenKind::Near(_) => vec![Part { kind: PartKind::Joiner, span: token.span }],
        TokenKind::Field(_) => vec![Part { kind: PartKind::Operator, span: token.span }],
        TokenKind::Value(pieces) => {
            let part = |kind, span| Part { kind: of_piece(kind), span };
            pieces.iter().map(|piece| part(piece.kind, piece.span)).collect()
        }
    })
}

const fn of_mark(mark: Mark) -> PartKind {
    match mark {
        Mark::Open | Mark::Close | Mark::OpenBrace | Mark::CloseBrace => PartKind::Bracket,
        Mark::And | Mark::Or | Mark::Xor | Mark::Not | Mark::Plus => PartKind::Joiner,
    }
}

const fn of_piece(kind: PieceKind) -> PartKind {
    match kind {
        PieceKind::Bare => PartKind::Word,
        PieceKind::Quoted | PieceKind::Near(_) | PieceKind::Regex => PartKind::Phrase,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let cut = parts(text).map(|one| format!("{}={}", one.kind.as_str(), one.span.slice(text)));
        assert_eq!(cut.collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn a_text_is_cut_as_it_is_read() {
        check("", "");
        check("invoice -draft", "word=invoice joiner=- word=draft");
        check("from:(a OR b)", "operator=from: bracket=( word=a joiner=OR word=b bracket=)");
        check("size>=5M /in.*ce/", "operator=size>= word=5M phrase=/in.*ce/");
        check("\"a b\"~5 NEAR/3 é", "phrase=\"a b\"~5 joiner=NEAR/3 word=é");
        check("from:a,\"b c\"", "operator=from: word=a, phrase=\"b c\"");
    }

    /// Colours stay while somebody types.
    #[test]
    fn a_text_with_faults_has_parts_too() {
        check("(from:", "bracket=( operator=from:");
        check("\"open", "phrase=\"open");
    }
}
