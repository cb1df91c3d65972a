//! Words near each other. There are two ways to count: Lucene's for phrases, and the way of people.

use std::collections::BTreeSet;
use std::ops::Range;

/// Tokens near their places in a phrase.
///
/// Token number `i` of the phrase, at position `p` of the text, is moved by `p - i`. The phrase
/// matches if the greatest and the smallest move differ by at most the slop. One word between
/// two costs 1, and two exchanged words cost 2. Equal tokens of the phrase need different places. (Lucene
/// miscounts them in long phrases that repeat several words, and then finds a little more.)
///
/// ```
/// use postern_query::pattern::Sloppy;
///
/// let tokens = ["overdue", "and", "unpaid", "invoice"].map(String::from);
/// let phrase = |slop| Sloppy { tokens: vec!["overdue".into(), "invoice".into()], slop };
/// assert!(phrase(2).matches(&tokens) && !phrase(1).matches(&tokens));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sloppy {
    /// The tokens in their order. Without tokens it matches nothing.
    pub tokens: Vec<String>,
    /// The largest difference of the moves.
    pub slop: u32,
}

impl Sloppy {
    /// Whether the tokens match in a text.
    #[must_use]
    pub fn matches(&self, text: &[String]) -> bool {
        let places = self.tokens.iter().map(|token| occurrences(text, std::slice::from_ref(token)));
        self.matches_at(&places.collect::<Vec<_>>())
    }

    /// Whether the tokens match, if token `i` of the phrase stands at `places[i]`, ascending.
    ///
    /// The time is n log n in the number of places, times the length of the phrase.
    #[must_use]
    pub fn matches_at(&self, places: &[Vec<usize>]) -> bool {
        starts(places).any(|start| self.fit(places, start).is_some())
    }

    /// The places of all words that take part in a match. `places` are those of
    /// [`matches_at`](Self::matches_at).
    #[must_use]
    pub fn found_at(&self, places: &[Vec<usize>]) -> BTreeSet<usize> {
        starts(places).filter_map(|start| self.fit(places, start)).flatten().collect()
    }

    /// Its own place for every token, which moves it by at least `start` and not much more.
    ///
    /// The first free place is the best. The first of two equal tokens may stand first: to
    /// exchange them only moves both towards the middle.
    fn fit(&self, places: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
        let mut taken: Vec<usize> = Vec::new();
        for (i, (places, token)) in places.iter().zip(&self.tokens).enumerate() {
            let mut before = self.tokens.iter().zip(&taken);
            let last = before.rfind(|(other, _)| *other == token).map_or(0, |(_, at)| at + 1);
            let least = last.max((start + i).saturating_sub(FAR));
            let free = *places.get(places.partition_point(|place| *place < least))?;
            if free + FAR - i > start + self.slop as usize {
                return None;
            }
            taken.push(free);
        }
        Some(taken)
    }
}

/// Every possible smallest move of a match.
fn starts(places: &[Vec<usize>]) -> impl Iterator<Item = usize> {
    let places = places.iter().enumerate();
    places.flat_map(|(i, places)| places.iter().map(move |place| place + FAR - i))
}

/// An offset for every move, so that none is negative.
const FAR: usize = 1 << 32;

/// Words and phrases within a number of words of each other.
///
/// The distance of two words is the difference of their positions: neighbours are 1 apart. For
/// phrases, all words between them count: at most the distance less one for each part after
/// the first. Parts in order share no word. Parts in any order must not be able to share one: see
/// [`may_overlap`](Self::may_overlap).
///
/// ```
/// use postern_query::pattern::Near;
///
/// let tokens = ["invoice", "that", "is", "overdue"].map(String::from);
/// let parts = vec![vec!["overdue".to_owned()], vec!["invoice".to_owned()]];
/// let near = |distance, ordered| Near { parts: parts.clone(), distance, ordered };
/// assert!(near(3, false).matches(&tokens) && !near(2, false).matches(&tokens));
/// assert!(!near(3, true).matches(&tokens), "the other way round");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Near {
    /// Words, and phrases of several words. None is empty.
    pub parts: Vec<Vec<String>>,
    /// The largest distance.
    pub distance: u32,
    /// Whether the parts must stand in this order.
    pub ordered: bool,
}

impl Near {
    /// Whether the parts match in a text.
    #[must_use]
    pub fn matches(&self, text: &[String]) -> bool {
        let starts: Vec<_> = self.parts.iter().map(|part| occurrences(text, part)).collect();
        self.matches_at(&starts)
    }

    /// Whether the parts match, if part `i` begins at `starts[i]`, ascending.
    #[must_use]
    pub fn matches_at(&self, starts: &[Vec<usize>]) -> bool {
        self.firsts(starts).any(|first| self.fit(starts, first).is_some())
    }

    /// The places of all words that take part in a match. `starts` are those of
    /// [`matches_at`](Self::matches_at).
    #[must_use]
    pub fn found_at(&self, starts: &[Vec<usize>]) -> BTreeSet<usize> {
        let found = self.firsts(starts).filter_map(|first| self.fit(starts, first));
        found.flatten().flatten().collect()
    }

    /// The places where a match may begin.
    fn firsts(&self, starts: &[Vec<usize>]) -> impl Iterator<Item = usize> {
        starts.iter().take(if self.ordered { 1 } else { starts.len() }).flatten().copied()
    }

