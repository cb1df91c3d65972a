//! What is read at one place of a message that lies in several.
//!
//! Everything else here is compiled as if all places of a message were one. That finds too much where two conditions
//! hold at different places, or one holds at a place that may not be seen; it never finds too little, for under a NOT
//! a condition of its own begins. What is too much is then left out, place by place.

use postern_query::schema::StringField;
use postern_query::{Condition, Expr, Predicate, Role};

use tantivy::query::Query;

use super::{Compiler, Sign};
use crate::Error;
use crate::search::scorers::at_place::{Asked, AtOnePlace, AtPlace};
use crate::search::scorers::clause::{Clause, either, unscored};

impl Compiler<'_> {
    /// A whole condition, or what stands under a NOT: what is asked of places in it is asked of one place.
    pub(super) fn at_one_place(&self, condition: &Condition, sign: Sign) -> Result<Clause, Error> {
        if !self.has_several_places || !self.needs_one_place(condition) {
            return self.condition(condition, sign);
        }
        if let Expr::Or(parts) = condition {
            let parts = parts.iter().map(|part| self.at_one_place(part, sign));
            return Ok(either(parts.collect::<Result<_, _>>()?));
        }
        let candidates = self.condition(condition, sign)?.query();
        Ok(Clause::Only(Box::new(self.among(candidates, condition)?)))
    }

    /// At which place a message matches, where that can be asked.
    pub(super) fn matching_place(&self, condition: &Condition) -> Result<Option<AtPlace>, Error> {
        let is_asked = self.has_several_places && is_of_place(condition);
        is_asked.then(|| self.among(Clause::All.query(), condition)).transpose()
    }

    fn among(&self, candidates: Box<dyn Query>, condition: &Condition) -> Result<AtPlace, Error> {
        let (at, scope) = (self.asked_of_places(condition)?, self.scope());
        let (faults, meter) = (self.faults.clone(), self.work.meter("places"));
        Ok(AtPlace { candidates, at, scope, faults, meter })
    }

    /// Whether it matters that a message has several places.
    fn needs_one_place(&self, condition: &Condition) -> bool {
        if self.visible.is_some() { is_of_place(condition) } else { joins_places(condition) }
    }

    /// What has to hold at one place. What holds of the message alone, beside it, does already.
    fn asked_of_places(&self, condition: &Condition) -> Result<AtOnePlace, Error> {
        let asked = Expr::everything();
        let mut at = AtOnePlace { asked, predicates: Vec::new(), messages: Vec::new() };
        at.asked = match condition {
            Expr::And(parts) => {
                let parts = parts.iter().filter(|part| is_of_place(part));
                let parts = parts.map(|part| self.asked(part, &mut at));
                Expr::And(parts.collect::<Result<_, _>>()?)
            }
            other @ (Expr::Or(_) | Expr::Not(_) | Expr::Leaf(_)) => self.asked(other, &mut at)?,
        };
        Ok(at)
    }

    /// The same of a part.
    fn asked(&self, part: &Condition, at: &mut AtOnePlace) -> Result<Expr<Asked>, Error> {
        match part {
            other if !is_of_place(other) => {
                let found = self.at_one_place(other, Sign::Negative)?;
                at.messages.push(unscored(found.query()));
                Ok(Expr::Leaf(Asked::Message(at.messages.len() - 1)))
            }
            Expr::And(parts) => {
                let parts = parts.iter().map(|part| self.asked(part, at));
                Ok(Expr::And(parts.collect::<Result<_, _>>()?))
            }
            Expr::Or(parts) => {
                let parts = parts.iter().map(|part| self.asked(part, at));
                Ok(Expr::Or(parts.collect::<Result<_, _>>()?))
            }
            Expr::Not(inner) => Ok(Expr::negated(self.asked(inner, at)?)),
            Expr::Leaf(leaf) => self.asked_of_leaf(&leaf.value, at),
        }
    }

    fn asked_of_leaf(
        &self,
        predicate: &Predicate,
        at: &mut AtOnePlace,
    ) -> Result<Expr<Asked>, Error> {
        let Predicate::Person { roles, pattern } = predicate else {
            at.predicates.push(predicate.clone());
            let number = at.predicates.len() - 1;
            let is_id = matches!(
                predicate,
                Predicate::String(StringField::ItemId | StringField::FragmentId, _)
            );
            return Ok(Expr::Leaf(if is_id { Asked::Ids(number) } else { Asked::Place(number) }));
        };
        let pattern = pattern.clone();
        let (owner, others): (Vec<_>, Vec<_>) =
            roles.iter().partition(|role| **role == Role::Owner);
        at.predicates.push(Predicate::Person { roles: owner, pattern: pattern.clone() });
        let mut parts = vec![Expr::Leaf(Asked::Place(at.predicates.len() - 1))];
        if !others.is_empty() {
            let found = self.leaf(&Predicate::Person { roles: others, pattern }, Sign::Negative)?;
            at.messages.push(unscored(found.query()));
            parts.push(Expr::Leaf(Asked::Message(at.messages.len() - 1)));
        }
        Ok(Expr::Or(parts))
    }
}

/// Whether something is asked of places that does not stand under a NOT.
fn is_of_place(condition: &Condition) -> bool {
    condition.has_positive(&|leaf| leaf.value.is_of_place())
}

/// Whether two conditions that must both hold ask about places.
fn joins_places(condition: &Condition) -> bool {
    match condition {
        Expr::And(parts) => {
            parts.iter().filter(|part| is_of_place(part)).count() > 1
                || parts.iter().any(joins_places)
        }
        Expr::Or(parts) => parts.iter().any(joins_places),
        Expr::Not(_) | Expr::Leaf(_) => false,
    }
}
