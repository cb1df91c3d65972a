//! Files in uuencode ([POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/uuencode.html)), as mail
//! of before MIME has them in its text.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::head::lines;
use super::words;

/// Files of one text that are taken out of it.
const MAX_FILES: usize = 1_000;

/// Bytes of a line: six bits say how many.
const MAX_LINE: usize = 63;

/// What is known of the type of a file in a text.
pub(super) const MEDIA_TYPE: &str = "application/octet-stream";

/// A file in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: Option<String>,
    pub(crate) bytes: Vec<u8>,
    /// Its lines in the text, from `begin` to `end`.
    range: Range<usize>,
    has_end: bool,
}

/// The files of a text. One that has a line which is not encoded, no end or no content is text.
pub(crate) fn files(text: &[u8]) -> Vec<File> {
    begun(text).filter(|file| file.has_end && !file.bytes.is_empty()).take(MAX_FILES).collect()
}

/// The first file of a part that says to be in uuencode, as far as it goes.
pub(super) fn first(part: &[u8]) -> Option<File> {
    begun(part).find(|file| !file.bytes.is_empty())
}

/// A text without the lines of its files.
pub(super) fn without<'t>(text: Cow<'t, [u8]>, files: &[File]) -> Cow<'t, [u8]> {
    if files.is_empty() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let starts = std::iter::once(0).chain(files.iter().map(|file| file.range.end));
    let ends = files.iter().map(|file| file.range.start).chain([text.len()]);
    for (start, end) in starts.zip(ends) {
        out.extend_from_slice(text.get(start..end).unwrap_or_default());
    }
    Cow::Owned(out)
}

/// What begins like a file. No line of one begins with a small letter, so none is read twice.
fn begun(text: &[u8]) -> impl Iterator<Item = File> {
    let is_line = |at: &usize| at.checked_sub(1).is_none_or(|at| text.get(at) == Some(&b'\n'));
    memmem::find_iter(text, b"begin ").filter(is_line).filter_map(|at| file(text, at))
}

fn file(text: &[u8], start: usize) -> Option<File> {
    let mut rest = lines(text.get(start..)?).peekable();
    let head = rest.next()?;
    let (name, mut bytes, mut end) = (name(head)?, Vec::new(), start + head.len());
    let mut most = MAX_LINE;
    while let Some(line) = rest.peek()
        && let Some(data) = decode(line).filter(|data| (1..=most).contains(&data.len()))
    {
        // All lines but the last hold as much as the first.
        most = if bytes.is_empty() || data.len() == most { data.len() } else { 0 };
        bytes.extend(data);
        end += line.len();
        rest.next();
    }
    // A line of no bytes stands before the end; some programs leave it out.
    let empty = rest.next_if(|line| decode(line).is_some_and(|data| data.is_empty()));
    let last = rest.next_if(|line| line.trim_ascii_end() == b"end");
    end += [empty, last].into_iter().flatten().map(<[u8]>::len).sum::<usize>();
    Some(File { name, bytes, range: start..end, has_end: last.is_some() })
}

/// The name in `begin 644 NAME`, without a path; nothing where the line begins no file.
fn name(line: &[u8]) -> Option<Option<String>> {
    let line = line.strip_prefix(b"begin ")?;
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (mode, name) = line.split_at_checked(end)?;
    let is_mode =
        matches!(mode.len(), 3 | 4) && mode.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    let name = words::decode(name);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.trim_matches(|c: char| c == '"' || c.is_whitespace());
    is_mode.then(|| Some(name.to_owned()).filter(|name| !name.is_empty()))
}

/// The bytes of a line: how many, which is told, and signs of six bits. What is missing at its end are blanks,
/// which mean zeros and which mail servers cut off; some programs write a sum behind it.
fn decode(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii_end();
    let values = line.iter().copied().map(value).collect::<Option<Vec<u8>>>()?;
    let (length, values) = values.split_first().unwrap_or((&0, &[]));
    let length = usize::from(*length);
    (values.len() <= length.div_ceil(3) * 4 + 1).then_some(())?;
    let bytes = values.chunks(4).flat_map(|group| {
        let at = |place: usize| group.get(place).copied().unwrap_or_default();
        [at(0) << 2 | at(1) >> 4, at(1) << 4 | at(2) >> 2, at(2) << 6 | at(3)]
    });
    Some(bytes.chain(std::iter::repeat(0)).take(length).collect())
}