    /// The earliest place of each part, if none begins before `first`.
    fn fit(&self, starts: &[Vec<usize>], first: usize) -> Option<Vec<Range<usize>>> {
        let latest = first + self.gaps()? + self.parts.iter().map(Vec::len).sum::<usize>();
        let mut end = first;
        let mut found = Vec::new();
        for (part, starts) in self.parts.iter().zip(starts) {
            let least = if self.ordered { end } else { first };
            let start = *starts.get(starts.partition_point(|start| *start < least))?;
            end = end.max(start + part.len());
            found.push(start..start + part.len());
        }
        (end <= latest).then_some(found)
    }

    /// The number of other words that may stand between all parts; `None` if the distance is too small.
    #[must_use]
    pub fn gaps(&self) -> Option<usize> {
        (self.distance as usize).checked_sub(self.parts.len().saturating_sub(1))
    }

    /// Whether two parts could share a word of a text. A search in any order does not rule that out.
    #[must_use]
    pub fn may_overlap(&self) -> bool {
        let pairs = self.parts.iter().enumerate();
        pairs
            .flat_map(|(i, one)| self.parts.iter().skip(i + 1).map(move |two| (one, two)))
            .any(|(one, two)| begins_inside(one, two) || begins_inside(two, one))
    }
}

/// Whether `two` may begin at a word of `one`: `one` holds all of `two`, or ends with a beginning of it. The
/// time is linear in both (Knuth, Morris, Pratt).
fn begins_inside(one: &[String], two: &[String]) -> bool {
    let shorter = borders(two);
    let mut alike = 0;
    for word in one {
        alike = step(two, &shorter, alike, word);
        if alike == two.len() {
            return true;
        }
    }
    alike > 0
}

/// The number of first words of `phrase` that end at `word`, if `alike` of them ended before it.
fn step(phrase: &[String], shorter: &[usize], mut alike: usize, word: &String) -> usize {
    while phrase.get(alike) != Some(word) {
        let Some(before) = alike.checked_sub(1) else { return 0 };
        alike = shorter.get(before).copied().unwrap_or_default();
    }
    alike + 1
}

/// For each beginning of a phrase, the length of the longest shorter beginning with which it ends.
fn borders(phrase: &[String]) -> Vec<usize> {
    let mut borders = Vec::with_capacity(phrase.len());
    let mut alike = 0;
    for (at, word) in phrase.iter().enumerate() {
        alike = if at == 0 { 0 } else { step(phrase, &borders, alike, word) };
        borders.push(alike);
    }
    borders
}

/// Where `phrase` stands in `text`.
fn occurrences(text: &[String], phrase: &[String]) -> Vec<usize> {
    let windows = text.windows(phrase.len().max(1)).enumerate();
    windows.filter(|(_, window)| *window == phrase).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    const REPETITIVE: &str = "a c b a b a a b b c b a b c a a c a a c b b c b b c b a c a c b b c b c b \
                              b b b b c b a c a c";

    #[test]
    fn slops() {
        for (phrase, slop, text, expected) in [
            ("a b", 0, "a b", true),
            ("a b", 0, "b a", false),
            ("a b", 1, "b a", false),
            ("a b", 2, "b a", true),
            ("a b", 1, "a x b", true),
            ("a b", 1, "a x x b", false),
            ("a b c", 2, "a x b x c", true),
            ("a b c", 1, "a x b x c", false),
            ("a a", 1, "a", false),
            ("a a", 1, "a x a", true),
            ("a b a", 2, "a b x a", true),
            // Lucene finds this one.
            ("c b a b a c c", 1, REPETITIVE, false),
            ("a", 5, "b", false),
            ("", 5, "a", false),
        ] {
            let sloppy = Sloppy { tokens: words(phrase), slop };
            assert_eq!(sloppy.matches(&words(text)), expected, "\"{phrase}\"~{slop} in {text}");
        }
    }

    #[test]
    fn distances() {
        for (parts, distance, ordered, text, expected) in [
            ("a,a", 1, true, "a", false),
            ("a,a", 1, true, "a a", true),
            ("a,b", 1, false, "b a", true),
            ("a,b", 1, true, "b a", false),
            ("a,b", 2, true, "a x b", true),
            ("a,b", 2, false, "a x x b", false),
            ("a,b,c", 2, false, "c a b", true),
            ("a,b,c", 2, false, "c a x b", false),
            ("a,b,c", 3, false, "c a x b", true),
            ("a b,c", 1, true, "a b c", true),
            ("a b,c", 2, false, "c x a b", true),
            ("a b,c", 1, false, "c x a b", false),
            ("a,b,c", 1, false, "a b c", false),
        ] {
            let near = Near { parts: parts.split(',').map(words).collect(), distance, ordered };
            assert_eq!(near.matches(&words(text)), expected, "{parts} within {distance}: {text}");
        }
    }

    #[test]
    fn overlaps() {
        for (parts, expected) in [
            ("a,b", false),
            ("a,a", true),
            ("a b,b c", true),
            ("a b,a c", false),
            ("a b c,b", true),
            ("a a b,a a b", true),
            ("a b a b c,a b c", true),
            ("a b a c,a b d", false),
            ("x a b a,a b a b", true),
        ] {
            let parts = parts.split(',').map(words).collect();
            let near = Near { parts, distance: 5, ordered: false };
            assert_eq!(near.may_overlap(), expected, "{near:?}");
        }
    }
}
