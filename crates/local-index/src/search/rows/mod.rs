//! Equal messages in one row.
//!
//! Messages with one Message-ID are the same message to a person, whatever their bytes. Of those that match, the
//! first in the order asked for is the row, and the others are its copies. So what a row is depends on nothing but
//! the query, the order and what may be seen: a copy that does not match, or may not be seen, is not there.

pub(crate) mod copies;
mod ranking;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use postern_query::Message;
use postern_query::schema::{Sort, SortField};
use tantivy::query::Weight as _;
use tantivy::{DocAddress, Searcher};

use super::compile::plan::Plan;
use super::documents::{Among, Documents};
use super::page::hits::hand_over;
use super::page::scores;
use super::page::top::UNSCORED;
use super::work::{LIST, MESSAGE, Meter};
use super::{Asker, Hit, Index, Position, Search};
use crate::Error;
use crate::format::fetch;
use copies::Copies;
use ranking::{Ranked, Ranking};

/// Copies of a row that are listed.
pub const MOST_COPIES: usize = 20;

/// Units to see whether a message is the first of its group.
const COMPARED: u64 = 250;

/// What equal messages spend, in an error.
const NAME: &str = "equal messages in one row";

/// A message, and those that match too and have its Message-ID.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The first of them in the order asked for.
    pub hit: Hit,
    /// The next ones in this order, at most [`MOST_COPIES`]: of each the id, the dates, the size and the places.
    pub copies: Vec<Hit>,
    /// How many there are beside those.
    pub more: usize,
}

/// How much was found in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many messages match in all.
    pub messages: usize,
    /// In how many rows.
    pub rows: usize,
    /// Names the state of the index that they show.
    pub snapshot: u64,
}

impl Rows {
    /// The place right after a row, from which the next page goes on. A copy that is added in the meantime may be
    /// the row in its group from then on, so the next page is taken from the same state of the index, for as long
    /// as that is at hand.
    #[must_use]
    pub fn position(&self, row: &Hit, order: &[Sort]) -> Position {
        Position { snapshot: Some(self.snapshot), ..Position::of(row, order) }
    }
}

impl Index {
    /// Hands over one page of rows one by one, until it is told to stop, and says how many messages and rows there
    /// are. `offset` and `limit` of the search count rows. Messages without a Message-ID are rows of their own.
    ///
    /// # Errors
    ///
    /// As for [`search`](Self::search).
    pub fn rows(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Rows, Error> {
        let searcher = self.searcher_for(search);
        let plan = self.plan(&searcher, search.query, asker)?;
        let meter = asker.work.meter(NAME);
        let copies = self.copies.of(&searcher, &meter)?;
        let ranking = Ranking::new(&searcher, &self.columns, search.order, &plan.scope(), &meter)?;
        let rows = InRows { searcher: &searcher, search, meter: &meter, copies, ranking };
        let hidden = rows.hidden(&plan)?;
        let plan = match hidden.len() {
            0 => plan,
            _ => plan.without(Box::new(Among(Arc::clone(&hidden)))),
        };
        let found = self.find(&searcher, &plan, search)?;
        let mut listed = rows.listed(&plan, &hidden, found.first.iter().map(|(_, at)| *at))?;
        let mut fault = None;
        let take = &mut |address, hit| match rows.row(&mut listed, address, hit, asker) {
            Ok(row) => take(row),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        };
        let page = hand_over(&searcher, &plan, found, search, asker, fetch::whole, take)?;
        fault.map_or(Ok(()), Err)?;
        if search.limit > 0 {
            self.snapshots.keep(&searcher, Instant::now());
        }
        let (rows, messages) = (page.count, page.count + hidden.len());
        Ok(Rows { messages, rows, snapshot: page.snapshot })
    }
}

/// A search that has equal messages in one row.
struct InRows<'a> {
    searcher: &'a Searcher,
    search: &'a Search<'a>,
    meter: &'a Meter,
    copies: Arc<Copies>,
    ranking: Ranking<'a>,
}

/// The copies of each row of a page.
struct Listed {
    copies: HashMap<DocAddress, Vec<Ranked>>,
    /// The places at which they match, where that is not the first.
    places: HashMap<DocAddress, usize>,
}

