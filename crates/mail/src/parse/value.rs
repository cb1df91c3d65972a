//! Values of MIME headers: a type or a disposition, and parameters
//! ([RFC 2045](https://www.rfc-editor.org/rfc/rfc2045#section-5.1), 5.1, and
//! [RFC 2231](https://www.rfc-editor.org/rfc/rfc2231)), however they are written.

use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;

use super::{charset, words};

/// Parameters that are kept of a value, so that looking for one takes a bounded time.
const MAX_PARAMETERS: usize = 200;

/// Parameters that are known where the semicolon before them is missing.
const KNOWN: [&[u8]; 12] = [
    b"charset",
    b"boundary",
    b"name",
    b"filename",
    b"format",
    b"delsp",
    b"type",
    b"micalg",
    b"protocol",
    b"method",
    b"smime-type",
    b"report-type",
];

/// A type or a disposition with its parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// `multipart/mixed`, `attachment`: in lower case, without blanks.
    pub(super) word: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Parameter {
    name: Vec<u8>,
    /// The number of a segment of a long value.
    segment: Option<u16>,
    /// Whether bytes are written with `%`, behind a charset in the first segment.
    is_encoded: bool,
    value: Vec<u8>,
}

impl Value {
    /// Reads what stands behind the colon.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let unfolded: Vec<u8> =
            bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\0')).collect();
        let mut rest = Rest { bytes: &unfolded, is_open: false };
        let word = rest.word();
        let mut parameters = Vec::new();
        while parameters.len() < MAX_PARAMETERS && !rest.bytes.is_empty() {
            parameters.extend(rest.parameter());
        }
        Self { word, parameters }
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.word.starts_with("multipart")
    }

    /// The text of a parameter: one in the form of RFC 2231 is meant before one without it.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let all = || self.parameters.iter().filter(|one| one.name == name.as_bytes());
        let plain = || all().find(|one| one.segment.is_none() && !one.is_encoded);
        let whole = all().find(|one| one.segment.is_none() && one.is_encoded);
        let mut segments: Vec<_> = all().filter(|one| one.segment.is_some()).collect();
        segments.sort_by_key(|one| one.segment);
        let text = match whole {
            Some(whole) => joined(&[whole]),
            None if !segments.is_empty() => joined(&segments),
            None => words::decode(&plain()?.value),
        };
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// The text of segments: their bytes are joined before they are decoded, as a letter may be cut in two.
fn joined(segments: &[&Parameter]) -> String {
    let mut charset = String::new();
    let mut bytes = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        if !segment.is_encoded {
            bytes.extend_from_slice(&segment.value);
            continue;
        }
        let mut value = segment.value.as_slice();
        let mut fields = value.splitn(3, |byte| *byte == b'\'');
        if let (0, Some(name), Some(_), Some(rest)) =
            (number, fields.next(), fields.next(), fields.next())
        {
            charset = String::from_utf8_lossy(name).into_owned();
            value = rest;
        }
        bytes.extend(without_percents(value));
    }
    // Encoded words have no business here, and are met here.
    if charset.is_empty() {
        words::decode(&bytes)
    } else {
        charset::declared(&bytes, &charset).into()
    }
}

/// The bytes that are written with `%`; one that begins nothing stands for itself.
pub(super) fn without_percents(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let byte = match (first, after) {
            (b'%', [high, low, ..]) => quoted_printable_decode_char(*high, *low),
            _ => None,
        };
        out.push(byte.unwrap_or(*first));
        rest = byte.and_then(|_| after.get(2..)).unwrap_or(after);
    }
    out
}

/// What has not been read of a value.
struct Rest<'v> {
    bytes: &'v [u8],
    /// A bracket without end was met; brackets are letters from there on.
    is_open: bool,
}

