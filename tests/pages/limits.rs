//! Limits are written once, in `docs/limits.md`. Each number there names the constant that it comes from
//! and words of the path to its file, and must be its value: `64 MiB<!-- source/read MAX_MESSAGE -->`.
//! `LISTED.text` is the field `text` in the line of `LISTED`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use walkdir::WalkDir;

use crate::support::root;

const PAGE: &str = "docs/limits.md";

#[test]
fn the_limits_are_those_of_the_code() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let sources = sources();
    let mut faults = Vec::new();
    for (written, name) in marked(&page) {
        let (file, name) = name.split_once(' ').expect("a file and a constant");
        match (constant(&sources, file, name), value(written)) {
            (Some(real), Some(shown)) if real == shown => {}
            (real, shown) => {
                faults.push(format!("{name} in {file} is {real:?}, `{written}` is {shown:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{PAGE} and the code disagree:\n{}", faults.join("\n"));
}

#[test]
fn every_number_names_its_constant() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let bare: Vec<_> = page.lines().filter(|line| is_bare(line)).collect();
    assert!(bare.is_empty(), "{PAGE} has numbers without a constant:\n{}", bare.join("\n"));
}

/// Whether a row has a number without its constant in its name or its limit. Code may have numbers.
fn is_bare(line: &str) -> bool {
    let cells = line.strip_prefix('|').unwrap_or_default().split('|').take(2);
    let texts = cells.map(|cell| cell.split('`').step_by(2).collect::<String>());
    texts.into_iter().any(|text| {
        text.split("-->").any(|piece| {
            let rest = piece.split_once("<!--").map_or(piece, |(marked, _)| without_last(marked));
            rest.contains(|char: char| char.is_ascii_digit())
        })
    })
}

/// A text without the number, and its unit, that it ends in.
fn without_last(text: &str) -> &str {
    let (rest, last) = text.rsplit_once(' ').unwrap_or(("", text));
    let is_unit = !last.starts_with(|char: char| char.is_ascii_digit());
    if is_unit { rest.rsplit_once(' ').map_or("", |(rest, _)| rest) } else { rest }
}

/// Every number that names its constant, with the words before it in its line.
fn marked(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.match_indices("<!-- ").map(|(at, begin)| {
        let line = page[..at].lines().last().unwrap();
        (line, page[at + begin.len()..].split(" -->").next().unwrap())
    })
}

/// All source files.
fn sources() -> Vec<(PathBuf, String)> {
    let files = WalkDir::new(root().join("crates")).into_iter().map(Result::unwrap);
    let files = files.filter(|file| file.path().extension().is_some_and(|end| end == "rs"));
    files.map(|file| (file.path().to_owned(), fs::read_to_string(file.path()).unwrap())).collect()
}

/// The one value of `name: … = VALUE;` or `name: VALUE,` in the files whose path has these words in it.
fn constant(sources: &[(PathBuf, String)], place: &str, name: &str) -> Option<u64> {
    let place = place.replace(".rs", "");
    let within = |path: &PathBuf| {
        let path = path.with_extension("");
        place.split('/').all(|word| path.iter().any(|part| part == word))
    };
    let files = sources.iter().filter(|(path, _)| within(path));
    let lines = files.flat_map(|(_, text)| text.lines());
    let (constant, name) = name.split_once('.').unwrap_or(("", name));
    let code = lines.filter(|line| !line.trim_start().starts_with("//") && line.contains(constant));
    let values: BTreeSet<_> = code.filter_map(|line| declared(line, name)).collect();
    if values.len() == 1 { values.first().copied() } else { None }
}

fn declared(line: &str, name: &str) -> Option<u64> {
    let (before, rest) = line.split_once(&format!("{name}: "))?;
    let value = rest.split([';', ',']).next()?;
    let value = value.split_once(" = ").map_or(value, |(_, value)| value);
    if before.is_empty() || before.ends_with(' ') { evaluate(value) } else { None }
}

/// `16 << 20`, `4 * 1_024`, and times in milliseconds.
fn evaluate(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches(" }");
    if let Some(seconds) = text.strip_prefix("Duration::from_secs(") {
        return Some(evaluate(seconds.trim_end_matches(')'))? * 1_000);
    }
    if let Some(millis) = text.strip_prefix("Duration::from_millis(") {
        return evaluate(millis.trim_end_matches(')'));
    }
    if let Some((one, other)) = text.split_once(" << ") {
        return Some(evaluate(one)? << evaluate(other)?);
    }
    if let Some((one, other)) = text.split_once(" * ") {
        return Some(evaluate(one)? * evaluate(other)?);
    }
    text.replace('_', "").parse().ok()
}

/// The number that a text ends in, with its unit.
fn value(text: &str) -> Option<u64> {
    let words: Vec<_> = text.split(' ').collect();
    let (unit, words) = words.split_last()?;
    let factor = match *unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "s" => 1_000,
        "minutes" => 60_000,
        "million" => 1_000_000,
        number => return number.replace(',', "").parse().ok(),
    };
    Some(words.last()?.replace(',', "").parse::<u64>().ok()? * factor)
}

#[test]
fn a_number_without_its_constant_is_seen() {
    assert!(is_bare("| nested | 5 | x |"));
    assert!(is_bare("| over 64 KiB | 256 MiB<!-- a B --> |"));
    assert!(is_bare("| nested | 2 or 5<!-- a B --> |"));
    assert!(!is_bare(
        "| over 64 KiB<!-- a B --> `a~2` | 1,000<!-- a B --> times 1 GiB<!-- a B --> | 400 |"
    ));
    assert!(!is_bare("5 is not in a row"));
}

#[test]
fn numbers_are_read_with_their_units() {
    assert_eq!(value("first 64 MiB"), Some(64 << 20));
    assert_eq!(value("100 million"), Some(100_000_000));
    assert_eq!(value("at most 1,024"), Some(1_024));
    assert_eq!(value("10 s"), evaluate("Duration::from_secs(10)"));
    assert_eq!(evaluate("16 * 1024"), Some(16_384));
    assert_eq!(evaluate("6 * super::X"), None);
}
