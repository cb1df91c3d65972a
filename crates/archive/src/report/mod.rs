//! A search-term report: how much each query of a list finds, beside the others.
//!
//! Each query is read and answered as in a search, so the numbers are those of searches. A query with a fault keeps
//! its line and stops nothing.

mod terms;
mod unsearchable;

use std::ops::ControlFlow;

use postern_local_index::Error as IndexError;
use postern_local_index::search::{Asker, Coverage, Extent, Looked, Scope, Survey};
use postern_query::datatap::Refused;
use postern_query::{Context, Parsed, Query, parse_filtered};

use crate::{Archive, Error};
pub use terms::{MOST_BYTES, MOST_LINES, Term, TermsError, terms};
pub use unsearchable::{Blind, Reason, Unsearchable, What};

/// What a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The queries.
    pub terms: &'a [Term],
    /// An OData filter that must hold as well.
    pub filter: Option<&'a str>,
    /// What queries are read against.
    pub context: &'a Context,
    /// Whether older versions of files count too.
    pub versions: bool,
}

/// A mailbox that a report should be about is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no mailbox is called `{0}` here; `postern status` lists them")]
pub struct UnknownMailbox(pub String);

/// These mailboxes as they are spelt here, where upper and lower case are the same.
///
/// # Errors
///
/// The first that is not among those of the coverage.
pub fn spelt(names: &[String], coverage: &Coverage) -> Result<Vec<String>, UnknownMailbox> {
    let mut all = Vec::new();
    for name in names {
        let known = coverage.mailboxes.iter().map(|one| &one.name);
        let of_name: Vec<_> =
            known.filter(|known| known.eq_ignore_ascii_case(name)).cloned().collect();
        if of_name.is_empty() {
            return Err(UnknownMailbox(name.clone()));
        }
        all.extend(of_name);
    }
    Ok(all)
}

/// Queries that are counted one beside the other in one state of an index.
pub trait Tally {
    /// Counts what a query finds, and remembers what that is.
    ///
    /// # Errors
    ///
    /// When the query costs too much or cannot be said, it is stopped, or the index cannot be read.
    fn count(&mut self, query: &Query, asker: &Asker) -> Result<Extent, IndexError>;

    /// How many messages each query alone found, and how much all of them found together.
    ///
    /// # Errors
    ///
    /// When it is stopped, or the index cannot be read.
    fn finish(self: Box<Self>, asker: &Asker) -> Result<(Vec<u64>, Extent), IndexError>;
}

impl Tally for Survey {
    fn count(&mut self, query: &Query, asker: &Asker) -> Result<Extent, IndexError> {
        Self::count(self, query, asker)
    }

    fn finish(self: Box<Self>, asker: &Asker) -> Result<(Vec<u64>, Extent), IndexError> {
        Self::finish(*self, asker)
    }
}

/// Is told of each message that is looked at, and may end that.
pub type Look<'a> = dyn FnMut(Looked) -> ControlFlow<()> + 'a;
/// Begins to count queries, all of which find some of what the first one finds.
pub type Begin<'a> =
    dyn Fn(&Query, &Asker, &mut Look<'_>) -> Result<Box<dyn Tally>, IndexError> + 'a;

/// How far a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportProgress {
    /// So many messages were looked at.
    Looked(u64),
    /// So many queries were counted.
    Counted(usize),
}

/// A search-term report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The queries, in their order.
    pub lines: Vec<Line>,
    /// What all of them find together: distinct messages.
    pub totals: Extent,
    /// What no query finds by its words.
    pub unsearchable: Blind,
    /// How much of the known mail was searched.
    pub coverage: Coverage,
}

/// A query of a report.
#[derive(Clone, Debug)]
pub struct Line {
    /// The query as it was written.
    pub term: Term,
    /// How it was understood; nothing of one that was not.
    pub canonical: Option<String>,
    /// What it finds.
    pub found: Result<Found, Fault>,
}

/// What a query finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How much it is.
    pub extent: Extent,
    /// Messages that no other query of the report finds.
    pub unique: u64,
}

/// Why a query has no numbers.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The line is no query.
    Line(&'static str),
    /// It was not understood.
    Refused(Refused),
    /// It asks for too much, or for what the index cannot say yet.
    Unanswered(IndexError),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The filter is not understood.
    #[error("{0}")]
    Filter(Refused),
    /// The index cannot be read, or the work was stopped.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Stored(#[from] Error),
}

