//! The cost that the texts of one request may have together.

use std::collections::HashMap;

use crate::pattern::Regex;
use crate::query::{Condition, Predicate, TextPattern, TextTest};
use crate::{Code, Error, Errors, Query, Span};

/// The cost that the texts of one request may have together, in whatever languages they are written.
///
/// Reading counts [terms](Predicate::terms), and stops at the first text that has too many. Compiling counts
/// bytes. Only a query that the local index answers is compiled: to translate a query for another engine
/// costs nothing more.
///
/// ```
/// use postern_query::{Budget, Code, Context, odata, parse_within};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let mut budget = Budget::default();
/// parse_within("invoice from:alice", &context, &mut budget)?;
/// assert_eq!(budget.terms(), 3, "a word of subject or body, and a person");
///
/// let filter = vec!["size ne 5"; Budget::TERMS].join(" and ");
/// let errors = odata::parse_filter_within(&filter, &mut budget).unwrap_err();
/// assert_eq!(errors.as_slice()[0].code, Code::TooCostly);
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[derive(Debug, Default)]
pub struct Budget {
    bytes: usize,
    terms: usize,
    compiled: usize,
    /// The compiled expressions, by their text.
    known: HashMap<String, Regex>,
}

impl Budget {
    /// Bytes of all texts.
    pub const BYTES: usize = 4 << 20;
    /// Terms of all texts, each counted once for every field in which it is looked up.
    pub const TERMS: usize = 32 << 10;
    /// Bytes of all compiled expressions, equal ones counted once.
    pub const COMPILED: usize = 512 << 10;

    /// Terms so far.
    #[must_use]
    pub const fn terms(&self) -> usize {
        self.terms
    }

    /// Bytes of compiled expressions so far.
    #[must_use]
    pub const fn compiled(&self) -> usize {
        self.compiled
    }

    /// Starts to read a text.
    pub(crate) fn read<'b, 't>(&'b mut self, text: &'t str) -> Result<Spending<'b, 't>, Error> {
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > Self::BYTES {
            let title = format!("the texts of a request have at most {} bytes", Self::BYTES);
            return Err(Error::new(Code::TooLong, Span::default(), title, "starts here")
                .hint("shorten it, or ask in several requests"));
        }
        Ok(Spending { budget: self, text, dearest: None })
    }

    /// Compiles the expressions of a query that was read from `text`, so that the local index can answer it.
    ///
    /// ```
    /// use postern_query::{Budget, Code, lucene};
    ///
    /// let text = "/inv.*/ OR /.*a.{100}/";
    /// let query = lucene::parse(text, lucene::Options::default())?;
    /// let errors = Budget::default().compile(&query, text).unwrap_err();
    /// assert_eq!(errors.as_slice()[0].code, Code::TooCostly);
    /// assert_eq!(errors.as_slice()[0].span.slice(text), "/.*a.{100}/");
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When an expression is too large, or all of them together are.
    pub fn compile(&mut self, query: &Query, text: &str) -> Result<(), Errors> {
        let mut dearest = Part::default();
        for (regex, span) in expressions(query.condition()) {
            let size = self.size(regex).ok_or_else(|| too_large(text, span))?;
            dearest = dearest.max(Part { cost: size, span });
            if self.compiled > Self::COMPILED {
                return Err(expressions_too_large(text, dearest).into());
            }
        }
        Ok(())
    }

    /// Bytes of an expression. Equal expressions count once.
    fn size(&mut self, regex: &Regex) -> Option<usize> {
        if let Some(known) = self.known.get(regex.as_str()) {
            regex.share(known);
            return known.size();
        }
        let size = regex.size()?;
        self.compiled += size;
        self.known.insert(regex.as_str().to_owned(), regex.clone());
        Some(size)
    }
}

/// A part of a text and its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    cost: usize,
    span: Span,
}

/// The share of a [`Budget`] that one text takes, and the dearest part of the text.
#[derive(Debug)]
pub(crate) struct Spending<'b, 't> {
    budget: &'b mut Budget,
    text: &'t str,
    dearest: Option<Part>,
}

impl Spending<'_, '_> {
    /// Pays for a part of the text and its meaning. A part that asks for nothing counts as one term.
    pub(crate) fn pay(&mut self, condition: &Condition, span: Span) -> Result<(), Error> {
        let mut cost = 0;
        condition.for_each_leaf(&mut |leaf| cost += leaf.value.terms());
        self.add(cost.max(1), span);
        self.check()
    }

