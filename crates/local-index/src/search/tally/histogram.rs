//! The messages of a result by the time at which they arrived, as bars.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::step::Step;
use crate::Error;
use crate::format::stored::{instant, milliseconds};
use crate::search::tally::facets::Matching;

/// Bars where none are asked for.
const MOST_BARS: usize = 60;
/// Bars at most, where a step is asked for.
const MOST_ASKED_BARS: usize = 1_000;

/// Which bars are wanted. What is left open is chosen so that there are at most 60 of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// The first moment that counts.
    pub from: Option<Timestamp>,
    /// The first moment behind those that count.
    pub to: Option<Timestamp>,
    /// How long a bar is. A longer step is taken where there would be more than 1,000 bars.
    pub step: Option<Step>,
    /// Where days begin.
    pub zone: TimeZone,
}

/// How many messages arrived when. Every message that matches is in a bar, outside of all, or undated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// How long a bar is.
    pub step: Step,
    /// One behind the other without a gap; the first and the last are cut where that was asked for.
    pub bars: Vec<Bar>,
    /// Messages before the first or behind the last.
    pub outside: usize,
    /// Messages that have no date.
    pub undated: usize,
}

/// The messages of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment behind it.
    pub to: Timestamp,
    /// How many arrived in it.
    pub count: usize,
}

impl Bars {
    /// The bars of what matches.
    pub(crate) fn count(&self, matching: &Matching<'_>) -> Result<Histogram, Error> {
        let (step, edges) = self.edges_of_span(self.span(matching)?);
        let limits: Vec<_> = edges.iter().copied().map(milliseconds).collect();
        let mut counts = vec![0_usize; edges.len() + 1];
        let mut undated = 0;
        matching.each_arrival(&mut |moment| match moment {
            None => undated += 1,
            Some(moment) => {
                // Place 0 is before the first bar, and the last one behind all.
                let place = limits.partition_point(|limit| *limit <= moment);
                counts.iter_mut().skip(place).take(1).for_each(|count| *count += 1);
            }
        })?;
        let spans = edges.iter().zip(edges.iter().skip(1));
        let bars = spans.zip(counts.iter().skip(1));
        let bars: Vec<_> =
            bars.map(|((from, to), count)| Bar { from: *from, to: *to, count: *count }).collect();
        let inside: usize = bars.iter().map(|bar| bar.count).sum();
        Ok(Histogram { step, bars, outside: counts.iter().sum::<usize>() - inside, undated })
    }

    /// How long a bar is, and where each begins and the last one ends, for messages of which the first and the
    /// last arrived then.
    ///
    /// ```
    /// use jiff::tz::TimeZone;
    /// use postern_local_index::search::{Bars, Step};
    ///
    /// let bars = Bars { from: None, to: None, step: Some(Step::Day), zone: TimeZone::UTC };
    /// let (noon, night) = ("2024-05-01T12:00:00Z".parse().unwrap(), "2024-05-02T01:00:00Z".parse().unwrap());
    /// let (step, edges) = bars.edges_of_span(Some((noon, night)));
    /// assert_eq!((step, edges.len()), (Step::Day, 3));
    /// ```
    #[must_use]
    pub fn edges_of_span(&self, span: Option<(Timestamp, Timestamp)>) -> (Step, Vec<Timestamp>) {
        let from = self.from.or(span.map(|(first, _)| first));
        // A message that arrived at the last moment lies before the end.
        let after = |last: Timestamp| instant(milliseconds(last) + 1).unwrap_or(Timestamp::MAX);
        let to = self.to.or(span.map(|(_, last)| after(last)));
        match from.zip(to).filter(|(from, to)| from < to) {
            Some((from, to)) => self.edges(from, to),
            None => (self.step.unwrap_or(Step::Day), Vec::new()),
        }
    }

