//! In which attachments the words stand that clauses look for inside of them. Their texts are not stored: the lists of
//! the index tell where words stand, and a [column](crate::format::contents) in which file that is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use postern_query::TextPattern;
use postern_query::schema::TextField;
use tantivy::postings::Postings as _;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, DocSet as _, Searcher, SegmentReader, TERMINATED, Term};

use super::compile::expand::{MAX_TERMS, Pattern, Terms, expand};
use super::compile::fuzzy::{Seen, near};
use super::scorers::placed::{Arrangement, Standing, Wanted};
use super::scorers::union::FieldTerms;
use super::snippet::matches::{Clauses, InFiles};
use super::work::{Counter, LIST, Meter};
use crate::Error;
use crate::format::contents::{Contents, Files};
use crate::format::schema;

/// Units to go on to a message in the list of a word.
const SEEK: u64 = 20;

/// What was found inside of the files of some messages.
#[derive(Debug)]
pub(crate) struct Inside(HashMap<DocAddress, InFiles>);

impl Inside {
    /// Looks for what clauses want inside of the files of these messages; nothing where none wants anything there,
    /// and where that costs more than there is to spend.
    ///
    /// # Errors
    ///
    /// When the index cannot be read, or nobody waits any more.
    pub(crate) fn of(
        searcher: &Searcher,
        clauses: &Clauses<'_>,
        messages: impl Iterator<Item = DocAddress>,
        meter: &Meter,
    ) -> Result<Option<Self>, Error> {
        match look(searcher, clauses, messages, meter) {
            Err(Error::TooCostly { .. }) => Ok(None),
            looked => looked,
        }
    }

    /// What was found in a message.
    pub(crate) fn of_message(&self, address: DocAddress) -> InFiles {
        self.0.get(&address).cloned().unwrap_or_default()
    }
}

fn look(
    searcher: &Searcher,
    clauses: &Clauses<'_>,
    messages: impl Iterator<Item = DocAddress>,
    meter: &Meter,
) -> Result<Option<Inside>, Error> {
    let Some(looked) = clauses.looked(TextField::AttachmentText) else { return Ok(None) };
    let mut wanted = Vec::new();
    for (pattern, of) in looked.patterns() {
        wanted.extend(Wants::of(searcher, pattern, meter)?.map(|wants| (wants, of)));
    }
    let mut by_segment: BTreeMap<u32, Vec<DocId>> = BTreeMap::new();
    messages.for_each(|at| by_segment.entry(at.segment_ord).or_default().push(at.doc_id));
    let (mut found, mut counter) = (HashMap::new(), meter.counter());
    for (segment, mut documents) in by_segment {
        documents.sort_unstable();
        let mut messages = Messages::of(searcher.segment_reader(segment), &documents)?;
        for (wants, of) in &wanted {
            wants.look(&mut messages, of, &mut counter)?;
        }
        let addresses = documents.iter().map(|document| DocAddress::new(segment, *document));
        found.extend(addresses.zip(messages.found));
    }
    Ok((!counter.is_over()).then_some(Inside(found)))
}

/// Messages of one segment, in their order.
struct Messages<'a> {
    reader: &'a SegmentReader,
    documents: &'a [DocId],
    files: Vec<Files>,
    found: Vec<InFiles>,
}

impl<'a> Messages<'a> {
    fn of(reader: &'a SegmentReader, documents: &'a [DocId]) -> Result<Self, Error> {
        let contents = Contents::of(reader)?;
        let files = documents.iter().map(|document| contents.of_message(*document)).collect();
        Ok(Self { reader, documents, files, found: vec![InFiles::default(); documents.len()] })
    }

    /// Notes that clauses match at these positions of the message of that number.
    fn note(&mut self, number: usize, positions: &Range<usize>, clauses: &[usize]) {
        let (Some(files), Some(found)) = (self.files.get(number), self.found.get_mut(number))
        else {
            return;
        };
        files.with(positions).for_each(|file| found.add(clauses, file));
    }
}

/// What a pattern looks for.
enum Wants {
    /// One of these words.
    Any(FieldTerms),
    /// Words that stand in some way.
    Words(Arc<Wanted>),
}

impl Wants {
    /// Nothing of a pattern without words.
    fn of(
        searcher: &Searcher,
        pattern: &TextPattern,
        meter: &Meter,
    ) -> Result<Option<Self>, Error> {
        let field = schema::words(TextField::AttachmentText);
        let any = |pattern: Pattern<'_>| {
            expand(searcher, Terms::of(field), pattern, &mut MAX_TERMS.clone(), meter)
        };
        let any = match pattern {
            TextPattern::Wildcard(shape) => any(Pattern::Shape(shape))?,
            TextPattern::Regex(regex) => any(Pattern::Regex(regex))?,
            TextPattern::Fuzzy(word) => {
                let seen = Seen { searcher, visible: None, meter };
                let texts = near(&seen, field, word, &mut MAX_TERMS.clone())?;
                named(searcher, field, &texts, meter)?
            }
            TextPattern::Phrase(_) | TextPattern::Sloppy(_) | TextPattern::Near(_) => {
                let wanted = Arrangement::of(pattern).and_then(|how| Wanted::of(field, None, how));
                return Ok(wanted.map(|wanted| Self::Words(Arc::new(wanted))));
            }
        };
        Ok(Some(Self::Any(any)))
    }

    fn look(
        &self,
        messages: &mut Messages<'_>,
        clauses: &[usize],
        counter: &mut Counter,
    ) -> Result<(), Error> {
        match self {
            Self::Any(terms) => look_for_any(terms, messages, clauses, counter),
            Self::Words(wanted) => {
                let Some(mut standing) = Standing::of(messages.reader, wanted)? else {
                    return Ok(());
                };
                for (number, document) in messages.documents.iter().enumerate() {
                    let positions = standing.positions(*document, counter);
                    positions.iter().for_each(|at| messages.note(number, at, clauses));
                }
                Ok(())
            }
        }
    }
}

