//! A search that was understood, and who is to be asked for it.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use postern_archive::search::{Bars, Coverage};
use postern_query::{Direction, Fidelity};

use super::SearchBody;
use super::collapse::Marks;
use super::find::Facets;
use super::sources::Sources;
use crate::State as Shared;
use crate::access::Caller;
use crate::api::cursor::Cursor;
use crate::api::params::{BadParam, viewpoint};
use crate::api::problem::Problem;
use crate::api::trace::Trace;
use crate::choose::{Entry, Member};
use crate::config::EngineName;
use crate::engine::{Found, PAGE_LIMIT, Plan, Planning, Reason, Start, Wanted, Why};
use crate::language::{Reader, Understood, Versions};
use crate::local::Local;
use crate::viewpoint::Viewpoint;
use crate::wire::{
    Count, CoverageView, FacetName, Remark, SearchAnswer, ServedBy, Understood as Told,
};

/// Hits of a page where nothing is said.
const PAGE: usize = 25;

/// A search that was understood.
pub(super) struct Asked {
    pub(super) caller: Caller,
    /// The engines that are to be asked, in their order, and what each can do.
    pub(super) plans: Vec<(Entry, Result<Plan, Why>)>,
    /// Why the first of the tenant's is not.
    pub(super) passed_over: Option<Reason>,
    /// The one that would answer if the client had not asked for an engine.
    pub(super) others: Option<EngineName>,
    pub(super) wanted: Wanted,
    pub(super) facets: Vec<FacetName>,
    pub(super) bars: Option<Bars>,
    pub(super) viewpoint: Viewpoint,
    pub(super) understood: Arc<Understood>,
    sources: Sources,
    /// Whether equal messages were to be in one row.
    collapse: bool,
    marks: Marks,
}

impl Asked {
    /// Reads a search and plans it for each engine, in one visit to the threads that read text.
    pub(super) async fn read(
        state: &Shared,
        caller: Caller,
        body: SearchBody,
        start: Instant,
    ) -> Result<Self, Problem> {
        let deadline = state.deadline(start);
        let reading = Reading {
            now: state.now(),
            viewpoint: state.viewpoint_of(&caller),
            order: state.engines(caller.tenant.as_deref()).to_vec(),
            sources: state.sources(caller.tenant.as_deref()),
            archive: state.stored_for(caller.tenant.as_deref()).clone(),
            caller,
            body,
        };
        let read = state.language().aside(deadline, move |reader| reading.done(reader)).await;
        let asked = read??;
        asked.refresh();
        Ok(asked)
    }

    /// Asks beside the request what an engine can do, where it is time for that.
    fn refresh(&self) {
        let Some((key, tenant)) = self.caller.upstream.as_ref().zip(self.caller.tenant.as_deref())
        else {
            return;
        };
        for (entry, _) in &self.plans {
            entry.member.iter().for_each(|member| member.refresh(key, tenant));
        }
    }

    /// The plan of that engine.
    pub(super) fn plan_of(&self, engine: EngineName) -> Option<&Plan> {
        let of = self.plans.iter().find(|(entry, _)| entry.name == engine);
        of.and_then(|(_, plan)| plan.as_ref().ok())
    }

    pub(super) fn describe(
        &self,
        engine: EngineName,
        found: Found,
        facets: Facets,
        served_by: ServedBy,
        coverage: Option<&Coverage>,
        trace: &Trace,
    ) -> SearchAnswer {
        let mark = self.marks.like(&found);
        let cursor = |start| Cursor { engine, start }.write(mark);
        SearchAnswer {
            count: Count {
                value: found.count.unwrap_or_else(|| self.seen(&found)),
                exact: found.exact,
                rows: found.rows,
            },
            collapsed: self.collapse.then_some(found.rows.is_some()),
            next_cursor: found.next.map(cursor),
            results: found.messages,
            facets: facets.counted,
            facets_missing: facets.missing,
            facets_by: facets.by.map(EngineName::as_str),
            highlight_missing: self.highlight_missing(engine),
            files_missing: found.files_missing.or_else(|| self.files_missing(engine, coverage)),
            served_by,
            coverage: coverage
                .map(|coverage| CoverageView::seen(coverage, &[]).without(self.not_asked(engine))),
            query: self.explain(self.plan_of(engine)),
            took_ms: trace.millis(),
        }
    }

    /// The sources that the answer of that engine says nothing of.
    fn not_asked(&self, engine: EngineName) -> Vec<String> {
        self.sources.not_asked(self.member(engine).and_then(|member| member.engine.sole_source()))
    }

    fn member(&self, engine: EngineName) -> Option<&Arc<Member>> {
        let entry = self.plans.iter().map(|(entry, _)| entry).find(|entry| entry.name == engine)?;
        entry.member.as_ref().ok()
    }

    /// Whether what that engine found can be counted by another one.
    pub(super) fn is_counted_elsewhere(&self, engine: EngineName) -> bool {
        self.member(engine).is_none_or(|member| member.engine.is_counted_elsewhere())
    }