impl Archive {
    /// Makes a report. `tell` is told how far it is, and may end it.
    ///
    /// ```no_run
    /// use std::ops::ControlFlow;
    /// use postern_archive::Archive;
    /// use postern_archive::report::{Order, terms};
    /// use postern_archive::search::Asker;
    /// use postern_query::Context;
    ///
    /// let terms = terms(b"invoice overdue\nlease\tsubject:lease\n")?;
    /// let context = Context::utc("2024-05-22T12:00:00Z".parse()?);
    /// let order = Order { terms: &terms, filter: None, context: &context, versions: false };
    /// let archive = Archive::below("data".as_ref());
    /// let report = archive.report(&order, &Asker::unlimited(), &mut |_| ControlFlow::Continue(()))?;
    /// println!("{} of {} messages", report.totals.messages, report.coverage.indexed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the filter is wrong, it is ended or stopped, or the index cannot be read.
    pub fn report(
        &self,
        order: &Order<'_>,
        asker: &Asker,
        tell: &mut dyn FnMut(ReportProgress) -> ControlFlow<()>,
    ) -> Result<Report, ReportError> {
        let index = self.index()?;
        let begin: &Begin<'_> = &|within, asker, look| {
            let survey = index.survey(within, asker, look)?;
            Ok(Box::new(survey) as Box<dyn Tally>)
        };
        self.report_over(begin, self.coverage(), order, asker, tell)
    }

    /// The same of what is stored elsewhere, of which that is known. What a source listed and what is not there yet is
    /// told by what is noted here.
    ///
    /// # Errors
    ///
    /// As for [`report`](Self::report).
    pub fn report_over(
        &self,
        begin: &Begin<'_>,
        coverage: Coverage,
        order: &Order<'_>,
        asker: &Asker,
        tell: &mut dyn FnMut(ReportProgress) -> ControlFlow<()>,
    ) -> Result<Report, ReportError> {
        let within = order.read("").map_err(ReportError::Filter)?;
        let (mut blind, mut looked) = (Blind::default(), 0);
        let renewed = Asker { work: asker.work.renewed(), scope: asker.scope.clone() };
        let mut survey = begin(&within.query, &renewed, &mut |one| {
            blind.look(&one);
            looked += 1;
            tell(ReportProgress::Looked(looked))
        })?;
        blind.look_at_sources(self, &asker.scope)?;
        let mut lines = Vec::new();
        for term in order.terms {
            lines.push(line(order, term, survey.as_mut(), asker)?);
            if tell(ReportProgress::Counted(lines.len())).is_break() {
                return Err(IndexError::Stopped.into());
            }
        }
        let (unique, totals) = survey.finish(asker)?;
        let mut unique = unique.into_iter();
        for line in lines.iter_mut().filter(|line| line.was_counted()) {
            let alone = unique.next().unwrap_or_default();
            line.found.iter_mut().for_each(|found| found.unique = alone);
        }
        Ok(Report { lines, totals, unsearchable: blind, coverage: seen(coverage, &asker.scope) })
    }
}

impl Order<'_> {
    /// A query as a search reads it.
    fn read(&self, text: &str) -> Result<Parsed, Refused> {
        let mut parsed = parse_filtered(text, self.filter, self.context)?;
        if !self.versions {
            parsed.query = parsed.query.newest_only();
        }
        Ok(parsed)
    }
}

impl Line {
    /// Whether it was understood, so that it was asked for.
    const fn was_counted(&self) -> bool {
        self.canonical.is_some()
    }
}

fn line(
    order: &Order<'_>,
    term: &Term,
    survey: &mut dyn Tally,
    asker: &Asker,
) -> Result<Line, IndexError> {
    let refused = |fault| Line { term: term.clone(), canonical: None, found: Err(fault) };
    if let Some(fault) = term.fault {
        return Ok(refused(Fault::Line(fault)));
    }
    let parsed = match order.read(&term.query) {
        Ok(parsed) => parsed,
        Err(fault) => return Ok(refused(Fault::Refused(fault))),
    };
    let found = match survey.count(&parsed.query, asker) {
        Ok(extent) => Ok(Found { extent, unique: 0 }),
        Err(
            error @ (IndexError::TooCostly { .. }
            | IndexError::TooManyPatterns { .. }
            | IndexError::Upgrading { .. }
            | IndexError::CannotSay(_)),
        ) => Err(Fault::Unanswered(error)),
        Err(error) => return Err(error),
    };
    Ok(Line { term: term.clone(), canonical: Some(parsed.canonical), found })
}

/// What may be told of the coverage.
fn seen(coverage: Coverage, scope: &Scope) -> Coverage {
    match scope {
        Scope::All => coverage,
        Scope::Mailboxes(_) => coverage.of(|name| scope.permits(Some(name))),
    }
}
