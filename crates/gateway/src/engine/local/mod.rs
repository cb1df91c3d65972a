//! The index of this machine.

mod list;
mod position;

use std::sync::Arc;
use std::time::Instant;

use postern_archive::search::{self, Asker, Counts};
use postern_query::Query;

use super::{
    Ask, Asking, Counting, Engine, Failure, Found, Health, Made, Occasion, Outcome, Plan, Planning,
    Refusal, Start, Wanted, Why,
};
use crate::language::Understood;
use crate::local::{Allowance, Local, LocalEngine, LocalError, Question};
use list::{Listed, list};

/// The index of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct LocalIndex(Local);

pub(super) fn make(archive: &Local) -> Made {
    Ok((Arc::new(LocalIndex(archive.clone())), None))
}

impl Engine for LocalIndex {
    /// It can answer whatever a query means; where that would cost too much is known when it is asked.
    fn plan(&self, asked: &Planning<'_>) -> Result<Plan, Why> {
        let (index, understood) = (self.clone(), Arc::clone(asked.understood));
        let carry_out = move |wanted: Wanted, occasion: Occasion| {
            if let Some(refused) = understood.too_costly.clone() {
                let refusal = Refusal::Errors(refused);
                return Ask::new(None, async { Outcome::TooCostly(refusal) });
            }
            index.search(question(&understood, &wanted), occasion.allowance)
        };
        Ok(Plan { notes: Vec::new(), sent: None, yields: None, carry_out: Box::new(carry_out) })
    }

    fn is_position(&self, text: &str) -> bool {
        position::read(text).is_some_and(|position| position::write(&position) == text)
    }

    fn counts(&self, counting: Counting) -> Option<Asking<Counts>> {
        let local = self.0.clone();
        Some(Box::pin(async move {
            if let Some(refused) = counting.understood.too_costly.clone() {
                return Outcome::TooCostly(Refusal::Errors(refused));
            }
            let allowance = counting.allowance.clone();
            let query = asked(&counting.understood, counting.mail_only);
            let count = move |engine: &dyn LocalEngine, asker: &Asker| {
                let Counting { facets, bars, zone, most, .. } = &counting;
                let counting = search::Counting { facets, most: *most, bars: bars.as_ref(), zone };
                engine.counts(&query, &counting, asker)
            };
            local.ask(&allowance, count).await.map_or_else(failed, Outcome::Served)
        }))
    }

    fn has_snippets(&self) -> bool {
        true
    }

    fn archive(&self) -> Option<&Local> {
        Some(&self.0)
    }
}

impl LocalIndex {
    /// The index in what is stored.
    pub(crate) const fn of(archive: Local) -> Self {
        Self(archive)
    }

    /// Asks for a page.
    pub(crate) fn search(&self, mut question: Question, allowance: Allowance) -> Ask<Found> {
        let (local, limit) = (self.0.clone(), question.limit);
        // One more tells whether there is another page.
        question.limit = if limit == 0 { 0 } else { limit + 1 };
        Ask::new(None, async move {
            let listing = move |engine: &dyn LocalEngine, asker: &Asker| {
                list(engine, &question, limit, asker)
            };
            let allowance = allowance.beginning(Instant::now());
            let listed = local.ask(&allowance, listing).await;
            listed.map_or_else(failed, |listed| Outcome::Served(Found::from(listed)))
        })
    }
}

/// What is asked of the index, which holds files beside mail.
fn asked(understood: &Understood, mail_only: bool) -> Query {
    let query = understood.here();
    if mail_only { query.mail_only() } else { query }
}

fn question(understood: &Understood, wanted: &Wanted) -> Question {
    let (after, offset) = match &wanted.start {
        Start::Offset(offset) => (None, *offset),
        Start::Position(text) => (position::read(text), 0),
    };
    let query = asked(understood, wanted.mail_only);
    Question {
        order: query.natural_order(),
        query,
        after,
        offset,
        limit: wanted.limit,
        highlight: wanted.highlight,
        collapse: wanted.collapse,
    }
}

impl From<Listed> for Found {
    fn from(listed: Listed) -> Self {
        Self {
            messages: listed.messages,
            count: Some(u64::try_from(listed.count).unwrap_or(u64::MAX)),
            exact: true,
            rows: listed.rows.map(|rows| u64::try_from(rows).unwrap_or(u64::MAX)),
            next: listed.next.map(|next| Start::Position(position::write(&next))),
            files_missing: None,
        }
    }
}

/// The name of a failure that an upgrade of the index ends.
pub(crate) const UPGRADING: &str = "upgrading";

/// What an error of the index means.
pub(crate) fn failed<T>(error: LocalError) -> Outcome<T> {
    let (code, health) = match error {
        LocalError::TooMuch(text) => return Outcome::TooCostly(Refusal::Text(text)),
        LocalError::Upgrading(_) => (UPGRADING, Health::Alive),
        LocalError::Late => ("local_late", Health::Silent),
        LocalError::Gone(_) | LocalError::Failed(_) => ("local_failed", Health::Broken),
    };
    Outcome::Failed(Failure { code, health, text: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use postern_archive::search::Scope;

    use super::*;
    use crate::tests::mail;

    /// Under load premium may be given up long after its time, so that none is left of that of the request.
    #[tokio::test]
    async fn a_search_whose_turn_comes_too_late_is_answered() {
        let (share, over) = (Duration::from_secs(60), Instant::now());
        let question = Question {
            query: Query::everything(),
            order: Vec::new(),
            after: None,
            offset: 0,
            limit: 10,
            highlight: false,
            collapse: false,
        };
        let index = LocalIndex::of(Local::answering(Arc::new(mail())));
        let ask = index.search(question, Allowance::new(Scope::All, over, share));
        let Outcome::Served(found) = ask.answer.await else { panic!("it was not answered") };
        assert_eq!(found.messages.len(), 4);
    }
}
