//! The picture in the README: what a terminal shows, with its colours, as SVG.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use crate::support::{postern, root, samples, stderr, stdout};

const PICTURE: &str = "docs/search.svg";
const QUERY: &str = "from:(hugo OR boris) (contract OR overdue) has:attachment";
/// Columns of the terminal; a longer line goes on in the next.
const COLUMNS: usize = 100;
/// Pixels of a row and of a column, and around all of it.
const ROW: usize = 20;
const COLUMN: usize = 8;
const MARGIN: usize = 18;

#[test]
fn the_picture_shows_what_happens() {
    let picture = picture(&session());
    let path = root().join(PICTURE);
    if std::env::var_os("POSTERN_BLESS").is_some() {
        fs::write(&path, &picture).unwrap();
    }
    assert!(picture.len() < 100_000, "{}", picture.len());
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == picture,
        "{PICTURE} shows something else than what happens; write it again with\n    \
         POSTERN_BLESS=1 cargo test -p postern-cli --test end-to-end picture"
    );
}

/// A command and what it prints on a terminal with colours.
fn session() -> String {
    let mut command = postern(samples());
    command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1").stdin(Stdio::null());
    let output = command.args(["search", "--limit", "4", QUERY]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    format!("\u{1b}[2m$\u{1b}[0m postern search --limit 4 '{QUERY}'\n\n{}", stdout(&output))
}

fn picture(session: &str) -> String {
    let rows = rows(session);
    let (width, height) = (COLUMNS * COLUMN + 2 * MARGIN, rows.len() * ROW + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"A search in a terminal\">\n<style>\n\
         text {{ font: 13.3px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; \
         fill: #d6dde6; white-space: pre; }}\n\
         .b {{ font-weight: 600; fill: #ffffff; }}\n.d {{ fill: #8391a3; }}\n\
         .y {{ font-weight: 600; fill: #ffcf5c; }}\n</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#15202b\"/>\n"
    );
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        let y = MARGIN + number * ROW + 14;
        writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">{row}</text>")
            .unwrap();
    }
    svg + "</svg>\n"
}

/// The rows as SVG.
fn rows(session: &str) -> Vec<String> {
    let (mut rows, mut row, mut column) = (Vec::new(), String::new(), 0);
    let mut style = Style::default();
    let mut rest = session.chars();
    while let Some(char) = rest.next() {
        if char == '\u{1b}' {
            let code: String = rest.by_ref().skip(1).take_while(|&char| char != 'm').collect();
            style.change(&code);
            continue;
        }
        if char == '\n' || column == COLUMNS {
            rows.push(std::mem::take(&mut row));
            column = 0;
        }
        if char != '\n' {
            style.write(char, &mut row);
            column += 1;
        }
    }
    rows
}

/// How letters look now.
#[derive(Default)]
struct Style {
    bold: bool,
    dim: bool,
    yellow: bool,
}

impl Style {
    fn change(&mut self, code: &str) {
        match code {
            "1" => self.bold = true,
            "2" => self.dim = true,
            "33" => self.yellow = true,
            _ => *self = Self::default(),
        }
    }

    /// Adds a letter to a row, to the span before it where that looks the same.
    fn write(&self, letter: char, row: &mut String) {
        let class = if self.yellow {
            "y"
        } else if self.bold {
            "b"
        } else if self.dim {
            "d"
        } else {
            "n"
        };
        let start = format!("<tspan class=\"{class}\">");
        let same = row.rfind("<tspan").is_some_and(|at| row[at..].starts_with(&start));
        if same {
            row.truncate(row.len() - "</tspan>".len());
        } else {
            row.push_str(&start);
        }
        match letter {
            '<' => row.push_str("&lt;"),
            '>' => row.push_str("&gt;"),
            '&' => row.push_str("&amp;"),
            other => row.push(other),
        }
        row.push_str("</tspan>");
    }
}
