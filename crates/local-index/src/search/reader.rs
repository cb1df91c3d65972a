//! An index opened for searching.

use std::cmp::Reverse;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use postern_query::schema::{Sort, SortField, StringField};
use postern_query::{Message, Query};
use tantivy::collector::Collector as _;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

use super::compile::compile;
use super::compile::plan::Plan;
use super::coverage::{mailboxes, totals};
use super::latest::Latest;
use super::{Asker, Coverage, Hit, Ids, Page, Scope, Search};
use crate::Error;
use crate::format::folder::Folder;
use crate::format::payload::Payload;
use crate::format::{fetch, former, schema};
use crate::ledger::{self, Occurrence};
use crate::search::compile::chosen::choose;
use crate::search::page::columns::OpenColumns;
use crate::search::page::hits::hand_over;
use crate::search::page::ids;
use crate::search::page::snapshots::{Snapshots, mark};
use crate::search::page::top::{Found, Top};
use crate::search::rows::copies::KnownCopies;
use crate::search::scope::visible::{Scopes, Visible};

/// An index opened for searching; cheap to clone and safe to share between threads.
///
/// Each search sees the last commit that was there when it began, and sees it whole. New commits
/// are noticed within a second; [`reload`](Self::reload) does so at once.
#[derive(Clone)]
pub struct Index {
    engine: tantivy::Index,
    latest: Arc<Latest>,
    /// What was counted, and the commit and the generation that it is of.
    coverage: Arc<Mutex<Option<(u64, Payload, Coverage)>>>,
    pub(super) snapshots: Arc<Snapshots>,
    scopes: Arc<Scopes>,
    pub(super) columns: OpenColumns,
    pub(super) copies: Arc<KnownCopies>,
    pub(super) folder: Folder,
    made: Option<SystemTime>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Index {
    /// Opens the index below `data`.
    ///
    /// # Errors
    ///
    /// When there is none, or one that this version cannot read.
    pub fn open(data: &Path) -> Result<Self, Error> {
        let folder = Folder::new(data);
        let made = folder.made();
        let engine = folder.open()?;
        let latest = Arc::new(Latest::of(&engine, &folder)?);
        Ok(Self {
            engine,
            latest,
            coverage: Arc::default(),
            snapshots: Arc::default(),
            scopes: Arc::default(),
            columns: OpenColumns::default(),
            copies: Arc::default(),
            folder,
            made,
        })
    }

    /// Sees the last commit from now on.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn reload(&self) -> Result<(), Error> {
        self.latest.reload()
    }

