//! What a quoted line begins with.

/// How far a mark may be indented.
const MAX_INDENT: usize = 8;
/// Letters of a name before `>`.
const MAX_NAME: usize = 12;

/// The mark of a quotation at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark<'t> {
    /// `>`.
    Angle { indent: usize },
    /// The initials or the name of who wrote it, and `>`: `AB> `.
    Named(&'t str),
    /// Another sign, which marks quotations only where something else says so.
    Sign(char),
}

impl<'t> Mark<'t> {
    pub(super) fn of(line: &'t str) -> Option<Self> {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if indent > MAX_INDENT {
            return None;
        }
        match text.chars().next()? {
            '>' => (!text.ends_with("<<")).then_some(Self::Angle { indent }),
            sign @ ('|' | ':' | '}' | ']') => is_sign(text).then_some(Self::Sign(sign)),
            first if first.is_ascii_alphabetic() => name(text).map(Self::Named),
            _ => None,
        }
    }
}

/// A sign stands alone, or before another mark. A line between two bars is one of a table.
fn is_sign(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    let stands_alone = rest.is_empty() || rest.starts_with([' ', '\t', '>', '|']);
    stands_alone && !(text.starts_with('|') && text.len() > 2 && text.trim_end().ends_with('|'))
}

/// Names of people have a capital letter; prompts that have one are these.
fn name(text: &str) -> Option<&str> {
    const PROMPTS: [&str; 5] = ["R", "C", "SQL", "CQL", "DOS"];
    let start = text.get(..text.floor_char_boundary(MAX_NAME + 1)).unwrap_or(text);
    let (name, rest) = start.split_once('>')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphabetic())
        && name.bytes().any(|byte| byte.is_ascii_uppercase())
        && !PROMPTS.contains(&name);
    let stands_alone = rest.is_empty() || rest.starts_with([' ', '\t', '>']);
    (is_name && stands_alone).then_some(name)
}

/// What stands behind the marks of a line.
pub(super) fn content(line: &str) -> &str {
    line.trim_start_matches(['>', ' ', '\t'])
}

/// Whether a line is a quotation in a quotation.
pub(super) fn is_nested(line: &str) -> bool {
    let rest = line.trim_start().strip_prefix('>').unwrap_or_default();
    rest.trim_start().starts_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_lines() {
        for (line, mark) in [
            ("> a", Some(Mark::Angle { indent: 0 })),
            ("  >> a", Some(Mark::Angle { indent: 2 })),
            ("AB> a", Some(Mark::Named("AB"))),
            ("    JonR> a", Some(Mark::Named("JonR"))),
            ("R> ls()", None),
            ("mysql> select", None),
            ("C:\\>dir", None),
            ("| a", Some(Mark::Sign('|'))),
            ("| a | b |", None),
            (":-)", None),
            ("Ä> a", None),
            ("", None),
            ("              > a", None),
        ] {
            assert_eq!(Mark::of(line), mark, "{line}");
        }
    }
}
