//! Header text: encoded words (RFC 2047) and bytes of no declared charset.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;

use super::charset::{self, guessed};

/// `=?charset?encoding?payload?=`.
struct Word<'w> {
    charset: &'w [u8],
    is_base64: bool,
    payload: &'w [u8],
    length: usize,
}

/// The text of a header value.
///
/// White space between two encoded words goes, as the standard has it, and words of one charset next
/// to each other are decoded together: senders break lines in the middle of a character.
pub(crate) fn decode(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    let mut words = Words::default();
    let mut plain = 0;
    let mut at = 0;
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(word) = word_at(rest) else {
            at += 1;
            continue;
        };
        let between = value.get(plain..at).unwrap_or_default();
        if words.is_empty() || !between.trim_ascii().is_empty() {
            words.write(&mut out);
            out.push_str(&guessed(between));
        }
        words.add(&word, &mut out);
        at += word.length;
        plain = at;
    }
    words.write(&mut out);
    out.push_str(&guessed(value.get(plain..).unwrap_or_default()));
    out
}

/// How long the encoded word is that `text` starts with.
pub(crate) fn word_length(text: &[u8]) -> Option<usize> {
    word_at(text).map(|word| word.length)
}

fn word_at(text: &[u8]) -> Option<Word<'_>> {
    let mut fields = text.strip_prefix(b"=?")?.splitn(3, |byte| *byte == b'?');
    let (charset, encoding, rest) = (fields.next()?, fields.next()?, fields.next()?);
    let is_base64 = match encoding {
        b"b" | b"B" => true,
        b"q" | b"Q" => false,
        _ => return None,
    };
    let is_name = |byte: &u8| byte.is_ascii_graphic();
    let payload = rest.get(..payload_length(rest)?)?;
    let plausible = !charset.is_empty() && charset.iter().all(is_name);
    // A language may follow the charset (RFC 2231, 5).
    let charset = charset.split(|byte| *byte == b'*').next()?;
    let length = text.len() - rest.len() + payload.len() + 2;
    plausible.then_some(Word { charset, is_base64, payload, length })
}

/// Up to `?=`. Where another word begins before, this one has no end: no byte is looked at twice.
fn payload_length(rest: &[u8]) -> Option<usize> {
    let end = rest.windows(2).position(|pair| matches!(pair, b"?=" | b"=?"))?;
    match rest.get(end..)? {
        [b'=', b'?', b'=', ..] => Some(end + 1),
        [b'=', ..] => None,
        _ => Some(end),
    }
}

/// Encoded words of one charset that follow each other.
#[derive(Default)]
struct Words<'w> {
    charset: Option<&'w [u8]>,
    payloads: Vec<Payload>,
}

impl<'w> Words<'w> {
    const fn is_empty(&self) -> bool {
        self.charset.is_none()
    }

    fn add(&mut self, word: &Word<'w>, out: &mut String) {
        if self.charset.is_some_and(|charset| !charset.eq_ignore_ascii_case(word.charset)) {
            self.write(out);
        }
        self.charset = Some(word.charset);
        // A line may be folded within a word.
        let is_fold = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let lines = word.payload.split(is_fold).enumerate();
        let lines =
            lines.map(|(number, line)| if number > 0 { line.trim_ascii_start() } else { line });
        self.payloads
            .push(Payload { is_base64: word.is_base64, text: lines.collect::<Vec<_>>().concat() });
    }

    /// Each word for itself as the standard has it; together where that leaves characters in halves.
    fn write(&mut self, out: &mut String) {
        let Some(charset) = self.charset.take() else { return };
        let payloads = std::mem::take(&mut self.payloads);
        let name = String::from_utf8_lossy(charset);
        let decode = |bytes: &[u8]| charset::declared(bytes, &name).into_owned();
        // UTF-8 that is cut is guessed to be another charset.
        let is_utf8 = name.to_ascii_lowercase().contains("utf");
        let is_broken = |bytes: &[u8]| match is_utf8 || charset_decoder(charset).is_none() {
            true => std::str::from_utf8(bytes).is_err(),
            false => decode(bytes).contains(char::REPLACEMENT_CHARACTER),
        };
        let bytes: Vec<_> = payloads.iter().map(Payload::bytes).collect();
        if !bytes.iter().any(|bytes| is_broken(bytes)) {
            bytes.iter().for_each(|bytes| out.push_str(&decode(bytes)));
            return;
        }
        let joined = bytes.concat();
        let letters = is_broken(&joined).then(|| letters(&payloads)).flatten();
        out.push_str(&decode(&letters.filter(|bytes| !is_broken(bytes)).unwrap_or(joined)));
    }
}

