//! Texts whose lines or letters are not as they are written.

/// Text with `DelSp=yes`: a blank before a line break is deleted with it
/// ([RFC 3676](https://www.rfc-editor.org/rfc/rfc3676#section-4.1), 4.1), unless another quotation follows.
pub(super) fn without_breaks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut cut_at = None;
    for line in text.split('\n') {
        let depth = line.len() - line.trim_start_matches('>').len();
        let content = line.get(depth..).unwrap_or_default();
        if cut_at == Some(depth) {
            out.push_str(content.strip_prefix(' ').unwrap_or(content));
        } else {
            if cut_at.is_some() || !out.is_empty() {
                out.push('\n');
            }
            out.push_str(line);
        }
        // A line `-- ` begins a signature.
        let is_cut = line.ends_with(' ') && content.trim_start_matches(' ') != "-- ";
        cut_at = is_cut.then_some(depth);
        if is_cut {
            out.pop();
        }
    }
    out
}

/// The text of `text/enriched` ([RFC 1896](https://www.rfc-editor.org/rfc/rfc1896)).
pub(super) fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let mark = after.find('>').and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        rest = match mark {
            _ if after.starts_with('<') => {
                out.push('<');
                after.get(1..).unwrap_or_default()
            }
            Some((name, inside)) if name.eq_ignore_ascii_case("param") => after_param(inside),
            Some((_, behind)) => behind,
            None => {
                out.push('<');
                out.push_str(after);
                return out;
            }
        };
    }
    out.push_str(rest);
    out
}

/// What stands behind the value of a mark, such as a colour: its end is the next mark.
fn after_param(text: &str) -> &str {
    text.find('<').and_then(|end| text.get(end..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_marks() {
        for (text, expected) in [
            ("moor \ning is  \nhere.", "mooring is here."),
            ("> a \n> b \nc", "> ab\nc"),
            ("a\n-- \nAnn", "a\n-- \nAnn"),
            ("", ""),
        ] {
            assert_eq!(without_breaks(text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("<bold>The</bold> offer <<5", "The offer <5"),
            ("<color><param>red</param>x</color>", "x"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(without_marks(text), expected, "{text:?}");
        }
    }
}
