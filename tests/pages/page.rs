//! A page of Markdown as a row of text and commands.

/// A piece of a page.
pub(crate) enum Part<'a> {
    /// Text, with the marks that begin and end a session.
    Text(&'a str),
    /// From here on premium answers, or does not.
    Premium(bool),
    /// A command as it is typed, `$ ` in front, and what it prints.
    Command { shown: &'a str, output: &'a str },
}

/// Cuts a page at its sessions (`console`) and the remarks that say whether premium answers.
pub(crate) fn parts(page: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut lines = page.split_inclusive('\n').peekable();
    let mut inside = false;
    while let Some(line) = lines.next() {
        if inside && line.starts_with("$ ") {
            let shown = joined(page, line, &mut lines, |so_far, _| so_far.ends_with("\\\n"));
            let output =
                joined(page, "", &mut lines, |_, next| !next.starts_with("$ ") && next != "```\n");
            parts.push(Part::Command { shown, output });
            continue;
        }
        inside = line == "```console\n" || (inside && line != "```\n");
        parts.push(Part::Text(line));
        match line.trim() {
            "<!-- premium answers -->" => parts.push(Part::Premium(true)),
            "<!-- premium does not answer -->" => parts.push(Part::Premium(false)),
            _ => {}
        }
    }
    parts
}

/// `first` and the lines behind it as long as `goes_on` says so, as one piece of the page.
fn joined<'a>(
    page: &'a str,
    first: &'a str,
    lines: &mut std::iter::Peekable<std::str::SplitInclusive<'a, char>>,
    goes_on: impl Fn(&str, &str) -> bool,
) -> &'a str {
    let at = |line: &str| line.as_ptr() as usize - page.as_ptr() as usize;
    let Some(next) = lines.peek() else { return first };
    let start = if first.is_empty() { at(next) } else { at(first) };
    let mut end = start + first.len();
    while let Some(next) = lines.next_if(|next| goes_on(&page[start..end], next)) {
        end = at(next) + next.len();
    }
    &page[start..end]
}

/// Behind these stands something that no two runs have in common, up to the character that is given.
const VARYING: [(&str, char); 11] = [
    ("            time  ", '\n'),
    ("           index  ", '\n'),
    ("requests in ", '\n'),
    ("everything is as it was written (", '\n'),
    ("synced to the end: ", '\n'),
    ("listed ", ','),
    ("as of ", '\n'),
    ("as-of=", '\n'),
    ("\"asOf\":\"", '"'),
    ("\"tookMs\":", '}'),
    ("postern-query-id: ", '\n'),
];

/// Whether both say the same, durations and times of the run aside.
pub(crate) fn same(one: &str, other: &str) -> bool {
    steady(one) == steady(other)
}

fn steady(text: &str) -> String {
    VARYING.iter().fold(text.to_owned(), |text, (before, end)| {
        let mut pieces = text.split(before);
        let mut steady = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            steady.push_str(before);
            steady.push_str(piece.find(*end).map_or("", |end| &piece[end..]));
        }
        steady
    })
}

#[test]
fn a_page_is_cut_at_its_commands() {
    let page = "a\n```console\n$ x \\\n  y\n1\n\n$ z\n```\nb\n```sh\n$ no\n```\n";
    let cut: Vec<_> = parts(page)
        .iter()
        .filter_map(|part| match part {
            Part::Command { shown, output } => Some((*shown, *output)),
            Part::Text(_) | Part::Premium(_) => None,
        })
        .collect();
    assert_eq!(cut, [("$ x \\\n  y\n", "1\n\n"), ("$ z\n", "")]);
}

#[test]
fn only_times_may_differ() {
    assert!(same("as of 1\nx", "as of 2\nx"));
    assert!(same("{\"tookMs\":1}", "{\"tookMs\":23}"));
    assert!(!same("as of 1\nx", "as of 1\ny"));
    assert!(!same("10 found", "11 found"));
}