impl InRows<'_> {
    /// What matches and is not the row of its group. One look at each message that has a copy, and memory for each
    /// group.
    fn hidden(&self, plan: &Plan) -> Result<Arc<Documents>, Error> {
        let mut hidden = Documents::none(self.searcher);
        if self.copies.all.len() == 0 {
            return Ok(Arc::new(hidden));
        }
        let query = plan.among(Box::new(Among(Arc::clone(&self.copies.all))));
        let is_ranked = self.is_ranked(plan);
        let weight = plan.weight(self.searcher, query.as_ref(), is_ranked)?;
        let (mut first, mut fault) = (HashMap::new(), None);
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            weight.for_each(reader, &mut |document, score| {
                let score = if is_ranked { score } else { UNSCORED };
                let one = (score, DocAddress::new(segment, document));
                let worse = self.worse(&mut first, one).unwrap_or_else(|error| {
                    fault.get_or_insert(error);
                    None
                });
                worse.into_iter().for_each(|(_, address)| hidden.insert(address));
            })?;
        }
        plan.faults.check()?;
        fault.map_or(Ok(Arc::new(hidden)), Err)
    }

    /// Keeps the first of each group, and gives back the one that is not.
    fn worse(
        &self,
        first: &mut HashMap<usize, Ranked>,
        one: Ranked,
    ) -> Result<Option<Ranked>, Error> {
        self.meter.pay(COMPARED)?;
        let Some(group) = self.copies.group(one.1) else { return Ok(None) };
        Ok(match first.entry(group) {
            Entry::Vacant(place) => {
                place.insert(one);
                None
            }
            Entry::Occupied(place) if self.ranking.compare(one, *place.get())?.is_gt() => Some(one),
            Entry::Occupied(mut place) => Some(place.insert(one)),
        })
    }

    /// Whether relevance has a say in the order.
    fn is_ranked(&self, plan: &Plan) -> bool {
        plan.scored && self.search.order.iter().any(|sort| sort.by == SortField::Score)
    }

    /// The copies of these rows, in their order.
    fn listed(
        &self,
        plan: &Plan,
        hidden: &Documents,
        rows: impl Iterator<Item = DocAddress>,
    ) -> Result<Listed, Error> {
        let mut copies = HashMap::new();
        for row in rows {
            let Some(group) = self.copies.group(row) else { continue };
            let members = self.copies.members(group);
            self.meter.pay(LIST + members.len() as u64)?;
            let others = members.iter().filter(|one| hidden.contains(**one));
            let mut others: Vec<_> = others.map(|one| (UNSCORED, *one)).collect();
            if self.is_ranked(plan) {
                scores::fill_in(self.searcher, plan, &mut others)?;
            }
            self.ranking.sort(&mut others)?;
            copies.insert(row, others);
        }
        let first = copies.values().flat_map(|others| others.iter().take(MOST_COPIES));
        let places = match &plan.place {
            Some(place) => place.places_of(self.searcher, first.map(|(_, at)| *at))?,
            None => HashMap::new(),
        };
        Ok(Listed { copies, places })
    }

    /// The row of a hit.
    fn row(
        &self,
        listed: &mut Listed,
        address: DocAddress,
        hit: Hit,
        asker: &Asker,
    ) -> Result<Row, Error> {
        let others = listed.copies.remove(&address).unwrap_or_default();
        let more = others.len().saturating_sub(MOST_COPIES);
        let mut copies = Vec::new();
        for (score, at) in others.into_iter().take(MOST_COPIES) {
            self.meter.pay(MESSAGE)?;
            let message = fetch::head(self.searcher, at)?;
            let seen = message.seen_at(|place| asker.scope.shows(place)).map(short);
            let place = listed.places.get(&at).copied().unwrap_or_default();
            copies.extend(seen.map(|message| Hit { score, message, place, snippet: None }));
        }
        Ok(Row { hit, copies, more })
    }
}

/// What is told of a copy.
fn short(message: Message) -> Message {
    let Message { id, received, sent, size, places, .. } = message;
    Message { id, received, sent, size, places, ..Message::default() }
}
