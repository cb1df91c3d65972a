//! The answer of `/fields`, read tolerantly: the service's shape is not documented.

use serde_json::Value;

/// A field of the search index and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexField {
    /// Name; sub-fields after a slash.
    pub path: String,
    /// It may stand in a filter.
    pub filterable: bool,
    /// It may stand in an order.
    pub sortable: bool,
    /// Full text looks into it.
    pub searchable: bool,
}

/// The fields of an answer; `None` where it is not a list of named fields.
///
/// Names may be in any casing and with `is` in front (`filterable`, `IsFilterable`); the list may
/// stand alone or under one key.
///
/// ```
/// let fields = postern_upstream::index_fields(r#"[{"Name":"subject","IsSearchable":true}]"#);
/// assert!(fields.is_some_and(|fields| fields[0].searchable && !fields[0].filterable));
/// assert!(postern_upstream::index_fields("<html>").is_none());
/// ```
#[must_use]
pub fn index_fields(json: &str) -> Option<Vec<IndexField>> {
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
    (!fields.is_empty()).then_some(fields)
}

fn read(field: &Value, parent: &str, fields: &mut Vec<IndexField>) -> Option<()> {
    let name = get(field, "name")?.as_str()?;
    let path = format!("{parent}{name}");
    if let Some(parts) = get(field, "fields").and_then(Value::as_array) {
        return parts.iter().try_for_each(|part| read(part, &format!("{path}/"), fields));
    }
    let can = |what: &str| get(field, what).and_then(Value::as_bool).unwrap_or_default();
    let (filterable, sortable, searchable) =
        (can("filterable"), can("sortable"), can("searchable"));
    fields.push(IndexField { path, filterable, sortable, searchable });
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
        let paths: Vec<_> = index_fields(nested)
            .unwrap()
            .into_iter()
            .map(|field| (field.path, field.filterable))
            .collect();
        assert_eq!(paths, [("to/address".to_owned(), true), ("id".to_owned(), false)]);
        for other in ["[]", "{}", "5", "[{\"title\":\"x\"}]", ""] {
            assert_eq!(index_fields(other), None, "{other}");
        }
    }
}
