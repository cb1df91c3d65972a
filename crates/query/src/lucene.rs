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
//! A term without a field name is looked for in every default field. The tokens of one unquoted
//! term, such as `foo-bar`, are joined by the mode and have to stand in the same field.

use crate::analysis::MAX_TOKEN_LENGTH;
use crate::schema::TextField;
use crate::syntax::lucene::classic::Parsed;
use crate::syntax::lucene::{Clause, FieldName, Leaf, Node, Occur, Words, classic, fault, simple};
use crate::{
    Budget, Capabilities, Compiled, Condition, Error, Errors, Expr, Fuzzy, IndexFields, Located,
    Predicate, Query, Span, TextPattern, TextTest,
};

pub use crate::syntax::lucene::Mode;

/// UTF-16 units of a text, at most.
const MAX_TEXT: usize = 100_000;
/// Terms times the fields they are looked for in, at most.
const MAX_TERMS: usize = 3_000;
/// Bytes of a word that can be spelt nearly as a token is: three for each UTF-16 unit, and the edits.
const MAX_FUZZY: usize = 3 * (MAX_TOKEN_LENGTH + Fuzzy::MAX_EDITS as usize);
/// Faults that are told of one text, at most.
const MAX_FAULTS: usize = 20;
/// In which syntax a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Syntax {
    /// Lucene's classic syntax: `AND OR NOT + - ( ) field:term "phrase" prefix* w?ldcard \escape`.
    #[default]
    Full,
    /// `+` and, `|` or, `-` not, `"phrase"`, `prefix*`, `( )`; refused only beyond the limits.
    Simple,
}

/// How a text is read; full syntax and any term by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// In which syntax it is written.
    pub syntax: Syntax,
    /// How terms are joined that have no operator between them.
    pub mode: Mode,
}

/// Parses query text over subject and body; blank text and `*` mean every message.
///
/// # Errors
///
/// Whatever the service would refuse, with the characters at fault and what to type instead, and the
/// parts of regular expressions that only Lucene can answer (see [`Regex`](crate::Regex)).
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

/// The same at the cost of a budget, which other texts of a request may share.
///
/// # Errors
///
/// As [`parse`], and when the budget is spent.
pub fn parse_within(text: &str, options: Options, budget: &mut Budget) -> Result<Query, Errors> {
    let mut spending = budget.read(text)?;
    let condition = parse_condition(text, options, TextField::DEFAULT, true)?;
    spending.pay_each(&condition)?;
    Ok(Query::new(condition, Vec::new()))
}

/// Parses query text over other default fields, for use inside a filter.
///
/// A match counts for relevance where it is `scored`.
///
/// # Errors
///
/// As [`parse`].
///
/// # Examples
///
/// ```
/// use postern_query::lucene::{self, Options};
/// use postern_query::schema::TextField;
/// use postern_query::{Message, evaluate};
///
/// let from = [TextField::FromName, TextField::FromAddress];
/// let condition = lucene::parse_condition("alice", Options::default(), &from, false)?;
/// let mail = Message { from_name: Some("Alice Archer".into()), ..Message::default() };
/// assert!(evaluate(&condition, &mail));
/// # Ok::<(), postern_query::Errors>(())
/// ```
pub fn parse_condition(
    text: &str,
    options: Options,
    fields: &[TextField],
    scored: bool,
) -> Result<Condition, Errors> {
    if text.encode_utf16().count() > MAX_TEXT {
        return Err(fault::too_long(text, MAX_TEXT).into());
    }
    if is_blank(text) || text.trim_matches(|c| c <= ' ') == "*" {
        return Ok(Expr::everything());
    }
    let Parsed { node, fields: named } = match options.syntax {
        Syntax::Full => classic::parse(text, options.mode)?,
        Syntax::Simple => Parsed { node: simple::parse(text, options.mode)?, fields: Vec::new() },
    };
    let mut resolver =
        Resolver { fields, mode: options.mode, scored, terms: 0, errors: Vec::new() };
    named.iter().for_each(|name| resolver.check_field(name));
    let condition = node.as_ref().map_or_else(Expr::nothing, |node| resolver.resolve(node));
    resolver.finish(node.as_ref(), Span::new(0, text.len()))?;
    Ok(condition)
}

/// Says a query of words alone as query text of that syntax.
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
    let capabilities =
        Capabilities { fields: IndexFields::complete(), syntax, ..Capabilities::default() };
    crate::emit::datatap::compile_text(query, &capabilities)
}

/// White space only; a space that forbids a line break is text, as in Java.
fn is_blank(text: &str) -> bool {
    let fixed = |c| matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    let control = |c| matches!(c, '\u{1c}'..='\u{1f}');
    text.chars().all(|c| c.is_whitespace() && !fixed(c) || control(c))
}

/// Clauses to a condition.
struct Resolver<'f> {
    /// Where a term without a field name is looked for.
    fields: &'f [TextField],
    mode: Mode,
    scored: bool,
    /// Terms so far, once for each field.
    terms: usize,
    errors: Vec<Error>,
}

