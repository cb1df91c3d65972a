//! Text from mail is hostile: on a terminal nothing of it may steer the screen.

use std::fmt::Write as _;

/// One line of text with control, bidirectional and invisible characters made visible.
pub(crate) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_dangerous(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The same for text of several lines.
pub(crate) fn safe_lines(text: &str) -> String {
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}

/// Text with styles of ours in it: colours pass, and nothing else that could steer.
pub(crate) fn styled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c| c != '\n' && is_dangerous(c)) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let length = style(after).or_else(|| after.chars().next().map(char::len_utf8));
        let (piece, behind) = after.split_at(length.unwrap_or(after.len()));
        out.push_str(&style(after).map_or_else(|| safe(piece), |_| piece.to_owned()));
        rest = behind;
    }
    out + rest
}

/// Bytes of the style that a text begins with: colours, bold, faint, underlined, and the end of these.
fn style(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let (codes, _) = codes.split_once('m')?;
    let is_ours = |code: &str| {
        matches!(code.parse(), Ok(0..=4_u8 | 22 | 24 | 30..=39 | 90..=97)) || code.is_empty()
    };
    codes.split(';').all(is_ours).then_some("\u{1b}[m".len() + codes.len())
}

/// JSON that says the same, with what could steer a terminal spelt in ASCII.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_dangerous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{json, safe, styled};

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(safe("inv\u{202e}fdp.exe"), "inv\\u{202e}fdp.exe");
        assert_eq!(safe("two\r\nlines\tand 日本"), "two  lines and 日本");
    }

    #[test]
    fn only_colours_pass() {
        for (text, shown) in [
            ("a\u{1b}[1;31mb\u{1b}[0m\nc\u{1b}[m", "a\u{1b}[1;31mb\u{1b}[0m\nc\u{1b}[m"),
            ("\u{1b}[2Ja", "\\u{1b}[2Ja"),
            ("\u{1b}[8mhidden", "\\u{1b}[8mhidden"),
            ("\u{1b}[1;8mhidden", "\\u{1b}[1;8mhidden"),
            ("\u{1b}]8;;http://x\u{7}m", "\\u{1b}]8;;http://x\\u{7}m"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{1b}[31", "\\u{1b}[31"),
            ("\u{1b}", "\\u{1b}"),
            ("a\rb\tc", "a b c"),
            ("x\u{2066}y\u{2028}", "x\\u{2066}y\\u{2028}"),
        ] {
            assert_eq!(styled(text), shown);
        }
    }

    #[test]
    fn json_says_the_same() {
        let value =
            serde_json::json!({"a\u{202e}": "\u{9b}2J\u{1b}\u{e0001}\n日本", "b": [1, "\\"]});
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.chars().all(|c| c == '\n' || !super::is_dangerous(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
