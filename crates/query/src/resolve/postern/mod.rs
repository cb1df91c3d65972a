//! From the syntax tree of typed text to a typed query, its canonical text, and advice.

mod advice;
pub(crate) mod canonical;
mod context;
mod dates;
mod elsewhere;
pub(crate) mod labels;
pub(crate) mod operators;
mod people;
pub(crate) mod plain;
pub(crate) mod range;
mod readings;
mod resolved;
mod value;
mod words;

pub use context::{Context, Parsed, period};

use std::borrow::Cow;
use std::sync::LazyLock;

use self::operators::Operator;
use self::resolved::{Binding, Resolved, leaf};
use self::value::{Value, fault, single, unknown_value};
use crate::budget::Spending;
use crate::pattern::Wildcard;
use crate::query::{Condition, PersonPattern, Predicate, Role, TextPattern, TextTest};
use crate::schema::{InstantField, NumberField, Sort, SortField, StringField, TextField};
use crate::syntax::postern::{
    FieldName, Outcome, Piece, PieceKind, Relation, Term, Terms, Tree, without_number,
};
use crate::{Advice, AdviceCode, Code, Error, Errors, Expr, Limits, Query, Span, analysis};

/// Resolves a parsed text. It adds to the errors and the advice of the parser.
pub(crate) fn resolve(
    parsed: &Outcome<'_>,
    context: &Context,
    spending: Spending<'_, '_>,
) -> Result<Parsed, Errors> {
    let mut resolver = Resolver {
        context,
        terms: &parsed.terms,
        spending,
        written: 0,
        is_over: false,
        errors: parsed.errors.clone(),
        advice: parsed.advice.clone(),
        order: Vec::new(),
        sorts: Vec::new(),
    };
    let tree = resolver.expr(&parsed.tree, Place { top: true, beside: false });
    if let Some(errors) = Errors::collect(resolver.errors) {
        return Err(errors);
    }
    let text = canonical::print(&tree, &resolver.sorts);
    let query = Query::new(conditions(tree), resolver.order);
    let mut advice = resolver.advice;
    advice.truncate(MOST_ADVICE);
    advice.extend(advice::contradictions(query.condition()));
    advice.extend(advice::common_words(query.condition()));
    Ok(Parsed { query, canonical: text, advice })
}

fn conditions(tree: Expr<Resolved>) -> Condition {
    match tree {
        Expr::And(parts) => Expr::And(parts.into_iter().map(conditions).collect()),
        Expr::Or(parts) => Expr::Or(parts.into_iter().map(conditions).collect()),
        Expr::Not(inner) => Expr::negated(conditions(*inner)),
        Expr::Leaf(resolved) => resolved.condition,
    }
}

/// The most advice for one query.
const MOST_ADVICE: usize = 20;

/// The place of a term in the query.
#[derive(Clone, Copy)]
struct Place {
    /// In the top conjunction, where an order may stand.
    top: bool,
    /// Beside a term that is searched, where a mark may stand.
    beside: bool,
}

struct Resolver<'c> {
    context: &'c Context,
    terms: &'c Terms<'c>,
    spending: Spending<'c, 'c>,
    /// Terms so far, with lists and operators written out.
    written: usize,
    /// There are too many terms, so reading stops.
    is_over: bool,
    errors: Vec<Error>,
    advice: Vec<Advice>,
    order: Vec<Sort>,
    /// The canonical words of the order.
    sorts: Vec<String>,
}

