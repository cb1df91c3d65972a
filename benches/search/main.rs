//! What does a search cost, one kind of question after the other? The floor is bare tantivy over
//! the same fields of the same index, doing the same work: the count, the first 50 in order, and
//! the 50 stored messages. Runs take turns in one process; what is printed are medians and ratios.
//!
//! `POSTERN_BENCH_INDEX=FOLDER` keeps the index there for the next run, `POSTERN_BENCH_COUNT` says
//! how many messages it has at most, `POSTERN_BENCH_ROUNDS` how often each question is asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark fails by panicking, and prints"
)]

mod floor;
mod questions;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use floor::Bare;
use postern_benches::{index, raw_mail, write_mail};
use postern_local_index::search::{Index, Search};
use postern_query::schema::{InstantField, Sort, SortField};
use postern_query::{Context, Query, parse};
use questions::{Question, questions};

/// How many messages are shown.
const PAGE: usize = 50;

fn main() {
    let scratch = tempfile::tempdir().unwrap();
    let data = std::env::var_os("POSTERN_BENCH_INDEX")
        .map_or_else(|| scratch.path().to_path_buf(), PathBuf::from);
    if !data.join("index").exists() {
        fill(&data);
    }
    let (ours, bare) = (Index::open(&data).unwrap(), Bare::open(&data));
    let only: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!("{} messages, {} segments", bare.messages(), bare.segments());
    println!(
        "| question | matches | newest 50 | bare | ratio | with highlights | best 50 | bare | ratio | with highlights |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for question in questions(&bare) {
        if only.is_empty() || only.iter().any(|name| *name == question.name) {
            measure(&ours, &bare, &question);
        }
    }
}

fn fill(data: &Path) {
    let mail = tempfile::tempdir().unwrap();
    write_mail(mail.path(), &raw_mail(number("POSTERN_BENCH_COUNT", 20_000))).unwrap();
    assert!(index(data, mail.path()).unwrap() > 0);
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn measure(ours: &Index, bare: &Bare, question: &Question) {
    let query = parsed(&question.text);
    let sort = |by| [Sort { by, descending: true }];
    let newest = sort(SortField::Instant(InstantField::Received));
    let best = sort(SortField::Score);
    let search = |order, highlight| {
        let condition = query.condition();
        let search = Search { condition, order, after: None, offset: 0, limit: PAGE, highlight };
        ours.search(&search).unwrap().count
    };
    let (count, expected) = (search(&newest, false), bare.newest(&question.floor));
    assert_eq!(count, expected, "{} asks something else than its floor", question.text);
    let times = alternated(&mut [
        &mut || search(&newest, false),
        &mut || search(&newest, true),
        &mut || bare.newest(&question.floor),
        &mut || bare.newest_counted_first(&question.floor),
        &mut || search(&best, false),
        &mut || search(&best, true),
        &mut || bare.best(&question.floor),
        &mut || bare.best_counted_first(&question.floor),
    ]);
    let [newest, newest_marked, floor, floor_twice, best, best_marked, score, score_twice] = times;
    let row = [
        row(newest, newest_marked, floor.min(floor_twice)),
        row(best, best_marked, score.min(score_twice)),
    ];
    println!("| {} | {count} | {} |", question.name, row.join(" | "));
}

fn row(ours: Duration, marked: Duration, floor: Duration) -> String {
    let ratio = |time: Duration| time.as_secs_f64() / floor.as_secs_f64();
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    format!("{} | {} | {:.2} | {:.2}", ms(ours), ms(floor), ratio(ours), ratio(marked))
}

fn parsed(text: &str) -> Query {
    let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    parse(text, &context).unwrap().query
}

/// The median time of each, taking turns; what they return must be the same each time.
fn alternated<const N: usize>(runs: &mut [&mut dyn FnMut() -> usize; N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..number("POSTERN_BENCH_ROUNDS", 31) {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            std::hint::black_box(run());
            times.push(start.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}
