//! Asking for a page: premium first, else the local index.

use std::collections::BTreeMap;

use postern_archive::IndexError;
use postern_archive::search::{Asker, FacetCounts};
use postern_upstream::{Answer, Call, Target};
use tracing::{debug, error};

use super::EngineChoice;
use super::asked::{Asked, Found};
use super::list::{Listed, list};
use crate::State as Shared;
use crate::access::Denied;
use crate::api::problem::Problem;
use crate::api::trace::{Source, Trace};
use crate::choose::{Chosen, Face, Reason, Verdict, choose};
use crate::language::Refused;
use crate::local::{Allowance, LocalEngine, LocalError};
use crate::shadow;
use crate::wire::{FacetName, FacetView};

/// Values of a facet.
const MOST_VALUES: usize = 20;

/// What matches, counted by facets.
#[derive(Default)]
pub(super) struct Facets {
    pub(super) counted: BTreeMap<&'static str, FacetView>,
    /// Those that are not there, and why.
    pub(super) missing: BTreeMap<&'static str, String>,
}

impl Facets {
    fn of(names: Vec<FacetName>, counts: Vec<FacetCounts>) -> Self {
        let names = names.into_iter().map(FacetName::name);
        let counted = names.zip(counts.into_iter().map(FacetView::from)).collect();
        Self { counted, missing: BTreeMap::new() }
    }

    fn without(names: Vec<FacetName>, why: &str) -> Self {
        let names = names.into_iter().map(FacetName::name);
        let missing = names.map(|name| (name, why.to_owned())).collect();
        Self { counted: BTreeMap::new(), missing }
    }
}

/// One page and who it came from.
pub(super) async fn find(
    state: &Shared,
    asked: &Asked,
    allowance: &Allowance,
    trace: &Trace,
) -> (Result<Found, Problem>, Source) {
    let premium = ask_premium(state, asked, trace);
    if asked.engine == EngineChoice::Premium {
        return only_premium(asked, premium.await);
    }
    let local = find_locally(state, asked, allowance, trace);
    let head_start = state.premium().and_then(|premium| premium.head_start());
    match choose(premium, local, head_start, state.metrics()).await {
        Chosen::Premium(answer) => {
            compare(state, asked, trace, &answer);
            (asked.read_page(&answer), Source::PREMIUM)
        }
        Chosen::Refused(_) => (Err(refused()), Source::PREMIUM),
        Chosen::Local(page, reason) => {
            note(asked, &reason, trace);
            ours(page, reason)
        }
    }
}

/// Why there is no page of the local index.
enum NoPage {
    Denied(Denied),
    Refused(Refused),
    Failed(LocalError),
}

async fn find_locally(
    state: &Shared,
    asked: &Asked,
    allowance: &Allowance,
    trace: &Trace,
) -> Result<Listed, NoPage> {
    if let Some(refused) = asked.too_costly() {
        return Err(NoPage::Refused(refused.clone()));
    }
    let local = state.local_for(&asked.caller, state.premium_deadline(trace.start)).await;
    let local = local.map_err(NoPage::Denied)?;
    let (question, limit) = (asked.question(), asked.limit);
    let listing =
        move |engine: &dyn LocalEngine, asker: &Asker| list(engine, &question, limit, asker);
    local.ask(allowance, listing).await.map_err(NoPage::Failed)
}

fn only_premium(asked: &Asked, verdict: Verdict) -> (Result<Found, Problem>, Source) {
    match verdict {
        Verdict::PassOn(answer) => (asked.read_page(&answer), Source::PREMIUM),
        Verdict::Refuse(_) => (Err(refused()), Source::PREMIUM),
        Verdict::FallBack(reason) => (Err(without_premium(&reason)), Source::nobody(reason)),
    }
}

/// Where premium can never answer this, asking again is no use.
fn without_premium(reason: &Reason) -> Problem {
    if reason.is_lasting() {
        return Problem::new(400, "premium_cannot", "premium cannot answer this")
            .detail(reason.to_string())
            .hint("leave `engine` out, and the local index answers");
    }
    Problem::unavailable(reason.to_string())
}