impl Resolver<'_> {
    fn expr(&mut self, syntax: &Tree, place: Place) -> Expr<Resolved> {
        let alone = Place { top: false, beside: false };
        match syntax {
            Expr::And(parts) => {
                let place = Place { beside: parts.iter().any(|part| !self.is_mark(part)), ..place };
                self.check_distances(parts);
                Expr::And(parts.iter().map(|part| self.expr(part, place)).collect())
            }
            Expr::Or(parts) => Expr::Or(parts.iter().map(|part| self.expr(part, alone)).collect()),
            Expr::Not(inner) => Expr::negated(self.expr(inner, alone)),
            Expr::Leaf(number) => match self.terms.get(*number) {
                Some(term) => self.term(term, place),
                None => Expr::everything(),
            },
        }
    }

    /// A distance without its number, between two others.
    fn check_distances(&mut self, parts: &[Tree]) {
        let word = |part: &Tree| {
            let Expr::Leaf(number) = part else { return None };
            let term = self.terms.get(*number).filter(|term| term.near.is_none())?;
            let piece = term.value.only().filter(|piece| piece.kind == PieceKind::Bare)?;
            Some((&*piece.text, piece.span))
        };
        let found = parts.windows(3).filter_map(|around| match around {
            [_, part, next] => {
                let (text, span) = word(part)?;
                without_number(text, span, word(next))
            }
            _ => None,
        });
        let found: Vec<_> = found.collect();
        self.errors.extend(found);
    }

    /// Whether it is a bare word without letters or digits. The index has no such word.
    fn is_mark(&self, tree: &Tree) -> bool {
        let Expr::Leaf(number) = tree else { return false };
        let term =
            self.terms.get(*number).filter(|term| term.field.is_none() && term.near.is_none());
        matches!(term.and_then(|term| term.value.only()), Some(Piece { kind: PieceKind::Bare, text, .. })
            if !Wildcard::is_pattern(text) && analysis::tokens(text).next().is_none())
    }

    /// A faulty term is reported. A condition that always holds replaces it.
    fn term(&mut self, term: &Term<'_>, place: Place) -> Expr<Resolved> {
        if self.is_over {
            return Expr::everything();
        }
        let resolved = match &term.field {
            None => self.words(term, TextField::DEFAULT, "", place),
            Some(field) => self.field(term, *field, place),
        };
        let paid = resolved.and_then(|tree| self.pay(&tree, term.span).map(|()| tree));
        paid.unwrap_or_else(|error| {
            self.errors.push(error);
            Expr::everything()
        })
    }

    /// Counts a term, with all terms that it stands for.
    fn pay(&mut self, tree: &Expr<Resolved>, span: Span) -> Result<(), Error> {
        let limits: Limits = self.context.limits;
        let mut paid = Ok(());
        tree.for_each_leaf(&mut |resolved| {
            resolved.condition.for_each_leaf(&mut |_| self.written += 1);
            if paid.is_ok() && !resolved.condition.is_everything() {
                paid = self.spending.pay(&resolved.condition, span);
            }
        });
        self.is_over = paid.is_err() || self.written > limits.terms;
        if self.written > limits.terms {
            return Err(limits.too_many_terms(Span::default()));
        }
        paid
    }

    fn field(
        &mut self,
        term: &Term<'_>,
        field: FieldName<'_>,
        place: Place,
    ) -> Result<Expr<Resolved>, Error> {
        let Some((operator, name)) = operators::find(field.name) else {
            let fits = |name| self.fits(term, FieldName { name, ..field }, place);
            return Err(operators::unknown(term, field, fits));
        };
        let term = match operator {
            Operator::Range(_) => Cow::Borrowed(term),
            _ => after_colon(term, field, name)?,
        };
        if let Some(error) = readings::minus_in_value(&term, operator, name) {
            return Err(error);
        }
        self.advice.extend(readings::equal(field, operator, name));
        self.advice.extend(readings::open_list(&term, operator, name));
        self.advice.extend(readings::star(&term, operator, name));
        self.asked(operator, name, &term, field.relation, place)
    }

    /// Whether a term would be right with another name.
    fn fits(&mut self, term: &Term<'_>, field: FieldName<'_>, place: Place) -> bool {
        let (advice, order) = (self.advice.len(), self.order.len());
        let fits = self.field(term, field, place).is_ok();
        self.advice.truncate(advice);
        self.order.truncate(order);
        self.sorts.truncate(order);
        fits
    }

    fn asked(
        &mut self,
        operator: Operator,
        name: &'static str,
        term: &Term<'_>,
        relation: Relation,
        place: Place,
    ) -> Result<Expr<Resolved>, Error> {
        match operator {
            Operator::Words(fields) => self.words(term, fields, name, place),
            Operator::People(roles) => self.people(term, roles, name),
            Operator::Filename => plain::filename(term, name).map(Expr::Leaf),
            Operator::Extension => plain::extension(term, name).map(Expr::Leaf),
            Operator::Has => plain::has(term).map(Expr::Leaf),
            Operator::HasAttachment => plain::has_attachment(term),
            Operator::Is => plain::is(term),
            Operator::IsRead => plain::is_read(term),
            Operator::Importance => plain::importance(term, name).map(Expr::Leaf),
            Operator::Id => plain::id(term, name).map(Expr::Leaf),
            Operator::Thread => match readings::thread_search(term) {
                Some(error) => Err(error),
                None => plain::thread(term, name).map(Expr::Leaf),
            },
            Operator::Sort => self.sort(term, place),
            Operator::IsFlagged => plain::is_flagged(term),
            Operator::Category => labels::category(term, name, &mut self.advice).map(Expr::Leaf),
            Operator::Folder => labels::folder(term, name).map(Expr::Leaf),
            Operator::MailingList => labels::mailing_list(term, name).map(Expr::Leaf),
            Operator::MediaType => labels::media_type(term, name).map(Expr::Leaf),
            Operator::Kind => labels::kind(term, name).map(Expr::Leaf),
            Operator::Whole(field) => labels::whole_text(field, term, name).map(Expr::Leaf),
            Operator::Reference => labels::reference(term, name).map(Expr::Leaf),
            Operator::Set => labels::set(term, name, self.context.sets.as_deref()).map(Expr::Leaf),
            Operator::Range(kind) => {
                self.advice.extend(range::exact_size(kind, term, relation));
                range::resolve(kind, name, term, relation, self.context).map(Expr::Leaf)
            }
        }
    }

    // ---- words ----

    fn words(
        &mut self,
        term: &Term<'_>,
        fields: &[TextField],
        name: &str,
        place: Place,
    ) -> Result<Expr<Resolved>, Error> {
        if name.is_empty() && is_star(term) {
            return Ok(Expr::Leaf(Resolved::unit(Expr::everything(), "*")));
        }
        if name.is_empty() {
            self.advise_operator(term);
        }
        self.advice.extend(readings::of_words(term, name));
        let (pattern, text) = words::term(term, name)?;
        let Some(pattern) = pattern else {
            return self.mark(&single(term)?, name, place);
        };
        let open = matches!(pattern, TextPattern::Near(_)) && name.is_empty();
        let binding = if open { Binding::Near } else { Binding::Unit };
        let test = TextTest { fields: fields.to_vec(), pattern, scored: true };
        let condition = leaf(Predicate::Text(test), term.span);
        Ok(Expr::Leaf(Resolved { condition, text, binding }))
    }

    /// A mark without letters or digits. The index has no such word.
    fn mark(
        &mut self,
        value: &Value<'_>,
        name: &str,
        place: Place,
    ) -> Result<Expr<Resolved>, Error> {
        if value.quoted || !name.is_empty() || !place.beside {
            return Err(fault(
                Code::EmptyValue,
                value,
                "there is no letter or digit to look for",
                "nothing to look for",
            )
            .hint("write a word or a number"));
        }
        let message = format!("`{}` has no letter or digit, so it is not looked for", value.text);
        self.advice.push(Advice::new(AdviceCode::IgnoredMark, value.span, message));
        Ok(Expr::everything())
    }

    fn advise_operator(&mut self, term: &Term<'_>) {
        let Some(Piece { kind: PieceKind::Bare, text, span }) = term.value.only() else { return };
        let operator = text.to_ascii_uppercase();
        if matches!(&*operator, "AND" | "OR" | "NOT" | "XOR") {
            let message = format!("`{text}` is looked for as a word; the operator is {operator}");
            self.advice.push(Advice::new(AdviceCode::LowercaseOperator, *span, message));
        }
    }

    // ---- people ----

    fn people(
        &mut self,
        term: &Term<'_>,
        roles: &[Role],
        name: &str,
    ) -> Result<Expr<Resolved>, Error> {
        self.advice.extend(term.value.iter().filter_map(readings::regex));
        let values = people::values(term)?;
        let mut leaves = Vec::new();
        for value in &values {
            for pattern in people::pattern(value, &self.context.me)? {
                leaves.push(leaf(person(roles, pattern), value.span));
            }
        }
        let text = canonical::list(name, &values);
        Ok(Expr::Leaf(Resolved::unit(Expr::group(leaves, Expr::Or), text)))
    }

    // ---- order ----

    fn sort(&mut self, term: &Term<'_>, place: Place) -> Result<Expr<Resolved>, Error> {
        let value = single(term)?;
        if !place.top {
            let title = "an order cannot stand under OR or NOT";
            return Err(Error::new(Code::Syntax, term.span, title, "orders the whole result")
                .hint("put it at the end"));
        }
        let word = value.text.to_lowercase();
        let found = SORTS.iter().find(|(name, _)| *name == word);
        let (_, sort) =
            found.ok_or_else(|| unknown_value(&value, "an order", SORT_NAMES.as_slice()))?;
        self.order.push(*sort);
        self.sorts.push(format!("sort:{word}"));
        Ok(Expr::everything())
    }
}

