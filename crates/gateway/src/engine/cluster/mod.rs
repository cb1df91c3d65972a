//! The index of a tenant in an `OpenSearch` cluster.
//!
//! A query is compiled to a search body that also says what may be seen. Hits are read back from the documents,
//! in the order of the cluster, which is that of the local index.

mod asking;
mod counts;
mod coverage;
mod health;
mod hit;
mod marks;
mod outcome;
mod page;
mod points;
mod position;
mod rows;
mod shelf;
mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_archive::search::{self, Counts, Coverage, Page, Scope};
use postern_query::emit::Json;
use postern_query::emit::elasticsearch::{self, Known, Profile};
use postern_query::schema::Sort;
use postern_query::{Compiled, Fidelity, Note, Query};
use postern_upstream::cluster::Cluster as Client;
use serde_json::Value;
use tokio::time::timeout_at;

use super::{
    Ask, Asking, By, Counting, Engine, Found, Made, Occasion, Outcome, Pages, Plan, Planning,
    Refusal, StoreHealth, Wanted, Watching, Why,
};
use crate::access::{Caller, Mailboxes};
use crate::config::{BreakerSettings, Config};
use crate::language::Understood;
use crate::local::{self, LocalEngine};
use crate::remembered::Fingerprint;
use health::LastHealth;
use marks::Marks;
use outcome::Stop;
use points::Points;
use shelf::Stored;

/// For how long "not there" is believed.
const RECHECK: Duration = Duration::from_secs(60);

/// The index of a tenant; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Cluster(Arc<Index>);

#[derive(Debug)]
struct Index {
    client: Client,
    /// The name under which it is asked.
    alias: String,
    marks: Marks,
    covered: coverage::Learned,
    points: Points,
    health: LastHealth,
    sent: Fingerprint,
}

/// A query as it is asked.
#[derive(Clone, Debug)]
struct Question {
    query: Query,
    /// What it was planned with.
    known: Known,
}

/// The engine of a tenant, or of everybody without one.
pub(super) fn make(config: &Config, tenant: Option<&str>) -> Made {
    let never = |error: crate::config::ConfigError| Why::never("not_configured", error.to_string());
    let client = config.cluster_client().map_err(never)?;
    let alias = config.cluster_index(tenant).map_err(never)?;
    let Some((client, alias)) = client.zip(alias) else {
        return Err(Why::never("not_configured", "no cluster is configured"));
    };
    let watching = Watching {
        breaker: BreakerSettings::default(),
        recheck: RECHECK,
        deadline: config.deadline,
        hedge: false,
        shadow: 0.0,
    };
    let sent = Fingerprint::of(&["cluster", &alias]);
    let (marks, points, health) = (Marks::default(), Points::default(), LastHealth::default());
    let covered = coverage::Learned::default();
    let index = Index { client, alias, marks, covered, points, health, sent };
    Ok((Arc::new(Cluster(Arc::new(index))), Some(watching)))
}

impl Engine for Cluster {
    fn plan(&self, asked: &Planning<'_>) -> Result<Plan, Why> {
        let understood = Arc::clone(asked.understood);
        let mailboxes = mailboxes(&asked.caller.mailboxes);
        let known = self.known(mailboxes, None);
        let compiled = elasticsearch::compile_for(&understood.here(), Profile::OpenSearch, &known);
        if compiled.sent.is_none() {
            let worst = compiled.notes.iter().max_by_key(|note| note.fidelity);
            let why = worst.map(|note| note.message.as_str()).unwrap_or_default();
            return Err(Why::never("cannot_say", format!("the cluster cannot say this: {why}")));
        }
        let (cluster, by) = (self.clone(), self.on_behalf_of(asked.caller));
        let carry_out = move |wanted: Wanted, occasion: Occasion| {
            let (cluster, understood, known) = (cluster.clone(), understood.clone(), known.clone());
            Ask::new(Some(by), async move {
                if let Some(refused) = understood.too_costly.clone() {
                    return Outcome::TooCostly(Refusal::Errors(refused));
                }
                cluster.search(Question::of(&understood, &wanted, known), &wanted, &occasion).await
            })
        };
        Ok(Plan { notes: compiled.notes, sent: None, yields: None, carry_out: Box::new(carry_out) })
    }

    fn is_position(&self, text: &str) -> bool {
        position::read(text).is_some_and(|position| position::write(&position) == text)
    }

    fn counts(&self, counting: Counting) -> Option<Asking<Counts>> {
        let cluster = self.clone();
        Some(Box::pin(async move {
            if let Some(refused) = counting.understood.too_costly.clone() {
                return Outcome::TooCostly(Refusal::Errors(refused));
            }
            let known = cluster.known(seen(counting.allowance.scope()), None);
            let query = counting.understood.here();
            let query = if counting.mail_only { query.mail_only() } else { query };
            let (question, deadline) = (Question { query, known }, counting.allowance.deadline());
            let Counting { facets, bars, zone, most, .. } = &counting;
            let counting = search::Counting { facets, most: *most, bars: bars.as_ref(), zone };
            let counted = counts::of(&cluster, &question, &counting, deadline);
            match timeout_at(deadline.into(), counted).await {
                Ok(Ok(counts)) => Outcome::Served(counts),
                Ok(Err(stop)) => stop.into(),
                Err(_) => outcome::late(),
            }
        }))
    }

    fn has_snippets(&self) -> bool {
        true
    }

    fn has_files(&self) -> bool {
        true
    }

    fn pages(&self) -> Option<Arc<dyn Pages>> {
        Some(Arc::new(self.clone()))
    }

