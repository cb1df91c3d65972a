//! What does a search over 20,000 messages cost? The floor is bare tantivy over the same texts:
//! newest 25 by a fast field, total included, stored text read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use postern_benches::{index, messages, raw_mail, write_mail};
use postern_local_index::search::{Index, Search};
use postern_query::{Context, Message, parse};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, Schema, TEXT};
use tantivy::{TantivyDocument, Term, doc};

const COUNT: usize = 20_000;

struct Bare {
    searcher: tantivy::Searcher,
    fields: [Field; 2],
}

impl Bare {
    fn new(data: &Path, messages: &[Message]) -> Self {
        let mut schema = Schema::builder();
        let subject = schema.add_text_field("subject", TEXT | STORED);
        let body = schema.add_text_field("body", TEXT | STORED);
        let received = schema.add_i64_field("received", FAST | STORED);
        let index = tantivy::Index::create_in_dir(data, schema.build()).unwrap();
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(2, 256 << 20).unwrap();
        for message in messages {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let time = message.received.map_or(0, jiff::Timestamp::as_millisecond);
            writer.add_document(doc!(subject => text(&message.subject), body => text(&message.body), received => time)).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        Self { searcher: index.reader().unwrap().searcher(), fields: [subject, body] }
    }

    /// Messages with all the words in subject or body: how many, and the newest 25.
    fn search(&self, words: &[&str]) -> usize {
        let word = |word: &&str| {
            let either = self.fields.iter().map(|field| {
                let term =
                    TermQuery::new(Term::from_field_text(*field, word), IndexRecordOption::Basic);
                (Occur::Should, Box::new(term) as Box<dyn Query>)
            });
            (Occur::Must, Box::new(BooleanQuery::new(either.collect())) as Box<dyn Query>)
        };
        let query = BooleanQuery::new(words.iter().map(word).collect());
        let newest =
            TopDocs::with_limit(25).order_by_fast_field::<i64>("received", tantivy::Order::Desc);
        let (count, top) = self.searcher.search(&query, &(Count, newest)).unwrap();
        for (_, address) in top {
            assert!(self.searcher.doc::<TantivyDocument>(address).is_ok());
        }
        count
    }
}

fn search(index: &Index, text: &str, highlight: bool) -> usize {
    let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    let query = parse(text, &context).unwrap().query;
    let order = query.natural_order();
    let search = Search {
        condition: query.condition(),
        order: &order,
        after: None,
        offset: 0,
        limit: 25,
        highlight,
    };
    index.search(&search).unwrap().count
}

fn searching(criterion: &mut Criterion) {
    let (mail, data, bare) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raw = raw_mail(COUNT);
    write_mail(mail.path(), &raw).unwrap();
    assert!(index(data.path(), mail.path()).unwrap() > 0);
    let ours = Index::open(data.path()).unwrap();
    let bare = Bare::new(bare.path(), &messages(&raw));
    let mut group = criterion.benchmark_group("search 20,000 messages");
    for (name, words, text) in [
        ("a word", &["message"][..], "message sort:newest"),
        ("two words", &["please", "message"], "please message sort:newest"),
    ] {
        assert!(bare.search(words) > 0 && search(&ours, text, false) > 0);
        group.bench_function(format!("floor, bare tantivy: {name}"), |bencher| {
            bencher.iter(|| assert!(bare.search(words) > 0));
        });
        group.bench_function(format!("postern: {name}"), |bencher| {
            bencher.iter(|| assert!(search(&ours, text, false) > 0));
        });
        group.bench_function(format!("postern with highlights: {name}"), |bencher| {
            bencher.iter(|| assert!(search(&ours, text, true) > 0));
        });
    }
    for text in ["from:@contoso.com", "has:attachment", "messag*", "date:2024", "please -message"] {
        group.bench_function(format!("postern: {text}"), |bencher| {
            bencher.iter(|| search(&ours, text, false));
        });
    }
    group.finish();
}

criterion_group!(benches, searching);
criterion_main!(benches);
