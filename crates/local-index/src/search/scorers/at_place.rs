//! Messages that lie in several places, and match at one of them.
//!
//! Terms say of such a message that it lies in one mailbox and in one folder, not that the folder is one of that
//! mailbox. So each candidate that lies in several places is looked at, place by place.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

use postern_query::evaluate::predicate_holds;
use postern_query::{Expr, Message, Place, Predicate};
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentReader};

use super::checked::{Check, Checked};
use super::verified::Faults;
use crate::Error;
use crate::format::places::Places;
use crate::search::scope::asker::Scope;
use crate::search::work::{Counter, Meter};

/// Units to look at one place of a message.
const PLACE: u64 = 20;

/// What is asked of a message at one place, by numbers in [`AtOnePlace`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// Of the place itself.
    Place(usize),
    /// Of the upstream's ids there.
    Ids(usize),
    /// Of the message wherever it lies.
    Message(usize),
}

/// What has to hold at one place.
#[derive(Debug)]
pub(crate) struct AtOnePlace {
    pub(crate) asked: Expr<Asked>,
    /// What is asked of places.
    pub(crate) predicates: Vec<Predicate>,
    /// The documents that pass what is asked of messages.
    pub(crate) messages: Vec<Box<dyn Query>>,
}

impl Clone for AtOnePlace {
    fn clone(&self) -> Self {
        Self {
            asked: self.asked.clone(),
            predicates: self.predicates.clone(),
            messages: self.messages.iter().map(|query| query.box_clone()).collect(),
        }
    }
}

/// The candidates that lie in one place, and those others for which something holds at one place that may be seen.
#[derive(Debug)]
pub(crate) struct AtPlace {
    pub(crate) candidates: Box<dyn Query>,
    pub(crate) at: AtOnePlace,
    /// Which places may be seen.
    pub(crate) scope: Scope,
    pub(crate) faults: Faults,
    pub(crate) meter: Meter,
}

impl Clone for AtPlace {
    fn clone(&self) -> Self {
        Self {
            candidates: self.candidates.box_clone(),
            at: self.at.clone(),
            scope: self.scope.clone(),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
        }
    }
}

impl Query for AtPlace {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.begin(scoring)?))
    }
}

struct AtPlaceWeight {
    candidates: Box<dyn Weight>,
    messages: Vec<Box<dyn Weight>>,
    question: Arc<Question>,
    faults: Faults,
    meter: Meter,
}

struct Question {
    asked: Expr<Asked>,
    predicates: Vec<Predicate>,
    scope: Scope,
}

impl Weight for AtPlaceWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let candidates = self.candidates.scorer(reader, boost)?;
        Ok(match self.looking(reader)? {
            None => candidates,
            Some(looking) => Box::new(Checked::new(candidates, looking, &self.meter)),
        })
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("at one place", 1.0))
    }
}

impl AtPlaceWeight {
    /// Looks at messages of a segment in their order; nothing where each of them lies in one place.
    fn looking(&self, reader: &SegmentReader) -> tantivy::Result<Option<Looking>> {
        let Some(places) = Places::of(reader)? else { return Ok(None) };
        let messages = self.messages.iter().map(|weight| weight.scorer(reader, 1.0));
        Ok(Some(Looking {
            places,
            messages: Sets(messages.collect::<tantivy::Result<_>>()?),
            question: Arc::clone(&self.question),
            faults: self.faults.clone(),
        }))
    }
}