/// The six bits of a sign; a backquote is another way to write a blank.
fn value(sign: u8) -> Option<u8> {
    matches!(sign, b' '..=b'`').then(|| (sign - b' ') & 0x3f)
}

#[cfg(test)]
mod tests {
    use postern_query::Place;
    use proptest::prelude::*;

    use super::*;
    use crate::parse;

    /// As `uuencode` writes it; a zero is a blank or a backquote.
    fn encoded(name: &str, bytes: &[u8], zero: u8) -> String {
        let sign = |value: u8| if value == 0 { zero } else { value + b' ' };
        let line = |bytes: &[u8]| {
            let mut line = vec![sign(u8::try_from(bytes.len()).unwrap())];
            for group in bytes.chunks(3) {
                let at = |place: usize| u32::from(*group.get(place).unwrap_or(&0));
                let all = at(0) << 16 | at(1) << 8 | at(2);
                line.extend(
                    [18, 12, 6, 0].map(|shift| sign(u8::try_from(all >> shift & 63).unwrap())),
                );
            }
            String::from_utf8(line).unwrap() + "\n"
        };
        let lines: String = bytes.chunks(45).map(line).collect();
        format!("begin 644 {name}\n{lines}{}end\n", line(b""))
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)], rest: &str) {
        let found = files(text.as_bytes());
        let shown: Vec<_> = found
            .iter()
            .map(|file| (file.name.as_deref().unwrap_or("-"), str::from_utf8(&file.bytes).unwrap()))
            .collect();
        assert_eq!(shown, expected, "{text}");
        let left = without(Cow::Borrowed(text.as_bytes()), &found);
        assert_eq!(str::from_utf8(&left).unwrap(), rest, "{text}");
    }

    /// The lines are those that Python's `binascii.b2a_uu` writes.
    #[test]
    fn files_in_a_text() {
        let line = "/:6YV;VEC92!H87)B;W5R";
        let words = "invoice harbour";
        for (text, name) in [
            (format!("begin 644 a.txt\n{line}\n`\nend\n"), "a.txt"),
            (format!("begin 0644 a.txt\n{line}\n \nend"), "a.txt"),
            // The blank of the last line is gone, or the line; a sum stands behind the signs.
            (format!("begin 644 a.txt\n{line}\n\nend\n"), "a.txt"),
            (format!("begin 644 a.txt\n{line}X\nend\n"), "a.txt"),
            (format!("begin 600 /srv/a b.txt \r\n{line}\r\n`\r\nend\r\n"), "a b.txt"),
            (format!("begin 644 \"C:\\a b.txt\"\n{line}\n`\nend\n"), "a b.txt"),
            (format!("begin 644 \n{line}\n`\nend\n"), "-"),
        ] {
            check(&text, &[(name, words)], "");
            check(&format!("see\n{text}"), &[(name, words)], "see\n");
        }
        let two = format!("begin 644 a\n{line}\nend\nand\nbegin 644 b\n%:&5L;&\\\nend\n\nlast");
        check(&two, &[("a", words), ("b", "hello")], "and\n\nlast");
    }

    #[test]
    fn what_only_begins_like_a_file_is_text() {
        let line = "/:6YV;VEC92!H87)B;W5R";
        for text in [
            format!("begin 644 a.txt\n{line}\n`\n"),
            format!("begin 644 a.txt\n{line}\nof another\nend\n"),
            format!("begin 644 a.txt\n{line}{line}\nend\n"),
            format!("begin 644 a.txt\n{line}\n> {line}\nend\n"),
            format!("begin 644 a.txt\n{line}\n%:&5L;&\\\n{line}\nend\n"),
            format!("begin 648 a.txt\n{line}\nend\n"),
            format!("begin 644\n{line}\nend\n"),
            format!("begin a.txt\n{line}\nend\n"),
            format!("> begin 644 a.txt\n{line}\nend\n"),
            format!(" begin 644 a.txt\n{line}\nend\n"),
            "begin 644 a.txt\n`\nend\n".to_owned(),
            "begin 644 with the end\nend\n".to_owned(),
            "=ybegin line=128 size=5 name=a.txt\nhello\n=yend size=5\n".to_owned(),
        ] {
            check(&text, &[], &text);
        }
    }

    #[test]
    fn files_of_mail_before_mime_were_noise_in_its_text() {
        let file = encoded("tides.txt", b"low water at noon", b'`');
        let raw = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee\n{file}and\n{file}\n\
            --b\nContent-Type: text/csv; name=b.csv\n\nx\n--b--\n"
        );
        let message = parse(raw.as_bytes(), &Place::default());
        assert_eq!(message.body.as_deref().map(str::trim), Some("see\nand"));
        assert_eq!(message.has_attachments, Some(true));
        let found: Vec<_> = message
            .attachments
            .iter()
            .map(|file| {
                (
                    file.name.as_deref().unwrap(),
                    file.text.as_deref().unwrap().trim(),
                    file.size.unwrap(),
                )
            })
            .collect();
        let tides = ("tides.txt", "low water at noon", 17);
        assert_eq!(found, [tides, tides, ("b.csv", "x", 1)]);
        for (number, content) in [(1, &b"low water at noon"[..]), (2, b"x")] {
            let file = crate::parse::parts::file_of(raw.as_bytes(), number).unwrap();
            assert_eq!(file.bytes.as_deref(), Some(content));
        }
    }

    #[test]
    fn parts_that_say_to_be_in_uuencode() {
        let file = encoded("tides.txt", b"low water", b' ');
        for encoding in ["x-uuencode", "uuencode", "X-UUE"] {
            let head = format!("Content-Transfer-Encoding: {encoding}\n\n");
            let message = parse(format!("{head}\n{file}").as_bytes(), &Place::default());
            assert_eq!(message.body.as_deref(), Some("low water"));
            let cut = file.replace("end\n", "--\nA list: b@c\n");
            let message = parse(format!("{head}{cut}").as_bytes(), &Place::default());
            assert_eq!(message.body.as_deref(), Some("low water"), "as far as it goes");
            let message = parse(format!("{head}words").as_bytes(), &Place::default());
            assert_eq!(message.body.as_deref(), Some("words"), "not encoded, in truth");
            let kind = "Content-Type: application/octet-stream\n";
            let message = parse(format!("{kind}{head}{file}").as_bytes(), &Place::default());
            let found = &message.attachments[0];
            assert_eq!((found.name.as_deref(), found.size), (Some("tides.txt"), Some(9)));
            assert_eq!(found.text.as_deref(), Some("low water"));
        }
    }

    #[test]
    fn hostile_files() {
        let line = format!("M{}\n", "!".repeat(60));
        for text in ["begin 644 a\n", "begin 644 a\n`\n", &format!("begin 644 a\n{line}"), "begin "]
        {
            assert_eq!(files(text.repeat(50_000).as_bytes()), []);
        }
        let lines = format!("begin 644 a\n{}", line.repeat(50_000));
        assert_eq!(files(lines.as_bytes()), []);
        let many = encoded("a", b"x", b'`').repeat(MAX_FILES + 1);
        assert_eq!(files(many.as_bytes()).len(), MAX_FILES);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// What was written is read, also where servers cut blanks off the ends of lines.
        #[test]
        fn what_is_written_is_read(
            bytes in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 1..300),
            zero in prop::sample::select(vec![b' ', b'`']),
            is_cut in any::<bool>(),
            line_end in prop::sample::select(vec!["\n", "\r\n"]),
        ) {
            let text = encoded("a.bin", &bytes, zero);
            let lines = text.lines().map(|line| if is_cut { line.trim_end() } else { line });
            let text = lines.collect::<Vec<_>>().join(line_end);
            let found = files(text.as_bytes());
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(&found[0].bytes, &bytes);
        }

        #[test]
        fn any_text_is_read(text in "(begin 644 a\n|[ -`]{0,3}\n|end\n|x){0,12}") {
            let found = files(text.as_bytes());
            let left = without(Cow::Borrowed(text.as_bytes()), &found);
            let taken: usize = found.iter().map(|file| file.range.len()).sum();
            prop_assert_eq!(left.len() + taken, text.len());
        }
    }
}
