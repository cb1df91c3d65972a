//! What does indexing 5,000 messages cost? The floor reads the same files, parses them with the MIME
//! library and adds five fields to tantivy with the same memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use std::path::Path;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use mail_parser::MessageParser;
use postern_benches::{index, raw_mail, write_mail};
use tantivy::schema::{STORED, STRING, Schema, TEXT};
use tantivy::{TantivyDocument, doc};

const COUNT: usize = 5_000;

fn floor(data: &Path, mail: &Path) -> u64 {
    let mut schema = Schema::builder();
    let id = schema.add_text_field("id", STRING | STORED);
    let subject = schema.add_text_field("subject", TEXT | STORED);
    let body = schema.add_text_field("body", TEXT | STORED);
    let index = tantivy::Index::create_in_dir(data, schema.build()).unwrap();
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(2, 256 << 20).unwrap();
    let parser = MessageParser::default();
    let mut count = 0;
    for mailbox in std::fs::read_dir(mail).unwrap() {
        for file in std::fs::read_dir(mailbox.unwrap().path().join("Inbox")).unwrap() {
            let path = file.unwrap().path();
            let raw = std::fs::read(&path).unwrap();
            let message = parser.parse(&raw).unwrap_or_default();
            let text = message.body_text(0).unwrap_or_default();
            let title = message.subject().unwrap_or_default();
            writer.add_document(doc!(id => path.to_string_lossy().as_ref(), subject => title, body => text.as_ref())).unwrap();
            count += 1;
        }
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
    count
}

fn indexing(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    write_mail(folder.path(), &raw_mail(COUNT)).unwrap();
    let mut group = criterion.benchmark_group("index 5,000 messages");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("floor: parse and tantivy only", |bencher| {
        bencher.iter(|| {
            assert_eq!(floor(tempfile::tempdir().unwrap().path(), folder.path()), COUNT as u64);
        });
    });
    group.bench_function("postern index", |bencher| {
        bencher.iter(|| {
            assert!(index(tempfile::tempdir().unwrap().path(), folder.path()).unwrap() > 0);
        });
    });
    group.finish();
}

criterion_group!(benches, indexing);
criterion_main!(benches);
