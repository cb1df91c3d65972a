//! The list of queries that a report is about.

/// Lines of a list at most; blank ones and comments do not count.
pub const MOST_LINES: usize = 10_000;
/// Bytes of a list at most.
pub const MOST_BYTES: usize = 16 << 20;

/// The first line of a list that is a table of comma-separated values (RFC 4180).
const TABLE: &str = "name,query";

/// One query of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it is called, if it has a name.
    pub name: Option<String>,
    /// The query as it was written.
    pub query: String,
    /// Why the line is none: it is not read any further.
    pub fault: Option<&'static str>,
}

/// Why a list cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// It has too many lines.
    #[error("the list has more than {MOST_LINES} queries; split it")]
    TooMany,
    /// It is too long.
    #[error("the list is longer than {} MiB; split it", MOST_BYTES >> 20)]
    TooLong,
    /// There is no query in it.
    #[error("there is no query in the list; write one on each line")]
    Empty,
    /// A line is no text.
    #[error("line {0} of the list is not UTF-8; save the file as UTF-8")]
    NotText(usize),
}

impl Term {
    /// A query without a name.
    #[must_use]
    pub fn of(query: &str) -> Self {
        Self { name: None, query: query.to_owned(), fault: None }
    }
}

/// Reads a list: one query a line, with a name and a tab before it where it has one; or a table of comma-separated
/// values, where the first line is exactly `name,query`. Blank lines and lines that begin with `#` are left out of a
/// list.
///
/// ```
/// use postern_archive::report::{Term, terms};
///
/// let list = terms(b"# round 2\nlease\tsubject:lease\ninvoice overdue\n")?;
/// assert_eq!((list[0].name.as_deref(), list[0].query.as_str()), (Some("lease"), "subject:lease"));
/// assert_eq!(list[1], Term::of("invoice overdue"));
/// # Ok::<(), postern_archive::report::TermsError>(())
/// ```
///
/// # Errors
///
/// When it is no text, has no query, or too many.
pub fn terms(bytes: &[u8]) -> Result<Vec<Term>, TermsError> {
    if bytes.len() > MOST_BYTES {
        return Err(TermsError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        TermsError::NotText(1 + before.iter().filter(|byte| **byte == b'\n').count())
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let terms = if first == TABLE { of_table(text) } else { of_lines(text) };
    match terms.len() {
        0 => Err(TermsError::Empty),
        1..=MOST_LINES => Ok(terms),
        _ => Err(TermsError::TooMany),
    }
}

fn of_lines(text: &str) -> Vec<Term> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let term = |line: &str| match line.split_once('\t') {
        Some((name, query)) => named(name, query),
        None => Term::of(line.trim()),
    };
    lines.map(term).take(MOST_LINES + 1).collect()
}

fn of_table(text: &str) -> Vec<Term> {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let rows = rows.records().filter_map(Result::ok).take(MOST_LINES + 1);
    let term = |row: csv::StringRecord| match row.iter().collect::<Vec<_>>().as_slice() {
        [name, query] => named(name, query),
        cells => Term {
            fault: Some(
                "a row has two cells, the name and the query; write \" around a cell with a comma",
            ),
            ..Term::of(&cells.join(","))
        },
    };
    rows.map(term).collect()
}

fn named(name: &str, query: &str) -> Term {
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Term { name, ..Term::of(query.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let told = match terms(text.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(terms) => {
                let each = terms.iter().map(|one| {
                    let name = one.name.as_deref().unwrap_or("-");
                    format!("{name}:{}{}", one.query, if one.fault.is_some() { "!" } else { "" })
                });
                each.collect::<Vec<_>>().join("|")
            }
        };
        assert_eq!(told, expected, "{text:?}");
    }

    #[test]
    fn one_query_a_line() {
        check("a b\n\n  \n# no\nfrom:c", "-:a b|-:from:c");
        check("\u{feff}a\r\nb\r\n", "-:a|-:b");
        check("n\tq\n\tq\n n \t q \t r", "n:q|-:q|n:q \t r");
        // Names and numbers of a list stay with their line.
        check("Name,query\nx,y", "-:Name,query|-:x,y");
        check("#only\n", "there is no query in the list; write one on each line");
    }

    #[test]
    fn a_table_only_behind_its_exact_first_line() {
        check("name,query\nx,\"a, \"\"b\"\"\"\n", "x:a, \"b\"");
        check("name,query\r\n# x,y\r\n,y\r\n", "# x:y|-:y");
        check("name,query\na\na,b,c\nn,", "-:a!|-:a,b,c!|n:");
        check("name,query\n", "there is no query in the list; write one on each line");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(terms(b"a\nb\n\xff"), Err(TermsError::NotText(3)));
        assert_eq!(terms("a\n".repeat(MOST_LINES + 1).as_bytes()), Err(TermsError::TooMany));
        assert_eq!(terms("a\n".repeat(MOST_LINES).as_bytes()).map(|all| all.len()), Ok(MOST_LINES));
        assert_eq!(terms(&vec![b'a'; MOST_BYTES + 1]), Err(TermsError::TooLong));
    }
}
