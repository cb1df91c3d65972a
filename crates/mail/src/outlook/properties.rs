//! Properties by their number (MS-OXCDATA, 2.11).

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::parse::charset;

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Unicode text.
    Text(String),
    /// Text in the code page of the item.
    Narrow(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Integers and booleans.
    Number(i64),
    /// 100-nanosecond intervals since 1601.
    Time(i64),
}

/// The properties of an item, a recipient or an attachment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Properties {
    values: BTreeMap<u16, Value>,
    /// Texts of the property that is called categories.
    categories: Vec<Value>,
    /// The code page of narrow text; 0 when it is not known.
    code_page: u16,
}

/// The code page of narrow text of a message.
const MESSAGE_CODE_PAGE: u16 = 0x3ffd;
/// The code page of its HTML.
const INTERNET_CODE_PAGE: u16 = 0x3fde;

/// Seconds from 1601 to 1970.
const EPOCH: i64 = 11_644_473_600;

impl Properties {
    pub(crate) fn insert(&mut self, number: u16, value: Value) {
        self.values.insert(number, value);
    }

    /// Adds one category.
    pub(crate) fn add_category(&mut self, text: Value) {
        self.categories.push(text);
    }

    /// The categories, each whole.
    pub(crate) fn categories(&self) -> Vec<String> {
        self.categories.iter().filter_map(|one| self.decoded(one)).collect()
    }

    pub(crate) const fn set_code_page(&mut self, code_page: u16) {
        self.code_page = code_page;
    }

    /// The code page of narrow text, as the item states it.
    pub(crate) fn code_page(&self) -> u16 {
        let stated = self.number(MESSAGE_CODE_PAGE).and_then(|page| u16::try_from(page).ok());
        stated.unwrap_or(self.code_page)
    }

    /// Text, without NULs; nothing when it is empty.
    pub(crate) fn text(&self, number: u16) -> Option<String> {
        self.decoded(self.values.get(&number)?)
    }

    fn decoded(&self, value: &Value) -> Option<String> {
        let text = match value {
            Value::Text(text) => Cow::Borrowed(text.as_str()),
            Value::Narrow(bytes) => decoded(bytes, self.code_page()),
            Value::Bytes(bytes) => {
                let page =
                    self.number(INTERNET_CODE_PAGE).and_then(|page| u16::try_from(page).ok());
                decoded(bytes, page.unwrap_or_default())
            }
            Value::Number(_) | Value::Time(_) => return None,
        };
        Some(text.replace('\0', "")).filter(|text| !text.is_empty())
    }

    pub(crate) fn bytes(&self, number: u16) -> Option<&[u8]> {
        match self.values.get(&number)? {
            Value::Bytes(bytes) | Value::Narrow(bytes) => Some(bytes),
            Value::Text(_) | Value::Number(_) | Value::Time(_) => None,
        }
    }

    pub(crate) fn number(&self, number: u16) -> Option<i64> {
        match self.values.get(&number)? {
            Value::Number(value) => Some(*value),
            Value::Text(_) | Value::Narrow(_) | Value::Bytes(_) | Value::Time(_) => None,
        }
    }

    /// A time, to the millisecond.
    pub(crate) fn time(&self, number: u16) -> Option<Timestamp> {
        match self.values.get(&number)? {
            Value::Time(ticks) if *ticks > 0 => {
                let milliseconds = ticks.div_euclid(10_000) - EPOCH * 1_000;
                Timestamp::from_millisecond(milliseconds).ok()
            }
            _ => None,
        }
    }

    /// All of it in one text, the same for the same properties.
    pub(crate) fn whole_digest(&self) -> String {
        format!("{:?}", self.values)
    }

    /// Some of it in one text, the same for the same properties.
    pub(crate) fn digest(&self, numbers: &[u16]) -> String {
        let values = numbers.iter().map(|number| (number, self.values.get(number)));
        format!("{:?}", values.collect::<Vec<_>>())
    }
}

fn decoded(bytes: &[u8], code_page: u16) -> Cow<'_, str> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    match charset_name(code_page) {
        Some(name) => charset::declared(bytes, &name),
        None => charset::guessed(bytes),
    }
}

/// The name of a code page of Windows, where mail uses it.
pub(super) fn charset_name(code_page: u16) -> Option<String> {
    Some(match code_page {
        874 | 1250..=1258 => format!("windows-{code_page}"),
        932 => "shift_jis".into(),
        936 => "gbk".into(),
        949 | 51949 => "euc-kr".into(),
        950 => "big5".into(),
        10000 => "macintosh".into(),
        20127 => "us-ascii".into(),
        20866 => "koi8-r".into(),
        20932 | 51932 => "euc-jp".into(),
        21866 => "koi8-u".into(),
        28591..=28605 => format!("iso-8859-{}", code_page - 28590),
        50220..=50222 => "iso-2022-jp".into(),
        54936 => "gb18030".into(),
        65001 => "utf-8".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_code_pages() {
        let mut properties = Properties::default();
        properties.insert(1, Value::Time(116_444_736_000_000_000 + 15_000_000));
        assert_eq!(properties.time(1).unwrap().to_string(), "1970-01-01T00:00:01.5Z");
        properties.insert(2, Value::Narrow(b"\xcf\xf0\0".to_vec()));
        properties.set_code_page(1251);
        assert_eq!(properties.text(2).as_deref(), Some("Пр"));
        properties.insert(3, Value::Time(i64::MIN));
        properties.insert(4, Value::Time(i64::MAX));
        assert_eq!((properties.time(3), properties.time(4)), (None, None));
    }
}
