//! The lines of a text, and whose words each is as far as is known.

use std::ops::Range;

use postern_query::{Passage, Whose};

use super::mark::Mark;

/// Lines that are looked at. What follows them is taken for new text.
pub(super) const MAX_LINES: usize = 100_000;

/// One line.
pub(super) struct Line<'t> {
    /// Where it begins in the text.
    start: usize,
    /// The line without its end.
    pub(super) text: &'t str,
    /// The same without blanks around it, which every rule asks for.
    trimmed: &'t str,
    /// The mark of a quotation that it begins with.
    pub(super) mark: Option<Mark<'t>>,
    pub(super) whose: Whose,
}

impl<'t> Line<'t> {
    pub(super) const fn trimmed(&self) -> &'t str {
        self.trimmed
    }

    pub(super) fn is_blank(&self) -> bool {
        self.trimmed.is_empty()
    }

    pub(super) fn is_new(&self) -> bool {
        self.whose == Whose::New
    }

    /// How far it is indented.
    pub(super) fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }
}

/// The lines of a text.
pub(super) struct Page<'t> {
    lines: Vec<Line<'t>>,
    end: usize,
}

impl<'t> Page<'t> {
    /// The lines of a text, with what its markup says of them.
    pub(super) fn of(text: &'t str, markup: &[Passage]) -> Self {
        let (mut lines, mut at, mut markup) = (Vec::new(), 0, markup.iter().peekable());
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
        for end in ends.chain([text.len()]).take(MAX_LINES) {
            // Nothing stands behind the last line break.
            let Some(raw) = text.get(at..end).filter(|raw| !raw.is_empty()) else { break };
            while markup.next_if(|passage| passage.range.end <= at).is_some() {}
            let here = markup.peek().filter(|passage| passage.range.start <= at);
            let whose = here.map_or(Whose::New, |passage| passage.whose);
            let line = raw.strip_suffix('\n').unwrap_or(raw);
            let (trimmed, mark) = (line.trim(), Mark::of(line));
            lines.push(Line { start: at, text: line, trimmed, mark, whose });
            at += raw.len();
        }
        Self { lines, end: at }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Line<'t>> {
        self.lines.get(at)
    }

    /// The trimmed text of a line, empty where there is none.
    pub(super) fn text(&self, at: usize) -> &'t str {
        self.get(at).map_or("", Line::trimmed)
    }

    pub(super) fn mark(&self, at: usize) -> Option<Mark<'t>> {
        self.get(at)?.mark
    }

    pub(super) fn is_blank(&self, at: usize) -> bool {
        self.get(at).is_none_or(Line::is_blank)
    }

    pub(super) fn is_new(&self, at: usize) -> bool {
        self.get(at).is_some_and(Line::is_new)
    }

    pub(super) fn is_quoted(&self, at: usize) -> bool {
        self.get(at).is_some_and(|line| line.whose == Whose::Quoted)
    }

    pub(super) fn lines(&self, range: Range<usize>) -> &[Line<'t>] {
        self.lines.get(range).unwrap_or_default()
    }

    /// Says whose words lines are.
    pub(super) fn set(&mut self, range: Range<usize>, whose: Whose) {
        let end = range.end.min(self.lines.len());
        let lines = self.lines.get_mut(range.start..end).unwrap_or_default();
        lines.iter_mut().for_each(|line| line.whose = whose);
    }

    /// The same of those lines that nothing is known of yet.
    pub(super) fn set_new(&mut self, range: Range<usize>, whose: Whose) {
        let end = range.end.min(self.lines.len());
        let lines = self.lines.get_mut(range.start..end).unwrap_or_default();
        lines.iter_mut().filter(|line| line.is_new()).for_each(|line| line.whose = whose);
    }

    /// The last line with text before `at`, past at most `blanks` lines without.
    pub(super) fn before(&self, at: usize, blanks: usize) -> Option<usize> {
        (at.saturating_sub(blanks + 1)..at).rfind(|line| !self.is_blank(*line))
    }

    /// The first line with text from `at` on.
    pub(super) fn after(&self, at: usize) -> Option<usize> {
        (at..self.len()).find(|line| !self.is_blank(*line))
    }

    /// Whether the author wrote something before a line.
    pub(super) fn has_new_before(&self, at: usize) -> bool {
        self.lines(0..at).iter().any(|line| line.is_new() && !line.is_blank())
    }

    /// What is not new, with the blank lines inside of it and behind it.
    pub(super) fn passages(&self) -> Vec<Passage> {
        let mut found: Vec<Passage> = Vec::new();
        let mut last = Whose::New;
        for (at, line) in self.lines.iter().enumerate() {
            let whose = if line.is_blank() { last } else { line.whose };
            last = whose;
            let end = self.get(at + 1).map_or(self.end, |next| next.start);
            match found.last_mut() {
                _ if whose == Whose::New => {}
                Some(before) if before.whose == whose && before.range.end == line.start => {
                    before.range.end = end;
                }
                _ => found.push(Passage { range: line.start..end, whose }),
            }
        }
        found
    }
}
