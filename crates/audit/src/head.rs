//! How far a log goes: what is signed, and kept elsewhere.

use jiff::Timestamp;
use ring::digest::{SHA256, digest as sha256};

/// The first line of a head: what it is, and in which version.
pub(crate) const FORMAT: &str = "postern-audit/v1";

/// A SHA-256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

/// The SHA-256 of some bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    let mut out = Digest::default();
    out.0.copy_from_slice(sha256(&SHA256, bytes).as_ref());
    out
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.extend(char::from_digit(digit.into(), 16));
    }
    text
}

/// The bytes of lower-case hexadecimal digits.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut out = [0; N];
    if text.len() != 2 * N || !text.bytes().all(is_hex) {
        return None;
    }
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(out)
}

/// What the log was at one time: the count of its entries and the digest of the last of them, which covers all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which log it is of: made once, with the log.
    pub log: String,
    /// How many entries there are.
    pub entries: u64,
    /// The digest of the last entry; of none at the beginning.
    pub last: Digest,
    /// When it was signed.
    pub time: Timestamp,
}

impl Head {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { log, entries, last, time } = self;
        format!("{FORMAT}\nlog {log}\nentries {entries}\nlast {last}\ntime {time}\n")
    }

    /// The head of a text, if it is one.
    ///
    /// ```
    /// use jiff::Timestamp;
    /// use postern_audit::{Digest, Head};
    ///
    /// let head = Head { log: "00ff".into(), entries: 3, last: Digest::default(), time: Timestamp::UNIX_EPOCH };
    /// assert_eq!(Head::parse(&head.text()), Some(head));
    /// assert_eq!(Head::parse("postern-audit/v2\n"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == FORMAT).then_some(())?;
        let mut value = |name: &str| lines.next()?.strip_prefix(name);
        let head = Self {
            log: value("log ")?.to_owned(),
            entries: value("entries ")?.parse().ok()?,
            last: Digest(unhex(value("last ")?)?),
            time: value("time ")?.parse().ok()?,
        };
        (head.text() == text).then_some(head)
    }
}
