//! The fields of the local index, in the shape of the upstream's answer to `/fields`.

use postern_query::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, RecipientList, SortField,
    StringField, TextField,
};
use serde_json::{Value, json};

/// Every field that a filter can name, with what may be done with it.
pub(super) fn list() -> Value {
    let strings = StringField::PREMIUM.iter().map(|field| simple(field.path(), "Edm.String", true));
    let flags = FlagField::PREMIUM.iter().map(|field| simple(field.path(), "Edm.Boolean", true));
    let numbers = NumberField::PREMIUM.iter().map(|field| simple(field.path(), "Edm.Int64", true));
    let instants =
        InstantField::PREMIUM.iter().map(|field| simple(field.path(), "Edm.DateTimeOffset", true));
    let recipients = RecipientList::PREMIUM
        .iter()
        .map(|list| complex(list.path(), &[("name", "Edm.String"), ("address", "Edm.String")]));
    let others = [
        simple(TextField::Body.path(), "Edm.String", false),
        simple(CATEGORIES, "Collection(Edm.String)", true),
        complex(
            ATTACHMENTS,
            &[("name", "Edm.String"), ("contentType", "Edm.String"), ("size", "Edm.Int32")],
        ),
    ];
    strings.chain(flags).chain(numbers).chain(instants).chain(recipients).chain(others).collect()
}

fn simple(path: &str, edm: &str, filterable: bool) -> Value {
    field(path, path, edm, filterable)
}

fn complex(path: &str, parts: &[(&str, &str)]) -> Value {
    let parts: Vec<_> =
        parts.iter().map(|(name, edm)| field(&format!("{path}/{name}"), name, edm, true)).collect();
    json!({"name": path, "type": "Collection(Edm.ComplexType)", "fields": parts})
}

fn field(path: &str, name: &str, edm: &str, filterable: bool) -> Value {
    json!({
        "name": name,
        "type": edm,
        "key": path == StringField::Id.path(),
        "searchable": TextField::from_path(path).is_some(),
        "filterable": filterable,
        "sortable": SortField::from_path(path).is_some(),
        "facetable": false,
        "retrievable": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_done() {
        let list = list();
        let find = |name: &str| {
            list.as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone()
        };
        assert_eq!(find("id")["key"], true);
        assert_eq!(
            (&find("body")["filterable"], &find("body")["searchable"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(find("receivedDateTime")["sortable"], true);
        assert_eq!(find("fromName")["sortable"], false);
        assert_eq!(find("toRecipients")["fields"][1]["name"], "address");
    }

    #[test]
    fn fields_that_only_the_local_index_has_are_not_told() {
        let list = list();
        assert!(list.as_array().unwrap().iter().all(|field| field["name"] != "listId"));
    }
}
