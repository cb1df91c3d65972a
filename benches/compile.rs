//! What does a query cost from text to what is sent? The floor is the grammar of the search engine
//! underneath, parsing the same text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use postern_query::{Capabilities, Context, Limits, SyntaxTree, datatap, odata, parse};
use tantivy_query_grammar::{parse_query, parse_query_lenient};

/// The documented uses.
const USES: [&str; 5] = [
    "invoice AND overdue",
    "from:a.user@contoso.com has:attachment received>=2024-01-01T00:00:00Z received<=2024-03-31T23:59:59Z",
    "to:b.user@contoso.com sort:newest",
    "thread:AAQk= sort:oldest",
    "filename:contract.pdf",
];

fn uses(criterion: &mut Criterion) {
    let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    let capabilities = Capabilities::default();
    let mut group = criterion.benchmark_group("documented uses");
    group.bench_function("floor: grammar", |bencher| {
        bencher.iter(|| {
            for text in USES {
                drop(black_box(parse_query_lenient(black_box(text))));
            }
        });
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for text in USES {
                assert!(black_box(SyntaxTree::parse(black_box(text), Limits::default())).is_ok());
            }
        });
    });
    group.bench_function("parse, resolve and emit", |bencher| {
        bencher.iter(|| {
            for text in USES {
                let query = parse(black_box(text), &context).unwrap().query;
                assert!(black_box(datatap::compile(&query, &capabilities)).sent.is_some());
            }
        });
    });
    let filter = "fromAddress eq 'a.user@contoso.com' and hasAttachments eq true and receivedDateTime ge 2024-01-01T00:00:00Z";
    group.bench_function("an OData filter", |bencher| {
        bencher.iter(|| assert!(odata::parse_filter(black_box(filter)).is_ok()));
    });
    group.finish();
}

/// Long lists and deep nesting, where a grammar shows whether it is linear.
fn shapes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("shapes");
    group.sample_size(20);
    for count in [1_000, 4_000] {
        let terms: Vec<_> = (0..count).map(|number| format!("term{number:04}")).collect();
        both(&mut group, &format!("OR list of {count}"), &terms.join(" OR "));
    }
    for depth in [30, 60] {
        let text = format!("{}b{}", "(a OR ".repeat(depth), ")".repeat(depth));
        both(&mut group, &format!("depth {depth}"), &text);
    }
    group.finish();
}

fn both(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, text: &str) {
    let limits = Limits { bytes: text.len(), ..Limits::default() };
    group.bench_function(format!("floor: grammar, {name}"), |bencher| {
        bencher.iter(|| assert!(parse_query(black_box(text)).is_ok()));
    });
    group.bench_function(format!("parse, {name}"), |bencher| {
        bencher.iter(|| assert!(black_box(SyntaxTree::parse(black_box(text), limits)).is_ok()));
    });
}

criterion_group!(benches, uses, shapes);
criterion_main!(benches);
