//! A piece of a text on one line.

use std::ops::Range;

use super::highlight::Ranges;

/// Characters of it at most.
pub(super) const LENGTH: usize = 160;
/// Characters before the first match.
pub(super) const LEAD: usize = 40;
/// Bytes of a word that are looked at: more than fit on a line, whatever its letters.
const LONGEST: usize = 4 * (LENGTH + 1);

/// As much of a text as fits on a line, with each run of white space as one space.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) text: String,
    /// What stands between two spaces of the line, in order.
    shown: Vec<Word>,
}

/// Letters in a row that stand on the line as they do in the text.
#[derive(Clone, Copy, Debug)]
struct Word {
    /// Where it begins in the text.
    offset: usize,
    /// Where it begins on the line.
    at: usize,
    /// Its bytes.
    length: usize,
}

impl Window {
    /// The line that begins at `from`. It ends on a whole word, but never within the last of `matches` that
    /// it shows.
    pub(super) fn of(text: &str, from: usize, matches: &[Range<usize>]) -> Self {
        let (mut line, mut room) = (Self::with_room(), LENGTH);
        for word in words(text, from) {
            // There is a space before each word but the first.
            let spaces = usize::from(!line.text.is_empty());
            if room <= spaces {
                return line;
            }
            let whole = text.get(word.clone()).unwrap_or_default();
            let fits = beginning_of(whole, room - spaces);
            line.push(fits, word.start);
            room -= spaces + fits.chars().count();
            if fits.len() < whole.len() {
                return line.on_a_whole_word(matches);
            }
        }
        line
    }

    fn with_room() -> Self {
        Self { text: String::with_capacity(LENGTH), shown: Vec::with_capacity(LENGTH / 4) }
    }

    fn push(&mut self, word: &str, offset: usize) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.shown.push(Word { offset, at: self.text.len(), length: word.len() });
        self.text.push_str(word);
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
            self.shown.truncate(self.shown.partition_point(|word| word.at < space));
        }
        self
    }

    /// Where in the text the last character of the line ends.
    fn shown_up_to(&self) -> usize {
        self.shown.last().map_or(0, |word| word.offset + word.length)
    }

    /// Where on the line that ends which ends at that byte of the text.
    fn end(&self, end: usize) -> Option<usize> {
        let begun = self.shown.partition_point(|word| word.offset < end);
        let word = self.shown.get(begun.checked_sub(1)?)?;
        Some(word.at + word.length.min(end - word.offset))
    }

    /// Where ranges of the text stand on the line: those that begin on it, as far as they go.
    pub(super) fn ranges<'r>(&self, ranges: impl IntoIterator<Item = &'r Range<usize>>) -> Ranges {
        ranges.into_iter().filter_map(|range| self.range(range)).collect()
    }

    fn range(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let begun = self.shown.partition_point(|word| word.offset <= range.start);
        let word = self.shown.get(begun.checked_sub(1)?)?;
        let inside = range.start - word.offset;
        let (start, end) = (word.at + inside, self.end(range.end)?);
        (inside < word.length && start < end).then_some(start..end)
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

/// What stands between white space from there on. Of a word that is too long for a line there is at least as much as
/// fits on one.
fn words(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = from;
    std::iter::from_fn(move || {
        let start = rest + text.get(rest..)?.find(|c| !is_space(c))?;
        let most = text.floor_char_boundary(start + LONGEST);
        let end = text.get(start..most)?.find(is_space).map_or(most, |length| start + length);
        rest = end;
        Some(start..end)
    })
}

/// As many characters of it.
fn beginning_of(word: &str, most: usize) -> &str {
    let end = word.char_indices().nth(most).map_or(word.len(), |(end, _)| end);
    word.get(..end).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The line letter by letter, and of each where it stands in the text and on the line.
    fn letter_by_letter(text: &str, from: usize) -> (String, Vec<(usize, usize)>, bool) {
        let (mut line, mut shown, mut length, mut space) = (String::new(), Vec::new(), 0, false);
        for (offset, c) in text.get(from..).unwrap().char_indices() {
            if is_space(c) {
                space = !line.is_empty();
                continue;
            }
            let needed = 1 + usize::from(space);
            if length + needed > LENGTH {
                return (line, shown, !space);
            }
            if std::mem::take(&mut space) {
                line.push(' ');
            }
            shown.push((from + offset, line.len()));
            line.push(c);
            length += needed;
        }
        (line, shown, false)
    }

    proptest! {
        #[test]
        fn a_line_is_what_letter_by_letter_makes_of_the_text(
            text in "([a-c \té\u{0}\u{e01}\u{301}\r\n\u{2028}]{0,40}|[a-é]{150,170}|\\PC{0,9}){0,9}",
            from in 0_usize..40,
            ends in (0_usize..200, 0_usize..200),
        ) {
            let from = text.floor_char_boundary(from.min(text.len()));
            let (line, shown, is_cut) = letter_by_letter(&text, from);
            let window = Window::of(&text, from, &[]);
            let space = line.rfind(' ').filter(|space| is_cut && *space > 0);
            prop_assert_eq!(window.text.as_str(), line.get(..space.unwrap_or(line.len())).unwrap());
            let at = |end: usize| text.floor_char_boundary(end.min(text.len()));
            let range = at(ends.0.min(ends.1))..at(ends.0.max(ends.1));
            let shown = shown.into_iter().filter(|(_, at)| *at < window.text.len());
            let inside: Vec<_> = shown.filter(|(offset, _)| range.contains(offset)).collect();
            let begins = inside.first().is_some_and(|(offset, _)| *offset == range.start);
            let last = inside.last().map(|(_, at)| at + window.text.get(*at..).unwrap().chars().next().unwrap().len_utf8());
            let expected = begins.then(|| inside[0].1..last.unwrap());
            prop_assert_eq!(window.ranges([&range]), expected.into_iter().collect::<Vec<_>>());
        }
    }

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