    /// Pays for each leaf of a condition, where the leaves are the parts of the text.
    pub(crate) fn pay_each(&mut self, condition: &Condition) -> Result<(), Error> {
        condition.for_each_leaf(&mut |leaf| self.add(leaf.value.terms(), leaf.span));
        self.check()
    }

    fn add(&mut self, cost: usize, span: Span) {
        self.budget.terms = self.budget.terms.saturating_add(cost);
        // The first of equally dear parts.
        let before = self.dearest.filter(|dearest| dearest.cost >= cost);
        self.dearest = before.or(Some(Part { cost, span }));
    }

    fn check(&self) -> Result<(), Error> {
        if self.budget.terms <= Budget::TERMS {
            return Ok(());
        }
        Err(too_many_terms(self.text, self.dearest.unwrap_or_default()))
    }
}

fn expressions(condition: &Condition) -> Vec<(&Regex, Span)> {
    let mut found = Vec::new();
    condition.for_each_leaf(&mut |leaf| {
        if let Predicate::Text(TextTest { pattern: TextPattern::Regex(regex), .. }) = &leaf.value {
            found.push((regex, leaf.span));
        }
    });
    found
}

// ---- faults ----

fn too_many_terms(text: &str, dearest: Part) -> Error {
    let title = format!(
        "a request may ask for {} terms, each once for every field it is looked for in",
        Budget::TERMS
    );
    let label = format!("the dearest part, `{}`, asks for {}", name(text, dearest), dearest.cost);
    Error::new(Code::TooCostly, dearest.span, title, label)
        .hint("name a field before words, write values of one field as search.in(field, 'a,b', ','), or ask in several requests")
}

fn expressions_too_large(text: &str, dearest: Part) -> Error {
    let title = "the regular expressions of this request are too large together";
    let label = format!("the dearest part, `{}`", name(text, dearest));
    Error::new(Code::TooCostly, dearest.span, title, label)
        .hint("use fewer of them, or words and wildcards such as invoic*")
}

fn too_large(text: &str, span: Span) -> Error {
    let title = "a regular expression is too large";
    let label = format!("the dearest part, `{}`", name(text, Part { cost: 0, span }));
    Error::new(Code::TooCostly, span, title, label)
        .hint("use smaller numbers in { }, or * in their place, and fewer parts that may be absent")
}

/// Bytes of a part that an error shows.
const SHOWN: usize = 40;

fn name(text: &str, part: Part) -> String {
    let text = part.span.slice(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lucene;

    fn read(text: &str) -> Query {
        lucene::parse(text, lucene::Options::default()).unwrap()
    }

    #[test]
    fn equal_expressions_are_compiled_once() {
        let text = vec!["/in.*ce/"; 1_000].join(" OR subject:");
        let (mut once, mut often) = (Budget::default(), Budget::default());
        once.compile(&read("/in.*ce/"), "/in.*ce/").unwrap();
        often.compile(&read(&text), &text).unwrap();
        assert_eq!(often.compiled(), once.compiled());
    }

    /// Measures memory, not only the counts.
    #[test]
    fn compiled_expressions_stay_within_their_bytes() {
        let each: Vec<_> = (0..700).map(|number| format!("subject:/a{number}.*b/")).collect();
        let text = each.join(" ");
        let query = read(&text);
        let mut budget = Budget::default();
        let errors = budget.compile(&query, &text).unwrap_err();
        assert_eq!(errors.as_slice()[0].code, Code::TooCostly);
        let compiled: usize = expressions(query.condition())
            .iter()
            .filter_map(|(regex, _)| regex.size_so_far())
            .sum();
        assert_eq!(compiled, budget.compiled());
        assert!(compiled <= Budget::COMPILED + 5_000, "{compiled}");
    }

    #[test]
    fn the_dearest_part_is_named() {
        let mut budget = Budget { terms: Budget::TERMS - 3, ..Budget::default() };
        let text = "subject eq 'a' and search.ismatch('one two three four', 'body')";
        let errors = crate::odata::parse_filter_within(text, &mut budget).unwrap_err();
        let error = &errors.as_slice()[0];
        assert_eq!(error.span.slice(text), "search.ismatch('one two three four', 'body')");
        assert_eq!(
            error.label,
            "the dearest part, `search.ismatch('one two three four', 'bo…`, asks for 4"
        );
    }
}
