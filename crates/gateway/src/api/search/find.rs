//! Asking for a page: the engines in their order.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern_archive::search::Counts;
use tracing::{debug, error};

use super::asked::Asked;
use crate::State as Shared;
use crate::api::problem::Problem;
use crate::api::trace::{Source, Trace, sentences};
use crate::choose::{Ending, Entry, Face, Walked, walk};
use crate::config::EngineName;
use crate::engine::{Counting, Found, Occasion, Outcome, Reason, Refusal, UPGRADING, Wanted, Why};
use crate::shadow::{self, Theirs};
use crate::wire::{FacetName, FacetView, HistogramView};

/// Values of a facet.
const MOST_VALUES: usize = 20;

/// What matches, counted by facets.
#[derive(Default)]
pub(super) struct Facets {
    pub(super) counted: BTreeMap<&'static str, FacetView>,
    /// Those that are not there, and why.
    pub(super) missing: BTreeMap<&'static str, String>,
    /// Who counted.
    pub(super) by: Option<EngineName>,
}

impl Facets {
    fn of(asked: &Asked, by: EngineName, counts: Counts) -> Self {
        let mut values = counts.facets.into_iter();
        let zone = asked.bars.as_ref().map(|bars| &bars.zone);
        let histogram = counts.histogram.as_ref().zip(zone);
        let view = |name: &FacetName| {
            let view = match name.facet() {
                Some(_) => FacetView::Values(values.next()?.into()),
                None => histogram
                    .map(|(bars, zone)| HistogramView::of(bars, zone))
                    .map(FacetView::Histogram)?,
            };
            Some((name.name(), view))
        };
        let counted = asked.facets.iter().filter_map(view).collect();
        Self { counted, missing: BTreeMap::new(), by: Some(by) }
    }

    fn without(names: &[FacetName], why: &str) -> Self {
        let missing = names.iter().map(|name| (name.name(), why.to_owned())).collect();
        Self { missing, ..Self::default() }
    }
}

/// One page and the engine that it came from, and who was passed over for it.
pub(super) async fn find(
    state: &Shared,
    asked: &Asked,
    occasion: &Occasion,
    trace: &Trace,
) -> (Result<(EngineName, Found), Problem>, Source) {
    let turns: Vec<_> = asked
        .plans
        .iter()
        .map(|(entry, plan)| {
            let gate = state.admits(&asked.caller, occasion.deadline);
            let tenant = asked.caller.tenant.as_deref();
            let deadline = state.deadline_of(tenant, entry.name, trace.start);
            let occasion = || Occasion { deadline, ..occasion.clone() };
            let ask = plan.as_ref().map(|plan| plan.search(asked.wanted.clone(), occasion()));
            entry.turn(gate, ask.map_err(Clone::clone))
        })
        .collect();
    let walked = walk(turns.into_iter(), Face::Native, state.metrics()).await;
    note(asked, &walked.passed_over, trace);
    let walked = asked.passed_over.iter().cloned().fold(walked, Walked::behind);
    let source = Source::of(&walked);
    let found = match walked.ending {
        Ending::Served(engine, found) => {
            compare(state, asked, engine, &found, trace);
            Ok((engine, found))
        }
        Ending::RefusedKey(engine, _) => {
            Err(Problem::unauthorized().detail(format!("{} refused the key", engine.spoken())))
        }
        Ending::RefusedQuery(_, refusal) => Err(refused(refusal)),
        Ending::Denied(denied) => Err(denied.into()),
        Ending::Nobody => Err(nobody(asked, &walked.passed_over)),
    };
    (found, source)
}

fn refused(refusal: Refusal<Found>) -> Problem {
    match refusal {
        Refusal::Errors(refused) => refused.into(),
        Refusal::Words(_) | Refusal::Status(_) | Refusal::Text(_) => {
            Problem::new(400, "too_costly", refusal.to_string())
        }
    }
}

