//! Many queries over one state of the index, each counted beside the others.
//!
//! Each query has the budget of one search. Memory is a few numbers for each message, however many queries there are:
//! of a message that one query found it is kept which, so that in the end it is known what no other found.

mod conversations;
mod numbers;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_query::schema::{InstantField, NumberField, TextField};
use postern_query::{Message, Query};
use tantivy::columnar::Column;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::{DocAddress, Searcher};

use super::compile::chosen::choose;
use super::documents::Documents;
use super::tally::facets::Matching;
use super::{Asker, Counted, Facet, Index};
use crate::Error;
use crate::format::fetch;
use crate::format::{schema, stored};
use conversations::Conversations;
use numbers::Numbers;

/// How much a query finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Messages.
    pub messages: u64,
    /// The messages and their attachments, each counted as a document. A file is one document.
    pub family: u64,
    /// The messages and the others of their conversations, as far as they may be seen.
    pub conversation: u64,
    /// The sizes of the messages together, in bytes.
    pub bytes: u64,
    /// When the oldest arrived; of one without that, when it was sent.
    pub first: Option<Timestamp>,
    /// When the newest arrived; of one without that, when it was sent.
    pub last: Option<Timestamp>,
    /// The messages of each mailbox, by its name. One that lies in two counts for both.
    pub mailboxes: Vec<Counted>,
}

/// A message that is looked at before the queries are counted.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The message without its body.
    pub message: Message,
    /// Its body has words.
    pub has_words: bool,
    /// One of its attachments has text with words.
    pub has_attachment_words: bool,
}

/// What several queries find in one state of an index.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use postern_local_index::search::{Asker, Index};
/// use postern_query::{Context, Query, parse};
///
/// let (index, asker) = (Index::open("data".as_ref())?, Asker::unlimited());
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let mut survey = index.survey(&Query::everything(), &asker, &mut |_| ControlFlow::Continue(()))?;
/// for text in ["invoice", "overdue"] {
///     let found = survey.count(&parse(text, &context).unwrap().query, &asker)?;
///     println!("{text}: {} messages", found.messages);
/// }
/// let (unique, all) = survey.finish(&asker)?;
/// println!("only invoice: {}, one of the two: {}", unique[0], all.messages);
/// # Ok::<(), postern_local_index::Error>(())
/// ```
pub struct Survey {
    index: Index,
    searcher: Searcher,
    numbers: Numbers,
    columns: Vec<Columns>,
    /// Documents that each message is, with its attachments.
    families: Vec<u32>,
    conversations: Conversations,
    finders: Finders,
}

impl std::fmt::Debug for Survey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Survey").field("index", &self.index).finish_non_exhaustive()
    }
}

impl Index {
    /// Begins to count queries, all of which find some of what `within` finds. Each message within is looked at once,
    /// and `look` may end that.
    ///
    /// # Errors
    ///
    /// When it is ended or stopped, when `within` costs too much work, and when the index cannot be read.
    pub fn survey(
        &self,
        within: &Query,
        asker: &Asker,
        look: &mut dyn FnMut(Looked) -> ControlFlow<()>,
    ) -> Result<Survey, Error> {
        let searcher = self.searcher();
        let plan = self.plan(&searcher, within, asker)?;
        let within = choose(&searcher, &plan)?;
        let seen = match self.visible(&searcher, asker)? {
            Some(visible) => Arc::clone(&visible.documents),
            None => Arc::new(living(&searcher)),
        };
        let numbers = Numbers::of(&searcher);
        let families = families(&searcher, &numbers, &within, asker, look)?;
        let conversations = Conversations::find(&searcher, &numbers, &seen, &asker.work)?;
        let columns = searcher.segment_readers().iter().map(Columns::of);
        let columns = columns.collect::<Result<_, _>>()?;
        let finders = Finders { of: vec![NOBODY; numbers.all], lines: 0 };
        let index = self.clone();
        Ok(Survey { index, searcher, numbers, columns, families, conversations, finders })
    }
}

impl Survey {
    /// Counts what a query finds, and remembers what that is. A query that fails finds nothing, and is counted with
    /// the others.
    ///
    /// # Errors
    ///
    /// When the query costs more than one search may, it is stopped, or the index cannot be read.
    pub fn count(&mut self, query: &Query, asker: &Asker) -> Result<Extent, Error> {
        self.finders.lines += 1;
        let one = Asker { scope: asker.scope.clone(), work: asker.work.renewed() };
        let plan = self.index.plan(&self.searcher, query, &one)?;
        let found = choose(&self.searcher, &plan)?;
        let extent = self.extent(&found, asker)?;
        let Self { numbers, finders, .. } = self;
        numbers.each(&found, |_, number| finders.note(number));
        Ok(extent)
    }

    /// How many messages each query alone found, and how much all of them found together.
    ///
    /// # Errors
    ///
    /// When it is stopped, or the index cannot be read.
    pub fn finish(mut self, asker: &Asker) -> Result<(Vec<u64>, Extent), Error> {
        let (mut unique, mut all) =
            (vec![0; self.finders.lines as usize], Documents::none(&self.searcher));
        let everything = living(&self.searcher);
        self.numbers.each(&everything, |address, number| match self.finders.of(number) {
            NOBODY => {}
            finder => {
                all.insert(address);
                let alone = unique.get_mut(finder as usize);
                alone.into_iter().for_each(|count: &mut u64| *count += 1);
            }
        });
        let all = self.extent(&all, asker)?;
        Ok((unique, all))
    }