    /// When the first and the last message arrived, where the bars depend on it and one has a date.
    fn span(&self, matching: &Matching<'_>) -> Result<Option<(Timestamp, Timestamp)>, Error> {
        if self.from.is_some() && self.to.is_some() {
            return Ok(None);
        }
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        matching.each_arrival(&mut |moment| {
            if let Some(moment) = moment {
                (first, last) = (first.min(moment), last.max(moment));
            }
        })?;
        Ok(instant(first).zip(instant(last)))
    }

    /// The finest step that gives few enough bars, and where they begin and end.
    fn edges(&self, from: Timestamp, to: Timestamp) -> (Step, Vec<Timestamp>) {
        let (finest, most) = match self.step {
            Some(step) => (step, MOST_ASKED_BARS),
            None => (Step::Hour, MOST_BARS),
        };
        let steps = Step::ALL.into_iter().skip_while(|step| *step != finest);
        let mut tried = steps.filter_map(|step| Some((step, self.edges_of(step, from, to, most)?)));
        tried.next().unwrap_or_else(|| (Step::Millennium, vec![from, to]))
    }

    /// Where the bars of a step begin and end; nothing where they are more than `most`.
    fn edges_of(
        &self,
        step: Step,
        from: Timestamp,
        to: Timestamp,
        most: usize,
    ) -> Option<Vec<Timestamp>> {
        let start = step.start(from, &self.zone);
        // What was asked for is kept; what was chosen begins and ends with a step.
        let mut edges = vec![if self.from.is_some() { from } else { start }];
        let mut next = step.next(start, &self.zone);
        while let Some(edge) = next.filter(|next| *next < to) {
            edges.push(edge);
            if edges.len() > most {
                return None;
            }
            next = step.next(edge, &self.zone);
        }
        edges.push(next.filter(|_| self.to.is_none()).unwrap_or(to));
        Some(edges)
    }
}

#[cfg(test)]
mod tests {
    use postern_query::{Message, Query};
    use proptest::prelude::*;

    use super::*;
    use crate::search::Asker;
    use crate::search::tally::facets::{Counting, Counts};
    use crate::testing::index_of;

    fn moment(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    fn bars(from: &str, to: &str, step: Option<Step>, zone: &str) -> Bars {
        let zone = TimeZone::get(zone).unwrap();
        Bars { from: moment(from), to: moment(to), step, zone }
    }

    fn counted(received: &[&str], bars: &Bars) -> Histogram {
        let message = |(n, received): (usize, &&str)| Message {
            id: n.to_string(),
            received: moment(received),
            ..Message::default()
        };
        let messages = received.iter().enumerate().map(message).collect();
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &[messages]);
        let counting = Counting { bars: Some(bars), ..Counting::default() };
        let counts = index.counts(&Query::everything(), &counting, &Asker::unlimited());
        let Counts { histogram, .. } = counts.unwrap();
        histogram.unwrap()
    }

    /// `step: from count, … | outside undated`
    fn shown(histogram: &Histogram) -> String {
        let bars = histogram.bars.iter().map(|bar| format!("{} {}", bar.from, bar.count));
        let bars = bars.collect::<Vec<_>>().join(", ");
        let Histogram { step, outside, undated, .. } = histogram;
        format!("{}: {bars} | {outside} {undated}", step.as_str())
    }

    #[track_caller]
    fn check(received: &[&str], bars: &Bars, expected: &str) {
        assert_eq!(shown(&counted(received, bars)), expected);
    }

    const MAIL: [&str; 4] =
        ["2023-12-31T23:30:00Z", "2024-01-01T00:30:00Z", "2024-02-20T00:00:00Z", ""];

    #[test]
    fn bars_in_a_zone() {
        let month = |zone| bars("", "", Some(Step::Month), zone);
        check(
            &MAIL,
            &month("UTC"),
            "month: 2023-12-01T00:00:00Z 1, 2024-01-01T00:00:00Z 1, 2024-02-01T00:00:00Z 1 | 0 1",
        );
        check(
            &MAIL,
            &month("Europe/Berlin"),
            "month: 2023-12-31T23:00:00Z 2, 2024-01-31T23:00:00Z 1 | 0 1",
        );
    }