/// What an encoded word holds.
struct Payload {
    is_base64: bool,
    text: Vec<u8>,
}

impl Payload {
    fn bytes(&self) -> Vec<u8> {
        match self.is_base64 {
            true => base64_decode(&self.text).unwrap_or_else(|| self.text.clone()),
            false => unquote(&self.text),
        }
    }
}

/// The bytes of words whose base64 was cut between letters of one group, and goes on in the next word.
fn letters(payloads: &[Payload]) -> Option<Vec<u8>> {
    let is_one = payloads.iter().all(|payload| payload.is_base64);
    let texts = payloads.iter().flat_map(|payload| payload.text.iter().copied());
    let letters: Vec<u8> = is_one.then(|| texts.filter(|byte| *byte != b'=').collect())?;
    base64_decode(&letters)
}

/// The `Q` encoding; a `=` that begins no byte stands for itself.
fn unquote(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len());
    let mut rest = payload;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'=', [high, low, tail @ ..]) => match quoted_printable_decode_char(*high, *low) {
                Some(byte) => {
                    out.push(byte);
                    rest = tail;
                }
                None => out.push(b'='),
            },
            (b'_', _) => out.push(b' '),
            _ => out.push(*first),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words() {
        for (value, text) in [
            (&b"plain"[..], "plain"),
            (b"=?utf-8?q?caf=C3=A9?=", "café"),
            (b"=?utf-8?q?a_b?= =?utf-8?q?c?= d", "a bc d"),
            (b"x=?utf-8?q?y?=z", "xyz"),
            (b"=?utf-8?B?w6nD?=\r\n =?UTF-8?B?qQ==?=", "éé"),
            (b"=?iso-8859-1?q?=E9?= =?utf-8?q?=C3=A9?=", "éé"),
            (b"=?iso-8859-1*fr?q?=E9?=", "é"),
            (b"=?iso-8859-1?q?caf=E9?= caf\xe9", "café café"),
            (b"=?iso-8859-1?q?caf\xe9?=", "café"),
            (b"=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=", "日本"),
            (b"=?unknown?q?=E9?=", "é"),
            (b"=?utf-8?q?a=b?=", "a=b"),
            (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
            (b"=?utf-8?q?open", "=?utf-8?q?open"),
            (b"=?=?utf-8?q?a?=", "=?a"),
            (b"=?utf-8?b?YQ==?=", "a"),
            (b"=?utf-8?b?w6k?=", "é"),
            (b"=?utf-8?b?Y2Fm\r\n w6k=?=", "café"),
            (b"=?utf-8?q?caf=C3\n =A9?=", "café"),
            // The words are cut between letters of base64.
            (b"=?utf-8?b?Y2Fmw6?= =?utf-8?b?k?=", "café"),
            (b"=?gb2312?b?1tA=?= =?gb2312?b?zsQ=?=", "中文"),
            (b"=?hz-gb-2312?q?=7E=7BVPND=7E=7D?=", "中文"),
            (b"=?us-ascii?q?caf=C3=A9?=", "café"),
            (b"=?utf-8?q?a =?utf-8?q?b?=", "=?utf-8?q?a b"),
            (b"", ""),
        ] {
            assert_eq!(decode(value), text, "{}", value.escape_ascii());
        }
    }

    /// A value of nothing but beginnings of words takes no longer than its length.
    #[test]
    fn hostile_values() {
        let value = b"=?a?q? ".repeat(200_000);
        assert_eq!(decode(&value).len(), value.len());
    }
}
