//! The same questions to whole processes: `postern search`, the bare program, and `notmuch`.
//!
//! `POSTERN_BENCH_BINARY` is the command to measure, `POSTERN_BENCH_NOTMUCH` a configuration file of
//! `notmuch` for the same mail.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use tantivy::schema::Value as _;

use crate::floor::{Bare, SHOWN};
use crate::picked::Picked;
use crate::questions::Question;
use crate::{PAGE, alternated, row};

/// Measures each question.
pub(crate) fn measure(binary: &OsString, data: &Path, questions: &[Question], picked: &Picked) {
    let this = std::env::current_exe().unwrap();
    let notmuch = std::env::var_os("POSTERN_BENCH_NOTMUCH");
    println!("| question | process | bare | ratio | notmuch | ratio |");
    println!("|---|---|---|---|---|---|");
    for question in questions {
        let mut ours = Command::new(binary);
        ours.args(["search", "--sort", "newest", "--limit", &PAGE.to_string(), "--data"]);
        ours.arg(data).arg("--").arg(question.text(picked));
        let mut bare = Command::new(&this);
        bare.arg("--bare").arg(data.join("bare")).arg(question.name()).args(picked.to_args());
        let mut other = Command::new("notmuch");
        other.args(["search", "--sort=newest-first", "--output=summary", "--limit=50"]);
        other.arg(question.notmuch(picked));
        match &notmuch {
            Some(config) => other.env("NOTMUCH_CONFIG", config),
            None => &mut other,
        };
        let asked = notmuch.is_some();
        let times = alternated(&mut [&mut || run(&mut ours), &mut || run(&mut bare), &mut || {
            if asked { run(&mut other) } else { 0 }
        }]);
        let [ours, bare, other] = times;
        println!("| {} | {} | {} |", question.name(), row(ours, bare), row(ours, other));
    }
}

/// How many bytes it prints.
fn run(command: &mut Command) -> usize {
    let output = command.stderr(Stdio::null()).output().unwrap();
    // A search without results ends with 1.
    assert!(output.status.code().is_some_and(|code| code <= 1), "{command:?}");
    output.stdout.len()
}

/// The bare program: `--bare INDEX QUESTION PICKED…`.
pub(crate) fn bare(args: &[String]) {
    let bare = Bare::open(Path::new(&args[0]));
    let question = Question::named(&args[1]).unwrap();
    let (count, page) = bare.newest_page(&*question.floor(&bare, &Picked::from_args(&args[2..])));
    let shown = bare.field(SHOWN);
    for document in page {
        let texts: Vec<_> = document.get_all(shown).filter_map(|text| text.as_str()).collect();
        println!("{}", texts.get(..4).unwrap_or(&texts).join("  "));
    }
    println!("{count} messages");
}
