//! How much of the known mail an index holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postern_query::FILE;
use postern_query::schema::{InstantField, StringField};
use tantivy::collector::Count;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, SegmentReader, Term};

use crate::Error;
use crate::format::folder::Folder;
use crate::format::payload::Payload;
use crate::format::terms::traits;
use crate::format::{schema, stored};

/// How much of the known mail the index holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Messages that can be found.
    pub indexed: u64,
    /// Messages that are known to exist: indexed ones and those that could not be read.
    pub known: u64,
    /// When the index was last brought up to date.
    pub as_of: Option<Timestamp>,
    /// Nobody looked into the attachments of some messages, so that `contents:` may miss them.
    pub without_attachment_text: bool,
    /// Messages that were taken over from an index of a former format, and whose originals were gone: it is not known
    /// who wrote which part of them, or which words are of which attachment.
    pub incomplete: u64,
    /// Files among those that can be found, with their older versions.
    pub files: u64,
    /// Files whose content is not here, so that `contents:` does not find them.
    pub without_content: u64,
    /// The same for each mailbox, by name.
    pub mailboxes: Vec<MailboxCoverage>,
}

/// How much of a mailbox the index holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxCoverage {
    /// The mailbox.
    pub name: String,
    /// Its messages that can be found.
    pub indexed: u64,
    /// Its messages that are known to exist. What could not be read belongs to no mailbox that is known.
    pub known: u64,
    /// When it was last compared with the service that it was collected by, if it was.
    pub as_of: Option<Timestamp>,
    /// When its newest message arrived.
    pub newest: Option<Timestamp>,
    /// It lies in an archive tier, so that nobody knows how many more messages it has.
    pub in_archive_tier: bool,
    /// Its files whose content is not here, so that `contents:` does not find them.
    pub without_content: u64,
}

impl Coverage {
    /// The coverage with the mailboxes for which `keep` holds alone. What could not be read may belong to
    /// any of them, so it counts against all.
    ///
    /// ```
    /// use postern_local_index::search::{Coverage, MailboxCoverage};
    ///
    /// let mailbox = |name: &str, indexed, known| MailboxCoverage {
    ///     name: name.to_owned(), indexed, known, ..MailboxCoverage::default()
    /// };
    /// let mailboxes = vec![mailbox("ann", 3, 3), mailbox("bob", 1, 5)];
    /// let all = Coverage { indexed: 4, known: 10, mailboxes, ..Coverage::default() };
    /// let ann = all.of(|name| name == "ann");
    /// assert_eq!((ann.indexed, ann.known), (3, 5));
    /// ```
    #[must_use]
    pub fn of(mut self, keep: impl Fn(&str) -> bool) -> Self {
        let sum = |mailboxes: &[MailboxCoverage], each: fn(&MailboxCoverage) -> u64| {
            mailboxes.iter().map(each).sum::<u64>()
        };
        let missing = |one: &MailboxCoverage| one.known.saturating_sub(one.indexed);
        let in_mailboxes = sum(&self.mailboxes, missing);
        let unreadable = self.known.saturating_sub(self.indexed).saturating_sub(in_mailboxes);
        self.mailboxes.retain(|mailbox| keep(&mailbox.name));
        // Of all files it is not counted whose they are, and nobody hears of those of others.
        self.files = 0;
        self.incomplete = 0;
        self.without_content = sum(&self.mailboxes, |one| one.without_content);
        self.indexed = sum(&self.mailboxes, |one| one.indexed);
        self.known = self.indexed + sum(&self.mailboxes, missing) + unreadable;
        self
    }
}

/// Messages and newest arrival, by mailbox.
type Mailboxes = BTreeMap<String, (u64, Option<i64>)>;

/// The coverage of what this searcher sees, without the mailboxes.
pub(crate) fn totals(folder: &Folder, payload: &Payload, searcher: &Searcher) -> Coverage {
    let indexed = searcher.num_docs();
    let known = indexed + payload.unreadable;
    let as_of = payload.as_of(folder);
    let without_attachment_text = payload.without_attachment_text;
    let count = |term: Term| {
        let having = TermQuery::new(term, IndexRecordOption::Basic);
        searcher.search(&having, &Count).map_or(0, |count| count as u64)
    };
    Coverage {
        indexed,
        known,
        as_of,
        without_attachment_text,
        incomplete: payload.incomplete,
        files: count(Term::from_field_text(schema::whole(StringField::Kind), FILE)),
        without_content: count(Term::from_field_text(schema::TRAITS, traits::NO_CONTENT)),
        mailboxes: Vec::new(),
    }
}

/// What this searcher sees of each mailbox.
///
/// # Errors
///
/// When the index cannot be read.
pub(crate) fn mailboxes(searcher: &Searcher) -> Result<Vec<MailboxCoverage>, Error> {
    let mut mailboxes = Mailboxes::new();
    for reader in searcher.segment_readers() {
        count(reader, &mut mailboxes)?;
    }
    let mailbox = |(name, (indexed, newest)): (String, (u64, Option<i64>))| MailboxCoverage {
        name,
        indexed,
        known: indexed,
        as_of: None,
        newest: newest.and_then(stored::instant),
        in_archive_tier: false,
        without_content: 0,
    };
    Ok(mailboxes.into_iter().map(mailbox).collect())
}

fn count(reader: &SegmentReader, mailboxes: &mut Mailboxes) -> Result<(), Error> {
    let columns = reader.fast_fields();
    let Some(names) = columns.str(&schema::whole_name(StringField::Mailbox))? else {
        return Ok(());
    };
    let received = columns.column_opt::<i64>(InstantField::Received.path())?;
    // By number of the name: a map would cost more than the columns themselves.
    let mut here = vec![(0, None); names.num_terms()];
    for document in reader.doc_ids_alive() {
        let arrived = received.as_ref().and_then(|column| column.first(document));
        // A message counts in each mailbox that it lies in.
        for name in names.ords().values_for_doc(document) {
            let of = usize::try_from(name).ok().and_then(|name| here.get_mut(name));
            if let Some((indexed, newest)) = of {
                *indexed += 1;
                *newest = arrived.max(*newest);
            }
        }
    }
    let counted = (0..).zip(here).filter(|(_, (indexed, _))| *indexed > 0);
    for (number, (indexed, newest)) in counted {
        let mut name = String::new();
        names.ord_to_str(number, &mut name)?;
        let total = mailboxes.entry(name).or_default();
        *total = (total.0 + indexed, total.1.max(newest));
    }
    Ok(())
}
