//! Lists and their pages, read tolerantly: any casing, numbers for text, unknown keys.

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::Answer;
use crate::answer::{Record, read};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to ask with for the next page; `None` at the end.
    pub marker: Option<String>,
    /// How many entries had nothing to call them by; they are not in `items`.
    pub unreadable: usize,
}

impl<T> Page<T> {
    /// 204 says that there is nothing; every other answer has to hold a list.
    pub(super) fn of_answer(
        answer: &Answer,
        name: &str,
        entry: fn(&Record) -> Option<T>,
    ) -> Option<Self> {
        if answer.status == StatusCode::NO_CONTENT {
            return Some(Self { items: Vec::new(), marker: None, unreadable: 0 });
        }
        Self::read(&answer.body, name, entry)
    }

    /// Reads a list that stands alone, under `name`, or as the only list of an object; `None`
    /// where there is no list.
    fn read(body: &[u8], name: &str, entry: fn(&Record) -> Option<T>) -> Option<Self> {
        let (list, marker) = match read(body)? {
            Value::Array(list) => (list, None),
            value @ Value::Object(_) => enveloped(Record::new(value)?, name)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        let whole = list.len();
        let entries = list.into_iter().filter_map(Record::new);
        let items: Vec<T> = entries.filter_map(|record| entry(&record)).collect();
        Some(Self { unreadable: whole - items.len(), items, marker })
    }
}

/// The list of an envelope and the marker of the next page: missing, null and empty are the same.
fn enveloped(envelope: Record, name: &str) -> Option<(Vec<Value>, Option<String>)> {
    let options = envelope.object("options");
    let marker = options.and_then(|options| options.word("marker"));
    let list = match envelope.get(name) {
        Some(Value::Array(list)) => list.clone(),
        _ => envelope.into_list()?,
    };
    Some((list, marker))
}

/// A timestamp, taken as UTC where it names no zone.
pub(crate) fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse().ok();
    zoned.or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<(&[&str], Option<&str>, usize)>) {
        let page = Page::read(body.as_bytes(), "items", |record| record.word("itemid"));
        let read = page.as_ref().map(|page| {
            let items: Vec<&str> = page.items.iter().map(String::as_str).collect();
            (items, page.marker.as_deref(), page.unreadable)
        });
        let expected = expected.map(|(items, marker, lost)| (items.to_vec(), marker, lost));
        assert_eq!(read, expected, "{body}");
    }

    #[test]
    fn envelopes() {
        check(
            r#"{"Items":[{"ItemId":"a"}],"Options":{"Marker":"m"}}"#,
            Some((&["a"], Some("m"), 0)),
        );
        check(
            r#"{"items":[{"itemId":"a"}],"options":{"marker":"m"}}"#,
            Some((&["a"], Some("m"), 0)),
        );
        check(r#"{"Items":[{"ITEMID":7}],"Options":{"Marker":5}}"#, Some((&["7"], Some("5"), 0)));
        check(r#"{"Options":{},"value":[{"ItemId":"a"}]}"#, Some((&["a"], None, 0)));
        check(r#"[{"ItemId":"a","Unknown":{"x":[1]}}]"#, Some((&["a"], None, 0)));
    }

    #[test]
    fn the_end_of_pages() {
        check(r#"{"Items":[],"Options":{"Marker":""}}"#, Some((&[], None, 0)));
        check(r#"{"Items":[],"Options":{"Marker":null}}"#, Some((&[], None, 0)));
        check(r#"{"Items":[],"Options":{}}"#, Some((&[], None, 0)));
        check(r#"{"Items":[],"Options":null}"#, Some((&[], None, 0)));
        check(r#"{"Items":[]}"#, Some((&[], None, 0)));
        check("[]", Some((&[], None, 0)));
    }

    #[test]
    fn entries_without_an_id_are_counted() {
        check(
            r#"[{"ItemId":"a"},{"Name":"b"},{"ItemId":""},{"ItemId":null},5]"#,
            Some((&["a"], None, 4)),
        );
    }

    #[test]
    fn no_list_is_no_page() {
        for body in
            ["", "{}", "5", "null", "<html>", r#"{"Items":null}"#, r#"{"Items":["#, r#""[]""#]
        {
            check(body, None);
        }
    }
}