impl AtPlace {
    /// The number of the place at which each of these documents matches, among those that may be seen; those that
    /// lie in one place, or match at the first, are left out.
    ///
    /// # Errors
    ///
    /// When the places cannot be read.
    pub(crate) fn places_of(
        &self,
        searcher: &Searcher,
        documents: impl Iterator<Item = DocAddress>,
    ) -> Result<HashMap<DocAddress, usize>, Error> {
        let weight = self.begin(EnableScoring::disabled_from_searcher(searcher))?;
        let documents: BTreeSet<_> = documents.collect();
        let (mut places, mut counter) = (HashMap::new(), self.meter.counter());
        for (segment, reader) in (0..).zip(searcher.segment_readers()) {
            let here = documents.range(DocAddress::new(segment, 0)..);
            let here = here.take_while(|address| address.segment_ord == segment);
            let Some(mut looking) = weight.looking(reader)? else { continue };
            for address in here {
                let place = looking.place(address.doc_id, &mut counter)?;
                places.extend(place.filter(|place| *place > 0).map(|place| (*address, place)));
            }
        }
        Ok(places)
    }

    fn begin(&self, scoring: EnableScoring<'_>) -> tantivy::Result<AtPlaceWeight> {
        let messages = self.at.messages.iter().map(|query| query.weight(scoring));
        let AtOnePlace { asked, predicates, .. } = self.at.clone();
        Ok(AtPlaceWeight {
            candidates: self.candidates.weight(scoring)?,
            messages: messages.collect::<tantivy::Result<_>>()?,
            question: Arc::new(Question { asked, predicates, scope: self.scope.clone() }),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
        })
    }
}

/// What a place answers to each predicate; nothing where it may not be seen.
type Answers = Option<Arc<[bool]>>;

struct Looking {
    places: Places<Answers>,
    messages: Sets,
    question: Arc<Question>,
    faults: Faults,
}

impl Check for Looking {
    const COST: u64 = 4;
    const UNITS: u64 = 2;

    fn holds(&mut self, candidate: DocId, counter: &mut Counter) -> bool {
        self.place(candidate, counter).map(|place| place.is_some()).unwrap_or_else(|error| {
            self.faults.note(error.into());
            false
        })
    }
}

impl Looking {
    /// The number of the first place at which the candidate matches, among those that may be seen. One that lies in
    /// one place matches there.
    fn place(&mut self, candidate: DocId, counter: &mut Counter) -> io::Result<Option<usize>> {
        let question = Arc::clone(&self.question);
        let found = self.places.each(candidate, |place| question.answers(place))?;
        let seen = found.iter().filter_map(|(answers, ids)| Some((answers.as_ref()?, *ids)));
        for (number, (answers, ids)) in seen.enumerate() {
            let of_ids = self.ids(ids)?;
            let holds = question.asked.holds(&mut |asked| match asked {
                Asked::Place(number) => answers.get(*number).copied().unwrap_or_default(),
                Asked::Ids(number) => question.holds(*number, &of_ids),
                Asked::Message(set) => self.messages.contains(*set, candidate),
            });
            if !counter.count(PLACE) || holds {
                return Ok(holds.then_some(number));
            }
        }
        Ok(found.is_empty().then_some(0))
    }

    /// The ids of a place, where they are asked for.
    fn ids(&self, number: u64) -> io::Result<Place> {
        let are_asked = self.question.asked.has_positive(&|asked| matches!(asked, Asked::Ids(_)));
        if are_asked { self.places.ids(number) } else { Ok(Place::NOWHERE) }
    }
}

impl Question {
    fn answers(&self, place: &Place) -> Answers {
        let holds = |number| self.holds(number, place);
        self.scope.shows(place).then(|| (0..self.predicates.len()).map(holds).collect())
    }

    fn holds(&self, number: usize, place: &Place) -> bool {
        let nothing = Message::default();
        let predicate = self.predicates.get(number);
        predicate.is_some_and(|predicate| predicate_holds(predicate, &nothing, place))
    }
}

/// Sets of documents that are asked about one document after the other.
struct Sets(Vec<Box<dyn Scorer>>);

impl Sets {
    /// Whether a document is in a set. It is asked in the order of the documents.
    fn contains(&mut self, set: usize, document: DocId) -> bool {
        let Some(scorer) = self.0.get_mut(set) else { return false };
        if scorer.doc() < document {
            scorer.seek(document);
        }
        scorer.doc() == document
    }
}
