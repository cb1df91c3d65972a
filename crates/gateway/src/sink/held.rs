//! Which machine holds which place of a document.
//!
//! A machine says of a message at which places it has it, always all of them. The document has the places of all
//! machines, and beside them in `kept.holders` who holds each, in the same order. So machines agree in whatever order
//! they come, to say a thing twice is to say it once, and a place goes away when the last of its holders leaves it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use postern_query::emit::Json;
use postern_query::emit::elasticsearch::{self, Profile};
use postern_query::{Message, Place};
use postern_upstream::cluster::Next;
use serde_json::{Map, Value, json};

use crate::stored;

/// Places and the machines that hold each.
type Holders = BTreeMap<Place, BTreeSet<String>>;

/// What tells of the places of a message; all else is its content.
const OF_PLACES: [&str; 3] = ["places", "kept", "leftOut"];

/// A document on its way.
pub(super) struct Document {
    /// JSON on one line.
    pub(super) text: String,
    /// The same number for the same content, wherever the message lies.
    pub(super) content: u64,
}

/// The document of a message that this machine holds at all of its places.
pub(super) fn document(message: &Message, machine: &str) -> Document {
    let Json::Object(mut members) = elasticsearch::document(message, Profile::OpenSearch) else {
        return Document { text: String::new(), content: 0 };
    };
    let count = message.each_place().iter().collect::<BTreeSet<_>>().len();
    let holders = Json::List(vec![Json::List(vec![machine.into()]); count]);
    let holders = ("holders".to_owned(), holders);
    match members.iter_mut().find(|(name, _)| name == "kept") {
        Some((_, Json::Object(kept))) => kept.push(holders),
        _ => members.push(("kept".to_owned(), Json::Object(vec![holders]))),
    }
    let mut hasher = DefaultHasher::new();
    let each = members.iter().map(|(name, value)| {
        let member = format!("\"{name}\":{value}");
        if !OF_PLACES.contains(&name.as_str()) {
            member.hash(&mut hasher);
        }
        member
    });
    let text = format!("{{{}}}", each.collect::<Vec<_>>().join(","));
    Document { text, content: hasher.finish() }
}

/// What to do with a document that is there, so that this machine holds it at these places and at no others. With
/// `whole`, that document takes its place.
pub(super) fn hold(
    there: &Value,
    machine: &str,
    places: &BTreeSet<Place>,
    whole: Option<&str>,
) -> Next {
    let known = holders(there);
    let mut now = known.clone();
    for machines in now.values_mut() {
        machines.remove(machine);
    }
    for place in places {
        now.entry(place.clone()).or_default().insert(machine.to_owned());
    }
    now.retain(|_, machines| !machines.is_empty());
    let whole = whole.and_then(|text| serde_json::from_str::<Value>(text).ok());
    match whole {
        _ if now.is_empty() => Next::Remove,
        None if now == known => Next::Keep,
        None => Next::Change(Value::Object(members(there, &now)).to_string()),
        Some(mut document) => {
            let members = members(&document, &now);
            put(&mut document, members);
            Next::Exchange(document.to_string())
        }
    }
}

/// Who holds which place of a document. Nobody knows who holds those of one without `holders`, so they stay.
fn holders(document: &Value) -> Holders {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let machines = list(document.pointer("/kept/holders"));
    let mut machines = machines.iter().map(|machines| {
        let names = machines.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect::<BTreeSet<_>>()
    });
    let places = list(document.get("places"));
    let nobody = || BTreeSet::from([String::new()]);
    let each = places.iter().map(|place| {
        let held = machines.next().filter(|held| !held.is_empty()).unwrap_or_else(nobody);
        (stored::place(place), held)
    });
    each.collect()
}

