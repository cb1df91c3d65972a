//! The lines that say who wrote what is quoted below them.

use super::headers::Block;
use super::page::Page;
use super::signature::is_rule;
use super::words::{OPENERS, QUOTING, VERBS, WROTE};

/// Bytes of such a line at most.
const MAX_LINE: usize = 300;
/// Lines of one that is broken.
const MAX_LINES: usize = 4;

/// Where the attribution begins that stands before a quotation.
pub(super) fn before(page: &Page<'_>, quotation: usize) -> Option<usize> {
    let mut last = page.before(quotation, 2)?;
    if is_rule(page.text(last)) || is_elision(page.text(last)) {
        last = page.before(last, 2)?;
    }
    ending_at(page, last)
}

/// Where the attribution begins that ends with a line.
pub(super) fn ending_at(page: &Page<'_>, last: usize) -> Option<usize> {
    if !page.is_new(last) || page.mark(last).is_some() {
        return None;
    }
    let lines = (0..MAX_LINES).map_while(|back| last.checked_sub(back));
    let mut first = last;
    for at in lines.take_while(|at| *at == last || goes_on(page, *at)) {
        let text = page.text(at).to_lowercase();
        if begins(&text, &OPENERS) {
            first = at;
            break;
        }
    }
    let whole = joined(page, first, last);
    let says_so = ends_as_one(&whole) || begins(&whole, &QUOTING);
    let headers = || headers_before(page, last);
    if whole.len() <= MAX_LINE && says_so { Some(first) } else { headers() }
}

/// A sender and a date as headers, as some programs write them before what is quoted.
fn headers_before(page: &Page<'_>, last: usize) -> Option<usize> {
    let lines = (0..MAX_LINES).map_while(|back| last.checked_sub(back));
    let mut starts = lines.take_while(|at| !page.is_blank(*at));
    starts.find(|start| {
        let block = Block::at(page, *start);
        block.end == last + 1 && block.says_who_wrote()
    })
}

/// Whether a line can be followed by the rest of an attribution.
fn goes_on(page: &Page<'_>, at: usize) -> bool {
    let text = page.text(at);
    !text.is_empty()
        && text.len() <= MAX_LINE
        && page.is_new(at)
        && page.mark(at).is_none()
        && !text.ends_with(['.', '!', '?', ':'])
}

fn joined(page: &Page<'_>, first: usize, last: usize) -> String {
    let lines: Vec<_> = (first..=last).map(|at| page.text(at)).collect();
    lines.join(" ").to_lowercase()
}

fn begins(text: &str, openers: &[&str]) -> bool {
    openers.iter().any(|opener| text.starts_with(opener))
}

/// It ends with a colon, near to a verb or to an address.
fn ends_as_one(text: &str) -> bool {
    let Some(before) = text.strip_suffix([':', '：']) else { return ends_with_verb(text) };
    let near = before.get(before.ceil_char_boundary(before.len().saturating_sub(80))..);
    let near = near.unwrap_or(before);
    near.contains('@') || VERBS.iter().any(|verb| has_word(near, verb))
}

/// Some write no colon, but then nothing behind the verb.
fn ends_with_verb(text: &str) -> bool {
    begins(text, &OPENERS)
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && WROTE.iter().any(|verb| text.ends_with(verb))
}

fn has_word(text: &str, word: &str) -> bool {
    let begins = |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with(word));
    let first = word.bytes().next().unwrap_or_default();
    // A searcher for one word is soon dearer to make than a line is to look through.
    memchr::memchr_iter(first, text.as_bytes()).filter(begins).any(|at| {
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !is_letter(before) && !is_letter(after)
    })
}

/// Whether an attribution is surely one: it has a date, and a verb that programs write.
pub(super) fn is_certain(page: &Page<'_>, first: usize, last: usize) -> bool {
    let text = joined(page, first, last);
    let has_date = text.bytes().filter(u8::is_ascii_digit).count() >= 3;
    let has_verb = WROTE.iter().any(|verb| has_word(&text, verb));
    text.ends_with(':') && begins(&text, &OPENERS) && has_date && has_verb
}

/// Whether somebody says in it that somebody wrote.
pub(super) fn says_wrote(page: &Page<'_>, last: usize) -> bool {
    let text = page.text(last).to_lowercase();
    text.len() <= MAX_LINE && text.ends_with(':') && WROTE.iter().any(|verb| has_word(&text, verb))
}

/// What stands for what was left out.
fn is_elision(text: &str) -> bool {
    matches!(text, "[...]" | "..." | ".." | "[snip]" | "<snip>" | "(...)" | "[…]" | "…")
}
