//! A piece of a text on one line.

use std::ops::Range;

use super::highlight::Ranges;

/// Characters of it at most.
pub(super) const LENGTH: usize = 160;
/// Characters before the first match.
pub(super) const LEAD: usize = 40;

/// As much of a text as fits on a line, with each run of white space as one space.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) text: String,
    /// Of each character where it stands in the text, and where on the line.
    shown: Vec<(usize, usize)>,
}

impl Window {
    /// The line that begins at `from`. It ends on a whole word, but never within the last of `matches` that
    /// it shows.
    pub(super) fn of(text: &str, from: usize, matches: &[Range<usize>]) -> Self {
        let mut line = Line::new();
        for (offset, c) in text.get(from..).unwrap_or_default().char_indices() {
            if !line.push(c, from + offset) {
                let window = Self { text: line.text, shown: line.shown };
                return if line.space { window } else { window.on_a_whole_word(matches) };
            }
        }
        Self { text: line.text, shown: line.shown }
    }

    /// The line with a little before the first match.
    pub(super) fn around(text: &str, matches: &[Range<usize>]) -> Self {
        let first = matches.first().map_or(0, |first| lead(text, first.start));
        Self::of(text, first, matches)
    }

    fn on_a_whole_word(mut self, matches: &[Range<usize>]) -> Self {
        let known = matches.partition_point(|range| range.end <= self.shown_up_to());
        let last = known.checked_sub(1).and_then(|last| matches.get(last));
        let keep = last.and_then(|last| self.end(last.end)).unwrap_or_default();
        let space = self.text.rfind(' ').filter(|space| *space >= keep.max(1));
        if let Some(space) = space {
            self.text.truncate(space);
            self.shown.truncate(self.shown.partition_point(|(_, at)| *at < space));
        }
        self
    }

    /// Where in the text the last character of the line ends.
    fn shown_up_to(&self) -> usize {
        self.shown.last().map_or(0, |(offset, at)| offset + (self.text.len() - at))
    }

    /// Where on the line that ends which ends at that byte of the text.
    fn end(&self, end: usize) -> Option<usize> {
        let behind = self.shown.partition_point(|(offset, _)| *offset < end);
        self.behind(behind.checked_sub(1)?)
    }

    /// Where the character of that number ends on the line.
    fn behind(&self, number: usize) -> Option<usize> {
        let (_, at) = self.shown.get(number)?;
        let c = self.text.get(*at..)?.chars().next()?;
        Some(at + c.len_utf8())
    }

    /// Where ranges of the text stand on the line: those that begin on it, as far as they go.
    pub(super) fn ranges<'r>(&self, ranges: impl IntoIterator<Item = &'r Range<usize>>) -> Ranges {
        ranges.into_iter().filter_map(|range| self.range(range)).collect()
    }

    fn range(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.shown.binary_search_by_key(&range.start, |(offset, _)| *offset).ok()?;
        let last = self.shown.partition_point(|(offset, _)| *offset < range.end).checked_sub(1)?;
        let (_, start) = self.shown.get(first)?;
        let end = self.behind(last)?;
        (*start < end).then_some(*start..end)
    }
}

/// A little before `first`, at the beginning of a word.
pub(super) fn lead(text: &str, first: usize) -> usize {
    let before = text.get(..first).unwrap_or_default();
    let Some((earliest, _)) = before.char_indices().rev().nth(LEAD - 1) else { return 0 };
    let lead = before.get(earliest..).unwrap_or_default();
    let mut spaces = lead.char_indices().filter(|(_, c)| is_space(*c));
    spaces.next().map_or(earliest, |(space, _)| earliest + space)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

struct Line {
    text: String,
    shown: Vec<(usize, usize)>,
    length: usize,
    space: bool,
}

impl Line {
    fn new() -> Self {
        let (text, shown) = (String::with_capacity(LENGTH), Vec::with_capacity(LENGTH));
        Self { text, shown, length: 0, space: false }
    }

    /// Adds a character of the text; `false` when there is no room for it.
    fn push(&mut self, c: char, offset: usize) -> bool {
        if is_space(c) {
            self.space = !self.text.is_empty();
            return true;
        }
        let needed = 1 + usize::from(self.space);
        if self.length + needed > LENGTH {
            return false;
        }
        if std::mem::take(&mut self.space) {
            self.text.push(' ');
        }
        self.shown.push((offset, self.text.len()));
        self.text.push(c);
        self.length += needed;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_knows_where_its_characters_stood() {
        let text = "é\r\n\tthe 🎉  due\u{0}date";
        let window = Window::of(text, 2, &[]);
        assert_eq!(window.text, "the 🎉 due date");
        let ranges = window.ranges(&[0..2, 5..8, 15..18, 19..23, 19..99]);
        let shown: Vec<_> =
            ranges.iter().map(|range| window.text.get(range.clone()).unwrap()).collect();
        assert_eq!(shown, ["the", "due", "date", "date"]);
    }

    #[test]
    fn a_line_ends_on_a_word_or_on_a_match() {
        let text = format!("{} first second third", "x".repeat(LENGTH - 10));
        let first = LENGTH - 9;
        for (matches, expected) in [
            (&[][..], "first"),
            (&[(6, 12)], "first"),
            (&[(0, 5)], "first"),
            (&[(0, 5), (6, 9)], "first sec"),
        ] {
            let matches: Vec<_> =
                matches.iter().map(|(start, end)| first + start..first + end).collect();
            let line = Window::of(&text, 0, &matches).text;
            assert_eq!(line.get(first..), Some(expected), "{matches:?}");
        }
        let long = format!("a {}", "b".repeat(2 * LENGTH));
        assert_eq!(Window::of(&long, 0, &[]).text, "a");
        assert_eq!(Window::of(&"b".repeat(2 * LENGTH), 0, &[]).text.len(), LENGTH);
    }
}
