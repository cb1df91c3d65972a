//! Which windows of time to list.
//!
//! A folder is cut into windows, each listed by one request. A window with more messages than a page
//! takes is split, where a page says so shortly before its own end. What was listed is remembered, so
//! that a later run asks only for gaps and for windows that may have changed since.

use jiff::Timestamp;

use postern_archive::{Listed, Window};

/// Whole seconds since 1970.
type Second = i64;

/// The first second that Exchange can name (the year 1601).
const FIRST: Second = -11_644_473_600;
/// The last second that can be told here: a day before the year has five digits.
const END: Second = 253_402_207_200;
const DAY: Second = 86_400;
/// By how much windows that are asked for overlap: whether a bound belongs to a window is not documented.
const OVERLAP: Second = 1;
/// A window as short as this is not split.
const SHORTEST: Second = 2;
/// Collections run daily or weekly, so that mail can come up as much later than it arrived.
const SETTLING: Second = 8 * DAY;
/// By how much clocks may differ.
const DRIFT: Second = 60;

/// All of time, or what begins at `since`.
pub(crate) fn everything(since: Option<Timestamp>) -> Window {
    let start = since.map_or(FIRST, Timestamp::as_second).clamp(FIRST, END - 1);
    Window { start, end: END }
}

/// The window to ask for: a bit longer, so that it does not matter whether its bounds belong to it.
pub(crate) fn asked(window: Window) -> Window {
    Window { start: window.start - OVERLAP, ..window }
}

/// The two parts of a window. The first cuts divide what is settled from what may change, and that
/// from what is still to come; further ones are at the second `hint`, where that lies inside, else in
/// the middle. A window of seconds is not cut.
pub(crate) fn split(whole: Window, now: Timestamp, hint: Option<Second>) -> Option<[Window; 2]> {
    let Window { start, end } = whole;
    if end - start <= SHORTEST {
        return None;
    }
    let now = now.as_second();
    let cuts = [Some(now.saturating_sub(SETTLING)), Some(now.saturating_add(DAY)), hint];
    let cut = cuts.into_iter().flatten().find(|cut| start < *cut && *cut < end);
    let cut = cut.unwrap_or_else(|| start.midpoint(end));
    Some([Window { start, end: cut }, Window { start: cut, end }])
}

/// Where to cut a window whose first page has messages of these times: if they are in order, the first
/// nine tenths of them should be a page. No order is documented, so that part is listed all the same.
pub(crate) fn hint(times: &[Option<Timestamp>]) -> Option<Second> {
    let times: Vec<_> = times.iter().copied().collect::<Option<_>>()?;
    let last = times.get(times.len() * 9 / 10)?;
    times.is_sorted().then(|| last.as_second())
}

/// Whether nothing is expected to change in a window any more. What was listed later than now was
/// listed under a wrong clock.
fn is_settled(listed: &Listed, now: Second) -> bool {
    listed.at >= listed.window.end.saturating_add(SETTLING)
        && listed.at <= now.saturating_add(DRIFT)
}

