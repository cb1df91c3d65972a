//! The language that people type.

use crate::repair::{Tells, repaired};
use crate::syntax::postern::Outcome;
use crate::{Budget, Context, Errors, Limits, Parsed, resolve, syntax};

/// Parses a typed query, and resolves its operators and values.
///
/// Two words mean both; from the strongest, the operators are `NOT` and `-`, `AND`, `XOR`, `OR`.
/// Blank text is every message.
///
/// # Errors
///
/// Every fault of the text, with its place and the text to type instead.
///
/// # Examples
///
/// ```
/// use postern_query::{parse, Code, Context};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
///
/// let parsed = parse("f:a.user@contoso.com hasattachment:true since:2024-01", &context)?;
/// assert_eq!(parsed.canonical, "from:a.user@contoso.com has:attachment after:2024-01");
///
/// let errors = parse("form:alice befor:2024", &context).unwrap_err();
/// let hints: Vec<_> = errors.as_slice().iter().filter_map(|error| error.hint.as_deref()).collect();
/// assert!(hints[0].starts_with("did you mean from:?") && hints[1].starts_with("did you mean before:?"));
/// assert_eq!(errors.as_slice()[0].code, Code::UnknownField);
/// # Ok::<(), postern_query::Errors>(())
/// ```
pub fn parse(text: &str, context: &Context) -> Result<Parsed, Errors> {
    parse_within(text, context, &mut Budget::default())
}

/// The same, within a budget that other texts of a request may share.
///
/// # Errors
///
/// As [`parse`], and if the budget is spent.
pub fn parse_within(text: &str, context: &Context, budget: &mut Budget) -> Result<Parsed, Errors> {
    let read = SyntaxTree::parse(text, context.limits)
        .and_then(|tree| tree.resolve_within(context, budget));
    let again = |text: &str| SyntaxTree::parse(text, context.limits)?.resolve(context).map(drop);
    read.map_err(|errors| repaired(text, errors, Tells::All, again))
}

/// A query that is parsed but not resolved: the typed text, with spans.
///
/// [`resolve`](Self::resolve) reports faults of form and of meaning together.
///
/// ```
/// use postern_query::{Context, Limits, SyntaxTree};
///
/// let syntax = SyntaxTree::parse("from:alice newer_than:2d", Limits::default())?;
/// for day in ["2024-05-22T12:00:00Z", "2024-05-23T12:00:00Z"] {
///     let parsed = syntax.resolve(&Context::utc(day.parse().unwrap()))?;
///     assert_eq!(parsed.canonical, "from:alice newer_than:2d");
/// }
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[derive(Clone, Debug)]
pub struct SyntaxTree<'t> {
    text: &'t str,
    outcome: Outcome<'t>,
}

impl<'t> SyntaxTree<'t> {
    /// Reads a text. The time is linear in its length, however deep the nesting.
    ///
    /// # Errors
    ///
    /// Only if the text is longer than the limit.
    pub fn parse(text: &'t str, limits: Limits) -> Result<Self, Errors> {
        if text.len() > limits.bytes {
            return Err(limits.too_long(text.len()).into());
        }
        Ok(Self { text, outcome: syntax::postern::parse(text, limits) })
    }

    /// Resolves the text for a time and a reader.
    ///
    /// # Errors
    ///
    /// Every fault of the text, with its place and the text to type instead.
    pub fn resolve(&self, context: &Context) -> Result<Parsed, Errors> {
        self.resolve_within(context, &mut Budget::default())
    }

    fn resolve_within(&self, context: &Context, budget: &mut Budget) -> Result<Parsed, Errors> {
        resolve::postern::resolve(&self.outcome, context, budget.read(self.text)?)
    }
}