    /// Whether something is to be highlighted that the engine does not mark.
    pub(super) fn is_unmarked(&self, engine: EngineName) -> bool {
        let has_snippets = self.member(engine).is_some_and(|member| member.engine.has_snippets());
        self.wanted.highlight && !has_snippets
    }

    /// Why the text of messages is not highlighted, where that was asked for.
    fn highlight_missing(&self, engine: EngineName) -> Option<String> {
        let told = "subject, people, names of attachments and places";
        self.is_unmarked(engine).then(|| {
            let engine = engine.spoken();
            format!("{engine} does not say where a message matches; only {told} that it tells were looked at")
        })
    }

    /// Whether the answer of that engine has no files.
    pub(super) fn is_without_files(&self, engine: EngineName) -> bool {
        self.wanted.mail_only || self.member(engine).is_none_or(|member| !member.engine.has_files())
    }

    /// Why there are no files in the answer, where some that are here might match.
    fn files_missing(&self, engine: EngineName, coverage: Option<&Coverage>) -> Option<String> {
        let is_missing = coverage.is_some_and(|coverage| coverage.files > 0)
            && self.understood.query.has_room_for_files()
            && self.is_without_files(engine);
        is_missing.then(|| "only mail was asked for; `engine=local` finds files too".to_owned())
    }

    /// What was seen so far, where an engine does not say how many there are.
    fn seen(&self, found: &Found) -> u64 {
        let before = match self.wanted.start {
            Start::Offset(offset) => offset,
            Start::Position(_) => 0,
        };
        u64::try_from(before + found.messages.len()).unwrap_or(u64::MAX)
    }

    /// How the engine that answered was asked.
    fn explain(&self, plan: Option<&Plan>) -> Told {
        let notes = plan.into_iter().flat_map(|plan| &plan.notes);
        Told {
            canonical: self.understood.canonical.clone(),
            zone: self.viewpoint.zone_name().to_owned(),
            sent: plan.and_then(|plan| plan.sent.clone()),
            fidelity: plan.map_or(Fidelity::Exact, Plan::fidelity).as_str(),
            direction: plan.and_then(Plan::direction).map(Direction::as_str),
            notes: notes.map(|note| note.message.clone()).collect(),
            advice: self.understood.advice.iter().map(Remark::from).collect(),
        }
    }
}

/// A search that is to be read, and all that is needed for it.
struct Reading {
    caller: Caller,
    body: SearchBody,
    now: Timestamp,
    viewpoint: Viewpoint,
    order: Vec<Entry>,
    sources: Vec<String>,
    archive: Local,
}

impl Reading {
    fn done(self, reader: &Reader) -> Result<Asked, Problem> {
        let Self { caller, body, now, viewpoint: known, order, sources, archive } = self;
        let limit = body.limit.unwrap_or(PAGE);
        if limit > PAGE_LIMIT {
            return Err(BadParam::new("limit", "may be 0 to 1000").into());
        }
        let versions = body.versions;
        let viewpoint = viewpoint(&known, body.zone.as_deref(), body.me.as_ref())?;
        let (context, facets) = (viewpoint.context(now), facets(&body));
        let bars = bars(&body, &viewpoint, now)?;
        let understood = reader.read(&body.q, body.filter.as_deref(), &context)?;
        let understood = Arc::new(Understood { versions, ..understood });
        let tenant = caller.tenant.as_deref().unwrap_or_default();
        let filter = body.filter.as_deref().unwrap_or_default();
        let all = if versions == Versions::All { "all" } else { "" };
        let (zone, me) = (viewpoint.zone_name(), viewpoint.me.join(","));
        let marks = Marks::of(&[tenant, &understood.canonical, filter, all, zone, &me]);
        let collapse = body.collapse.is_some();
        let (cursor, in_rows) = begun(body.cursor.as_deref(), collapse, marks, &order)?;
        let wanted = wanted_engine(body.engine.0, cursor.as_ref())?;
        let (entries, passed_over) = chosen(&order, wanted)?;
        let asked =
            Planning { understood: &understood, caller: &caller, reader, archive: &archive, now };
        let mut plans: Vec<_> = entries.into_iter().map(|entry| planned(entry, &asked)).collect();
        let yielded = if wanted.is_none() { yielding(&mut plans) } else { None };
        let passed_over = passed_over.or(yielded);
        // Pages that begin with mail alone go on so.
        let mail_only = cursor.as_ref().is_some_and(|cursor| {
            let wrote = order.iter().find(|entry| entry.name == cursor.engine);
            let member = wrote.and_then(|entry| entry.member.as_ref().ok());
            member.is_some_and(|member| !member.engine.has_files())
        });
        let begin = cursor.map_or(Start::Offset(0), |cursor| cursor.start);
        Ok(Asked {
            plans,
            passed_over,
            others: body.engine.0.and_then(|wanted| other_than(&order, wanted)),
            wanted: Wanted {
                start: begin,
                limit,
                highlight: body.highlight,
                mail_only,
                collapse: in_rows,
            },
            sources: Sources::of(sources, &understood.query, archive.archive()),
            caller,
            bars,
            facets,
            viewpoint,
            collapse,
            marks,
            understood,
        })
    }
}