    /// Whether another index was made in this place since this one was opened. What lies here is
    /// still searched; open it again to search the new one.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        let made = self.folder.made();
        made.is_some() && made != self.made
    }

    /// Whether it has a former format, and so lacks fields until it is upgraded.
    #[must_use]
    pub fn is_former(&self) -> bool {
        !former::has(&self.engine.schema(), schema::CONTENTS)
    }

    /// Bytes of the files of the index.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.folder.bytes()
    }

    /// One page of the messages that match, and how many match in all. All of them are in memory at once:
    /// [`each`](Self::each) is for pages that may be large.
    ///
    /// # Errors
    ///
    /// When the question costs too much work or is stopped, or the index cannot be read.
    pub fn search(&self, search: &Search<'_>, asker: &Asker) -> Result<Page, Error> {
        let mut hits = Vec::new();
        let page = self.each(search, asker, &mut |hit| {
            hits.push(hit);
            ControlFlow::Continue(())
        })?;
        Ok(Page { hits, ..page })
    }

    /// Hands over the messages of a page one by one, until it is told to stop: one is in memory at a
    /// time. What is left is the page without them.
    ///
    /// # Errors
    ///
    /// As for [`search`](Self::search).
    pub fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, Error> {
        self.page(search, asker, fetch::whole, take)
    }

    /// The same for somebody who shows no bodies: a body is read only where it is highlighted.
    ///
    /// # Errors
    ///
    /// As for [`search`](Self::search).
    pub fn listed(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, Error> {
        let read = if search.highlight { fetch::whole } else { fetch::head };
        self.page(search, asker, read, take)
    }

    fn page(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        read: fetch::Read,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, Error> {
        let searcher = self.searcher_for(search);
        let plan = self.plan(&searcher, search.query, asker)?;
        let found = self.find(&searcher, &plan, search)?;
        let take = &mut |_, hit| take(hit);
        let page = hand_over(&searcher, &plan, found, search, asker, read, take)?;
        if plan.scored && search.is_ranked() {
            self.snapshots.keep(&searcher, Instant::now());
        }
        Ok(page)
    }

    /// The same page with nothing but the ids, which needs no message to be read.
    ///
    /// # Errors
    ///
    /// As for [`search`](Self::search).
    pub fn ids(&self, search: &Search<'_>, asker: &Asker) -> Result<Ids, Error> {
        let searcher = self.searcher_for(search);
        let plan = self.plan(&searcher, search.query, asker)?;
        let found = self.find(&searcher, &plan, search)?;
        let addresses: Vec<_> = found.first.iter().map(|(_, address)| *address).collect();
        Ok(Ids { count: found.count, ids: ids::read(&searcher, &addresses)? })
    }

    /// Names the state that it is in; the same in every process, and another one after each commit that changes it.
    #[must_use]
    pub fn state(&self) -> u64 {
        mark(&self.latest.searcher())
    }

    /// The message of that id.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn message(&self, id: &str) -> Result<Option<Message>, Error> {
        let searcher = self.latest.searcher();
        let term = Term::from_field_text(schema::whole(StringField::Id), id);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let columns = self.columns.clone();
        let top = Top {
            order: Vec::new(),
            columns,
            scope: Scope::All,
            after: None,
            keep: 1,
            scored: false,
            bound: u64::MAX,
        };
        let found = searcher.search(&query, &top)?;
        let address = found.first.first().map(|(_, address)| *address);
        address.map(|address| fetch::whole(&searcher, address)).transpose()
    }

    /// Every file in which the message of that id was found, with mailbox and folder, as of the last
    /// commit: also while somebody writes the next one.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn occurrences(&self, id: &str) -> Result<Vec<Occurrence>, Error> {
        ledger::occurrences_at(&self.folder, id)
    }

    /// The plan for what the asker may see of a query.
    pub(super) fn plan(
        &self,
        searcher: &Searcher,
        query: &Query,
        asker: &Asker,
    ) -> Result<Plan, Error> {
        compile(searcher, query.condition(), &asker.work, self.visible(searcher, asker)?)
    }

    /// The messages that the asker may see; nothing where these are all.
    pub(super) fn visible(
        &self,
        searcher: &Searcher,
        asker: &Asker,
    ) -> Result<Option<Arc<Visible>>, Error> {
        let (Scope::Mailboxes(names), Some(scope)) = (&asker.scope, asker.scope.condition()) else {
            return Ok(None);
        };
        let mark = mark(searcher);
        if let Some(known) = self.scopes.find(mark, names) {
            return Ok(Some(known));
        }
        let plan = compile(searcher, &scope, &asker.work, None)?;
        let visible = Arc::new(Visible::new(asker.scope.clone(), choose(searcher, &plan)?));
        self.scopes.keep(mark, names, &visible);
        Ok(Some(visible))
    }

    /// The documents of the page. A page without room is only counted.
    pub(super) fn find(
        &self,
        searcher: &Searcher,
        plan: &Plan,
        search: &Search<'_>,
    ) -> Result<Found, Error> {
        let found = if search.limit == 0 {
            Found { count: plan.count(searcher)?, first: Vec::new() }
        } else {
            let keep = search.offset.saturating_add(search.limit);
            // Where nothing is scored, all scores are equal; a position has a key for each of the order.
            let counts =
                |sort: &&Sort| plan.scored || search.after.is_some() || sort.by != SortField::Score;
            let order = search.order.iter().filter(counts).copied().collect();
            let after = search.after.cloned();
            self.columns.keep_those_of(searcher);
            let (columns, scope) = (self.columns.clone(), plan.scope());
            collect(
                searcher,
                plan,
                Top { order, columns, scope, after, keep, scored: plan.scored, bound: u64::MAX },
            )?
        };
        plan.faults.check()?;
        let Found { count, mut first } = found;
        first.drain(..search.offset.min(first.len()));
        Ok(Found { count, first })
    }

    /// The state of the index that a page is taken from.
    pub(super) fn searcher_for(&self, search: &Search<'_>) -> Searcher {
        let former = search.after.and_then(|after| self.snapshots.find(after.snapshot?));
        former.unwrap_or_else(|| self.latest.searcher())
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.latest.searcher()
    }

    /// How much of the known mail is here, without a word about each mailbox: no message is looked at.
    ///
    /// ```no_run
    /// let index = postern_local_index::search::Index::open("data".as_ref())?;
    /// let totals = index.totals();
    /// assert!(totals.indexed <= totals.known);
    /// # Ok::<(), postern_local_index::Error>(())
    /// ```
    #[must_use]
    pub fn totals(&self) -> Coverage {
        self.payload_and_totals(&self.latest.searcher()).unwrap_or_default().1
    }

    /// How much of the known mail is here.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let searcher = self.latest.searcher();
        let generation = searcher.generation().generation_id();
        let mut known = self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            // A run that finds nothing new leaves everything else as it was.
            Some((of, payload, coverage)) if *of == generation => {
                Coverage { as_of: payload.as_of(&self.folder), ..coverage.clone() }
            }
            _ => {
                let (payload, totals) = self.payload_and_totals(&searcher).unwrap_or_default();
                let mailboxes = mailboxes(&searcher).unwrap_or_default();
                known.insert((generation, payload, Coverage { mailboxes, ..totals })).2.clone()
            }
        }
    }

    fn payload_and_totals(&self, searcher: &Searcher) -> Result<(Payload, Coverage), Error> {
        let payload = Payload::of(&self.engine)?;
        Ok((payload, totals(&self.folder, &payload, searcher)))
    }
}

fn collect(searcher: &Searcher, plan: &Plan, mut top: Top) -> Result<Found, Error> {
    let query = plan.query.as_ref();
    let weight = plan.weight(searcher, query, top.requires_scoring())?;
    let counting = (plan.is_prunable && top.is_by_score())
        .then(|| plan.weight(searcher, query, false))
        .transpose()?;
    let mut segments = Vec::new();
    let mut readers: Vec<_> = (0..).zip(searcher.segment_readers()).collect();
    // What the largest has leaves the others the least to look at.
    readers.sort_by_key(|(_, reader)| Reverse(reader.num_docs()));
    for (segment, reader) in readers {
        let found = match &counting {
            Some(counting) => top.collect_best(&weight, counting, segment, reader)?,
            None => top.collect_segment(&weight, segment, reader)?,
        };
        top.learn(&found);
        segments.push(found);
    }
    Ok(top.merge_fruits(segments)?)
}