impl Resolver<'_> {
    fn resolve(&mut self, node: &Node) -> Condition {
        match node {
            Node::Clauses(clauses) => self.clauses(clauses),
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::Everything => {
                self.terms += 1;
                Expr::everything()
            }
        }
    }

    /// Optional clauses beside required ones are read for their faults only: a condition says which
    /// messages are meant, and nothing yet says that some of them should come first.
    fn clauses(&mut self, clauses: &[Clause]) -> Condition {
        let (mut required, mut optional, mut prohibited) = (Vec::new(), Vec::new(), Vec::new());
        for clause in clauses {
            let condition = self.resolve(&clause.node);
            match clause.occur {
                Occur::Required => required.push(condition),
                Occur::Optional => optional.push(condition),
                Occur::Prohibited => prohibited.push(Expr::negated(condition)),
            }
        }
        if required.is_empty() {
            if optional.is_empty() {
                return Expr::nothing();
            }
            required.push(any(optional));
        }
        required.retain(|condition| !condition.is_everything());
        required.append(&mut prohibited);
        all(required)
    }

    /// A name counts even where its term holds no token; one name stands for a whole group.
    fn check_field(&mut self, name: &FieldName) {
        let told = self.errors.iter().any(|error| error.span == name.span);
        if !told && TextField::from_path(&name.value).is_none() {
            self.fault(|| fault::unknown_field(&name.value, name.span));
        }
    }

    fn leaf(&mut self, leaf: &Leaf) -> Condition {
        match &leaf.field {
            None => self.words(leaf, self.fields),
            Some(name) => self.words(leaf, TextField::from_path(&name.value).as_slice()),
        }
    }

    fn fault(&mut self, error: impl FnOnce() -> Error) {
        if self.errors.len() < MAX_FAULTS {
            self.errors.push(error());
        }
    }

    fn words(&mut self, leaf: &Leaf, fields: &[TextField]) -> Condition {
        match &leaf.words {
            Words::Pieces(pieces) => self.pieces(pieces, fields, leaf.span),
            Words::Phrase(tokens) => {
                self.test(TextPattern::Phrase(tokens.clone()), fields, leaf.span)
            }
            Words::Pattern(shape) => {
                self.test(TextPattern::Wildcard(shape.clone()), fields, leaf.span)
            }
            Words::Regex(regex) => self.test(TextPattern::Regex(regex.clone()), fields, leaf.span),
            // No token is so long.
            Words::Fuzzy(fuzzy) if fuzzy.token().len() > MAX_FUZZY => Expr::nothing(),
            Words::Fuzzy(fuzzy) => self.test(TextPattern::Fuzzy(fuzzy.clone()), fields, leaf.span),
            Words::Sloppy(sloppy) => {
                self.test(TextPattern::Sloppy(sloppy.clone()), fields, leaf.span)
            }
        }
    }

    /// The tokens of one term: all of them in one field, or any of them in any field.
    fn pieces(&mut self, pieces: &[String], fields: &[TextField], span: Span) -> Condition {
        let mode = self.mode;
        let mut each = |fields: &[TextField]| -> Vec<_> {
            let tests = pieces.iter().map(|piece| TextPattern::Phrase(vec![piece.clone()]));
            tests.map(|pattern| self.test(pattern, fields, span)).collect()
        };
        match mode {
            Mode::Any => any(each(fields)),
            Mode::All => any(fields.chunks(1).map(|field| all(each(field))).collect()),
        }
    }

    fn test(&mut self, pattern: TextPattern, fields: &[TextField], span: Span) -> Condition {
        self.terms += fields.len()
            * match &pattern {
                TextPattern::Phrase(tokens) => tokens.len(),
                TextPattern::Sloppy(sloppy) => sloppy.tokens.len(),
                TextPattern::Near(near) => near.parts.iter().map(Vec::len).sum(),
                TextPattern::Wildcard(_) | TextPattern::Regex(_) | TextPattern::Fuzzy(_) => 1,
            };
        if self.terms > MAX_TERMS {
            // They are only counted from here on.
            return Expr::nothing();
        }
        let test = TextTest { fields: fields.to_vec(), pattern, scored: self.scored };
        Expr::Leaf(Located::new(Predicate::Text(test), span))
    }

    fn finish(mut self, node: Option<&Node>, whole: Span) -> Result<(), Errors> {
        if self.terms > MAX_TERMS {
            self.errors.push(fault::too_many_terms(self.terms, MAX_TERMS, whole));
        }
        if node.is_some_and(Node::only_prohibits) {
            self.errors.push(fault::negations_alone(whole));
        }
        Errors::collect(self.errors).map_or(Ok(()), Err)
    }
}

/// All of them; one alone is itself.
fn all(mut parts: Vec<Condition>) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) }
}

/// One of them; one alone is itself.
fn any(mut parts: Vec<Condition>) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) }
}