/// What an engine can do with the query.
fn planned(entry: Entry, asked: &Planning<'_>) -> (Entry, Result<Plan, Why>) {
    let plan = entry.member.clone().and_then(|member| member.engine.plan(asked));
    (entry, plan)
}

/// Lets what is stored here answer first where the first engine yields to it, and says why.
fn yielding(plans: &mut [(Entry, Result<Plan, Why>)]) -> Option<Reason> {
    let is_stored =
        |entry: &Entry| entry.member.as_ref().is_ok_and(|member| member.engine.archive().is_some());
    let (first, plan) = plans.first()?;
    let why = plan.as_ref().ok()?.yields.clone()?;
    let reason = first.passed_over(why);
    let stored = plans.iter().position(|(entry, _)| is_stored(entry))?;
    plans.get_mut(..=stored)?.rotate_right(1);
    Some(reason)
}

/// Where a page begins, and whether equal messages are in one row from there on: only where they were before.
fn begun(
    text: Option<&str>,
    collapse: bool,
    marks: Marks,
    order: &[Entry],
) -> Result<(Option<Cursor>, bool), BadParam> {
    let Some(text) = text else { return Ok((None, collapse)) };
    match cursor(text, marks.rows, order) {
        Ok(of_rows) if collapse => Ok((Some(of_rows), true)),
        Ok(_) | Err(_) => Ok((Some(cursor(text, marks.messages, order)?), false)),
    }
}

/// The cursor, if an engine of the tenant wrote it for this query.
fn cursor(text: &str, fingerprint: u64, order: &[Entry]) -> Result<Cursor, BadParam> {
    let wrote = |cursor: &Cursor| {
        let entry = order.iter().find(|entry| entry.name == cursor.engine);
        entry.is_some_and(|entry| match (&cursor.start, &entry.member) {
            (Start::Position(text), Ok(member)) => member.engine.is_position(text),
            (Start::Position(_), Err(_)) => false,
            (Start::Offset(_), _) => true,
        })
    };
    let foreign = "is not one of this search; leave it out to begin again";
    Cursor::parse(text, fingerprint).filter(wrote).ok_or_else(|| BadParam::new("cursor", foreign))
}

/// Pages that began at a position go on with the engine that wrote it: another one has another order.
fn wanted_engine(
    wanted: Option<EngineName>,
    cursor: Option<&Cursor>,
) -> Result<Option<EngineName>, BadParam> {
    let Some(Cursor { engine, start: Start::Position(_) }) = cursor else { return Ok(wanted) };
    if wanted.is_some_and(|wanted| wanted != *engine) {
        return Err(BadParam::new("cursor", format!("is one of {}", engine.spoken())));
    }
    Ok(Some(*engine))
}

/// The engines that are asked: all, or the one that is wanted, and why it was not the first.
fn chosen(
    order: &[Entry],
    wanted: Option<EngineName>,
) -> Result<(Vec<Entry>, Option<Reason>), BadParam> {
    let Some(wanted) = wanted else { return Ok((order.to_vec(), None)) };
    let Some(entry) = order.iter().find(|entry| entry.name == wanted) else {
        let names: Vec<_> = order.iter().map(|entry| entry.name.as_str()).collect();
        let what = format!("is none of this tenant; there are {}", names.join(", "));
        return Err(BadParam::new("engine", what));
    };
    let first = order.first().filter(|first| first.name != wanted);
    Ok((vec![entry.clone()], first.map(|first| first.passed_over(Why::AskedFor(wanted)))))
}

fn other_than(order: &[Entry], wanted: EngineName) -> Option<EngineName> {
    order.iter().map(|entry| entry.name).find(|name| *name != wanted)
}

/// The facets that are wanted; whoever says how bars should be wants bars.
fn facets(body: &SearchBody) -> Vec<FacetName> {
    let implied = body.histogram.as_ref().map(|_| FacetName::Histogram);
    each_once(&body.facets.iter().copied().chain(implied).collect::<Vec<_>>())
}

/// The bars that are wanted.
fn bars(
    body: &SearchBody,
    viewpoint: &Viewpoint,
    now: Timestamp,
) -> Result<Option<Bars>, BadParam> {
    let is_wanted = body.histogram.is_some() || body.facets.contains(&FacetName::Histogram);
    let asked = body.histogram.clone().unwrap_or_default();
    is_wanted.then(|| asked.bars(viewpoint, now)).transpose()
}

/// Each facet where it was named first: to count it again says nothing new.
fn each_once(names: &[FacetName]) -> Vec<FacetName> {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(*name);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_is_counted_once() {
        use FacetName::{Month, Sender, Year};
        assert_eq!(each_once(&[Year, Sender, Year, Month, Sender]), [Year, Sender, Month]);
        assert_eq!(each_once(&[Sender; 10_000]), [Sender]);
    }
}
