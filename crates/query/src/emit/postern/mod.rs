//! The language that people type, for a filter or a query text of a client.
//!
//! Each condition is written, and what is written is read again. It is exact if it reads back as the same
//! condition. Otherwise a note says what differs, or why the language cannot say it.

mod expand;
mod words;

use jiff::Timestamp;

use self::words::{Written, written};
use super::{Compiled, Notes, Sent, Target};
use crate::query::{Condition, Predicate, TextTest};
use crate::resolve::postern::sort_name;
use crate::{Context, Errors, Expr, Located, Parsed, Query, Span, SyntaxTree};

/// The target of this module.
pub(super) const TARGET: Target =
    Target::new("postern", "Postern", |query, _| compile(query).map(Sent::Text));

/// Translates a query into the language that people type.
///
/// ```
/// use postern_query::emit::postern;
/// use postern_query::{odata, Fidelity};
///
/// let query = odata::parse_filter("isRead eq true and receivedDateTime ge 2024-01-31T00:00:00Z")?;
/// let compiled = postern::compile(&query);
/// assert_eq!(compiled.fidelity(), Fidelity::Exact);
/// assert_eq!(compiled.sent.unwrap(), "is:read received>=2024-01-31T00:00:00Z");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query) -> Compiled<String> {
    let now = Context::utc(Timestamp::UNIX_EPOCH);
    let mut writer = Writer { notes: Notes::default(), now, negated: false };
    let text = writer.tree(query.condition());
    let sorts = writer.order(query);
    let text = text.and_then(|(text, _)| writer.whole(text, sorts));
    writer.notes.compiled(text)
}

/// How tightly a text binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Unit,
}

/// Every message. Beside another condition, it says nothing.
const EVERYTHING: &str = "*";

fn everything() -> (String, Binding) {
    (EVERYTHING.to_owned(), Binding::Unit)
}

struct Writer {
    notes: Notes,
    now: Context,
    negated: bool,
}

impl Writer {
    /// Every part is written, so that all notes are told.
    fn tree(&mut self, condition: &Condition) -> Option<(String, Binding)> {
        match condition {
            Expr::And(parts) if parts.is_empty() => Some(everything()),
            Expr::Or(parts) if parts.is_empty() => Some(("-*".to_owned(), Binding::Unit)),
            Expr::And(parts) => self.joined(parts, " ", Binding::And),
            Expr::Or(parts) => self.joined(parts, " OR ", Binding::Or),
            Expr::Not(inner) => {
                self.negated = !self.negated;
                let inner = self.tree(inner);
                self.negated = !self.negated;
                inner.map(|inner| (opposite(&bracketed(inner, Binding::Unit)), Binding::Unit))
            }
            Expr::Leaf(leaf) => match expand::expanded(&leaf.value) {
                Some(parts) => self.tree(&parts.map_spans(leaf.span)),
                None => self.leaf(leaf).map(|text| (text, Binding::Unit)),
            },
        }
    }

    fn joined(
        &mut self,
        parts: &[Condition],
        between: &str,
        binding: Binding,
    ) -> Option<(String, Binding)> {
        let texts: Vec<_> = parts.iter().map(|part| self.tree(part)).collect();
        let mut texts = texts.into_iter().collect::<Option<Vec<_>>>()?;
        if binding == Binding::And {
            texts.retain(|(text, _)| text != EVERYTHING);
        }
        if texts.len() < 2 {
            return Some(texts.pop().unwrap_or_else(everything));
        }
        let texts: Vec<_> = texts.into_iter().map(|text| bracketed(text, binding)).collect();
        Some((texts.join(between), binding))
    }

    fn leaf(&mut self, leaf: &Located<Predicate>) -> Option<String> {
        let Written { text, differs } = match written(&leaf.value) {
            Ok(written) => written,
            Err(why) => return self.notes.unsupported(Some(leaf.span), why),
        };
        let meant = self.note_score(&leaf.value, leaf.span);
        let read = self.read(&text).ok().map(|parsed| parsed.query);
        match (read, differs) {
            (Some(read), _) if reads_back(read.condition(), &meant) => {}
            (Some(_), Some((direction, differs))) => {
                self.notes.under(self.negated);
                self.notes.errs(direction, leaf.span, differs);
            }
            _ => return self.notes.unsupported(Some(leaf.span), NOT_SO),
        }
        Some(text)
    }

    fn read(&self, text: &str) -> Result<Parsed, Errors> {
        SyntaxTree::parse(text, self.now.limits)?.resolve(&self.now)
    }

    /// The condition with words that count for relevance, as all typed words do.
    fn note_score(&mut self, predicate: &Predicate, span: Span) -> Predicate {
        match predicate {
            Predicate::Text(test) if !test.scored => {
                self.notes.approximate(span, "these words count for the order of relevance too");
                Predicate::Text(TextTest { scored: true, ..test.clone() })
            }
            other => other.clone(),
        }
    }

    fn order(&mut self, query: &Query) -> Vec<String> {
        let names: Option<Vec<_>> = query.order().iter().map(|sort| sort_name(*sort)).collect();
        let Some(names) = names else {
            self.notes.approximate_as_a_whole(
                "the language has no such order: what is found is the same",
            );
            return Vec::new();
        };
        names.into_iter().map(|name| format!("sort:{name}")).collect()
    }

    /// The text with its order, if it is within the limits of typed text.
    fn whole(&mut self, text: String, sorts: Vec<String>) -> Option<String> {
        let is_everything = text == EVERYTHING && !sorts.is_empty();
        let parts = Some(text).filter(|_| !is_everything).into_iter().chain(sorts);
        let text = parts.collect::<Vec<_>>().join(" ");
        match self.read(&text) {
            Ok(_) => Some(text),
            Err(errors) => {
                let why = errors.as_slice().first().map(|error| error.title.clone());
                let why = why.unwrap_or_default();
                self.notes.unsupported(None, format!("typed text has limits: {why}"))
            }
        }
    }
}

const NOT_SO: &str = "no typed text reads back as this";

/// Whether what is read is that condition.
fn reads_back(read: &Condition, predicate: &Predicate) -> bool {
    match read {
        Expr::Leaf(leaf) => leaf.value == *predicate,
        // A moment is read as the range from itself to itself.
        Expr::And(parts) => expand::is_moment(parts, predicate),
        Expr::Or(_) | Expr::Not(_) => false,
    }
}

/// The opposite of a unit.
fn opposite(unit: &str) -> String {
    unit.strip_prefix('-').map_or_else(|| format!("-{unit}"), str::to_owned)
}

fn bracketed((text, binding): (String, Binding), outer: Binding) -> String {
    if binding < outer || binding == outer && outer != Binding::Unit {
        format!("({text})")
    } else {
        text
    }
}
