//! Whose words the lines of a message are: the author's own, quoted, or a signature.
//!
//! [`passages`] cuts a text by its lines alone, and also takes what HTML says of them. It knows
//!
//! - lines that begin with `>`, with names such as `AB>`, and with `|` or `:` where somebody says who wrote,
//!   but not the prompts of programs,
//! - the lines before them that say who wrote, in many languages and over several lines,
//! - originals below an answer and messages that are forwarded, by their headers or the line before them,
//! - signatures below `-- `, of PGP and of phones, and the footers of lists.
//!
//! What of a match is new, quoted or a signature says `Message::whose` of `postern-query`, for a message that
//! `postern_mail::parse` or [`from_json`](crate::from_json) has read.
//!
//! The time is linear in the length of the text.

mod attribution;
mod headers;
mod mark;
mod marked;
mod original;
mod page;
mod prompt;
mod quotes;
mod signature;
#[cfg(test)]
mod tests;
mod words;

use postern_query::Passage;

pub use marked::Marked;
use page::Page;

/// What of a text is not its author's new text. `markup` says the same of lines by what HTML says of them.
///
/// ```
/// use postern_document::quoted::passages;
/// use postern_query::Whose;
///
/// let text = "Yes.\n\nOn Monday, 5 May 2025, Ann wrote:\n> Shall we?\n\n-- \nBob\n";
/// let found: Vec<_> = passages(text, &[]).into_iter().map(|one| (one.range, one.whose)).collect();
/// assert_eq!(found, [(6..53, Whose::Quoted), (53..61, Whose::Signature)]);
/// ```
#[must_use]
pub fn passages(text: &str, markup: &[Passage]) -> Vec<Passage> {
    let mut page = Page::of(text, markup);
    original::mark(&mut page);
    quotes::mark(&mut page);
    signature::mark(&mut page);
    page.passages()
}
