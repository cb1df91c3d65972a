//! Whole messages in the text: originals below an answer, and messages that are forwarded.

use postern_query::Whose;

use super::headers::{Block, Label};
use super::mark::Mark;
use super::page::Page;
use super::signature::is_rule;
use super::words::{BEGINS, ENDS, ORIGINALS};

/// Bytes of a line between two messages at most.
const MAX_SEPARATOR: usize = 160;

/// Marks them. What follows the headers of one is quoted to the end of the text, or to a line that says
/// where it ends, unless its own lines are marked.
pub(super) fn mark(page: &mut Page<'_>) {
    let (mut at, mut is_first) = (0, true);
    while at < page.len() {
        let next = match body_of_original(page, at, is_first) {
            Some(body) => quote(page, at, body),
            None => at + 1,
        };
        is_first &= !page.is_new(at) || page.is_blank(at);
        at = next;
    }
}

/// The line behind the headers of the original that begins at a line. It is the first if nothing new
/// stands before it.
fn body_of_original(page: &Page<'_>, at: usize, is_first: bool) -> Option<usize> {
    let text = page.text(at);
    if !page.is_new(at) || page.mark(at).is_some() && !is_postmark(text) {
        return None;
    }
    if is_separator(text) {
        let headers = page.after(at + 1).map(|next| Block::at(page, next));
        let block = headers.filter(|block| block.end > at + 1);
        return Some(block.map_or(at + 1, |block| block.end));
    }
    let start = if is_postmark(text) { at + 1 } else { at };
    Label::of(page.text(start)).filter(|label| *label != Label::Other)?;
    let (block, is_apart) = (Block::at(page, start), start > at || follows_nothing(page, at));
    let is_one = is_apart && block.is_original(is_first) || block.is_whole();
    is_one.then_some(block.end)
}

/// Whether the line before says nothing that goes on here.
fn follows_nothing(page: &Page<'_>, at: usize) -> bool {
    at == 0 || page.is_blank(at - 1) || is_rule(page.text(at - 1)) || !page.is_new(at - 1)
}

/// Says that the original is quoted, and where to go on.
fn quote(page: &mut Page<'_>, at: usize, body: usize) -> usize {
    let start = if at > 0 && is_rule(page.text(at - 1)) { at - 1 } else { at };
    let next = page.after(body).unwrap_or(page.len());
    if matches!(page.mark(next), Some(Mark::Angle { .. } | Mark::Sign(_))) {
        page.set(start..body, Whose::Quoted);
        return next;
    }
    let end = (body..page.len()).find(|line| is_end(page.text(*line)));
    let end = end.map_or(page.len(), |end| end + 1);
    page.set(start..end, Whose::Quoted);
    end
}

/// A line such as `-----Original Message-----`.
fn is_separator(line: &str) -> bool {
    let is_dashed = line.starts_with("--") || line.starts_with("__") || line.starts_with("**");
    if line.len() > MAX_SEPARATOR || !(is_dashed || line.ends_with(':')) {
        return false;
    }
    let text = line.trim_matches(['-', '_', '*', '=', ' ', '>', '<', ':']).to_lowercase();
    let phrases: &[&str] = if is_dashed { &ORIGINALS } else { &BEGINS };
    phrases.iter().any(|phrase| text.starts_with(phrase))
}

fn is_end(line: &str) -> bool {
    line.starts_with("--") && line.len() <= MAX_SEPARATOR && {
        let text = line.trim_matches(['-', ' ']).to_lowercase();
        ENDS.iter().any(|end| text.starts_with(end))
    }
}

/// The line before the headers in a mailbox, also with its sign of not being one.
fn is_postmark(line: &str) -> bool {
    if !line.starts_with(['F', '-', '>']) {
        return false;
    }
    let line = line.trim_start_matches(['-', '>', ' ']);
    let rest = line.strip_prefix("From ").unwrap_or_default();
    let year = rest.split_ascii_whitespace().next_back().unwrap_or_default();
    rest.contains('@') && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())
}
