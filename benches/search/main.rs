//! What does a search cost, one kind of question after the other? The floor is a bare tantivy
//! program over the same fields of the same messages, doing the same work: the count, the first 50
//! in order, and the values of these 50. Runs take turns in one process; what is printed are
//! medians and ratios.
//!
//! Where nothing is scored, "best" means the first by id, for both. With `POSTERN_BENCH_BINARY`
//! whole processes are measured instead, see `process.rs`.
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
mod picked;
mod process;
mod questions;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use floor::Bare;
use picked::Picked;
use postern_benches::{index, raw_mail, write_mail};
use postern_local_index::search::{Asker, Index, Search};
use postern_query::Place;
use postern_query::schema::{InstantField, Sort, SortField};
use postern_query::{Context, Query, parse};
use questions::Question;

/// How many messages are shown.
const PAGE: usize = 50;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == "--bare") {
        return process::bare(&args[1..]);
    }
    let scratch = tempfile::tempdir().unwrap();
    let data = std::env::var_os("POSTERN_BENCH_INDEX")
        .map_or_else(|| scratch.path().to_path_buf(), PathBuf::from);
    if !data.join("index").exists() {
        fill(&data);
    }
    let bare = Bare::open(&data.join("bare"));
    let picked = Picked::of(&bare);
    let named: Vec<_> = args.iter().filter_map(|name| Question::named(name)).collect();
    let questions = if named.is_empty() { Question::ALL.to_vec() } else { named };
    println!("{} messages", bare.searcher.num_docs());
    if let Some(binary) = std::env::var_os("POSTERN_BENCH_BINARY") {
        return process::measure(&binary, &data, &questions, &picked);
    }
    let ours = Index::open(&data).unwrap();
    println!(
        "| question | matches | newest 50 | bare | ratio | with highlights | best 50 | bare | ratio | with highlights |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for question in questions {
        measure(&ours, &bare, question, &picked);
    }
}

fn fill(data: &Path) {
    let (folder, mail) =
        (tempfile::tempdir().unwrap(), raw_mail(number("POSTERN_BENCH_COUNT", 20_000)));
    write_mail(folder.path(), &mail).unwrap();
    assert!(index(data, folder.path()).unwrap() > 0);
    let parse = |bytes: &Vec<u8>| postern_mail::parse(bytes, &Place::default());
    Bare::fill(&data.join("bare"), mail.iter().map(parse));
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn measure(ours: &Index, bare: &Bare, question: Question, picked: &Picked) {
    let (query, floor) = (parsed(&question.text(picked)), question.floor(bare, picked));
    let sort = |by| [Sort { by, descending: true }];
    let newest = sort(SortField::Instant(InstantField::Received));
    let best = sort(SortField::Score);
    let search = |order, highlight| {
        let search =
            Search { query: &query, order, after: None, offset: 0, limit: PAGE, highlight };
        ours.search(&search, &Asker::unlimited()).unwrap().count
    };
    let unscored = question.is_unscored();
    let times = alternated(&mut [
        &mut || search(&newest, false),
        &mut || search(&newest, true),
        &mut || bare.newest(&*floor),
        &mut || bare.newest_counted_first(&*floor),
        &mut || search(&best, false),
        &mut || search(&best, true),
        &mut || if unscored { bare.first_by_id(&*floor) } else { bare.best(&*floor) },
        &mut || if unscored { bare.first_by_id(&*floor) } else { bare.best_counted_first(&*floor) },
    ]);
    let count = search(&newest, false);
    assert_eq!(count, bare.newest(&*floor), "{} asks something else", question.name());
    let [newest, newest_marked, floor, floor_twice, best, best_marked, score, score_twice] = times;
    let (floor, score) = (floor.min(floor_twice), score.min(score_twice));
    let newest = format!("{} | {:.2}", row(newest, floor), ratio(newest_marked, floor));
    let best = format!("{} | {:.2}", row(best, score), ratio(best_marked, score));
    println!("| {} | {count} | {newest} | {best} |", question.name());
}

fn row(ours: Duration, floor: Duration) -> String {
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    format!("{} | {} | {:.2}", ms(ours), ms(floor), ratio(ours, floor))
}

fn ratio(ours: Duration, floor: Duration) -> f64 {
    ours.as_secs_f64() / floor.as_secs_f64()
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
