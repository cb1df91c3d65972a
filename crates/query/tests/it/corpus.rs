//! The corpus: every case is a text and, on the lines below it, what comes of it.
//!
//! In `ok/`, `=` is the text printed back, `:` what it means in English and each `~` line an advice as
//! its code, the characters it speaks of and its message; in `err/`, each `!` line is a fault as its
//! code, the characters it underlines and what to type instead. Cases stand apart
//! by blank lines; lines that start with `#` say what a group of cases is about. A text may hold
//! `\n`, `\t` and `\u{…}`.
//!
//! `POSTERN_BLESS=1 cargo test -p postern-query corpus` writes the answers anew: read the difference
//! before it is committed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use postern_query::datatap::IndexFields;
use postern_query::emit::english;
use postern_query::{Capabilities, Context, Errors, Parsed, Query, lucene, odata, parse};

/// A text to its printed form, its query and advice, or to what is wrong with it.
type Read = fn(&str) -> Result<Parsed, Errors>;

fn postern(text: &str) -> Result<Parsed, Errors> {
    let me = vec!["me@contoso.com".to_owned()];
    // Other ways in are held to the same cases, and know no sets.
    let context = Context { me, sets: None, ..crate::context() };
    parse(text, &context)
}

fn without_advice(canonical: String, query: Query) -> Parsed {
    Parsed { canonical, query, advice: Vec::new() }
}

fn odata(text: &str) -> Result<Parsed, Errors> {
    let query = match text.strip_prefix("$orderby ") {
        Some(order) => Query::everything().ordered_by(odata::parse_order_by(order)?),
        None => odata::parse_filter(text)?,
    };
    Ok(without_advice(print_odata(&query), query))
}

fn print_odata(query: &Query) -> String {
    if !query.order().is_empty() {
        return format!("$orderby {}", odata::print_order_by(query.order()));
    }
    let capabilities = Capabilities {
        fields: IndexFields::complete(),
        search_functions: true,
        ..Capabilities::default()
    };
    odata::compile(query, &capabilities).sent.unwrap_or_else(|| "-".to_owned())
}

fn lucene(text: &str) -> Result<Parsed, Errors> {
    let (options, text) = match text.split_once(" :: ") {
        Some((options, text)) => (options, text),
        None => ("full any", text),
    };
    let syntax = match options.starts_with("simple") {
        true => lucene::Syntax::Simple,
        false => lucene::Syntax::Full,
    };
    let mode = if options.ends_with("all") { lucene::Mode::All } else { lucene::Mode::Any };
    let query = lucene::parse(text, lucene::Options { syntax, mode })?;
    let printed = lucene::compile(&query, syntax).sent;
    let printed = printed.map_or_else(
        || "-".to_owned(),
        |text| match syntax {
            lucene::Syntax::Full => text,
            lucene::Syntax::Simple => format!("{options} :: {text}"),
        },
    );
    Ok(without_advice(printed, query))
}

#[test]
fn postern_corpus() {
    check("postern", postern);
}

#[test]
fn odata_corpus() {
    check("odata", odata);
}

#[test]
fn lucene_corpus() {
    check("lucene", lucene);
}

#[test]
fn there_are_four_hundred_cases() {
    let cases: usize = files(&folder()).iter().map(|file| cases(&read(file)).len()).sum();
    assert!(cases >= 400, "{cases}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Every file below a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

fn check(language: &str, read_text: Read) {
    let mut wrong = Vec::new();
    for file in files(&folder().join(language)) {
        let good = file.parent().unwrap().ends_with("ok");
        let old = read(&file);
        let new = answered(&old, |text| answer(text, good, read_text));
        if std::env::var_os("POSTERN_BLESS").is_some() {
            std::fs::write(&file, new).unwrap();
        } else if let Some((old, new)) = old.lines().zip(new.lines()).find(|(a, b)| a != b) {
            wrong.push(format!("{}:\n  expected {old}\n     found {new}", file.display()));
        } else if old.len() != new.len() {
            wrong.push(format!("{}: not whole", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The file with every answer written anew.
fn answered(file: &str, answer: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for line in file.lines() {
        if is_answer(line) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if is_case(line) {
            out.push_str(&answer(&unescaped(line)));
        }
    }
    out
}

fn cases(file: &str) -> Vec<&str> {
    file.lines().filter(|line| is_case(line)).collect()
}

fn is_case(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#') && !is_answer(line)
}

fn is_answer(line: &str) -> bool {
    ["  = ", "  : ", "  ~ ", "  ! ", "  > "].iter().any(|mark| line.starts_with(mark))
}

fn unescaped(line: &str) -> String {
    let line = line.replace("\\n", "\n").replace("\\t", "\t");
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some((before, after)) = rest.split_once("\\u{") {
        let (digits, behind) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        rest = behind;
    }
    out + rest
}

fn answer(text: &str, good: bool, read: Read) -> String {
    match read(text) {
        Ok(Parsed { canonical, query, advice }) => {
            assert!(good, "understood, but stands among the faults: {text}");
            let again = read(&canonical).map(|again| again.canonical);
            assert!(
                canonical == "-" || again.as_ref() == Ok(&canonical),
                "{text}: {canonical}: {again:?}"
            );
            let meaning = english::describe(&query);
            let mut out = format!("  = {}\n  : {}\n", visible(&canonical), visible(&meaning));
            for one in advice {
                let (place, message) = (visible(one.span.slice(text)), visible(&one.message));
                writeln!(out, "  ~ {} [{place}] {message}", one.code).unwrap();
            }
            out
        }
        Err(errors) => {
            assert!(!good, "not understood: {text}: {errors}");
            let mut out = String::new();
            for error in errors.as_slice() {
                let place = visible(error.span.slice(text.trim_start_matches("$orderby ")));
                let hint = error.hint.as_deref().expect("what to type instead");
                writeln!(
                    out,
                    "  ! {} [{place}] {} -- {}",
                    error.code,
                    visible(&error.title),
                    visible(hint)
                )
                .unwrap();
            }
            if let Some(fixed) = errors.fixed() {
                writeln!(out, "  > {}", visible(fixed)).unwrap();
            }
            out
        }
    }
}

/// Control characters as they are written in the corpus.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_unicode().collect() } else { vec![c] })
        .collect()
}