    fn extent(&mut self, found: &Documents, asker: &Asker) -> Result<Extent, Error> {
        let work = asker.work.renewed();
        work.begin(self.searcher.num_docs())?;
        let mut extent = Extent {
            messages: found.len() as u64,
            conversation: self.conversations.count(&self.numbers, found),
            mailboxes: self.mailboxes(found, &Asker { work, scope: asker.scope.clone() })?,
            ..Extent::default()
        };
        let (mut first, mut last) = (None, None);
        self.numbers.each(found, |address, number| {
            extent.family += u64::from(self.families.get(number).copied().unwrap_or_default());
            let Some(columns) = self.columns.get(address.segment_ord as usize) else { return };
            extent.bytes = extent.bytes.saturating_add(columns.size(address));
            if let Some(time) = columns.time(address) {
                first = first.map_or(Some(time), |first: i64| Some(first.min(time)));
                last = last.max(Some(time));
            }
        });
        let [first, last] = [first, last].map(|time| time.and_then(stored::instant));
        Ok(Extent { first, last, ..extent })
    }

    fn mailboxes(&self, found: &Documents, asker: &Asker) -> Result<Vec<Counted>, Error> {
        let meter = asker.work.meter("mailboxes");
        let (searcher, chosen, zone) = (&self.searcher, found, &TimeZone::UTC);
        let matching = Matching { searcher, chosen, zone, meter: &meter, scope: &asker.scope };
        let mut mailboxes = matching.count(Facet::Mailbox, usize::MAX)?.values;
        mailboxes.sort();
        Ok(mailboxes)
    }
}

/// Who found each message.
struct Finders {
    of: Vec<u32>,
    /// How many queries were counted.
    lines: u32,
}

const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

impl Finders {
    /// The last query found this one too.
    fn note(&mut self, number: usize) {
        let line = self.lines.saturating_sub(1);
        let Some(finder) = self.of.get_mut(number) else { return };
        *finder = if *finder == NOBODY { line } else { SEVERAL };
    }

    fn of(&self, number: usize) -> u32 {
        self.of.get(number).copied().unwrap_or(NOBODY)
    }
}

/// What is told of each message of a segment.
struct Columns {
    sizes: Option<Column<i64>>,
    received: Option<Column<i64>>,
    sent: Option<Column<i64>>,
}

impl Columns {
    fn of(reader: &tantivy::SegmentReader) -> Result<Self, Error> {
        let column = |path: &str| reader.fast_fields().column_opt::<i64>(path);
        Ok(Self {
            sizes: column(NumberField::Size.path())?,
            received: column(InstantField::Received.path())?,
            sent: column(InstantField::Sent.path())?,
        })
    }

    /// Bytes. A document may say that it has less than none.
    fn size(&self, address: DocAddress) -> u64 {
        let size = self.sizes.as_ref().and_then(|column| column.first(address.doc_id));
        size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default()
    }

    fn time(&self, address: DocAddress) -> Option<i64> {
        let of = |column: Option<&Column<i64>>| column?.first(address.doc_id);
        of(self.received.as_ref()).or_else(|| of(self.sent.as_ref()))
    }
}

/// All documents that are not gone.
fn living(searcher: &Searcher) -> Documents {
    let mut all = Documents::none(searcher);
    for (segment, reader) in (0..).zip(searcher.segment_readers()) {
        reader.doc_ids_alive().for_each(|one| all.insert(DocAddress::new(segment, one)));
    }
    all
}

/// Looks at each message, and tells how many documents it is.
fn families(
    searcher: &Searcher,
    numbers: &Numbers,
    within: &Documents,
    asker: &Asker,
    look: &mut dyn FnMut(Looked) -> ControlFlow<()>,
) -> Result<Vec<u32>, Error> {
    let (mut families, mut fault) = (vec![0; numbers.all], None);
    let words = Words::of(searcher)?;
    numbers.each(within, |address, number| {
        if fault.is_some() {
            return;
        }
        let stopped = asker.work.is_stopped().then_some(Error::Stopped);
        match stopped.map_or_else(|| fetch::head(searcher, address), Err) {
            Ok(message) => {
                let family = families.get_mut(number);
                family.into_iter().for_each(|family| *family = documents(&message));
                let Some(message) = message.seen_at(|place| asker.scope.shows(place)) else {
                    return;
                };
                let [has_words, has_attachment_words] = words.at(address);
                if look(Looked { message, has_words, has_attachment_words }).is_break() {
                    fault = Some(Error::Stopped);
                }
            }
            Err(error) => fault = Some(error),
        }
    });
    fault.map_or(Ok(families), Err)
}

/// How many documents a message is with its attachments. A file is its own first attachment.
fn documents(message: &Message) -> u32 {
    let attachments = u32::try_from(message.attachments.len()).unwrap_or(u32::MAX);
    if message.is_file() { attachments.max(1) } else { attachments.saturating_add(1) }
}

/// Whether bodies and attachments have words.
struct Words(Vec<[Option<FieldNormReader>; 2]>);

impl Words {
    fn of(searcher: &Searcher) -> Result<Self, Error> {
        let of_segment = |reader: &tantivy::SegmentReader| {
            let lengths = reader.fieldnorms_readers();
            let of = |field| lengths.get_field(schema::words(field));
            Ok([of(TextField::Body)?, of(TextField::AttachmentText)?])
        };
        let all = searcher.segment_readers().iter().map(of_segment);
        Ok(Self(all.collect::<Result<_, Error>>()?))
    }

    /// Of the body, and of the attachments.
    fn at(&self, address: DocAddress) -> [bool; 2] {
        let Some(lengths) = self.0.get(address.segment_ord as usize) else { return [false; 2] };
        lengths.each_ref().map(|lengths| {
            lengths.as_ref().is_some_and(|lengths| lengths.fieldnorm(address.doc_id) > 0)
        })
    }
}
