//! How faithfully a target says a query, with what differs.

use std::collections::HashSet;

use crate::Span;

/// How faithfully a target answers a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fidelity {
    /// It finds the same messages.
    Exact,
    /// It finds nearly the same; the notes say what differs.
    Approximate,
    /// It cannot be asked; the notes say why.
    Unsupported,
}

impl Fidelity {
    /// The word for it, as shown to people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Approximate => "approximate",
            Self::Unsupported => "unsupported",
        }
    }
}

/// Which way an answer errs from what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It has all that was asked for, and maybe more.
    Wider,
    /// It has nothing but what was asked for, and maybe not all.
    Narrower,
    /// It may have more, and may lack some.
    Either,
}

impl Direction {
    /// The word for it, as shown to people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Either => "either",
        }
    }

    /// That of the opposite of a condition.
    ///
    /// ```
    /// use postern_query::Direction;
    ///
    /// assert_eq!(Direction::Wider.negated(), Direction::Narrower);
    /// assert_eq!(Direction::Either.negated(), Direction::Either);
    /// ```
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Wider => Self::Narrower,
            Self::Narrower => Self::Wider,
            Self::Either => Self::Either,
        }
    }

    /// That of an answer which errs in both ways.
    ///
    /// ```
    /// use postern_query::Direction;
    ///
    /// assert_eq!(Direction::Wider.with(Direction::Wider), Direction::Wider);
    /// assert_eq!(Direction::Wider.with(Direction::Narrower), Direction::Either);
    /// ```
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        if self == other { self } else { Self::Either }
    }
}

/// One thing that differs at a target, and which text caused it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// Approximate or unsupported.
    pub fidelity: Fidelity,
    /// Which way the answer to the whole query errs for it, where that is known.
    pub direction: Option<Direction>,
    /// The text that caused it; nothing when it is the query as a whole.
    pub span: Option<Span>,
    /// What differs, or why the target cannot answer.
    pub message: String,
}

/// A query, translated for a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled<T> {
    /// What is sent; nothing when the target cannot answer the query.
    pub sent: Option<T>,
    /// What differs, in the order of the text.
    pub notes: Vec<Note>,
}

impl<T> Compiled<T> {
    /// The same with what is sent in another form.
    #[must_use]
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Compiled<U> {
        Compiled { sent: self.sent.map(form), notes: self.notes }
    }

    /// The worst of the notes; without any, what is sent is exact.
    ///
    /// ```
    /// use postern_query::emit::kql;
    /// use postern_query::{odata, Fidelity};
    ///
    /// let compiled = kql::compile(&odata::parse_filter("subject eq 'Overdue'")?);
    /// assert_eq!(compiled.fidelity(), Fidelity::Approximate);
    /// assert_eq!(compiled.notes[0].message, "KQL finds the words anywhere in the value, in any case");
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn fidelity(&self) -> Fidelity {
        self.notes.iter().map(|note| note.fidelity).max().unwrap_or(Fidelity::Exact)
    }

    /// Which way the answer errs; nothing where it does not, or where a note does not say.
    ///
    /// ```
    /// use postern_query::emit::aqs;
    /// use postern_query::{odata, Direction};
    ///
    /// let direction = |filter| aqs::compile(&odata::parse_filter(filter).unwrap()).direction();
    /// assert_eq!(direction("subject eq 'Overdue'"), Some(Direction::Wider));
    /// assert_eq!(direction("not (subject eq 'Overdue')"), Some(Direction::Narrower));
    /// ```
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        direction_of(&self.notes)
    }
}

/// Which way an answer with these notes errs; nothing where there are none, or where one does not say.
#[must_use]
pub fn direction_of(notes: &[Note]) -> Option<Direction> {
    let each: Option<Vec<_>> = notes.iter().map(|note| note.direction).collect();
    each?.into_iter().reduce(Direction::with)
}

/// The notes of one run of a target, each once.
#[derive(Debug)]
pub(crate) struct Notes {
    notes: Vec<Note>,
    made: HashSet<Note>,
    worst: Fidelity,
    /// Which way the notes err that say so, taken together.
    direction: Option<Direction>,
    /// Whether what is noted now stands under an odd number of NOTs.
    is_negated: bool,
}

/// Notes that are kept of one run. A worse one than all before it is kept beyond that.
const MOST_NOTES: usize = 100;

impl Default for Notes {
    fn default() -> Self {
        Self {
            notes: Vec::new(),
            made: HashSet::new(),
            worst: Fidelity::Exact,
            direction: None,
            is_negated: false,
        }
    }
}

impl Notes {
    /// The first of each kind are enough to tell what differs; the worst is always among them, and so are
    /// those that tell which way all of them err.
    fn add(&mut self, note: Note) {
        let told = note.direction.map(|one| self.direction.map_or(one, |all| all.with(one)));
        let says_more = self.worst < note.fidelity || (told.is_some() && told != self.direction);
        if self.notes.len() >= MOST_NOTES && !says_more {
            return;
        }
        self.worst = self.worst.max(note.fidelity);
        self.direction = told.or(self.direction);
        if self.made.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    /// What is noted from now on stands under an odd number of NOTs, or does not.
    pub(crate) const fn under(&mut self, is_negated: bool) {
        self.is_negated = is_negated;
    }

    /// What is noted from now on stands under one more NOT, or under one less.
    pub(crate) const fn turn(&mut self) {
        self.is_negated = !self.is_negated;
    }

    /// The condition errs so, where it stands by itself. And and or pass that on, and NOT turns it round.
    pub(crate) fn errs(&mut self, direction: Direction, span: Span, message: impl Into<String>) {
        let direction = if self.is_negated { direction.negated() } else { direction };
        self.add(Note {
            fidelity: Fidelity::Approximate,
            direction: Some(direction),
            span: Some(span),
            message: message.into(),
        });
    }

    /// What is said differently there, without a known difference in what is found.
    pub(crate) fn approximate(&mut self, span: Span, message: impl Into<String>) {
        self.add(Note {
            fidelity: Fidelity::Approximate,
            direction: None,
            span: Some(span),
            message: message.into(),
        });
    }

    /// What differs for the query as a whole, such as its order.
    pub(crate) fn approximate_as_a_whole(&mut self, message: impl Into<String>) {
        self.add(Note {
            fidelity: Fidelity::Approximate,
            direction: None,
            span: None,
            message: message.into(),
        });
    }

    pub(crate) fn unsupported<T>(
        &mut self,
        span: Option<Span>,
        message: impl Into<String>,
    ) -> Option<T> {
        self.add(Note {
            fidelity: Fidelity::Unsupported,
            direction: None,
            span,
            message: message.into(),
        });
        None
    }

    /// The result with the notes; what cannot be said in part is not sent at all.
    ///
    /// Each condition says which way it errs, and a note on the whole, such as on its order, changes nothing of
    /// that. Where there is no other, what is found has all that was asked for.
    pub(crate) fn compiled<T>(mut self, sent: Option<T>) -> Compiled<T> {
        let direction = self.direction.unwrap_or(Direction::Wider);
        let is_open = |note: &&mut Note| note.fidelity == Fidelity::Approximate;
        for note in self.notes.iter_mut().filter(is_open) {
            note.direction.get_or_insert(direction);
        }
        self.notes.sort_by_key(|note| note.span);
        let compiled = Compiled { sent, notes: self.notes };
        match compiled.fidelity() {
            Fidelity::Unsupported => Compiled { sent: None, ..compiled },
            Fidelity::Exact | Fidelity::Approximate => compiled,
        }
    }
}
