//! What does indexing cost? The floor is a bare program that reads the same files, parses them with
//! the same MIME library and adds the same fields to the same engine with the same memory. Another one, with the
//! fewest fields that answer the same kinds of question, stands beside it.
//!
//! Every run is a process of its own, started through GNU time; programs take turns, and what is
//! printed are medians. `mu`, `mairix` and `notmuch` take part where they are installed.
//! `POSTERN_BENCH_COUNT` says how many messages there are, `POSTERN_BENCH_ROUNDS` how often each
//! program runs, `POSTERN_BENCH_MAIL` where the mail is from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark fails by panicking, and prints"
)]

mod fewest;
mod floor;
mod programs;

/// That of the command, for both.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::path::Path;

use postern_benches::{index, raw_mail, write_maildirs};
use programs::{Cost, Program};

/// Messages that come later.
const LATER: usize = 100;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--floor", data, mail] => assert!(floor::index(Path::new(data), Path::new(mail)) > 0),
        ["--fewest", data, mail] => assert!(fewest::index(Path::new(data), Path::new(mail)) > 0),
        ["--postern", data, mail] => {
            index(Path::new(data), Path::new(mail)).unwrap();
        }
        ["--look", mail] => assert!(floor::look(Path::new(mail)) > 0),
        _ => compare(),
    }
}

fn compare() {
    let work = tempfile::tempdir().unwrap();
    let mail = work.path().join("mail");
    let mut messages = raw_mail(number("POSTERN_BENCH_COUNT", 5_000) + LATER);
    let later = messages.split_off(messages.len().saturating_sub(LATER));
    write_maildirs(&mail, &messages, 0).unwrap();
    println!("{} messages, medians of {} rounds", messages.len(), rounds());
    let programs = Program::installed(work.path());
    report(
        "index all",
        &alternated(&programs, |program| {
            program.clear();
            program.run(&mail)
        }),
    );
    report("nothing new", &alternated(&programs, |program| program.run_again(&mail)));
    write_maildirs(&mail, &later, messages.len()).unwrap();
    // Only the first run after they came finds them.
    report("100 more", &once(&programs, |program| program.run(&mail)));
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn rounds() -> usize {
    number("POSTERN_BENCH_ROUNDS", 3).max(1)
}

fn once(programs: &[Program], run: impl Fn(&Program) -> Cost) -> Vec<(&'static str, Cost)> {
    programs.iter().map(|program| (program.name(), run(program))).collect()
}

/// The median of each cost of each program, taking turns.
fn alternated(programs: &[Program], run: impl Fn(&Program) -> Cost) -> Vec<(&'static str, Cost)> {
    let rounds: Vec<_> = (0..rounds()).map(|_| once(programs, &run)).collect();
    let costs =
        |at: usize| rounds.iter().filter_map(|round| Some(round.get(at)?.1)).collect::<Vec<_>>();
    let medians = programs.iter().enumerate();
    medians.map(|(at, program)| (program.name(), Cost::median(&costs(at)))).collect()
}

fn report(title: &str, costs: &[(&'static str, Cost)]) {
    println!(
        "\n| {title} | CPU s | of the floor | wall s | of the floor | peak MB | of the floor | index MB | of the floor |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let Some((_, floor)) = costs.first() else { return };
    for (name, cost) in costs {
        let pairs = cost.values().into_iter().zip(floor.values());
        let cells: Vec<_> =
            pairs.map(|(cost, floor)| format!("{cost:.2} | {:.2}", cost / floor)).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}
