//! One text for each JSON value: keys in order, no space, as the JSON Canonicalization Scheme
//! ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)) writes it. Numbers are whole.

use serde::Serialize;
use serde_json::{Map, Value};

/// The canonical text of an object.
///
/// ```
/// use postern_audit::canonical;
/// use serde_json::json;
///
/// let object = json!({"b": [1, true, null], "a": {"d": "é\n", "c": -1}});
/// let text = canonical(object.as_object().unwrap());
/// assert_eq!(text, r#"{"a":{"c":-1,"d":"é\n"},"b":[1,true,null]}"#);
/// ```
#[must_use]
pub fn canonical(object: &Map<String, Value>) -> String {
    canonical_around(members_of(object), "").0
}

/// The canonical text of an object of these members, and where one of that name would begin, which it does not have.
/// Its comma is the one before, if there is any member of a smaller name.
pub(crate) fn canonical_around(members: Vec<(&str, &Value)>, name: &str) -> (String, usize) {
    let mut out = Vec::with_capacity(USUAL);
    let place = write_members(members, name, &mut out);
    // What the library writes is text.
    (String::from_utf8(out).unwrap_or_default(), place)
}

/// Bytes that most entries have at most.
const USUAL: usize = 1_024;

fn members_of(object: &Map<String, Value>) -> Vec<(&str, &Value)> {
    object.iter().map(|(name, value)| (name.as_str(), value)).collect()
}

/// Writes an object; where a member of that name would begin.
fn write_members(mut members: Vec<(&str, &Value)>, name: &str, out: &mut Vec<u8>) -> usize {
    // RFC 8785, section 3.2.3: by the units of UTF-16. Those of ASCII are its bytes.
    if members.iter().all(|(member, _)| member.is_ascii()) {
        members.sort_unstable_by_key(|(member, _)| *member);
    } else {
        members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    }
    let mut place = None;
    out.push(b'{');
    for (at, (member, value)) in members.into_iter().enumerate() {
        if place.is_none() && name.encode_utf16().lt(member.encode_utf16()) {
            place = Some(out.len());
        }
        if at > 0 {
            out.push(b',');
        }
        write_plain(member, out);
        out.push(b':');
        write_value(value, out);
    }
    let place = place.unwrap_or(out.len());
    out.push(b'}');
    place
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(object) => {
            write_members(members_of(object), "", out);
        }
        Value::Array(values) => {
            out.push(b'[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(value, out);
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            write_plain(value, out);
        }
    }
}

/// Quotes and escapes as RFC 8785 wants them, which is also what the library writes.
fn write_plain(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Neither writing to memory nor a text or number can fail.
    drop(serde_json::to_writer(out, value));
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::canonical;

    #[track_caller]
    fn check(value: &Value, expected: &str) {
        assert_eq!(canonical(value.as_object().unwrap_or(&Map::new())), expected);
    }

    #[test]
    fn as_rfc_8785_writes_it() {
        // Section 3.2.3, with its order of keys.
        check(
            &json!({"\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
                    "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
                    "\u{f6}": "Latin Small Letter O With Diaeresis"}),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
             \"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\
             \"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}",
        );
        // Section 3.2.2.2: which characters are escaped, and how.
        check(
            &json!({"a": "\u{8}\t\n\u{c}\r\"\\\u{f}\u{7f}/\u{2028}"}),
            "{\"a\":\"\\b\\t\\n\\f\\r\\\"\\\\\\u000f\u{7f}/\u{2028}\"}",
        );
        check(&json!({}), "{}");
    }
}
