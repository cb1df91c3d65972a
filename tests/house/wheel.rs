//! The wheel is a workspace of its own, and is held to the same: its lints, and the versions of what both use.

use std::collections::BTreeMap;
use std::fs;

use toml::{Table, Value};

use crate::source::root;

fn table(file: &str) -> Table {
    fs::read_to_string(root().join(file)).unwrap().parse().unwrap()
}

#[test]
fn the_lints_of_the_wheel_are_those_of_the_rest() {
    assert_eq!(table("python/Cargo.toml")["lints"], table("Cargo.toml")["workspace"]["lints"]);
}

/// Otherwise a query might mean something else in Python.
#[test]
fn both_locks_have_the_same_versions() {
    let (ours, of_wheel) = (versions("Cargo.lock"), versions("python/Cargo.lock"));
    assert!(of_wheel.contains_key("postern-query"), "the lock of the wheel is read");
    let other = of_wheel.iter().filter_map(|(name, version)| {
        let known = ours.get(name)?;
        let is_known = version.iter().all(|one| known.contains(one));
        (!is_known).then(|| format!("{name} {version:?}, elsewhere {known:?}"))
    });
    let other: Vec<_> = other.collect();
    assert!(other.is_empty(), "run `cargo update` in python/ for\n{}", other.join("\n"));
}

fn versions(lock: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in table(lock)["package"].as_array().unwrap() {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap().to_owned();
        found.entry(text("name")).or_default().push(text("version"));
    }
    found
}