/// The members of a document that tell of its places.
fn members(document: &Value, held: &Holders) -> Map<String, Value> {
    let all: BTreeSet<_> = held.keys().cloned().collect();
    let holders: Vec<_> = held.values().map(|machines| json!(machines)).collect();
    let message = Message { places: all.iter().cloned().collect(), ..Message::default() };
    let own = elasticsearch::document(&message, Profile::OpenSearch).to_string();
    let own: Value = serde_json::from_str(&own).unwrap_or_default();
    let names = |value: &Value| -> Vec<String> {
        let all = value.get("leftOut").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let of_content = names(document).into_iter().filter(|name| !name.starts_with("places."));
    let left_out: BTreeSet<_> = of_content.chain(names(&own)).collect();
    let places = serde_json::from_str(&elasticsearch::places(&all).to_string());
    let mut members = Map::new();
    members.insert("places".to_owned(), places.unwrap_or_default());
    // A document that nothing is left out of has no such member, unless an older list has to go.
    if !left_out.is_empty() || document.get("leftOut").is_some() {
        members.insert("leftOut".to_owned(), json!(left_out));
    }
    members.insert("kept".to_owned(), json!({ "holders": holders }));
    members
}

fn put(document: &mut Value, members: Map<String, Value>) {
    let Some(document) = document.as_object_mut() else { return };
    for (name, value) in members {
        match (document.get_mut(&name).and_then(Value::as_object_mut), value) {
            (Some(there), Value::Object(more)) => there.extend(more),
            (_, value) => {
                document.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &str) -> Place {
        Place { folder: Some(folder.to_owned()), ..Place::NOWHERE }
    }

    fn at(folders: &[&str]) -> BTreeSet<Place> {
        folders.iter().map(|folder| place(folder)).collect()
    }

    fn made(machine: &str, folders: &[&str]) -> Value {
        let places = at(folders).into_iter().collect();
        let message = Message { subject: Some("s".into()), places, ..Message::default() };
        serde_json::from_str(&document(&message, machine).text).unwrap()
    }

    /// What is there after a machine has said where it has it; nothing where it goes away.
    fn after(mut there: Value, machine: &str, folders: &[&str]) -> Option<Value> {
        match hold(&there, machine, &at(folders), None) {
            Next::Keep => Some(there),
            Next::Change(members) => {
                put(&mut there, serde_json::from_str(&members).unwrap());
                Some(there)
            }
            Next::Exchange(whole) => Some(serde_json::from_str(&whole).unwrap()),
            Next::Remove => None,
        }
    }

    fn seen(document: &Value) -> Vec<(String, usize)> {
        let held = holders(document).into_iter();
        held.map(|(place, machines)| (place.folder.unwrap(), machines.len())).collect()
    }

    #[test]
    fn a_place_goes_away_with_the_last_of_its_holders() {
        let there = after(made("m1", &["a", "b"]), "m2", &["b", "c"]).unwrap();
        let folders = |all: &[(&str, usize)]| {
            all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>()
        };
        assert_eq!(seen(&there), folders(&[("a", 1), ("b", 2), ("c", 1)]));
        let there = after(there, "m1", &["d"]).unwrap();
        assert_eq!(seen(&there), folders(&[("b", 1), ("c", 1), ("d", 1)]));
        let there = after(there, "m2", &[]).unwrap();
        assert_eq!(seen(&there), folders(&[("d", 1)]));
        assert_eq!(there["subject"], "s");
        assert_eq!(after(there, "m1", &[]), None);
    }

    /// Removing a place used to leave an empty list of what is left out behind.
    #[test]
    fn a_document_is_as_it_was_when_another_machine_has_left() {
        let before = made("m1", &["a"]);
        let both = after(before.clone(), "m2", &["a", "b"]).unwrap();
        assert_ne!(both, before);
        assert_eq!(after(both, "m2", &[]), Some(before));
    }

    /// Machines come in any order, and say things twice.
    #[test]
    fn the_document_is_the_same_in_any_order() {
        let said = [("m1", &["a", "b"][..]), ("m2", &["b"]), ("m3", &["c", "a"])];
        let mut results = BTreeSet::new();
        for first in 0..3 {
            for turn in [1, 2] {
                let (machine, folders) = said[first];
                let mut there = made(machine, folders);
                for step in 1..5 {
                    let (machine, folders) = said[(first + step * turn) % 3];
                    there = after(there, machine, folders).unwrap();
                }
                results.insert(there.to_string());
            }
        }
        assert_eq!(results.len(), 1);
    }

    #[test]
    fn another_version_takes_the_place_with_the_places_of_others() {
        let there = after(made("m1", &["a"]), "m2", &["b"]).unwrap();
        let whole = json!({"subject": "new", "kept": {"damage": "x"}}).to_string();
        let Next::Exchange(text) = hold(&there, "m1", &at(&["c"]), Some(&whole)) else { panic!() };
        let now: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&now["subject"], &now["kept"]["damage"]), (&json!("new"), &json!("x")));
        let folders: Vec<_> = seen(&now).into_iter().map(|(folder, _)| folder).collect();
        assert_eq!(folders, ["b", "c"]);
    }

    /// Documents of a former version do not say who holds them.
    #[test]
    fn a_place_that_nobody_is_known_to_hold_stays() {
        let there = json!({"places": [{"folder": "a", "present": true}]});
        let there = after(there, "m1", &["a", "b"]).unwrap();
        let left = after(there, "m1", &[]).unwrap();
        assert_eq!(seen(&left), [("a".to_owned(), 1)]);
    }

    #[test]
    fn the_content_is_told_without_the_places() {
        let message = |folder: &str, subject: &str| Message {
            subject: Some(subject.into()),
            places: vec![place(folder)],
            ..Message::default()
        };
        let content = |message: &Message| document(message, "m").content;
        assert_eq!(content(&message("a", "s")), content(&message("b", "s")));
        assert_ne!(content(&message("a", "s")), content(&message("a", "t")));
    }
}
