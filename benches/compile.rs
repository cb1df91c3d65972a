//! What does a query cost from text to what is sent? The floor is parsing the same text only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use postern_query::{Capabilities, Context, datatap, odata, parse};

/// The documented uses.
const USES: [&str; 5] = [
    "invoice AND overdue",
    "from:a.user@contoso.com has:attachment received>=2024-01-01T00:00:00Z received<=2024-03-31T23:59:59Z",
    "to:b.user@contoso.com sort:newest",
    "thread:AAQk= sort:oldest",
    "filename:contract.pdf",
];

fn compile(criterion: &mut Criterion) {
    let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    let capabilities = Capabilities::default();
    let mut group = criterion.benchmark_group("compile");
    group.bench_function("floor: parse and resolve the five uses", |bencher| {
        bencher.iter(|| {
            for text in USES {
                assert!(!black_box(parse(black_box(text), &context)).unwrap().canonical.is_empty());
            }
        });
    });
    group.bench_function("parse, resolve and emit the five uses", |bencher| {
        bencher.iter(|| {
            for text in USES {
                let query = parse(black_box(text), &context).unwrap().query;
                assert!(black_box(datatap::compile(&query, &capabilities)).sent.is_some());
            }
        });
    });
    let list = format!(
        "from:({})",
        (0..300).map(|i| format!("user{i}@contoso.com")).collect::<Vec<_>>().join(" OR ")
    );
    group.bench_function("300 addresses under OR", |bencher| {
        bencher.iter(|| assert!(parse(black_box(&list), &context).is_ok()));
    });
    let filter = "fromAddress eq 'a.user@contoso.com' and hasAttachments eq true and receivedDateTime ge 2024-01-01T00:00:00Z";
    group.bench_function("an OData filter", |bencher| {
        bencher.iter(|| assert!(odata::parse_filter(black_box(filter)).is_ok()));
    });
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