/// The words of `sort:`, and the order for each.
const SORTS: [(&str, Sort); 7] = [
    ("newest", Sort::descending(RECEIVED)),
    ("oldest", Sort::ascending(RECEIVED)),
    ("relevance", Sort::descending(SortField::Score)),
    ("largest", Sort::descending(SIZE)),
    ("smallest", Sort::ascending(SIZE)),
    ("sender", Sort::ascending(SortField::String(StringField::FromAddress))),
    ("subject", Sort::ascending(SortField::String(StringField::Subject))),
];

/// The word for an order.
pub(crate) fn sort_name(sort: Sort) -> Option<&'static str> {
    SORTS.iter().find(|(_, known)| *known == sort).map(|(name, _)| *name)
}

/// The words alone.
pub(crate) static SORT_NAMES: LazyLock<[&str; 7]> = LazyLock::new(|| SORTS.map(|(name, _)| name));

const RECEIVED: SortField = SortField::Instant(InstantField::Received);
const SIZE: SortField = SortField::Number(NumberField::Size);

fn is_star(term: &Term<'_>) -> bool {
    matches!(term.value.only(), Some(Piece { kind: PieceKind::Bare, text, .. }) if text == "*")
}

/// The term of an operator that takes a colon and no comparison.
fn after_colon<'a, 't>(
    term: &'a Term<'t>,
    field: FieldName<'_>,
    name: &str,
) -> Result<Cow<'a, Term<'t>>, Error> {
    match field.relation {
        Relation::Colon => Ok(Cow::Borrowed(term)),
        // Outlook writes `:=`, KQL `=`. The short names are of mu, which has neither.
        Relation::Equal if field.colon || field.name.len() > 1 => Ok(Cow::Borrowed(term)),
        _ if field.colon => Ok(Cow::Owned(with_symbol(term, field.relation))),
        _ => Err(operators::not_comparable(term, field, name)),
    }
}

/// A term whose value begins with a mark that looks like a comparison, as in `id:<a@b>`.
fn with_symbol<'t>(term: &Term<'t>, relation: Relation) -> Term<'t> {
    let mut whole = term.clone();
    let first = &mut whole.value.first;
    if first.kind == PieceKind::Bare {
        let symbol = relation.value_part();
        first.text.to_mut().insert_str(0, symbol);
        first.span.start = first.span.start.saturating_sub(symbol.len());
    }
    whole
}

fn person(roles: &[Role], pattern: PersonPattern) -> Predicate {
    Predicate::Person { roles: roles.to_vec(), pattern }
}
