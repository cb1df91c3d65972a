//! A message of Apple Mail (`.emlx`): a line with its length, the message, and a property list with its
//! marks.

use std::io::{BufRead, Read as _};
use std::sync::Arc;

use super::Home;
use super::read::{Content, Entry, Fault, MAX_MESSAGE, Reading, TOO_LONG};

pub(super) fn read(
    reading: &mut Reading<'_>,
    entry: &Entry,
    mut reader: impl BufRead,
) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    let outcome = reader.by_ref().take(MAX_MESSAGE as u64).read_to_end(&mut bytes);
    let (message, list) = split(&bytes);
    let entry = Entry { home: Arc::new(marked(&entry.home, flags(list))), ..entry.clone() };
    reading.give(&entry, "", Content::Raw(message.to_vec()));
    outcome?;
    match reader.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(Fault::Failed(TOO_LONG.to_owned())),
    }
}

/// The message and its property list. A length that does not end at the list, as after a change by hand,
/// is not believed.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    const LIST: &[u8] = b"<?xml";
    let line = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    let (line, rest) = bytes.split_at_checked(line).unwrap_or_default();
    let length = std::str::from_utf8(line).ok().and_then(|line| line.trim().parse().ok());
    let stated = length.and_then(|length| rest.split_at_checked(length));
    let is_list = |list: &[u8]| list.is_empty() || list.trim_ascii_start().starts_with(LIST);
    if let Some((message, list)) = stated.filter(|(_, list)| is_list(list)) {
        return (message, list);
    }
    let at = memchr::memmem::rfind(rest, LIST).filter(|at| {
        let is_line = rest.get(..*at).is_some_and(|before| before.ends_with(b"\n"));
        is_line && rest.trim_ascii_end().ends_with(b"</plist>")
    });
    rest.split_at_checked(at.unwrap_or(rest.len())).unwrap_or((rest, &[]))
}

/// The number behind the key `flags`.
fn flags(list: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(list);
    let (_, rest) = text.split_once("<key>flags</key>")?;
    let (number, _) = rest.trim_start().strip_prefix("<integer>")?.split_once('<')?;
    number.trim().parse().ok()
}

/// The marks that are bits of the flags; one that is not set says only of reading that it did not happen.
fn marked(home: &Home, flags: Option<u64>) -> Home {
    let Some(flags) = flags else { return home.clone() };
    let has = |bit: u32| flags >> bit & 1 == 1;
    Home {
        is_read: Some(has(0)),
        is_replied: has(2).then_some(true),
        is_flagged: has(4).then_some(true),
        is_draft: has(6).then_some(true),
        ..home.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_their_lists() {
        const LIST: &str = "<?xml version=\"1.0\"?><plist></plist>\n";
        for (file, message, list) in [
            ("8   \nA: 1\n\nx\n<?xml?>", "A: 1\n\nx\n", "<?xml?>"),
            ("8\nA: 1\n\nx\n", "A: 1\n\nx\n", ""),
            // Lengths that lie.
            (&format!("3\nA: 1\n\nx\n{LIST}"), "A: 1\n\nx\n", LIST),
            (&format!("99\nA: 1\n\nx\n{LIST}"), "A: 1\n\nx\n", LIST),
            ("99999999999999999999999\nA: 1\n", "A: 1\n", ""),
            ("3\nA: 1\n\n<?xml?> words\n", "A: 1\n\n<?xml?> words\n", ""),
        ] {
            let expected = (message.as_bytes(), list.as_bytes());
            assert_eq!(split(file.as_bytes()), expected, "{file:?}");
        }
    }

    #[test]
    fn marks_of_the_list() {
        let list = |flags| format!("<key>flags</key>\n<integer>{flags}</integer>");
        let read = |flags| super::flags(list(flags).as_bytes()).unwrap();
        let home = marked(&Home::default(), Some(read("8590195713")));
        assert_eq!((home.is_read, home.is_flagged, home.is_draft), (Some(true), None, None));
        let home = marked(&Home::default(), Some(read("84")));
        assert_eq!((home.is_read, home.is_flagged), (Some(false), Some(true)));
        assert_eq!((home.is_replied, home.is_draft), (Some(true), Some(true)));
        assert_eq!(super::flags(b"<key>flags</key><string>1</string>"), None);
        assert_eq!(marked(&Home::default(), None), Home::default());
    }
}
