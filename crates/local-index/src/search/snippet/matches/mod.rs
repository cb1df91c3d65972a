//! Where each clause of a query matches in a message.
//!
//! Words are looked for by the [finder](super::needle) of snippets, people and files by the functions that mark
//! them. What is new here is which clause wants what, which clauses make the message match, and what shows it.

mod entries;
mod found;
mod looked;
mod place;
#[cfg(test)]
mod tests;
mod texts;
mod tree;
mod values;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use postern_query::emit::clause;
use postern_query::schema::TextField;
use postern_query::{Condition, Located, Message, Predicate, TextTest};

use self::entries::Entries;
use self::place::{Spot, Text};
use self::tree::{Judge, Tree, Truth};
use crate::search::Work;
use crate::search::snippet::highlight::Ranges;
use crate::search::work::Counter;

pub(super) use found::Words;
pub(super) use looked::Looked;
pub use place::{Shown, Where};

/// Ranges of one match at most.
const MOST_RANGES: usize = 20;
/// Matches of one clause in one message at most.
const MOST_OF_CLAUSE: usize = 20;
/// Matches of one message at most.
const MOST_MATCHES: usize = 100;
/// Units to look at one person or file for one clause.
const LOOK: u64 = 20;

/// Where the clauses of a query match in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// In the order of the clauses.
    pub all: Vec<Match>,
    /// Whether there may be more: some text was not looked through, or there are too many.
    pub has_more: bool,
}

/// Where one clause matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The clause, as it is typed or as an OData filter.
    pub clause: Arc<str>,
    /// Where it matches.
    pub place: Where,
    /// The number of the attachment in which or in whose name it matches, counted over
    /// [`Message::files`].
    pub file: Option<usize>,
    /// Which text shows it.
    pub shown: Shown,
    /// Byte ranges of that text.
    pub ranges: Ranges,
}

/// In which files of a message clauses match inside, both by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFiles(BTreeMap<usize, BTreeSet<usize>>);

impl InFiles {
    /// Adds a file in which clauses match.
    pub(crate) fn add(&mut self, clauses: &[usize], file: usize) {
        for clause in clauses {
            let files = self.0.entry(*clause).or_default();
            if files.len() <= MOST_OF_CLAUSE {
                files.insert(file);
            }
        }
    }

    fn each(&self, mut visit: impl FnMut(usize, usize)) {
        for (clause, files) in &self.0 {
            files.iter().for_each(|file| visit(*clause, *file));
        }
    }
}

/// One clause of a query.
#[derive(Debug)]
struct Clause<'a> {
    predicate: &'a Predicate,
    /// Whether it stands somewhere under no NOT.
    is_wanted: bool,
    /// Whether it decides if another one counts.
    is_judge: bool,
    /// Whether nothing matches without it.
    is_certain: bool,
    text: OnceCell<Arc<str>>,
}

impl Clause<'_> {
    fn text(&self) -> Arc<str> {
        let text = self.text.get_or_init(|| clause(self.predicate).into());
        Arc::clone(text)
    }

    /// The file in which a clause matches that looks inside of files alone and without which nothing matches, where
    /// nobody knows what is inside of which file: the one that there is.
    fn inside(&self, message: &Message) -> Option<Spot<'static>> {
        let Predicate::Text(test) = self.predicate else { return None };
        let is_inside = self.is_certain && test.fields == [TextField::AttachmentText];
        let files = message.files().take(2).count();
        let file = (files == 1).then_some(0);
        (is_inside && files > 0).then(|| (Text::inside(file), Ranges::new()))
    }
}

/// The clauses of a query, ready to be looked for in many messages.
#[derive(Debug, Default)]
pub struct Clauses<'a> {
    all: Vec<Clause<'a>>,
    tree: Tree,
    nots: usize,
    fields: BTreeMap<TextField, Looked<'a>>,
}