impl Rest<'_> {
    /// The word that a value begins with, up to a semicolon or a parameter without one.
    fn word(&mut self) -> String {
        let mut word = Vec::new();
        loop {
            self.blanks(b"");
            if self.is_known_parameter() {
                break;
            }
            let piece = self.until(|byte| b"; \t(".contains(&byte));
            word.extend(piece.into_iter().filter(|byte| *byte != b'"'));
            match self.bytes {
                [] | [b';', ..] => break,
                [b'(', ..] if self.is_open => self.skip_one(),
                _ => {}
            }
        }
        String::from_utf8_lossy(&word).to_ascii_lowercase()
    }

    /// The next parameter; of what is none, a piece is skipped.
    fn parameter(&mut self) -> Option<Parameter> {
        self.blanks(b";,\"");
        let name = self.until(|byte| b"=; \t(".contains(&byte)).to_ascii_lowercase();
        self.blanks(b"");
        let [b'=', ..] = self.bytes else {
            if name.is_empty() {
                self.skip_one();
            }
            return None;
        };
        self.skip_one();
        self.skip_blanks();
        let mut parameter = Parameter::named(&name);
        // A file may have a name in brackets; anything else there is a comment.
        if !parameter.is_of_file() {
            self.blanks(b"");
        }
        parameter.value = match self.bytes {
            [b'"', ..] => self.quoted(),
            _ if parameter.is_of_file() => self.file_name(),
            _ => self.until(|byte| b"; \t(".contains(&byte)),
        };
        Some(parameter)
    }

    /// A value in quotes; one inside of it that nobody marked is a letter.
    fn quoted(&mut self) -> Vec<u8> {
        self.skip_one();
        let mut value = Vec::new();
        loop {
            value.extend(self.until(|byte| matches!(byte, b'"' | b'\\')));
            let first = self.bytes.first().copied();
            self.skip_one();
            match (first, self.bytes.first()) {
                (None, _) => return value,
                (Some(b'"'), _) if self.is_end() => return value,
                (Some(b'\\'), Some(byte @ (b'"' | b'\\'))) => {
                    value.push(*byte);
                    self.skip_one();
                }
                (Some(byte), _) => value.push(byte),
            }
        }
    }

    /// Whether a value in quotes ends here: a comment or another parameter may follow.
    fn is_end(&self) -> bool {
        let bytes = self.bytes.trim_ascii_start();
        let is_known = || Rest { bytes, is_open: false }.is_known_parameter();
        matches!(bytes, [] | [b';' | b'(' | b',', ..]) || is_known()
    }

    /// The name of a file without quotes, where blanks and brackets are letters.
    fn file_name(&mut self) -> Vec<u8> {
        let mut name = Vec::new();
        loop {
            name.extend(self.until(|byte| matches!(byte, b';' | b' ' | b'\t')));
            let blanks = self.until(|byte| !byte.is_ascii_whitespace());
            if matches!(self.bytes, [] | [b';', ..]) || self.is_known_parameter() {
                return name;
            }
            name.extend(blanks);
        }
    }

    /// Whether `charset=` or another known one begins here.
    fn is_known_parameter(&self) -> bool {
        let is_name = |byte: &&u8| byte.is_ascii_alphabetic() || **byte == b'-';
        let length = self.bytes.iter().take(16).take_while(is_name).count();
        let (name, rest) = self.bytes.split_at_checked(length).unwrap_or_default();
        KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))
            && matches!(rest.trim_ascii_start(), [b'=' | b'*', ..])
    }

    /// Goes past blanks and comments, and these.
    fn blanks(&mut self, others: &[u8]) {
        loop {
            self.until(|byte| !byte.is_ascii_whitespace() && !others.contains(&byte));
            let [b'(', ..] = self.bytes else { return };
            if self.is_open {
                return;
            }
            self.comment();
        }
    }

    /// Goes past a comment, which may hold others.
    fn comment(&mut self) {
        let (mut depth, mut is_escaped) = (0_usize, false);
        let end = self.bytes.iter().position(|byte| {
            match byte {
                _ if is_escaped => {}
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            is_escaped = *byte == b'\\' && !is_escaped;
            depth == 0
        });
        self.is_open = end.is_none();
        self.bytes = self.bytes.get(end.map_or(0, |end| end + 1)..).unwrap_or_default();
    }

    fn skip_blanks(&mut self) {
        self.bytes = self.bytes.trim_ascii_start();
    }

    fn skip_one(&mut self) {
        self.bytes = self.bytes.get(1..).unwrap_or_default();
    }

    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> Vec<u8> {
        let length = self.bytes.iter().position(|byte| is_end(*byte));
        let (now, later) =
            self.bytes.split_at_checked(length.unwrap_or(self.bytes.len())).unwrap_or_default();
        self.bytes = later;
        now.to_vec()
    }
}

impl Parameter {
    /// `filename*0*`: a name, the number of a segment, and that it is encoded.
    fn named(name: &[u8]) -> Self {
        let mut pieces = name.split(|byte| *byte == b'*');
        let base = pieces.next().unwrap_or_default().to_vec();
        let is_encoded = name.ends_with(b"*");
        let number = pieces.next().and_then(|digits| std::str::from_utf8(digits).ok());
        let segment = number.and_then(|digits| digits.parse().ok());
        Self { name: base, segment, is_encoded, value: Vec::new() }
    }