    fn coverage(&self) -> Option<Coverage> {
        self.0.covered.at_hand()
    }

    fn health(&self, deadline: Instant) -> Option<Ask<StoreHealth>> {
        let (cluster, nobody) = (self.clone(), Fingerprint::of(&[""]));
        let by = By { sent: self.0.sent, asker: nobody, index: Some(self.0.sent) };
        Some(Ask::new(Some(by), async move {
            match timeout_at(deadline.into(), health::of(&cluster, deadline)).await {
                Ok(Ok(health)) => Outcome::Served(health),
                Ok(Err(problem)) => Stop::from(problem).into(),
                Err(_) => outcome::late(),
            }
        }))
    }

    fn shelf(&self) -> Option<Arc<dyn LocalEngine>> {
        Some(Arc::new(Stored(self.clone())))
    }
}

impl Pages for Cluster {
    fn by(&self, caller: &Caller) -> By {
        self.on_behalf_of(caller)
    }

    fn page(&self, asked: local::Question, caller: &Caller, deadline: Instant) -> Asking<Page> {
        let (cluster, mailboxes) = (self.clone(), mailboxes(&caller.mailboxes));
        Box::pin(async move {
            let known = cluster.known(mailboxes, Some(asked.order));
            coverage::refresh(&cluster, deadline).await;
            let found = async {
                // There is no room in the answer to say that it is not quite what was asked.
                let question = Question { query: asked.query, known }.exactly()?;
                cluster.whole(&question, (asked.offset, asked.limit), deadline).await
            };
            match timeout_at(deadline.into(), found).await {
                Ok(Ok(page)) => Outcome::Served(page),
                Ok(Err(stop)) => stop.into(),
                Err(_) => outcome::late(),
            }
        })
    }
}

impl Question {
    fn of(understood: &Understood, wanted: &Wanted, known: Known) -> Self {
        let query = understood.here();
        let query = if wanted.mail_only { query.mail_only() } else { query };
        Self { query, known }
    }

    /// What is sent of it; nothing where it cannot be said.
    fn body(&self) -> Option<Json> {
        self.compiled().sent
    }

    /// The same, if the cluster answers exactly what is asked.
    fn exactly(self) -> Result<Self, Stop> {
        let notes = self.notes();
        let worst = notes.into_iter().max_by_key(|note| note.fidelity);
        match worst.filter(|note| note.fidelity > Fidelity::Exact) {
            None => Ok(self),
            Some(note) => Err(Stop::CannotSay(note.message)),
        }
    }

    fn order(&self) -> Vec<Sort> {
        self.known.order.clone().unwrap_or_else(|| self.query.natural_order())
    }

    /// The condition in what is sent.
    fn condition_sent(&self) -> Option<Value> {
        let body: Value = serde_json::from_str(&self.body()?.to_string()).ok()?;
        body.get("query").cloned()
    }

    /// The fields whose whole values have a say in the answer.
    fn whole_fields(&self) -> BTreeSet<String> {
        elasticsearch::whole_fields(&self.query, &self.known)
    }

    /// What differs from what was asked.
    fn notes(&self) -> Vec<Note> {
        self.compiled().notes
    }

    fn compiled(&self) -> Compiled<Json> {
        elasticsearch::compile_for(&self.query, Profile::OpenSearch, &self.known)
    }
}

impl Cluster {
    /// What is known of the index for somebody who may see these mailboxes.
    fn known(&self, mailboxes: Option<Vec<String>>, order: Option<Vec<Sort>>) -> Known {
        Known { mailboxes, left_out: self.0.marks.at_hand(), order }
    }

    fn on_behalf_of(&self, caller: &Caller) -> By {
        let asker = Fingerprint::of(&[&caller.name]);
        By { sent: self.0.sent, asker, index: Some(self.0.sent) }
    }

    /// A page of whole messages.
    async fn whole(
        &self,
        question: &Question,
        (offset, limit): (usize, usize),
        deadline: Instant,
    ) -> Result<Page, Stop> {
        if limit == 0 {
            return Ok(Page {
                count: walk::count(self, question, deadline).await?,
                ..Page::default()
            });
        }
        let mut walk = walk::Walk::begin(self, question, (None, offset), deadline).await?;
        let mut hits = Vec::new();
        while hits.len() < limit {
            let next = walk.next(limit - hits.len(), false, deadline).await?;
            if next.is_empty() {
                break;
            }
            hits.extend(next);
        }
        Ok(Page { count: walk.count(), hits, snapshot: 0 })
    }

    async fn search(
        &self,
        question: Question,
        wanted: &Wanted,
        occasion: &Occasion,
    ) -> Outcome<Found> {
        coverage::refresh(self, occasion.deadline).await;
        let found = page::of(self, &question, wanted, occasion.deadline);
        match timeout_at(occasion.deadline.into(), found).await {
            Ok(Ok(found)) => Outcome::Served(found),
            Ok(Err(stop)) => stop.into(),
            Err(_) => outcome::late(),
        }
    }
}

/// The mailboxes of a scope; nothing where all may be seen.
fn seen(scope: &Scope) -> Option<Vec<String>> {
    match scope {
        Scope::All => None,
        Scope::Mailboxes(names) => Some(names.clone()),
    }
}

/// The only mailboxes that may be seen; nothing where all may be.
fn mailboxes(mailboxes: &Mailboxes) -> Option<Vec<String>> {
    match mailboxes {
        Mailboxes::All => None,
        Mailboxes::Only(names) => Some(names.clone()),
    }
}
