//! The matches of one message, within their limits.

use super::place::{Shown, Spot, Where};
use super::{Clause, MOST_MATCHES, MOST_OF_CLAUSE, MOST_RANGES, Match, Matches};
use crate::search::snippet::disjoint;
use crate::search::snippet::highlight::Ranges;
use crate::search::snippet::window::Window;

/// The matches of one message so far.
#[derive(Debug, Default)]
pub(super) struct Entries {
    all: Vec<Match>,
    is_cut: bool,
}

impl Entries {
    /// Whether there is no room for more. What more there may be was left out.
    pub(super) fn is_full(&mut self) -> bool {
        let is_full = self.all.len() >= MOST_MATCHES;
        self.is_cut |= is_full;
        is_full
    }

    /// Adds what was found of a clause: beside the body, and in it.
    pub(super) fn add(
        &mut self,
        clause: &Clause<'_>,
        spots: Vec<Spot<'_>>,
        body: Vec<(Where, Shown, Ranges)>,
    ) {
        let mut found = Vec::new();
        for (text, ranges) in spots {
            let ranges = disjoint(ranges);
            let (shown, ranges) = match text.shown {
                Some(shown) => (shown, ranges),
                None => {
                    let line = Window::around(&text.value, &ranges);
                    (Shown::Piece(line.text.clone()), line.ranges(&ranges))
                }
            };
            join(&mut found, (text.place, text.file, shown, ranges));
        }
        for (place, shown, ranges) in body {
            join(&mut found, (place, None, shown, ranges));
        }
        found.sort_by_key(|(place, file, ..)| (*place, *file));
        let room = MOST_OF_CLAUSE.min(MOST_MATCHES - self.all.len());
        self.is_cut |= found.len() > room;
        for (place, file, shown, mut ranges) in found.into_iter().take(room) {
            self.is_cut |= ranges.len() > MOST_RANGES;
            ranges.truncate(MOST_RANGES);
            self.all.push(Match { clause: clause.text(), place, file, shown, ranges });
        }
    }

    pub(super) fn done(self, is_whole: bool) -> Matches {
        Matches { all: self.all, has_more: self.is_cut || !is_whole }
    }
}

type Entry = (Where, Option<usize>, Shown, Ranges);

/// Adds one, or its ranges to what shows the same.
fn join(found: &mut Vec<Entry>, (place, file, shown, ranges): Entry) {
    let is_same = |one: &&mut Entry| one.0 == place && one.1 == file && one.2 == shown;
    match found.iter_mut().find(is_same) {
        Some(known) => {
            known.3.extend(ranges);
            known.3 = disjoint(std::mem::take(&mut known.3));
        }
        None => found.push((place, file, shown, disjoint(ranges))),
    }
}
