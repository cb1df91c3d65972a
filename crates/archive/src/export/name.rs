//! Names of files that hostile text cannot bend.

/// Characters of a name, so that every file system takes it.
const LONGEST: usize = 120;

/// A name that leads nowhere else and hides nothing: no folders, no leading dots, no control
/// characters, and none that turn the direction of text.
///
/// ```
/// use postern_archive::export::file_name;
///
/// assert_eq!(file_name("../../etc/passwd"), "passwd");
/// ```
#[must_use]
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !is_hidden(*c)).collect();
    let forbidden = |c: char| matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    let plain: String = shown.chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    let trimmed = plain.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let skipped = trimmed.chars().count().saturating_sub(LONGEST);
    // What is cut off is the beginning: the end says what kind of file it is.
    let name: String = trimmed.chars().skip(skipped).collect();
    if name.is_empty() { "attachment".to_owned() } else { name }
}

fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    c.is_control() || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe() {
        for (name, expected) in [
            ("contract.pdf", "contract.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\cmd.exe", "cmd.exe"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            (".htaccess", "htaccess"),
            ("..", "attachment"),
            ("", "attachment"),
            ("請求書.pdf", "請求書.pdf"),
            ("a\"b.txt", "a_b.txt"),
        ] {
            assert_eq!(file_name(name), expected, "{name:?}");
        }
        let long = file_name(&format!("{}.pdf", "é".repeat(500)));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (LONGEST, true));
    }
}
