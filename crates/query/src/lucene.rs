//! Lucene query text as existing clients send it, in both syntaxes of Azure AI Search.
//!
//! Text becomes clauses, each optional, required or prohibited, and the
//! clauses become a condition on membership:
//!
//! | clauses | messages |
//! |---|---|
//! | some required | all required, no prohibited; the optional ones matter for the score only |
//! | none required | at least one optional, no prohibited |
//! | prohibited alone | refused as the whole text; none inside a group |
//!
//! A term without a field name is searched in every default field. The mode joins the tokens of one unquoted
//! term, such as `foo-bar`. They have to stand in the same field.

use crate::emit::IndexFields;
use crate::repair::{Tells, repaired};
use crate::schema::TextField;
use crate::{Budget, Capabilities, Compiled, Errors, Query, emit, resolve};

pub use crate::syntax::lucene::{Mode, Options, Syntax};

/// Parses query text over subject and body. Blank text and `*` mean every message.
///
/// # Errors
///
/// When the service would refuse the text: the error has the characters at fault and the text to type
/// instead. Also for parts of regular expressions that only Lucene can answer (see
/// [`Regex`](crate::pattern::Regex)).
///
/// # Examples
///
/// ```
/// use postern_query::lucene::{self, Options};
/// use postern_query::{Code, Message, evaluate};
///
/// let query = lucene::parse("invoice AND overdue", Options::default())?;
/// let mail = |subject: &str| Message { subject: Some(subject.into()), ..Message::default() };
/// assert!(evaluate(query.condition(), &mail("Overdue: invoice 42")));
/// assert!(!evaluate(query.condition(), &mail("Invoice 42")));
///
/// let errors = lucene::parse("invoice AND", Options::default()).unwrap_err();
/// assert_eq!(errors.as_slice()[0].code, Code::MissingOperand);
/// # Ok::<(), postern_query::Errors>(())
/// ```
pub fn parse(text: &str, options: Options) -> Result<Query, Errors> {
    parse_within(text, options, &mut Budget::default())
}

/// The same, within a budget that other texts of a request may share.
///
/// # Errors
///
/// As [`parse`], and if the budget is spent.
pub fn parse_within(text: &str, options: Options, budget: &mut Budget) -> Result<Query, Errors> {
    let again = |text: &str| read(text, options, &mut Budget::default()).map(drop);
    read(text, options, budget).map_err(|errors| repaired(text, errors, Tells::First, again))
}

fn read(text: &str, options: Options, budget: &mut Budget) -> Result<Query, Errors> {
    let mut spending = budget.read(text)?;
    let condition = resolve::lucene::condition(text, options, TextField::DEFAULT, true)?;
    spending.pay_each(&condition)?;
    Ok(Query::of(condition))
}

/// Translates a query of words alone into query text of that syntax.
///
/// ```
/// use postern_query::lucene::{self, Options, Syntax};
///
/// let query = lucene::parse("invoice -draft", Options::default())?;
/// let text = |syntax| lucene::compile(&query, syntax).sent.unwrap();
/// assert_eq!(text(Syntax::Full), "invoice AND NOT draft");
/// assert_eq!(text(Syntax::Simple), "invoice + -draft");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query, syntax: Syntax) -> Compiled<String> {
    let fields = IndexFields::complete();
    emit::datatap::compile_text(query, &Capabilities { fields, syntax, ..Capabilities::default() })
}
