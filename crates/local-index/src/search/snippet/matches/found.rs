//! Where the words of clauses stand in one message.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use postern_query::schema::TextField;
use postern_query::{Message, TextTest};

use super::place::{Shown, Spot, Text, Where};
use super::texts::texts;
use super::tree::Truth;
use super::{Clauses, InFiles, Looked, MOST_OF_CLAUSE, MOST_RANGES};
use crate::search::snippet::highlight::Ranges;
use crate::search::snippet::window::Window;
use crate::search::snippet::{beginning, disjoint};
use crate::search::work::Counter;

/// What was found of the words of each clause in a message.
#[derive(Debug, Default)]
pub(in crate::search::snippet) struct Words<'m> {
    others: BTreeMap<usize, Vec<Spot<'m>>>,
    body: BTreeMap<(usize, Where), InBody>,
    /// Where in the subject that stands which is wanted.
    in_subject: Ranges,
    /// The fields that were not looked through, or not to their end.
    unseen: BTreeSet<TextField>,
    /// Whether it is unknown what else there is of the message.
    pub(super) is_listed: bool,
}

/// Where a clause matches in a part of a body.
#[derive(Debug, Default)]
struct InBody {
    /// The first places.
    first: Ranges,
    /// The first places on the line of the snippet.
    shown: Ranges,
}

impl<'m> Words<'m> {
    /// For a message of which only some is known.
    pub(super) fn of_listed(clauses: &Clauses<'_>) -> Self {
        let unseen = clauses.fields.keys().copied().collect();
        Self { unseen, is_listed: true, ..Self::default() }
    }

    /// Says of a field that it was not looked through to its end.
    pub(in crate::search::snippet) fn leave_out(&mut self, field: TextField) {
        self.unseen.insert(field);
    }

    /// Tells in which files of a message clauses match, where that is known.
    pub(in crate::search::snippet) fn tell_inside(
        &mut self,
        message: &Message,
        found: Option<&InFiles>,
    ) {
        match found {
            Some(found) => found.each(|clause, file| {
                let spots = self.others.entry(clause).or_default();
                spots.push((Text::inside(Some(file)), Ranges::new()));
            }),
            None if message.files().next().is_some() => self.leave_out(TextField::AttachmentText),
            None => {}
        }
    }

    /// Whether nobody knows what is inside of the files of a message that is known otherwise.
    pub(super) fn lacks_contents(&self) -> bool {
        !self.is_listed && self.unseen.contains(&TextField::AttachmentText)
    }

    /// Adds a place of the body at which a clause matches, beside the line that shows some of it.
    pub(in crate::search::snippet) fn add_in_body(
        &mut self,
        clause: usize,
        place: Where,
        range: &Range<usize>,
        line: &Window,
    ) {
        let here = self.body.entry((clause, place)).or_default();
        if here.first.len() <= MOST_RANGES {
            here.first.push(range.clone());
        }
        if here.shown.len() <= MOST_RANGES {
            here.shown.extend(line.ranges([range]));
        }
    }

    /// Looks through all but the body, and no more than so many bytes of each field.
    pub(in crate::search::snippet) fn look_through(
        &mut self,
        clauses: &Clauses<'_>,
        message: &'m Message,
        scanned: usize,
        counter: &mut Counter,
    ) {
        for (field, looked) in &clauses.fields {
            let (texts, is_whole) = within(texts(*field, message), scanned);
            let values: Vec<&str> = texts.iter().map(|text| &*text.value).collect();
            let (found, is_all) = looked.matches_among(&values, counter);
            if !(is_whole && is_all) {
                self.leave_out(*field);
            }
            let mut by_clause: BTreeMap<(usize, usize), Ranges> = BTreeMap::new();
            for one in found {
                let Some(text) = texts.get(one.text) else { continue };
                // A word that the end cuts in two may be another one.
                if !is_whole && one.text + 1 == texts.len() && one.range.end == text.value.len() {
                    continue;
                }
                let range = one.range.start + text.skipped..one.range.end + text.skipped;
                let of = looked.clauses(one.needle);
                if *field == TextField::Subject && clauses.is_wanted(of) {
                    self.in_subject.push(range.clone());
                }
                for clause in of {
                    by_clause.entry((*clause, one.text)).or_default().push(range.clone());
                }
            }
            self.add(&texts, by_clause);
        }
    }

    /// Where in the subject that stands which is wanted, without overlap.
    pub(in crate::search::snippet) fn take_in_subject(&mut self) -> Ranges {
        disjoint(std::mem::take(&mut self.in_subject))
    }

    fn add(&mut self, texts: &[Text<'m>], found: BTreeMap<(usize, usize), Ranges>) {
        for ((clause, text), ranges) in found {
            let spots = self.others.entry(clause).or_default();
            if let Some(text) = texts.get(text).filter(|_| spots.len() <= MOST_OF_CLAUSE) {
                spots.push((text.clone(), ranges));
            }
        }
    }

    /// Whether the words of a clause stand in the message.
    pub(super) fn holds(&self, clause: usize, test: &TextTest) -> Truth {
        if self.others.contains_key(&clause) || self.parts(clause).next().is_some() {
            return Some(true);
        }
        let is_seen = test.searched().iter().all(|field| !self.unseen.contains(field));
        is_seen.then_some(false)
    }

    /// What was found of a clause beside the body.
    pub(super) fn take(&mut self, clause: usize) -> Vec<Spot<'m>> {
        self.others.remove(&clause).unwrap_or_default()
    }

    /// What was found of a clause in the parts of a body, and what shows it.
    pub(super) fn in_body(&self, clause: usize, body: &str) -> Vec<(Where, Shown, Ranges)> {
        let said = self.parts(clause).map(|(place, found)| {
            if !found.shown.is_empty() {
                return (place, Shown::Snippet, found.shown.clone());
            }
            let first = disjoint(found.first.clone());
            let line = Window::around(body, &first);
            let ranges = line.ranges(&first);
            (place, Shown::Piece(line.text), ranges)
        });
        said.collect()
    }

    /// The parts of a body in which a clause matches.
    fn parts(&self, clause: usize) -> impl Iterator<Item = (Where, &InBody)> {
        let of_clause = self.body.range((clause, Where::Subject)..=(clause, Where::Reference));
        of_clause.map(|((_, place), found)| (*place, found))
    }

    /// Whether all was looked through in which clauses look for words.
    pub(super) fn is_whole(&self, fields: &BTreeMap<TextField, Looked<'_>>) -> bool {
        fields.keys().all(|field| !self.unseen.contains(field))
    }
}

/// The texts within so many bytes, and whether these are all.
fn within(texts: Vec<Text<'_>>, bytes: usize) -> (Vec<Text<'_>>, bool) {
    if texts.iter().map(|text| text.value.len()).sum::<usize>() <= bytes {
        return (texts, true);
    }
    let (mut left, mut kept) = (bytes, Vec::new());
    for text in texts {
        let length = text.value.len();
        if length > left {
            let value = match &text.value {
                Cow::Borrowed(value) => Cow::Borrowed(beginning(value, left)),
                Cow::Owned(value) => Cow::Owned(beginning(value, left).to_owned()),
            };
            kept.push(Text { value, ..text });
            return (kept, false);
        }
        left -= length;
        kept.push(text);
    }
    (kept, true)
}
