//! Cargo's graph is the layering: which crate may use which, and which libraries must not be below a crate,
//! not even through another one.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, slice};

use toml::{Table, Value};

use crate::source::{crates, root};

/// What a crate may use of ours, and what must never be below it.
struct Layer {
    name: &'static str,
    uses: &'static [&'static str],
    never: &'static [&'static str],
}

#[rustfmt::skip]
const LAYERS: &[Layer] = &[
    Layer { name: "query", uses: &[],
            never: &["axum", "hyper", "reqwest", "tokio", "redb", "rusqlite", "tantivy", "mail-parser"] },
    Layer { name: "document", uses: &["query"],
            never: &["axum", "hyper", "reqwest", "tokio", "redb", "rusqlite", "tantivy", "mail-parser"] },
    Layer { name: "pst", uses: &[],
            never: &["axum", "hyper", "reqwest", "tokio", "redb", "rusqlite", "tantivy", "mail-parser", "encoding_rs"] },
    Layer { name: "mail", uses: &["query", "document", "pst"],
            never: &["axum", "hyper", "reqwest", "tokio", "redb", "rusqlite", "tantivy"] },
    Layer { name: "local-index", uses: &["query"],
            never: &["axum", "hyper", "reqwest", "tokio", "postern-mail", "calamine", "cfb", "html5ever", "mail-parser",
                     "postern-pst", "pdf-extract", "tar", "zip"] },
    Layer { name: "archive", uses: &["query", "mail", "local-index"],
            never: &["axum", "hyper", "reqwest"] },
    Layer { name: "upstream", uses: &["query", "document"],
            never: &["axum", "redb", "rusqlite", "tantivy", "mail-parser"] },
    Layer { name: "sync", uses: &["query", "mail", "archive", "upstream"],
            never: &["axum"] },
    Layer { name: "actions", uses: &["query", "archive", "upstream"],
            never: &["axum"] },
    Layer { name: "audit", uses: &[],
            never: &["axum", "hyper", "reqwest", "tokio", "redb", "rusqlite", "tantivy", "mail-parser"] },
    Layer { name: "mcp", uses: &["query"],
            never: &["reqwest", "redb", "rusqlite", "tantivy", "mail-parser"] },
    Layer { name: "gateway", uses: &["query", "document", "audit", "mail", "local-index", "archive", "upstream", "sync", "actions", "mcp"],
            never: &[] },
    Layer { name: "cli", uses: &["query", "audit", "mail", "local-index", "archive", "upstream", "sync", "actions", "mcp", "gateway"],
            never: &[] },
];

#[test]
fn cargos_graph_is_the_layering() {
    let mut graph = Graph::locked(&read("Cargo.lock"));
    let names: Vec<_> = crates().into_iter().map(|(name, _)| name).collect();
    for name in &names {
        graph.put(name, &read(&format!("crates/{name}/Cargo.toml")));
    }
    let faults: Vec<_> = names.iter().flat_map(|name| graph.faults(name)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The protocol of assistants changes fast: what it is made of stands in one crate.
#[test]
fn only_mcp_names_its_library() {
    let manifests = crates().into_iter().map(|(name, _)| name);
    let named = manifests
        .filter(|name| direct(&read(&format!("crates/{name}/Cargo.toml"))).contains("rmcp"));
    assert_eq!(named.collect::<Vec<_>>(), ["mcp"]);
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// What each package uses. Versions of a package are put together: what one of them uses, all use.
#[derive(Default)]
struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    fn locked(text: &str) -> Self {
        let mut graph = Self::default();
        let lock: Table = text.parse().unwrap();
        for package in lock["package"].as_array().unwrap() {
            let uses = package.get("dependencies").and_then(Value::as_array);
            let uses = uses.into_iter().flatten().filter_map(Value::as_str);
            let uses = uses.filter_map(|name| name.split(' ').next()).map(str::to_owned);
            graph.0.entry(package["name"].as_str().unwrap().to_owned()).or_default().extend(uses);
        }
        graph
    }

    /// Says of one of our crates what its manifest says; the lock has what its tests use, too.
    fn put(&mut self, name: &str, manifest: &str) {
        self.0.insert(format!("postern-{name}"), direct(manifest));
    }

    fn faults(&self, name: &str) -> Vec<String> {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            return vec![format!("{name} is no layer yet: say what it may use")];
        };
        let ours =
            self.uses(&format!("postern-{name}")).filter_map(|used| used.strip_prefix("postern-"));
        let wrong = ours.filter(|used| !layer.uses.contains(used));
        let wrong = wrong.map(|used| format!("{name} must not use {used}"));
        let below = layer.never.iter().filter_map(|library| self.way(name, library));
        wrong.chain(below.map(|way| format!("{name} must not have this below it: {way}"))).collect()
    }

    fn uses(&self, package: &str) -> impl Iterator<Item = &String> + use<'_> {
        self.0.get(package).into_iter().flatten()
    }

    /// The way from one of our crates down to a package, if there is one.
    fn way(&self, name: &str, goal: &str) -> Option<String> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![vec![format!("postern-{name}")]]);
        while let Some(way) = open.pop() {
            let last = way.last()?;
            if last == goal {
                return Some(way.join(" → "));
            }
            if seen.insert(last.clone()) {
                open.extend(
                    self.uses(last).map(|next| [way.as_slice(), slice::from_ref(next)].concat()),
                );
            }
        }
        None
    }
}