fn refused() -> Problem {
    Problem::unauthorized().detail("premium refused the key")
}

/// A filter of ours that premium refuses is a defect of ours.
fn note(asked: &Asked, reason: &Reason, trace: &Trace) {
    if let Reason::Refused(_) = reason {
        error!(query_id = trace.id(), "premium refused a filter of ours");
        debug!(query_id = trace.id(), sent = ?asked.compiled.sent, "the refused filter");
    }
}

fn ours(page: Result<Listed, NoPage>, reason: Reason) -> (Result<Found, Problem>, Source) {
    match page {
        Ok(page) => (Ok(Asked::page(page)), Source::local(reason)),
        Err(NoPage::Denied(denied)) => (Err(denied.into()), Source::nobody(reason)),
        Err(NoPage::Refused(refused)) => (Err(refused.into()), Source::local(reason)),
        Err(NoPage::Failed(error @ LocalError::TooMuch(_))) => {
            (Err(error.into()), Source::local(reason))
        }
        Err(NoPage::Failed(
            error @ (LocalError::Gone(_) | LocalError::Late | LocalError::Failed(_)),
        )) => {
            let problem = Problem::unavailable(format!("{reason}; {error}"));
            (Err(problem), Source::nobody(reason))
        }
    }
}

fn compare(state: &Shared, asked: &Asked, trace: &Trace, answer: &Answer) {
    let tenant = asked.caller.tenant.as_deref();
    let exactly = asked.compiled.notes.is_empty();
    let question = || std::future::ready(asked.too_costly().is_none().then(|| asked.question()));
    shadow::compare(state, tenant, trace.id(), answer, exactly, question);
}

async fn ask_premium(state: &Shared, asked: &Asked, trace: &Trace) -> Verdict {
    if asked.engine == EngineChoice::Local {
        return Verdict::FallBack(Reason::AskedFor);
    }
    let (premium, key) = match state.premium_for(&asked.caller) {
        Ok(found) => found,
        Err(reason) => return Verdict::FallBack(reason),
    };
    // Without a configured key there is no tenant to ask for.
    let Some(tenant) = asked.caller.tenant.as_deref() else {
        return Verdict::FallBack(Reason::NoKey);
    };
    let Some(request) = asked.request() else {
        return Verdict::FallBack(Reason::CannotSay(asked.objection()));
    };
    let (target, parent) = (Target { tenant, index: premium.index() }, trace.parent());
    let deadline = state.premium_deadline(trace.start);
    let call = Call { target, key: key.secret(), deadline, traceparent: Some(&parent) };
    premium.ask(target, key, Face::Native, premium.client().search(call, &request)).await
}

/// How the local index counts what matches. Where it cannot, the page is still an answer, which says
/// what it lacks.
pub(super) async fn facets(
    state: &Shared,
    asked: &Asked,
    allowance: &Allowance,
    trace: &Trace,
) -> Facets {
    let names = asked.facets.clone();
    if names.is_empty() {
        return Facets::default();
    }
    if let Some(refused) = asked.too_costly() {
        return Facets::without(names, &refused.errors.to_string());
    }
    let facets: Vec<_> = names.iter().filter_map(|name| name.facet()).collect();
    let query = asked.question().query;
    let Ok(local) = state.local_for(&asked.caller, state.premium_deadline(trace.start)).await
    else {
        return Facets::without(names, "premium refused the key");
    };
    let counting =
        move |engine: &dyn LocalEngine, asker: &Asker| -> Result<Vec<FacetCounts>, IndexError> {
            engine.facets(&query, &facets, MOST_VALUES, asker)
        };
    match local.ask(allowance, counting).await {
        Ok(counts) => Facets::of(names, counts),
        Err(error) => Facets::without(names, &error.to_string()),
    }
}
