//! Lines that are marked as quoted, and those that say who wrote them.

use postern_query::Whose;

use super::attribution;
use super::headers::Block;
use super::mark::{Mark, is_nested};
use super::page::{Line, Page};
use super::prompt::is_session;
use super::signature::{delimiter, is_rule};

/// Bytes of a line that a mail program breaks.
const FULL: usize = 68;
/// Bytes of what it broke off, at most.
const BROKEN_OFF: usize = 50;
/// Lines in a row that need nothing else to be quoted with another sign than `>`.
const ROW: usize = 3;

/// Marks them all.
pub(super) fn mark(page: &mut Page<'_>) {
    mark_angles(page);
    mark_names(page);
    mark_signs(page);
    mark_indented(page);
    mark_broken_off(page);
    mark_attributions(page);
    mark_unmarked(page);
}

/// `>`, unless it is the prompt of a program. How the first quotation is marked says how the others are.
fn mark_angles(page: &mut Page<'_>) {
    let (mut at, mut known) = (0, None);
    while at < page.len() {
        let Some(Mark::Angle { indent }) = page.mark(at) else {
            at += 1;
            continue;
        };
        let is_marked = |line: usize| matches!(page.mark(line), Some(Mark::Angle { .. }));
        let end = (at..page.len()).find(|line| !is_marked(*line)).unwrap_or(page.len());
        if is_quotation(page, at, end, known == Some(indent)) {
            known = known.or(Some(indent));
            page.set(at..end, Whose::Quoted);
        }
        at = end;
    }
}

fn is_quotation(page: &Page<'_>, start: usize, end: usize, is_known: bool) -> bool {
    let is_escaped = end - start == 1 && {
        let text = page.text(start).trim_start_matches('>');
        text.starts_with("From ") && !text.trim_end().ends_with(':')
    };
    let is_nested = || page.lines(start..end).iter().any(|line| is_nested(line.text));
    !is_escaped
        && (attribution::before(page, start).is_some()
            || is_nested()
            || is_known
            || !is_session(page, start, end))
}

/// Names before `>`, where a name stands twice or somebody says who wrote.
fn mark_names(page: &mut Page<'_>) {
    let named = |line: usize| match page.mark(line) {
        Some(Mark::Named(name)) if page.is_new(line) => Some(name),
        _ => None,
    };
    let lines: Vec<_> = (0..page.len()).filter_map(|line| Some((line, named(line)?))).collect();
    let mut names: Vec<_> = lines.iter().map(|(_, name)| *name).collect();
    names.sort_unstable();
    let is_known = |line: usize, name: &str| {
        let from = names.partition_point(|known| *known < name);
        names.get(from + 1) == Some(&name) || attribution::before(page, line).is_some()
    };
    let known = lines.into_iter().filter(|(line, name)| is_known(*line, name));
    let known: Vec<_> = known.map(|(line, _)| line).collect();
    known.into_iter().for_each(|line| page.set(line..line + 1, Whose::Quoted));
}

/// Other signs, which the first quotation makes known.
fn mark_signs(page: &mut Page<'_>) {
    if !(0..page.len()).any(|line| matches!(page.mark(line), Some(Mark::Sign(_)))) {
        return;
    }
    let end = delimiter(page).unwrap_or(page.len());
    let sign_at = |line: usize| match page.mark(line) {
        Some(Mark::Sign(sign)) if page.is_new(line) && line < end => Some(sign),
        _ => None,
    };
    let mut row = (None, 0);
    let known = (0..page.len()).find_map(|line| {
        let sign = sign_at(line);
        row = if sign == row.0 { (sign, row.1 + 1) } else { (sign, 1) };
        let is_row = sign == Some(':') && row.1 == ROW;
        sign.filter(|_| is_row || attribution::before(page, line).is_some())
    });
    let Some(known) = known else { return };
    let lines: Vec<_> = (0..page.len()).filter(|line| sign_at(*line) == Some(known)).collect();
    lines.into_iter().for_each(|line| page.set(line..line + 1, Whose::Quoted));
}

/// Indented text below a line that says who wrote it, where nothing else is marked, and all that is indented
/// as far.
fn mark_indented(page: &mut Page<'_>) {
    if (0..page.len()).any(|line| page.is_quoted(line)) {
        return;
    }
    let indent = |line: usize| page.get(line).map_or(0, Line::indent);
    let first = (0..page.len()).find_map(|line| {
        if page.is_blank(line) {
            return None;
        }
        if indent(line) >= 2 && Block::at(page, line).says_who_wrote() {
            return Some(line);
        }
        let next = page.after(line + 1).filter(|next| indent(*next) >= 2 && indent(line) < 2)?;
        attribution::says_wrote(page, line).then_some(next)
    });
    let Some(first) = first else { return };
    let is_as_far = |line: &usize| !page.is_blank(*line) && indent(*line) == indent(first);
    let lines: Vec<_> = (first..page.len()).filter(is_as_far).collect();
    lines.into_iter().for_each(|line| page.set(line..line + 1, Whose::Quoted));
}

/// The ends of quoted lines that a mail program broke, without marking them again.
fn mark_broken_off(page: &mut Page<'_>) {
    for line in 1..page.len().saturating_sub(1) {
        let is_between = page.is_new(line) && page.is_quoted(line - 1) && page.is_quoted(line + 1);
        if is_between && page.mark(line - 1).is_some() && is_broken_off(page, line) {
            page.set(line..line + 1, Whose::Quoted);
        }
    }
}

fn is_broken_off(page: &Page<'_>, line: usize) -> bool {
    let (before, text) = (page.text(line - 1), page.text(line));
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    let is_little = text.len() <= BROKEN_OFF && !text.starts_with(char::is_uppercase);
    !text.is_empty() && before.len() + word.len() >= FULL && (is_little || text.len() == word.len())
}

/// The lines before a quotation that say who wrote it.
fn mark_attributions(page: &mut Page<'_>) {
    for line in 0..page.len() {
        let begins = page.is_quoted(line) && !(line > 0 && page.is_quoted(line - 1));
        let Some(first) = begins.then(|| attribution::before(page, line)).flatten() else {
            continue;
        };
        let ends = |at: &usize| attribution::ending_at(page, *at) == Some(first);
        let last = (first..line).rev().find(ends).unwrap_or(first);
        let is_rule = |at: &usize| is_rule(page.text(*at));
        let end = (last + 1..line).rfind(is_rule).unwrap_or(last);
        page.set_new(first..end + 1, Whose::Quoted);
    }
}

/// Everything below a line that surely says who wrote it, where nothing below is marked.
fn mark_unmarked(page: &mut Page<'_>) {
    let found = (1..page.len()).find_map(|last| {
        let ends = page.is_new(last) && page.text(last).ends_with(':');
        let first = ends.then(|| attribution::ending_at(page, last)).flatten()?;
        (attribution::is_certain(page, first, last) && page.has_new_before(first)).then_some(first)
    });
    let Some(first) = found else { return };
    let is_marked = |line: usize| page.is_quoted(line) || page.mark(line).is_some();
    if !(first..page.len()).any(is_marked) {
        page.set(first..page.len(), Whose::Quoted);
    }
}