/// What to list of a folder: the gaps between the windows that were listed before, and those of them
/// that may have changed; with `full` all of them. `listed` is in the order of time and without overlaps.
pub(crate) fn plan(listed: &[Listed], all: Window, now: Timestamp, full: bool) -> Vec<Window> {
    let mut planned = Vec::new();
    let mut done = all.start;
    for one in listed.iter().filter(|one| one.window.end > all.start) {
        if one.window.start > done {
            planned.push(Window { start: done, end: one.window.start });
        }
        if full || !is_settled(one, now.as_second()) {
            planned.push(one.window);
        }
        done = done.max(one.window.end);
    }
    if done < all.end {
        planned.push(Window { start: done, end: all.end });
    }
    planned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Second = 1_700_000_000;

    fn at(second: Second) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn window(start: Second, end: Second) -> Window {
        Window { start, end }
    }

    fn listed(start: Second, end: Second, at: Second) -> Listed {
        Listed { window: window(start, end), at }
    }

    /// What one run does over messages at these seconds, which pages of `page` have in this order: the
    /// windows that were listed, and the number of requests.
    fn list(planned: Vec<Window>, messages: &[Second], page: usize) -> (Vec<Window>, usize) {
        let (mut open, mut done, mut requests) = (planned, Vec::new(), 0);
        while let Some(next) = open.pop() {
            requests += 1;
            let asked = asked(next).bounds();
            let inside = |second: &&Second| {
                asked[0].as_second() <= **second && **second <= asked[1].as_second()
            };
            let found: Vec<_> = messages.iter().filter(inside).map(|one| Some(at(*one))).collect();
            let hint = hint(&found[..found.len().min(page)]);
            match split(next, at(NOW), hint) {
                Some(parts) if found.len() > page => open.extend(parts),
                _ => done.push(next),
            }
        }
        done.sort();
        (done, requests)
    }

    proptest! {
        /// Windows join without a gap, each message belongs to exactly one, and strictly inside of what
        /// is asked for it.
        #[test]
        fn windows_cover_all_of_time(
            messages in prop::collection::vec(FIRST..END, 0..200),
            crowd in prop::collection::vec(NOW - 5..NOW + 5, 0..50),
            page in 1..20_usize,
            in_order in any::<bool>(),
        ) {
            let mut messages = [messages, crowd].concat();
            if in_order {
                messages.sort_unstable();
            }
            let (done, requests) = list(plan(&[], everything(None), at(NOW), false), &messages, page);
            prop_assert_eq!((done[0].start, done[done.len() - 1].end), (FIRST, END));
            prop_assert!(done.windows(2).all(|two| two[0].end == two[1].start));
            prop_assert!(requests <= 1 + 100 * (messages.len() + 1), "{} requests", requests);
            for second in messages {
                let homes: Vec<_> = done.iter().filter(|one| one.start <= second && second < one.end).collect();
                prop_assert_eq!(homes.len(), 1);
                let asked = asked(*homes[0]).bounds();
                prop_assert!(asked[0].as_second() < second && second < asked[1].as_second() + 1);
            }
        }

        /// Wherever a run ended, what it listed and what the next one plans cover all of time together.
        #[test]
        fn a_run_that_was_cut_short_leaves_no_gap(
            cuts in prop::collection::btree_set(FIRST + 1..END, 0..40),
            kept in prop::collection::vec(any::<bool>(), 41),
        ) {
            let bounds: Vec<_> = [FIRST].into_iter().chain(cuts).chain([END]).collect();
            let old = bounds.windows(2).zip(kept).filter(|(_, kept)| *kept);
            let old: Vec<_> = old.map(|(two, _)| listed(two[0], two[1], NOW)).collect();
            let planned = plan(&old, everything(None), at(NOW), false);
            let settled = old.iter().filter(|one| is_settled(one, NOW)).map(|one| one.window);
            let mut all: Vec<_> = planned.into_iter().chain(settled).collect();
            all.sort();
            prop_assert_eq!((all[0].start, all[all.len() - 1].end), (FIRST, END));
            prop_assert!(all.windows(2).all(|two| two[0].end == two[1].start));
        }
    }

    #[test]
    fn what_is_listed_again() {
        let (old, new) = (NOW - 400 * DAY, NOW + DAY);
        let all = everything(None);
        for (before, full, expected) in [
            (vec![], false, vec![all]),
            // Settled; then one that mail may still arrive in.
            (vec![listed(FIRST, old, NOW), listed(old, END, NOW)], false, vec![window(old, END)]),
            (
                vec![listed(FIRST, old, NOW), listed(old, END, NOW)],
                true,
                vec![window(FIRST, old), window(old, END)],
            ),
            // Listed while mail of its last days could still come up.
            (
                vec![listed(FIRST, old, old + DAY), listed(old, END, NOW)],
                false,
                vec![window(FIRST, old), window(old, END)],
            ),
            // Listed later than now: the clock was ahead.
            (
                vec![listed(FIRST, old, NOW + 90 * DAY), listed(old, END, NOW)],
                false,
                vec![window(FIRST, old), window(old, END)],
            ),
            // A gap before, between and after.
            (
                vec![listed(0, 10, NOW), listed(20, 30, NOW)],
                false,
                vec![window(FIRST, 0), window(10, 20), window(30, END)],
            ),
            // The day after tomorrow of a year ago has become the past.
            (
                vec![
                    listed(FIRST, new - 365 * DAY, NOW - 365 * DAY),
                    listed(new - 365 * DAY, END, NOW - 365 * DAY),
                ],
                false,
                vec![window(FIRST, new - 365 * DAY), window(new - 365 * DAY, END)],
            ),
        ] {
            assert_eq!(plan(&before, all, at(NOW), full), expected, "{before:?}");
        }
    }

    #[test]
    fn since_a_date() {
        let all = everything(Some(at(100)));
        assert_eq!(plan(&[], all, at(NOW), false), [window(100, END)]);
        let before = [listed(50, 120, NOW), listed(300, 400, NOW)];
        assert_eq!(plan(&before, all, at(NOW), false), [window(120, 300), window(400, END)]);
        // Without a date, what lies before is a gap.
        assert_eq!(
            plan(&before, everything(None), at(NOW), false),
            [window(FIRST, 50), window(120, 300), window(400, END)]
        );
    }

    #[test]
    fn a_window_of_seconds_is_not_split() {
        assert_eq!(split(window(10, 12), at(NOW), Some(11)), None);
        assert_eq!(split(window(10, 13), at(NOW), None), Some([window(10, 11), window(11, 13)]));
        let (settled, tomorrow) = (NOW - SETTLING, NOW + DAY);
        for (whole, cut) in [
            (everything(None), settled),
            (window(settled, END), tomorrow),
            (window(tomorrow, END), tomorrow.midpoint(END)),
            (window(0, 1_000), 500),
        ] {
            let halves = [Window { end: cut, ..whole }, Window { start: cut, ..whole }];
            assert_eq!(split(whole, at(NOW), None), Some(halves));
        }
    }

    #[test]
    fn a_page_hints_at_where_to_cut() {
        let times =
            |seconds: &[Second]| seconds.iter().map(|one| Some(at(*one))).collect::<Vec<_>>();
        let ten = [0, 1, 2, 3, 4, 5, 6, 7, 80, 90];
        let mut turned = ten;
        turned.reverse();
        for (page, expected) in [
            (times(&ten), Some(90)),
            (times(&turned), None),
            (times(&[5, 5, 5]), Some(5)),
            (times(&[]), None),
            (vec![Some(at(1)), None, Some(at(3))], None),
        ] {
            assert_eq!(hint(&page), expected, "{page:?}");
        }
        let whole = window(0, 1_000);
        for (hint, cut) in [(Some(90), 90), (Some(0), 500), (Some(1_000), 500), (None, 500)] {
            assert_eq!(
                split(whole, at(NOW), hint).map(|parts| parts[0].end),
                Some(cut),
                "{hint:?}"
            );
        }
    }

    /// Mail in the order of time takes two requests for nine tenths of a page, and a few more at the ends.
    #[test]
    fn requests_for_a_folder_in_order() {
        let messages: Vec<_> = (0..6_000).map(|number| 1_000_000_000 + number * number).collect();
        let (_, requests) = list(plan(&[], everything(None), at(NOW), false), &messages, 100);
        assert!(requests <= 2 * 6_000 / 90 + 10, "{requests} requests");
    }
}
