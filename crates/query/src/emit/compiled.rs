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

/// One thing that differs at a target, and which text caused it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// Approximate or unsupported.
    pub fidelity: Fidelity,
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
}

/// The notes of one run of a target, each once.
#[derive(Debug)]
pub(crate) struct Notes {
    notes: Vec<Note>,
    made: HashSet<Note>,
    worst: Fidelity,
}

/// Notes that are kept of one run. A worse one than all before it is kept beyond that.
const MOST_NOTES: usize = 100;

impl Default for Notes {
    fn default() -> Self {
        Self { notes: Vec::new(), made: HashSet::new(), worst: Fidelity::Exact }
    }
}

impl Notes {
    /// The first of each kind are enough to tell what differs; the worst is always among them.
    fn add(&mut self, fidelity: Fidelity, span: Option<Span>, message: String) {
        if self.notes.len() >= MOST_NOTES && self.worst >= fidelity {
            return;
        }
        self.worst = self.worst.max(fidelity);
        let note = Note { fidelity, span, message };
        if self.made.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    pub(crate) fn approximate(&mut self, span: Span, message: impl Into<String>) {
        self.add(Fidelity::Approximate, Some(span), message.into());
    }

    /// What differs for the query as a whole, such as its order.
    pub(crate) fn approximate_as_a_whole(&mut self, message: impl Into<String>) {
        self.add(Fidelity::Approximate, None, message.into());
    }

    pub(crate) fn unsupported<T>(
        &mut self,
        span: Option<Span>,
        message: impl Into<String>,
    ) -> Option<T> {
        self.add(Fidelity::Unsupported, span, message.into());
        None
    }

    /// The result with the notes; what cannot be said in part is not sent at all.
    pub(crate) fn compiled<T>(mut self, sent: Option<T>) -> Compiled<T> {
        self.notes.sort_by_key(|note| note.span);
        let compiled = Compiled { sent, notes: self.notes };
        match compiled.fidelity() {
            Fidelity::Unsupported => Compiled { sent: None, ..compiled },
            Fidelity::Exact | Fidelity::Approximate => compiled,
        }
    }
}
