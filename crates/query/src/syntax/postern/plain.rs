//! Text that needs no quotes.

use super::ast::{PieceKind, Relation};
use super::grammar::is_minus;
use super::token::{Lexer, Token, TokenKind};

/// Every token of a text without faults.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut lexer = Lexer::new(text);
    let tokens = std::iter::from_fn(|| lexer.next()).collect();
    lexer.errors.is_empty().then_some(tokens)
}

/// Whether `text` alone is one bare word, so that it needs no quotes.
pub(crate) fn is_plain_word(text: &str) -> bool {
    if is_simple(text) && !text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return true;
    }
    tokens(text).is_some_and(|tokens| matches!(tokens.as_slice(), [value] if is_bare(value, text)))
}

/// Whether `text` after `name:` is one bare value, for an operator that does not compare.
pub(crate) fn is_plain_value(text: &str) -> bool {
    if is_simple(text) {
        return true;
    }
    let typed = format!("name:{text}");
    match tokens(&typed).as_deref() {
        // `:=` is read as `:`, and a minus there is refused.
        Some([Token { kind: TokenKind::Field(name), .. }, _])
            if name.relation == Relation::Equal || is_negating(text) =>
        {
            false
        }
        Some([Token { kind: TokenKind::Field(name), .. }, value]) => {
            text.strip_prefix(name.relation.value_part()).is_some_and(|rest| is_bare(value, rest))
        }
        _ => false,
    }
}

/// Whether a value begins with a mark that leaves it out elsewhere: `-draft`, `!draft`.
pub(crate) fn is_negating(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| is_minus(first) || first == '!')
        && letters.next().is_some_and(char::is_alphanumeric)
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
