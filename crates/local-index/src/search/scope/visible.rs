//! The messages of a scope, and what words weigh among them alone.
//!
//! Relevance is counted from how many messages hold a word. Counted over all messages it would tell how
//! many hold it that may not be seen.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Searcher, SegmentReader, Term};

use crate::search::documents::Documents;
use crate::search::scope::asker::Scope;
use crate::search::work::{LIST, Meter};

/// How many scopes are kept.
const MOST: usize = 16;

/// How many words of a scope are kept with what they weigh.
const MOST_WORDS: usize = 100_000;

/// The messages of a scope in one state of an index.
#[derive(Debug)]
pub(crate) struct Visible {
    pub(crate) scope: Scope,
    pub(crate) documents: Arc<Documents>,
    words: Mutex<HashMap<Term, u64>>,
    tokens: Mutex<HashMap<Field, u64>>,
}

impl Visible {
    /// These documents.
    pub(crate) fn new(scope: Scope, documents: Documents) -> Self {
        let documents = Arc::new(documents);
        Self { scope, documents, words: Mutex::default(), tokens: Mutex::default() }
    }

    /// How many messages of the scope have the term.
    fn frequency(&self, searcher: &Searcher, term: &Term, meter: &Meter) -> tantivy::Result<u64> {
        if let Some(known) = lock(&self.words).get(term) {
            return Ok(*known);
        }
        let mut frequency = 0;
        for reader in searcher.segment_readers() {
            let Some(documents) = self.documents.within(reader) else { continue };
            each_block(reader, term, meter, &mut |block| {
                frequency += block.iter().filter(|one| documents.contains(**one)).count() as u64;
                true
            })?;
        }
        let mut words = lock(&self.words);
        if words.len() >= MOST_WORDS {
            words.clear();
        }
        words.insert(term.clone(), frequency);
        Ok(frequency)
    }

    /// How many words the field has in messages of the scope.
    fn length(&self, searcher: &Searcher, field: Field, meter: &Meter) -> tantivy::Result<u64> {
        if let Some(known) = lock(&self.tokens).get(&field) {
            return Ok(*known);
        }
        let (mut length, mut counter) = (0, meter.counter());
        for reader in searcher.segment_readers() {
            let lengths = reader.fieldnorms_readers().get_field(field)?;
            let (Some(documents), Some(lengths)) = (self.documents.within(reader), lengths) else {
                continue;
            };
            let mine = (0..reader.max_doc()).filter(|document| documents.contains(*document));
            length += mine
                .take_while(|_| counter.count(1))
                .map(|document| u64::from(lengths.fieldnorm(document)))
                .sum::<u64>();
        }
        lock(&self.tokens).insert(field, length);
        Ok(length)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows the list of a term block by block, as long as `each` wants more.
fn each_block(
    reader: &SegmentReader,
    term: &Term,
    meter: &Meter,
    each: &mut dyn FnMut(&[DocId]) -> bool,
) -> tantivy::Result<()> {
    let index = reader.inverted_index(term.field())?;
    let Some(info) = index.get_term_info(term)? else { return Ok(()) };
    let mut counter = meter.counter();
    counter.count(LIST);
    let mut blocks = index.read_block_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
    while !blocks.docs().is_empty() && counter.count(blocks.docs().len() as u64) {
        if !each(blocks.docs()) {
            break;
        }
        blocks.advance();
    }
    Ok(())
}

/// Whether a message that may be seen has the term: one that is not gone, and lies in the scope.
///
/// # Errors
///
/// When the index cannot be read.
pub(crate) fn is_seen(
    searcher: &Searcher,
    visible: Option<&Visible>,
    term: &Term,
    meter: &Meter,
) -> tantivy::Result<bool> {
    let mut is_seen = false;
    for reader in searcher.segment_readers() {
        let scope = visible.map(|visible| visible.documents.within(reader));
        let is_in = |document: DocId| match scope {
            Some(scope) => scope.is_some_and(|documents| documents.contains(document)),
            None => reader.alive_bitset().is_none_or(|alive| alive.is_alive(document)),
        };
        each_block(reader, term, meter, &mut |block| {
            is_seen = block.iter().any(|document| is_in(*document));
            !is_seen
        })?;
        if is_seen {
            break;
        }
    }
    Ok(is_seen)
}

/// What words weigh for whoever sees only these messages.
pub(crate) struct Weights<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) visible: &'a Visible,
    pub(crate) meter: &'a Meter,
}

impl Bm25StatisticsProvider for Weights<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.visible.length(self.searcher, field, self.meter)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.visible.documents.len() as u64)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.visible.frequency(self.searcher, term, self.meter)
    }
}

/// One scope in one state of the index.
type Known = (u64, Vec<String>, Arc<Visible>);

/// The scopes that were asked for lately, the latest last.
#[derive(Default)]
pub(crate) struct Scopes(Mutex<VecDeque<Known>>);

impl Scopes {
    /// The messages of these mailboxes in the state of that name, if they are known.
    pub(crate) fn find(&self, mark: u64, names: &[String]) -> Option<Arc<Visible>> {
        let mut known = lock(&self.0);
        let place = known.iter().position(|(state, of, _)| *state == mark && of == names)?;
        let found = known.remove(place)?;
        let visible = Arc::clone(&found.2);
        known.push_back(found);
        Some(visible)
    }

    pub(crate) fn keep(&self, mark: u64, names: &[String], visible: &Arc<Visible>) {
        let mut known = lock(&self.0);
        known.push_back((mark, names.to_vec(), Arc::clone(visible)));
        let surplus = known.len().saturating_sub(MOST);
        known.drain(..surplus);
    }
}
