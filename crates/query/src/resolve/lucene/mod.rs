//! From the clauses of query text to a condition on messages.

use crate::analysis::MAX_TOKEN_LENGTH;
use crate::pattern::Fuzzy;
use crate::query::{Condition, Predicate, TextPattern, TextTest};
use crate::schema::TextField;
use crate::syntax::lucene::{
    Clause, FieldName, Leaf, Mode, Node, Occur, Options, Words, fault, parse,
};
use crate::{Error, Errors, Expr, Located, Span};

#[cfg(test)]
mod tests;

/// The most terms, each counted once for every field in which it is searched.
const MAX_TERMS: usize = 3_000;
/// The most bytes of a misspelt word: three for each UTF-16 unit of the longest token, and the edits.
const MAX_FUZZY: usize = 3 * (MAX_TOKEN_LENGTH + Fuzzy::MAX_EDITS as usize);
/// The most faults reported for one text.
const MAX_FAULTS: usize = 20;

/// Reads query text. Words without a field name are searched in `fields`. If it is `scored`, a match counts
/// for relevance.
pub(crate) fn condition(
    text: &str,
    options: Options,
    fields: &[TextField],
    scored: bool,
) -> Result<Condition, Errors> {
    let parsed = parse(text, options)?;
    let mut resolver =
        Resolver { fields, mode: options.mode, scored, terms: 0, errors: Vec::new() };
    parsed.fields.iter().for_each(|name| resolver.check_field(name));
    let node = parsed.node.as_ref();
    let condition = node.map_or_else(Expr::nothing, |node| resolver.resolve(node));
    resolver.finish(node, Span::new(0, text.len()))?;
    Ok(condition)
}

/// Clauses to a condition.
struct Resolver<'f> {
    /// The fields of a term without a field name.
    fields: &'f [TextField],
    mode: Mode,
    scored: bool,
    /// Terms so far, each counted once for every field.
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

    /// Optional clauses beside required ones are only checked for faults: a condition says which
    /// messages match, and nothing yet says that some of them should come first.
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

    /// A field name counts even if its term has no token. One name counts for a whole group.
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
            // From here on, terms are only counted.
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
