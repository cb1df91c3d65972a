//! The answer of `/fields`, read tolerantly: the service's shape is not documented.

use postern_query::datatap::{FieldCapability, IndexFields};
use serde_json::Value;

/// The fields of an answer; `None` where it is not a list of named fields.
///
/// Names may be in any casing and with `is` in front (`filterable`, `IsFilterable`); the list may
/// stand alone or under one key.
///
/// ```
/// let fields = postern_document::index_fields(r#"[{"Name":"subject","IsSearchable":true}]"#);
/// let subject = fields.unwrap().get("subject");
/// assert!(subject.searchable && !subject.filterable);
/// assert!(postern_document::index_fields("<html>").is_none());
/// ```
#[must_use]
pub fn index_fields(json: &str) -> Option<IndexFields> {
    let value: Value = serde_json::from_str(json).ok()?;
    let list = match &value {
        Value::Array(list) => list,
        Value::Object(keys) => keys.values().find_map(Value::as_array)?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let mut fields = Vec::new();
    for field in list {
        read(field, "", &mut fields)?;
    }
    (!fields.is_empty()).then(|| fields.into_iter().collect())
}

fn read(field: &Value, parent: &str, fields: &mut Vec<(String, FieldCapability)>) -> Option<()> {
    let name = get(field, "name")?.as_str()?;
    let path = format!("{parent}{name}");
    if let Some(parts) = get(field, "fields").and_then(Value::as_array) {
        return parts.iter().try_for_each(|part| read(part, &format!("{path}/"), fields));
    }
    let can = |what: &str| get(field, what).and_then(Value::as_bool).unwrap_or_default();
    let (filterable, sortable, searchable) =
        (can("filterable"), can("sortable"), can("searchable"));
    fields.push((path, FieldCapability { filterable, sortable, searchable }));
    Some(())
}

/// The value of a key in any casing, with or without `is` in front.
fn get<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let found = object.as_object()?.iter().find(|(key, _)| {
        let key = key.to_ascii_lowercase();
        key == name || key.strip_prefix("is") == Some(name)
    });
    found.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let nested = r#"{"value":[{"name":"to","fields":[{"name":"address","filterable":true}]},{"name":"id","type":"Edm.String"}]}"#;
        let fields = index_fields(nested).unwrap();
        let address = fields.get("to/address");
        assert!(address.filterable && !address.sortable);
        assert!(fields.contains("id") && !fields.get("id").filterable && !fields.contains("to"));
        for other in ["[]", "{}", "5", "[{\"title\":\"x\"}]", ""] {
            assert_eq!(index_fields(other), None, "{other}");
        }
    }
}
