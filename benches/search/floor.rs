//! The bare program: a tantivy index of the same messages with the fields such a program has, and
//! the same work done with nothing but the engine.

use std::collections::HashSet;
use std::path::Path;

use postern_query::schema::{FlagField, InstantField};
use postern_query::{Message, analysis};
use tantivy::collector::{Collector, Count, TopDocs};
use tantivy::query::Query;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{DocAddress, Order, Searcher, TantivyDocument};

use crate::PAGE;

/// Senders as terms: `a` and the address, `d` and the domain.
pub(crate) const SENDER: &str = "sender";
pub(crate) const SUBJECT: &str = "subject";
pub(crate) const BODY: &str = "body";
pub(crate) const RECEIVED: &str = InstantField::Received.path();
pub(crate) const HAS_ATTACHMENT: &str = FlagField::HasAttachments.path();

const ID: &str = "id";

/// What is only shown: stored as it is, every value by itself.
pub(crate) const SHOWN: &str = "shown";
const SHOWN_NUMBER: &str = "shown/number";

pub(crate) struct Bare {
    pub(crate) searcher: Searcher,
}

impl Bare {
    /// Writes the index: each message once, in their order.
    pub(crate) fn fill(folder: &Path, messages: impl Iterator<Item = Message>) {
        std::fs::create_dir_all(folder).unwrap();
        let index = tantivy::Index::create_in_dir(folder, schema()).unwrap();
        let mut writer = index.writer_with_num_threads(1, 256 << 20).unwrap();
        let mut seen = HashSet::new();
        for message in messages.filter(|message| seen.insert(message.id.clone())) {
            writer.add_document(document(&index.schema(), &message)).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
    }

    pub(crate) fn open(folder: &Path) -> Self {
        let index = tantivy::Index::open_in_dir(folder).unwrap();
        Self { searcher: index.reader().unwrap().searcher() }
    }

    pub(crate) fn field(&self, name: &str) -> Field {
        self.searcher.schema().get_field(name).unwrap()
    }

    /// The newest 50 and the count in one go.
    pub(crate) fn newest(&self, query: &dyn Query) -> usize {
        self.newest_page(query).0
    }

    pub(crate) fn newest_page(&self, query: &dyn Query) -> (usize, Vec<TantivyDocument>) {
        let (count, page) = self.searcher.search(query, &(Count, newest())).unwrap();
        (count, self.read(page))
    }

    /// The same, one after the other.
    pub(crate) fn newest_counted_first(&self, query: &dyn Query) -> usize {
        let count = query.count(&self.searcher).unwrap();
        self.read(self.searcher.search(query, &newest()).unwrap());
        count
    }

    /// The best 50 and the count in one go.
    pub(crate) fn best(&self, query: &dyn Query) -> usize {
        let best = TopDocs::with_limit(PAGE).order_by_score();
        let (count, page) = self.searcher.search(query, &(Count, best)).unwrap();
        self.read(page);
        count
    }

    /// The best 50 where nothing is scored: all are equal then, and equal ones fall by their ids.
    pub(crate) fn first_by_id(&self, query: &dyn Query) -> usize {
        let first = TopDocs::with_limit(PAGE).order_by_string_fast_field(ID, Order::Asc);
        let (count, page) = self.searcher.search(query, &(Count, first)).unwrap();
        self.read(page);
        count
    }

    /// The same, one after the other: alone, the best are found without looking at every match.
    pub(crate) fn best_counted_first(&self, query: &dyn Query) -> usize {
        let count = query.count(&self.searcher).unwrap();
        let best = TopDocs::with_limit(PAGE).order_by_score();
        self.read(self.searcher.search(query, &best).unwrap());
        count
    }

    fn read<T>(&self, page: Vec<(T, DocAddress)>) -> Vec<TantivyDocument> {
        let page = page.into_iter().map(|(_, address)| self.searcher.doc(address).unwrap());
        std::hint::black_box(page.collect())
    }
}

fn newest() -> impl Collector<Fruit = Vec<(Option<i64>, DocAddress)>> {
    TopDocs::with_limit(PAGE).order_by_fast_field::<i64>(RECEIVED, Order::Desc)
}

fn schema() -> Schema {
    let mut builder = Schema::builder();
    let indexing =
        TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let words = TextOptions::default().set_indexing_options(indexing);
    builder.add_text_field(SUBJECT, words.clone());
    builder.add_text_field(BODY, words);
    builder.add_text_field(SENDER, STRING);
    builder.add_text_field(ID, STRING | FAST | STORED);
    builder.add_i64_field(RECEIVED, INDEXED | FAST | STORED);
    builder.add_bool_field(HAS_ATTACHMENT, INDEXED | STORED);
    builder.add_text_field(SHOWN, STORED);
    builder.add_i64_field(SHOWN_NUMBER, STORED);
    builder.build()
}

fn document(schema: &Schema, message: &Message) -> TantivyDocument {
    let field = |name| schema.get_field(name).unwrap();
    let mut document = TantivyDocument::new();
    for (name, text) in [(SUBJECT, &message.subject), (BODY, &message.body)] {
        document.add_pre_tokenized_text(field(name), words(text.as_deref().unwrap_or_default()));
    }
    document.add_text(field(ID), &message.id);
    for term in sender(message) {
        document.add_text(field(SENDER), term);
    }
    if let Some(received) = message.received {
        document.add_i64(field(RECEIVED), received.as_millisecond());
    }
    document.add_bool(field(HAS_ATTACHMENT), message.has_attachments == Some(true));
    for text in shown(message) {
        document.add_text(field(SHOWN), text);
    }
    let sizes = message.attachments.iter().filter_map(|file| file.size);
    let sent = message.sent.map(jiff::Timestamp::as_millisecond);
    for number in sizes.chain(sent).chain(message.size) {
        document.add_i64(field(SHOWN_NUMBER), number);
    }
    document
}

fn words(text: &str) -> PreTokenizedString {
    let token = |(position, token): (usize, analysis::Token)| Token {
        offset_from: token.span.start,
        offset_to: token.span.end,
        position,
        text: token.text,
        position_length: 1,
    };
    let tokens = analysis::tokens(text).enumerate().map(token).collect();
    PreTokenizedString { text: text.to_owned(), tokens }
}

fn sender(message: &Message) -> impl Iterator<Item = String> {
    let address = message.from_address.as_deref().unwrap_or_default().to_lowercase();
    let domain = address.rsplit_once('@').map(|(_, domain)| format!("d{domain}"));
    std::iter::once(format!("a{address}")).chain(domain)
}

/// The texts that a page shows of a message, the body among them.
fn shown(message: &Message) -> impl Iterator<Item = &str> {
    let lists = [&message.to_recipients, &message.cc_recipients, &message.bcc_recipients];
    let people = lists.into_iter().flatten().flat_map(|one| [&one.name, &one.address]);
    let files = message.attachments.iter().flat_map(|file| [&file.name, &file.content_type]);
    let own = [
        &message.internet_message_id,
        &message.conversation_id,
        &message.subject,
        &message.body,
        &message.from_address,
        &message.from_name,
        &message.importance,
        &message.kind,
        &message.list_id,
    ];
    let texts = own.into_iter().chain(people).chain(files).filter_map(Option::as_deref);
    let more = [&message.categories, &message.delivered_to, &message.references];
    texts.chain(more.into_iter().flatten().map(String::as_str))
}