/// What a crate depends on when it is built, for whatever system; what only its tests use is left out.
fn direct(manifest: &str) -> BTreeSet<String> {
    let manifest: Table = manifest.parse().unwrap();
    let systems = manifest.get("target").and_then(Value::as_table);
    let systems =
        systems.into_iter().flat_map(|systems| systems.values()).filter_map(Value::as_table);
    let kinds = std::iter::once(&manifest)
        .chain(systems)
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)));
    let names = kinds.flatten().filter_map(Value::as_table).flat_map(|table| table.iter());
    names.map(|(name, value)| package(name, value)).collect()
}

/// The package behind a dependency that was given another name.
fn package(name: &str, value: &Value) -> String {
    value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
package = [
    { name = "tantivy", dependencies = ["fst 1.0.0"] },
    { name = "fst" },
    { name = "searcher", dependencies = ["tantivy"] },
    { name = "postern-mail", dependencies = ["reqwest"] },
    { name = "reqwest" },
]
"#;

    #[track_caller]
    fn check(manifests: &[(&str, &str)], name: &str, expected: &[&str]) {
        let mut graph = Graph::locked(LOCK);
        for (name, manifest) in manifests {
            graph.put(name, manifest);
        }
        assert_eq!(graph.faults(name), expected);
    }

    #[test]
    fn what_a_layer_may_not_use_is_told() {
        let up = "[dependencies]\npostern-archive.workspace = true";
        check(&[("mail", up)], "mail", &["mail must not use archive"]);
        let index = "[dependencies]\npostern-mail = { path = \"../mail\" }";
        let told = "local-index must not have this below it: postern-local-index → postern-mail";
        check(
            &[("local-index", index), ("mail", "")],
            "local-index",
            &["local-index must not use mail", told],
        );
        check(&[], "page", &["page is no layer yet: say what it may use"]);
    }

    #[test]
    fn a_library_is_found_however_it_comes() {
        let told = "mail must not have this below it: postern-mail → tantivy";
        check(&[("mail", "[dependencies]\ntantivy = \"1\"")], "mail", &[told]);
        check(&[("mail", "[build-dependencies]\ntantivy = \"1\"")], "mail", &[told]);
        check(&[("mail", "[target.'cfg(unix)'.dependencies]\ntantivy = \"1\"")], "mail", &[told]);
        check(&[("mail", "[dependencies]\nt = { package = \"tantivy\" }")], "mail", &[told]);
        let told = "mail must not have this below it: postern-mail → searcher → tantivy";
        check(&[("mail", "[dependencies]\nsearcher = \"1\"")], "mail", &[told]);
        let told = "mail must not have this below it: postern-mail → postern-query → tantivy";
        let query = ("query", "[dependencies]\ntantivy = \"1\"");
        check(
            &[("mail", "[dependencies]\npostern-query.workspace = true"), query],
            "mail",
            &[told],
        );
    }

    #[test]
    fn what_only_tests_use_is_free() {
        check(
            &[("mail", "[dev-dependencies]\nreqwest = \"1\"\npostern-archive = \"1\"")],
            "mail",
            &[],
        );
    }
}