    #[test]
    fn bounds_that_are_given_are_kept() {
        let given = bars("2024-01-01T00:10:00Z", "2024-02-01T12:00:00Z", Some(Step::Month), "UTC");
        check(&MAIL, &given, "month: 2024-01-01T00:10:00Z 1, 2024-02-01T00:00:00Z 0 | 2 1");
        let histogram = counted(&MAIL, &given);
        assert_eq!(histogram.bars[1].to, moment("2024-02-01T12:00:00Z").unwrap());
        let before = bars("2024-01-01T00:00:00Z", "", Some(Step::Year), "UTC");
        check(&MAIL, &before, "year: 2024-01-01T00:00:00Z 2 | 1 1");
        let nothing = bars("2025-01-01T00:00:00Z", "", None, "UTC");
        check(&MAIL, &nothing, "day:  | 3 1");
        check(&[""], &bars("", "", None, "UTC"), "day:  | 0 1");
    }

    #[test]
    fn the_step_is_chosen_for_at_most_sixty_bars() {
        let of = |days: &[&str]| {
            let histogram = counted(days, &bars("", "", None, "UTC"));
            (histogram.step, histogram.bars.len())
        };
        assert_eq!(of(&["2024-01-01T05:00:00Z"]), (Step::Hour, 1));
        assert_eq!(of(&["2024-01-01T00:00:00Z", "2024-01-03T11:00:00Z"]), (Step::Hour, 60));
        assert_eq!(of(&["2024-01-01T00:00:00Z", "2024-01-03T12:00:00Z"]), (Step::Day, 3));
        assert_eq!(of(&["2024-01-01T00:00:00Z", "2024-12-31T00:00:00Z"]), (Step::Week, 53));
        assert_eq!(of(&["2004-01-01T00:00:00Z", "2024-12-31T00:00:00Z"]), (Step::Year, 21));
        assert_eq!(
            of(&["-009990-01-01T00:00:00Z", "9990-12-31T00:00:00Z"]),
            (Step::Millennium, 20)
        );
    }

    /// A day of a lifetime would be 30,000 bars.
    #[test]
    fn too_fine_a_step_is_made_longer() {
        let given = bars("", "", Some(Step::Day), "UTC");
        let histogram = counted(&["1950-01-01T00:00:00Z", "2024-12-31T00:00:00Z"], &given);
        assert_eq!((histogram.step, histogram.bars.len()), (Step::Month, 900));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Looking for the bar of each message one by one gives the same, and no message is lost.
        #[test]
        fn every_message_is_in_its_bar(
            seconds in prop::collection::vec(prop::option::of(-70_000_000_000_i64..250_000_000_000), 0..12),
            from in prop::option::of(-70_000_000_000_i64..250_000_000_000),
            to in prop::option::of(-70_000_000_000_i64..250_000_000_000),
            step in prop::option::of(prop::sample::select(&Step::ALL[..])),
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/St_Johns"]),
        ) {
            let at = |second: i64| Timestamp::from_second(second).unwrap();
            let texts: Vec<_> = seconds.iter().map(|second| second.map(|s| at(s).to_string()).unwrap_or_default()).collect();
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let zone = TimeZone::get(zone).unwrap();
            let wanted = Bars { from: from.map(at), to: to.map(at), step, zone };
            let histogram = counted(&texts, &wanted);
            let dated: Vec<_> = seconds.iter().flatten().map(|second| at(*second)).collect();
            for bar in &histogram.bars {
                let inside = dated.iter().filter(|moment| bar.from <= **moment && **moment < bar.to);
                prop_assert_eq!(bar.count, inside.count(), "{:?}", bar);
            }
            for pair in histogram.bars.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
            }
            let most = if step.is_some() { MOST_ASKED_BARS } else { MOST_BARS };
            prop_assert!(histogram.bars.len() <= most);
            let inside: usize = histogram.bars.iter().map(|bar| bar.count).sum();
            prop_assert_eq!(inside + histogram.outside + histogram.undated, seconds.len());
            if from.is_none() && to.is_none() {
                prop_assert_eq!(histogram.outside, 0);
            }
        }
    }
}