/// Where the engine that was asked can never answer this, asking again is no use.
fn nobody(asked: &Asked, passed_over: &[Reason]) -> Problem {
    match passed_over.last() {
        Some(Reason { engine, why: Why::Never { text, .. } }) => {
            let (code, name) = (format!("{}_cannot", engine.as_str()), engine.spoken());
            let problem = Problem::new(400, &code, format!("{name} cannot answer this"));
            let problem = problem.detail(text.clone());
            match asked.others {
                Some(other) => {
                    let hint = format!("leave `engine` out, and {} answers", other.spoken());
                    problem.hint(hint)
                }
                None => problem,
            }
        }
        Some(Reason { why: Why::Failed(failure), .. }) if failure.code == UPGRADING => {
            Problem::upgrading(failure.text.clone())
        }
        Some(_) | None => Problem::unavailable(sentences(passed_over)),
    }
}

/// A query of ours that an engine refuses is a defect of ours.
fn note(asked: &Asked, passed_over: &[Reason], trace: &Trace) {
    for reason in passed_over.iter().filter(|reason| matches!(reason.why, Why::Refused(_))) {
        let sent = asked.plan_of(reason.engine).and_then(|plan| plan.sent.as_ref());
        let engine = reason.engine.as_str();
        error!(query_id = trace.id(), engine, "the engine refused a filter of ours");
        debug!(query_id = trace.id(), ?sent, "the refused filter");
    }
}

/// Asks the next engine too, if it is this answer's turn.
fn compare(state: &Shared, asked: &Asked, engine: EngineName, found: &Found, trace: &Trace) {
    let mut from = asked.plans.iter().skip_while(|(entry, _)| entry.name != engine);
    let share = from.next().map_or(0.0, |(entry, _)| entry.shadow());
    let next =
        from.find_map(|(entry, plan)| Some((entry.member.clone().ok()?, plan.as_ref().ok()?)));
    let Some((member, plan)) = next.filter(|_| shadow::is_due(share)) else { return };
    let Some(theirs) = Theirs::of(found) else { return };
    let mail_only = asked.is_without_files(engine);
    let wanted = Wanted { mail_only, collapse: found.rows.is_some(), ..asked.wanted.clone() };
    let ask = plan.search(wanted, shadow::occasion(state));
    shadow::compare(state, trace.id(), theirs, async move { member.ask(ask).await.ok() });
}

/// How the first engine that can counts what matches. Where none can, the page is still an answer, which
/// says what it lacks.
pub(super) async fn facets(
    state: &Shared,
    asked: &Asked,
    engine: EngineName,
    occasion: &Occasion,
) -> Facets {
    let names = asked.facets.as_slice();
    if names.is_empty() {
        return Facets::default();
    }
    if !asked.is_counted_elsewhere(engine) {
        let why = format!("{} does not count what it finds", engine.spoken());
        return Facets::without(names, &why);
    }
    let counting = || Counting {
        understood: Arc::clone(&asked.understood),
        facets: names.iter().filter_map(|name| name.facet()).collect(),
        bars: asked.bars.clone(),
        zone: asked.viewpoint.zone.clone(),
        mail_only: asked.is_without_files(engine),
        most: MOST_VALUES,
        allowance: occasion.allowance.clone(),
    };
    // What one index found, another one does not count: the first that counts is that one, or stands behind.
    let order = state.engines(asked.caller.tenant.as_deref());
    let own = order.iter().filter(|entry| entry.name == engine);
    let mut order = own.chain(order.iter().filter(|entry| entry.name != engine));
    let counts = |entry: &Entry| {
        let member = entry.member.as_ref().ok()?;
        Some((entry.name, member.engine.counts(counting())?))
    };
    let Some((by, counting)) = order.find_map(counts) else {
        return Facets::without(names, "no engine of this tenant counts");
    };
    if state.admits(&asked.caller, occasion.deadline).await.is_err() {
        return Facets::without(names, "premium refused the key");
    }
    match counting.await {
        Outcome::Served(counts) => Facets::of(asked, by, counts),
        Outcome::RefusedKey(refusal)
        | Outcome::RefusedQuery(refusal)
        | Outcome::TooCostly(refusal) => Facets::without(names, &refusal.to_string()),
        Outcome::Failed(failure) => Facets::without(names, &failure.text),
        Outcome::Absent(_) | Outcome::Busy(_) => {
            Facets::without(names, "the engine that counts is not there now")
        }
    }
}
