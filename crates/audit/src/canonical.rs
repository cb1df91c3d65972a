//! One text for each JSON value: keys in order, no space, as the JSON Canonicalization Scheme
//! ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)) writes it. Numbers are whole.

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
    let mut out = String::new();
    write_object(object, &mut out);
    out
}

fn write_object(object: &Map<String, Value>, out: &mut String) {
    let mut members: Vec<_> = object.iter().collect();
    // RFC 8785, section 3.2.3: by the units of UTF-16.
    members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    out.push('{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(object) => write_object(object, out),
        Value::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(value, out);
            }
            out.push(']');
        }
        Value::String(text) => write_text(text, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// Quotes and escapes as RFC 8785 wants them, which is also what the library writes.
fn write_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
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