impl<'a> Clauses<'a> {
    /// The clauses of a condition; one that is there twice is one.
    #[must_use]
    pub fn of(condition: &'a Condition) -> Self {
        let (mut all, mut known, mut nots) = (Vec::new(), HashMap::new(), 0);
        let tree = Tree::of(condition, &mut nots, &mut |leaf: &'a Located<Predicate>| {
            *known.entry(&leaf.value).or_insert_with(|| {
                all.push(Clause {
                    predicate: &leaf.value,
                    is_wanted: false,
                    is_judge: false,
                    is_certain: false,
                    text: OnceCell::new(),
                });
                all.len() - 1
            })
        });
        tree.each(true, &mut |number, is_wanted| {
            all.get_mut(number).into_iter().for_each(|clause| clause.is_wanted |= is_wanted);
        });
        tree.each_judge(true, &mut |number| {
            all.get_mut(number).into_iter().for_each(|clause| clause.is_judge = true);
        });
        tree.each_certain(&mut |number| {
            all.get_mut(number).into_iter().for_each(|clause| clause.is_certain = true);
        });
        let fields = fields(&all);
        Self { all, tree, nots, fields }
    }

    /// What is looked for in a field.
    pub(crate) fn looked(&self, field: TextField) -> Option<&Looked<'a>> {
        self.fields.get(&field)
    }

    /// Whether the clauses that want a needle are wanted in a message.
    pub(super) fn is_wanted(&self, clauses: &[usize]) -> bool {
        clauses.iter().any(|number| self.all.get(*number).is_some_and(|one| one.is_wanted))
    }

    /// Where the clauses match in a message of which an answer tells no more than subject, people, names of files
    /// and places. What is not found there may still be in the rest.
    ///
    /// ```
    /// use postern_local_index::search::{Clauses, Work};
    /// use postern_query::{Context, Message, parse};
    ///
    /// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    /// let query = parse("invoice overdue -draft", &context)?.query;
    /// let listed = Message { subject: Some("Invoice 7".into()), ..Message::default() };
    /// let matches = Clauses::of(query.condition()).in_listed(&listed, &Work::limited());
    /// assert_eq!((&*matches.all[0].clause, matches.all[0].place.name()), ("invoice", "subject"));
    /// assert!(matches.all.len() == 1 && matches.has_more, "nobody knows where `overdue` stands");
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn in_listed(&self, message: &Message, work: &Work) -> Matches {
        let mut counter = work.meter("matches").counter();
        let clauses = u64::try_from(self.all.len()).unwrap_or(u64::MAX);
        if work.begin(0).is_err() || !counter.count(clauses) {
            return Matches { all: Vec::new(), has_more: true };
        }
        let mut words = Words::of_listed(self);
        words.look_through(self, message, super::SCANNED, &mut counter);
        Matches { has_more: true, ..self.matches(message, 0, words, &mut counter) }
    }

    /// Where the clauses match that make a message match at one of its places, with the words that were found.
    pub(super) fn matches(
        &self,
        message: &Message,
        place: usize,
        mut words: Words<'_>,
        counter: &mut Counter,
    ) -> Matches {
        let reasons = self.reasons(message, place, &words, counter);
        let mut entries = Entries::default();
        let at = message.each_place();
        let at = at.get(place).unwrap_or_else(|| message.place());
        let body = message.body.as_deref().unwrap_or_default();
        for number in reasons {
            let Some(clause) = self.all.get(number).filter(|_| !entries.is_full()) else { break };
            let mut spots = values::spots(clause.predicate, message, at, counter);
            spots.extend(words.take(number));
            spots.extend(clause.inside(message).filter(|_| words.lacks_contents()));
            entries.add(clause, spots, words.in_body(number, body));
        }
        entries.done(words.is_whole(&self.fields) && !counter.is_over())
    }

    /// The numbers of the clauses that make the message match, in their order.
    fn reasons(
        &self,
        message: &Message,
        place: usize,
        words: &Words<'_>,
        counter: &mut Counter,
    ) -> Vec<usize> {
        let places = message.each_place();
        let (known, counter) = (RefCell::new(HashMap::new()), RefCell::new(counter));
        let clause = |number: usize, place: usize| -> Truth {
            let clause = self.all.get(number)?;
            if let Predicate::Text(test) = clause.predicate {
                return words.holds(number, test);
            }
            *known.borrow_mut().entry((number, place)).or_insert_with(|| {
                let (place, mut counter) = (places.get(place)?, counter.borrow_mut());
                if words.is_listed {
                    // What is not told may hold too.
                    let spots = values::spots(clause.predicate, message, place, &mut counter);
                    return (!spots.is_empty()).then_some(true);
                }
                values::holds(clause.predicate, message, place, &mut counter)
            })
        };
        let mut reasons = Vec::new();
        let judge = Judge::new(places.len(), self.nots, &clause);
        judge.reasons(&self.tree, place, &mut |number| reasons.push(number));
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }
}

/// What is looked for in each field.
fn fields<'a>(clauses: &[Clause<'a>]) -> BTreeMap<TextField, Looked<'a>> {
    let words: Vec<(usize, &'a TextTest)> = (0..)
        .zip(clauses)
        .filter(|(_, clause)| clause.is_wanted || clause.is_judge)
        .filter_map(|(number, clause)| {
            let Predicate::Text(test) = clause.predicate else { return None };
            Some((number, test))
        })
        .collect();
    let looked = |field: &TextField| {
        let searched = words.iter().filter(|(_, test)| test.searched().contains(field));
        Looked::of(searched.map(|(number, test)| (*number, &test.pattern)))
    };
    let fields = TextField::ALL.iter().map(|field| (*field, looked(field)));
    fields.filter(|(_, looked)| !looked.is_empty()).collect()
}