    fn is_of_file(&self) -> bool {
        matches!(self.name.as_slice(), b"name" | b"filename")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 2045, 5.1, and what is met in mail.
    #[test]
    fn types_and_their_parameters() {
        for (value, word, name, text) in [
            (" text/plain; charset=utf-8", "text/plain", "charset", "utf-8"),
            ("Text / Plain ; CharSet = \"UTF-8\"", "text/plain", "charset", "UTF-8"),
            ("text/plain (a (b) c); charset (d) = (e) utf-8 (f)", "text/plain", "charset", "utf-8"),
            ("text/plain(c);charset=us-ascii(Plain text)", "text/plain", "charset", "us-ascii"),
            ("text/plain charset=utf-8", "text/plain", "charset", "utf-8"),
            ("multipart/mixed\n boundary=\"b;c\"", "multipart/mixed", "boundary", "b;c"),
            ("multipart/mixed;; boundary=\n\t\"b\"", "multipart/mixed", "boundary", "b"),
            ("multipart/mixed; boundary=\"b \"; x=y", "multipart/mixed", "boundary", "b"),
            ("multipart/mixed; boundary=\"a\\\"b\"", "multipart/mixed", "boundary", "a\"b"),
            ("multipart/mixed; boundary=b\"", "multipart/mixed", "boundary", "b\""),
            ("multipart/mixed; boundary=\"b", "multipart/mixed", "boundary", "b"),
            (
                "multipart/mixed; boundary=----=_a'()+_,-./:=?",
                "multipart/mixed",
                "boundary",
                "----=_a'",
            ),
            ("multipart/mixed; charset=utf-8 boundary=b", "multipart/mixed", "boundary", "b"),
            ("\"text/html\"; charset=\"utf-8\" (c)", "text/html", "charset", "utf-8"),
            ("charset=utf-8; text/html", "", "charset", "utf-8"),
            ("text/plain (open; charset=utf-8", "text/plainopen", "charset", "utf-8"),
            ("", "", "charset", ""),
        ] {
            let read = Value::read(value.as_bytes());
            assert_eq!(read.word, word, "{value}");
            assert_eq!(read.text(name).unwrap_or_default(), text, "{value}");
        }
    }

    #[test]
    fn names_of_files_were_cut_or_torn() {
        for (value, name) in [
            ("attachment; filename=a.pdf", "a.pdf"),
            ("attachment; filename=report (1).pdf; size=3", "report (1).pdf"),
            ("attachment; filename=(draft) report.pdf", "(draft) report.pdf"),
            ("attachment; filename=my report.pdf size=3", "my report.pdf size=3"),
            ("attachment; filename=a.pdf charset=utf-8", "a.pdf"),
            ("attachment; filename=\"5\" disk.pdf\"", "5\" disk.pdf"),
            ("attachment; filename=\"a;b (c).pdf\" (d)", "a;b (c).pdf"),
            ("attachment; filename=\"C:\\new\\a.pdf\"", "C:\\new\\a.pdf"),
            ("attachment; filename=\"a\n b.pdf\"", "a b.pdf"),
            ("attachment; filename*=utf-8''caf%C3%A9.pdf; filename=cafe.pdf", "café.pdf"),
            ("attachment; filename*=iso-8859-1'en'caf%E9.pdf", "café.pdf"),
            ("attachment; filename*=\"utf-8''caf%C3%A9.pdf\"", "café.pdf"),
            ("attachment; filename*=caf%C3%A9.pdf", "café.pdf"),
            ("attachment; filename*=utf-8''100%.pdf", "100%.pdf"),
            // A letter of two bytes in two segments, which stand in any order.
            ("a; filename*1*=%A9.pdf; filename*0*=utf-8''caf%C3", "café.pdf"),
            ("a; filename*0*=utf-8''caf%C3%A9; filename*1=\"%20.pdf\"", "café%20.pdf"),
            ("a; filename*0=\"a \"; filename*1=\"b.pdf\"", "a b.pdf"),
            ("a; filename*10=c; filename*9=b; filename*0=a", "abc"),
            ("a; filename*0=\"=?utf-8?B?Y2Fmw\"; filename*1=\"6kucGRm?=\"", "café.pdf"),
            ("a; filename=\"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9.pdf?=\"", "café.pdf"),
            ("a; filename=\"=?utf-8?B?Y2Fmw6kucGRm\"", "=?utf-8?B?Y2Fmw6kucGRm"),
            ("a; filename==?utf-8?B?Y2Fmw6kucGRm?=", "café.pdf"),
        ] {
            let read = Value::read(value.as_bytes()).text("filename");
            assert_eq!(read.as_deref(), Some(name), "{value}");
        }
        let western = Value::read(b"a; filename=\"caf\xe9.pdf\"").text("filename");
        assert_eq!(western.as_deref(), Some("café.pdf"));
    }

    /// Values of nothing but beginnings take no longer than their length.
    #[test]
    fn hostile_values() {
        for part in
            ["(", "a(", ";x=(", "\"", " ", "\" ", "=", "a=\"", "name= ", "\\", "filename*0="]
        {
            let value = Value::read(part.repeat(100_000).as_bytes());
            assert!(value.parameters.len() <= MAX_PARAMETERS, "{part}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(prop::sample::select(b"a/;=\"(\\)* \n'%0".to_vec()), 0..60)) {
            let value = Value::read(&bytes);
            prop_assert!(value.word.len() <= bytes.len());
        }
    }
}
