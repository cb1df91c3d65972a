//! What stands in the rows of the ledger.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Result, Row, ToSql};

/// Number of a file; files are numbered in the order in which they were found.
pub type FileNumber = i64;

/// The bytes of a path, whatever they spell.
#[must_use]
pub fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).into();
    #[cfg(not(unix))]
    let bytes = path.to_string_lossy().into_owned().into_bytes().into();
    bytes
}

/// The path of these bytes.
#[must_use]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let path: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    #[cfg(not(unix))]
    let path = String::from_utf8_lossy(bytes).into_owned();
    PathBuf::from(path)
}

/// The id of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Id<'i> {
    /// 16 bytes, spelt as 32 hex digits in lower case.
    Digest([u8; 16]),
    /// Any other.
    Text(Cow<'i, str>),
}

impl<'i> Id<'i> {
    pub(crate) fn new(id: &'i str) -> Self {
        digest(id.as_bytes()).map_or_else(|| Self::Text(id.into()), Self::Digest)
    }

    /// As it is spelt.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Digest(digest) => digest.iter().flat_map(|byte| hex(*byte)).collect(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Digest(digest) => digest,
            Self::Text(text) => text.as_bytes(),
        }
    }
}

impl ToSql for Id<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Digest(digest) => ValueRef::Blob(digest),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl FromSql for Id<'static> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => {
                bytes.try_into().map(Self::Digest).map_err(|_| FromSqlError::InvalidType)
            }
            value => value.as_str().map(|text| Self::Text(text.to_owned().into())),
        }
    }
}

/// The 16 bytes that 32 hex digits in lower case spell.
fn digest(id: &[u8]) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    let (pairs, rest) = id.as_chunks::<2>();
    if pairs.len() != digest.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(digest)
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn hex(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default())
}

/// A row with a checksum.
pub(super) trait Summed: Sized {
    /// All rows, the checksum last.
    const ALL: &'static str;

    /// What a row holds.
    ///
    /// # Errors
    ///
    /// When it holds something else.
    fn of(row: &Row<'_>) -> Result<Self>;

    /// The checksum of that.
    fn sum(&self) -> u32;
}

/// The checksum of a row.
#[derive(Default)]
pub(super) struct Sum(crc32fast::Hasher);

impl Sum {
    pub(super) fn number(mut self, number: Option<i64>) -> Self {
        self.0.update(&[u8::from(number.is_some())]);
        self.0.update(&number.unwrap_or_default().to_le_bytes());
        self
    }

    pub(super) fn count(self, count: u64) -> Self {
        self.number(Some(count.cast_signed()))
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(super) fn text(self, text: Option<&str>) -> Self {
        let length = text.map(|text| text.len() as u64);
        self.number(length.map(u64::cast_signed)).bytes(text.unwrap_or_default().as_bytes())
    }

    pub(super) fn id(self, id: &Id<'_>) -> Self {
        self.bytes(id.bytes())
    }

    pub(super) fn finish(self) -> u32 {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        let digest = "00ff17a90123456789abcdef01234567";
        assert!(matches!(Id::new(digest), Id::Digest(_)));
        for id in
            [digest, &digest.to_uppercase(), digest.trim_end_matches('7'), "x", &"é".repeat(512)]
        {
            assert_eq!(Id::new(id).text(), id);
        }
    }

    #[test]
    fn a_checksum_tells_where_a_value_ends() {
        let sum = |values: [&str; 2]| {
            values.iter().fold(Sum::default(), |sum, value| sum.bytes(value.as_bytes())).finish()
        };
        assert_ne!(sum(["ab", "c"]), sum(["a", "bc"]));
        assert_ne!(Sum::default().number(None).finish(), Sum::default().number(Some(0)).finish());
    }
}