fn look_for_any(
    terms: &FieldTerms,
    messages: &mut Messages<'_>,
    clauses: &[usize],
    counter: &mut Counter,
) -> Result<(), Error> {
    let index = messages.reader.inverted_index(terms.field)?;
    let (option, mut places) = (IndexRecordOption::WithFreqsAndPositions, Vec::new());
    for term in terms.in_segment(messages.reader.segment_id()) {
        let mut postings = index.read_postings_from_terminfo(term, option)?;
        counter.count(LIST);
        for (number, document) in messages.documents.iter().enumerate() {
            if !counter.count(SEEK) || postings.doc() == TERMINATED {
                break;
            }
            if postings.doc() < *document {
                postings.seek(*document);
            }
            if postings.doc() == *document {
                postings.positions(&mut places);
                let at = places.iter().map(|place| *place as usize);
                at.for_each(|at| messages.note(number, &(at..at + 1), clauses));
            }
        }
    }
    Ok(())
}

/// The terms with these texts.
fn named(
    searcher: &Searcher,
    field: Field,
    texts: &BTreeSet<String>,
    meter: &Meter,
) -> Result<FieldTerms, Error> {
    let mut found = HashMap::new();
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(field)?;
        let terms = texts.iter().map(|text| Term::from_field_text(field, text));
        let terms = terms.map(|term| index.get_term_info(&term)).collect::<Result<Vec<_>, _>>()?;
        found.insert(reader.segment_id(), terms.into_iter().flatten().collect::<Vec<_>>().into());
    }
    Ok(FieldTerms { field, whose: None, terms: Arc::new(found), meter: meter.clone() })
}

#[cfg(test)]
mod tests {
    use postern_query::{Attachment, Context, Message, evaluate, parse};

    use crate::search::{Asker, Hit, Index, Search, Where, snippet};
    use crate::testing::index_of;

    fn message(id: &str, texts: &[&str]) -> Message {
        let file = |(number, text): (usize, &&str)| Attachment {
            name: Some(format!("{number}.txt")),
            text: Some((*text).to_owned()),
            ..Attachment::default()
        };
        let mut attachments: Vec<_> = texts.iter().enumerate().map(file).collect();
        let other_parts = attachments.split_off(attachments.len().min(3));
        Message { id: id.into(), attachments, other_parts, ..Message::default() }
    }

    fn hits(index: &Index, typed: &str) -> Vec<Hit> {
        let context = Context::utc(jiff::Timestamp::UNIX_EPOCH);
        let query = parse(typed, &context).unwrap().query;
        let order = query.natural_order();
        let search = Search {
            query: &query,
            order: &order,
            after: None,
            offset: 0,
            limit: 9,
            highlight: true,
        };
        index.search(&search, &Asker::unlimited()).unwrap().hits
    }

    /// The files of each message in which a query matches, by id.
    fn files(index: &Index, typed: &str) -> String {
        let mut told = Vec::new();
        for hit in hits(index, typed) {
            let matches = hit.snippet.unwrap().matches;
            assert!(!matches.has_more, "{typed}");
            let inside = matches.all.iter().filter(|one| one.place == Where::Attachment);
            let files = inside.map(|one| one.file.unwrap().to_string()).collect::<Vec<_>>();
            told.push(format!("{}:{}", hit.message.id, files.join(",")));
        }
        told.sort();
        told.join(" ")
    }

    /// The same of a message whose texts are at hand.
    fn at_hand(messages: &[Message], typed: &str) -> String {
        let query = parse(typed, &Context::utc(jiff::Timestamp::UNIX_EPOCH)).unwrap().query;
        let found = messages.iter().filter(|message| evaluate(query.condition(), message));
        let told = found.map(|message| {
            let matches = snippet(&query, message, 0).matches.all;
            let inside = matches.iter().filter(|one| one.place == Where::Attachment);
            let files = inside.map(|one| one.file.unwrap().to_string()).collect::<Vec<_>>();
            format!("{}:{}", message.id, files.join(","))
        });
        told.collect::<Vec<_>>().join(" ")
    }

    /// `matches` named the attachment only where a message has but one.
    #[test]
    fn the_attachments_in_which_words_stand() {
        let data = tempfile::tempdir().unwrap();
        let parts = [
            vec![message("a", &["the invoice", "", "due invoices", "invoice 7 is", "due now"])],
            vec![message("b", &["an invoice"]), message("c", &["nothing", "here"])],
        ];
        let index = index_of(data.path(), &parts);
        let all = parts.concat();
        for (typed, expected) in [
            ("contents:invoice", "a:0,3 b:0"),
            ("contents:inv*", "a:0,2,3 b:0"),
            ("contents:/invoice./", "a:2"),
            ("contents:invoise~1", "a:0,3 b:0"),
            ("contents:\"due invoices\"", "a:2"),
            ("contents:\"is due\"", "a:3,4"),
            ("contents:(7 NEAR/1 invoice)", "a:3"),
            ("contents:due contents:nothing", ""),
            ("contents:here OR contents:an", "b:0 c:1"),
            ("contents:due -contents:nothing", "a:2,4"),
            ("contents:nothing OR (contents:due -contents:here)", "a:2,4 c:0"),
        ] {
            assert_eq!(files(&index, typed), expected, "{typed}");
            assert_eq!(at_hand(&all, typed), expected, "{typed}, with the texts");
        }
    }
}
