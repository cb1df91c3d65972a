//! Messages of parsers in the words of those who wrote what was parsed.

/// Names of Rust for kinds of values, and what others call them.
const KINDS: [(&str, &str); 14] = [
    ("a nonzero u32", "a whole number from 1"),
    ("usize", "a whole number from 0"),
    ("u64", "a whole number from 0"),
    ("u32", "a whole number from 0"),
    ("u16", "a whole number from 0"),
    ("u8", "a whole number from 0"),
    ("i64", "a whole number"),
    ("i32", "a whole number"),
    ("f64", "a number"),
    ("a boolean", "true or false"),
    ("path string", "a string"),
    ("a sequence", "a list"),
    ("sequence", "list"),
    ("variant", "value"),
];

/// A message without names of Rust: `expected usize`, `expected struct X`, which is `object` to who reads it. `more`
/// are other words that it has no use for. What stands between backticks is not ours.
pub(crate) fn plain(message: &str, object: &str, more: &[(&str, &str)]) -> String {
    let parts = message.split('`').enumerate();
    let parts: Vec<_> = parts
        .map(|(at, part)| if at % 2 == 0 { said(part, object, more) } else { part.to_owned() })
        .collect();
    parts.join("`")
}

fn said(text: &str, object: &str, more: &[(&str, &str)]) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let starts = !plain.ends_with(|c: char| c.is_alphanumeric());
        let known = more.iter().chain(&KINDS).filter(|_| starts).find_map(|(name, said)| {
            let after = rest.strip_prefix(name)?;
            (!after.starts_with(|c: char| c.is_alphanumeric())).then_some((after, *said))
        });
        let word = ["struct ", "enum "].iter().find_map(|name| rest.strip_prefix(name));
        if let Some(after) = word.filter(|_| starts) {
            rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            plain.push_str(object);
        } else if let Some((after, said)) = known {
            rest = after;
            plain.push_str(said);
        } else {
            let mut letters = rest.chars();
            plain.extend(letters.next());
            rest = letters.as_str();
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_names_of_rust() {
        for (message, expected) in [
            ("expected usize", "expected a whole number from 0"),
            ("expected a nonzero u32", "expected a whole number from 1"),
            ("expected struct FilePremium at line 1", "expected a table at line 1"),
            (
                "unknown variant `variant`, expected u8",
                "unknown value `variant`, expected a whole number from 0",
            ),
            ("a mapping of sequences", "a mapping of sequences"),
            ("invalid type: map, expected a sequence", "invalid type: table, expected a list"),
        ] {
            assert_eq!(plain(message, "a table", &[("map", "table")]), expected);
        }
    }
}
