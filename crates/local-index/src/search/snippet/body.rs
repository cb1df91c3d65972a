//! What is looked for in a body and in its parts.

use std::ops::Range;

use postern_query::schema::TextField;
use postern_query::{Message, Whose};

use super::beginning;
use super::matches::{Clauses, Looked, Where, Words};
use super::needle::Match;
use super::window::Window;
use crate::search::work::Counter;

/// Which needles of a part of the body are told from those of all of it.
const OF_PARTS: usize = 1 << 32;

/// What was found in a body.
#[derive(Debug, Default)]
pub(super) struct Body<'c> {
    /// Every place that matches what is wanted, in order.
    pub(super) wanted: Vec<Match>,
    /// Every place, and the clauses of which it is one.
    all: Vec<(Range<usize>, &'c [usize])>,
    /// The fields that were not looked through to their end.
    unseen: Vec<TextField>,
}

impl<'c> Body<'c> {
    /// Looks through so many bytes of the body of a message.
    pub(super) fn look_through(
        clauses: &'c Clauses<'_>,
        message: &Message,
        scanned: usize,
        counter: &mut Counter,
    ) -> Self {
        let body = message.body.as_deref().unwrap_or_default();
        let seen = beginning(body, scanned);
        let mut found = Self::default();
        let fields = [TextField::Body, TextField::New, TextField::Quoted];
        for (number, field) in (0..).zip(fields) {
            let Some(looked) = clauses.looked(field) else { continue };
            let parts = parts(message, seen, field);
            let mut is_whole = seen.len() == body.len();
            for (start, part) in parts {
                let (matches, is_all) = looked.matches(part, counter);
                is_whole &= is_all;
                // A word that the end cuts in two may be another one.
                let is_cut =
                    |one: &Match| start + one.range.end == seen.len() && seen.len() < body.len();
                let matches = matches.into_iter().filter(|one| !is_cut(one));
                matches.for_each(|one| found.add(clauses, looked, number, start, &one));
            }
            found.unseen.extend((!is_whole).then_some(field));
        }
        found.wanted.sort_by_key(|one| (one.range.start, one.needle));
        found
    }

    fn add(
        &mut self,
        clauses: &Clauses<'_>,
        looked: &'c Looked<'_>,
        number: usize,
        start: usize,
        one: &Match,
    ) {
        let of = looked.clauses(one.needle);
        let range = start + one.range.start..start + one.range.end;
        if clauses.is_wanted(of) {
            let needle = number * OF_PARTS + one.needle;
            self.wanted.push(Match { range: range.clone(), needle });
        }
        self.all.push((range, of));
    }

    /// Tells where each clause matches, beside the line that shows some of it.
    pub(super) fn tell(&self, words: &mut Words<'_>, message: &Message, line: &Window) {
        for (range, clauses) in &self.all {
            let place = match message.whose(range.start) {
                Whose::New => Where::New,
                Whose::Quoted => Where::Quoted,
                Whose::Signature => Where::Signature,
            };
            clauses.iter().for_each(|clause| words.add_in_body(*clause, place, range, line));
        }
        self.unseen.iter().for_each(|field| words.leave_out(*field));
    }
}

/// The parts of a body that a field has, as far as it is seen, each with where it begins.
fn parts<'m>(message: &'m Message, seen: &'m str, field: TextField) -> Vec<(usize, &'m str)> {
    let Some(whose) = field.whose() else { return vec![(0, seen)] };
    let parts = message.parts().filter(|(_, _, of)| *of == whose);
    let seen = |start: usize, part: &'m str| beginning(part, seen.len().saturating_sub(start));
    parts.map(|(start, part, _)| (start, seen(start, part))).collect()
}
