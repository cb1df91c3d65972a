//! The requests of the last while, and whether too many of them failed.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::config::BreakerSettings;
use crate::remembered::Fingerprint;

/// How a request went, as far as that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It was served.
    Good,
    /// It was answered with a failure, which may be the fault of the request.
    Broken,
    /// Nobody could be reached.
    Unreachable,
}

/// The last requests, each with the key that it was made for.
#[derive(Debug)]
pub(super) struct Recent {
    /// How many are looked at: more say no more about a rate.
    most: usize,
    requests: VecDeque<(Instant, Fingerprint, Mark)>,
    unreachable: usize,
    /// How often each key was answered.
    answers: HashMap<Fingerprint, Answers>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    all: usize,
    broken: usize,
}

impl Recent {
    pub(super) fn of_the_last(most: usize) -> Self {
        Self { most, requests: VecDeque::new(), unreachable: 0, answers: HashMap::new() }
    }

    pub(super) fn forget_before(&mut self, now: Instant, window: Duration) {
        let is_old = |(at, ..): &(Instant, _, _)| now.duration_since(*at) > window;
        while self.requests.len() >= self.most || self.requests.front().is_some_and(is_old) {
            let Some((_, key, mark)) = self.requests.pop_front() else { return };
            self.take_off(key, mark);
        }
    }

    pub(super) fn note(&mut self, key: Fingerprint, mark: Mark, now: Instant) {
        self.requests.push_back((now, key, mark));
        match mark {
            Mark::Unreachable => self.unreachable += 1,
            Mark::Good | Mark::Broken => {
                let answers = self.answers.entry(key).or_default();
                answers.all += 1;
                answers.broken += usize::from(mark == Mark::Broken);
            }
        }
    }

    fn take_off(&mut self, key: Fingerprint, mark: Mark) {
        if mark == Mark::Unreachable {
            self.unreachable -= 1;
            return;
        }
        let Some(answers) = self.answers.get_mut(&key) else { return };
        answers.all -= 1;
        answers.broken -= usize::from(mark == Mark::Broken);
        if answers.all == 0 {
            self.answers.remove(&key);
        }
    }

    /// Whether too many failed; with `one_is_enough`, broken answers to one key count as they are.
    pub(super) fn is_too_much(&self, settings: &BreakerSettings, one_is_enough: bool) -> bool {
        let (all, broken) = self.answers.values().fold((0, 0), Answers::add);
        let counts = one_is_enough || self.others_saw_it_too(settings.failure_rate, all, broken);
        let (failed, looked_at) = if counts {
            (self.unreachable + broken, self.unreachable + all)
        } else {
            (self.unreachable, self.unreachable + all - broken)
        };
        looked_at >= settings.minimum && is_rate(failed, looked_at, settings.failure_rate)
    }

    /// Whether broken answers are too many also without those of the key that had most of them: else
    /// one key, and one accident of another, would keep everybody away.
    fn others_saw_it_too(&self, rate: f64, all: usize, broken: usize) -> bool {
        let most = self.answers.values().max_by_key(|answers| answers.broken);
        let most = most.copied().unwrap_or_default();
        let (all, broken) = (all - most.all, broken - most.broken);
        broken > 0 && is_rate(broken, all, rate)
    }
}

impl Answers {
    fn add(sum: (usize, usize), one: &Self) -> (usize, usize) {
        (sum.0 + one.all, sum.1 + one.broken)
    }
}

fn is_rate(failed: usize, all: usize, rate: f64) -> bool {
    as_f64(failed) >= rate * as_f64(all)
}

/// Exact far beyond any number of requests in a window.
fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a.` is a good answer to key a, `a!` a broken one, `a-` one that never came about.
    fn is_too_much(requests: &str, one_is_enough: bool) -> bool {
        let (mut recent, now) = (Recent::of_the_last(100), Instant::now());
        for request in requests.split_whitespace() {
            let (key, mark) = request.split_at(1);
            let mark = match mark {
                "." => Mark::Good,
                "!" => Mark::Broken,
                "-" => Mark::Unreachable,
                other => panic!("{other}"),
            };
            recent.note(Fingerprint::of(&[key]), mark, now);
        }
        recent.is_too_much(&BreakerSettings::default(), one_is_enough)
    }

    #[test]
    fn broken_answers_count_when_two_keys_saw_them() {
        let table = [
            // requests, for all keys, for one
            ("a! a! a!", false, false),
            ("a! a! a! a!", false, true),
            ("a. a. a. a! a!", false, false),
            ("a. a. a! a!", false, true),
            ("a! a! b! b!", true, true),
            ("a! a! a! b!", true, true),
            ("a! a! a! a! a! a! b. b.", false, true),
            ("a! a! a! a! a! a! b. b. b. b!", false, true),
            ("a! a! a! a! a! a! b. b. b! b!", true, true),
            ("a! a! b! b! c. c. c. c.", false, true),
            ("a! a! b! c! c.", true, true),
            ("a- a- a- a-", true, true),
            ("a- b- c-", false, false),
            ("a! a! a! a! b- b- b- b-", true, true),
            ("a! a! a! a! b. b. b- b-", true, true),
            ("a! a! a! a! b. b. b. b-", false, true),
        ];
        for (requests, for_all, for_one) in table {
            assert_eq!(is_too_much(requests, false), for_all, "{requests}");
            assert_eq!(is_too_much(requests, true), for_one, "{requests}");
        }
    }

    #[test]
    fn what_left_the_window_is_counted_no_more() {
        let (mut recent, now) = (Recent::of_the_last(4), Instant::now());
        let key = |number: usize| Fingerprint::of(&[&number.to_string()]);
        for number in 0..100 {
            recent.forget_before(now, Duration::from_secs(30));
            let mark = if number % 3 == 0 { Mark::Unreachable } else { Mark::Broken };
            recent.note(key(number), mark, now);
        }
        assert_eq!((recent.requests.len(), recent.answers.len(), recent.unreachable), (4, 2, 2));
        recent.forget_before(now + Duration::from_secs(31), Duration::from_secs(30));
        assert_eq!((recent.requests.len(), recent.answers.len(), recent.unreachable), (0, 0, 0));
    }
}
