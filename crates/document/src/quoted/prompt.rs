//! Lines that begin with `>` because a program asks for input there.

use super::mark::content;
use super::page::Page;

/// What a line of a session says about it.
enum Looks {
    Code,
    Nothing,
    Prose,
}

/// Whether lines with `>` are the input of a program and no quotation. Where it waits, nothing stands behind.
pub(super) fn is_session(page: &Page<'_>, start: usize, end: usize) -> bool {
    let (mut code, mut prose) = (0, 0);
    for line in page.lines(start..end) {
        match looks(content(line.text)) {
            Looks::Code => code += 1,
            Looks::Prose => prose += 1,
            Looks::Nothing => {}
        }
    }
    let only = content(page.text(start));
    let is_name_with_answer = end - start == 1 && is_name(only) && !page.is_blank(end);
    let is_waiting = end - start == 1 && only.is_empty();
    code > 0 && prose * 2 <= code || is_name_with_answer || is_waiting
}

fn looks(text: &str) -> Looks {
    let text = text.trim_end();
    if text.is_empty() || is_name(text) {
        return Looks::Nothing;
    }
    let name = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | ':' | '"')));
    let (name, rest) = text.split_at_checked(name.unwrap_or(text.len())).unwrap_or_default();
    let rest = rest.trim_start();
    if text.starts_with('#') {
        return Looks::Code;
    }
    let is_called = !name.is_empty() && rest.starts_with(['(', '[', '$', '@', '=']);
    let has_call = text.contains('(') && (text.ends_with(')') || text.ends_with('{'));
    let is_assigned = text.contains("<-") || text.contains(" = ");
    if is_called || is_assigned || has_call && !text.contains(", ") {
        Looks::Code
    } else {
        Looks::Prose
    }
}

/// One word, as the name of a variable is.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
}
