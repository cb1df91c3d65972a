//! No loop of imports between the folders of a crate.
//!
//! What lies directly below `src` has no loop at all: a file `x.rs` counts with the folder `x`. In a folder, files
//! may need each other, as long as no two folders do.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Names, Source, crates_and_wheel, root};

/// Imports that may close a loop: crate, folder, from, to, and why.
type Excuse = [&'static str; 5];

#[rustfmt::skip]
const EXCUSES: &[Excuse] = &[
    ["mail", "", "contents", "parse", "an attachment may be a message, whose text is read"],
    ["mail", "", "outlook", "parse", "a message of Outlook may have one of MIME in it"],
    ["mail", "", "outlook", "contents", "a message of Outlook has attachments, which may be messages of Outlook"],
];

/// From one room to another, and which file takes what.
type Imports = BTreeMap<(String, String), BTreeSet<String>>;

#[test]
fn no_folder_imports_what_imports_it() {
    let mut loops = Vec::new();
    for (name, src) in crates_and_wheel() {
        let source = Source::of_crate(&src);
        for floor in floors(&source) {
            let mut plan = Plan::of(&source, &floor);
            plan.imports.retain(|edge, _| !is_excused(&name, &floor, edge));
            loops.extend(plan.tell().map(|told| format!("{name}/{}\n{told}", floor.join("/"))));
        }
    }
    let advice = "imports run in a loop; move what both need below them";
    assert!(loops.is_empty(), "{advice}\n{}", loops.join("\n"));
}

#[test]
fn every_excuse_is_still_needed() {
    for [name, floor, from, to, _] in EXCUSES {
        let source = Source::of_crate(&root().join("crates").join(name).join("src"));
        let floor = floor.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let looped = Plan::of(&source, &floor).looped();
        let needed = looped.contains(&((*from).to_owned(), (*to).to_owned()));
        assert!(needed, "{name}: {from} → {to} closes no loop any more: remove its excuse");
    }
}

fn is_excused(name: &str, floor: &Names, (from, to): &(String, String)) -> bool {
    EXCUSES.iter().any(|excuse| excuse[..4] == [name, &floor.join("/"), from, to])
}

/// The folders whose content is compared: `src`, and every folder that has folders.
fn floors(source: &Source) -> BTreeSet<Names> {
    let folders: BTreeSet<Names> = source.modules.keys().filter_map(|path| parent(path)).collect();
    let mut floors: BTreeSet<Names> = folders.iter().filter_map(|path| parent(path)).collect();
    floors.insert(Names::new());
    floors
}

fn parent(path: &[String]) -> Option<Names> {
    path.split_last().map(|(_, parent)| parent.to_vec())
}

/// The rooms of a folder, and who imports whom.
struct Plan {
    imports: Imports,
    folders: BTreeSet<String>,
    is_root: bool,
}

impl Plan {
    fn of(source: &Source, floor: &Names) -> Self {
        let inner = source.modules.keys().filter(|path| path.len() > floor.len() + 1);
        let folders = inner.filter_map(|path| room(floor, path)).collect();
        Self { imports: imports(source, floor), folders, is_root: floor.is_empty() }
    }

    /// The imports that lie on a loop, and in a folder on one between two folders.
    fn looped(&self) -> BTreeSet<(String, String)> {
        let edges = self.imports.keys().filter(|(from, to)| {
            let around = self.around(from);
            around.contains(to) && (self.is_root || around.intersection(&self.folders).count() > 1)
        });
        edges.cloned().collect()
    }

    /// What a room leads to that leads back to it.
    fn around(&self, room: &str) -> BTreeSet<String> {
        self.reached(room).into_iter().filter(|other| self.reached(other).contains(room)).collect()
    }

    fn reached(&self, start: &str) -> BTreeSet<String> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(room) = open.pop() {
            let next = self.imports.keys().filter(|(from, _)| from == room);
            open.extend(next.filter(|(_, to)| seen.insert(to.clone())).map(|(_, to)| to.as_str()));
        }
        seen
    }

    fn tell(&self) -> Option<String> {
        let looped = self.looped();
        let lines = looped.iter().map(|edge| {
            let files: Vec<_> =
                self.imports[edge].iter().map(|told| format!("    {told}")).collect();
            format!("  {} → {}\n{}", edge.0, edge.1, files.join("\n"))
        });
        (!looped.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
    }
}

fn imports(source: &Source, floor: &Names) -> Imports {
    let mut imports = Imports::new();
    for (module, found) in &source.modules {
        let Some(from) = room(floor, module) else { continue };
        for path in &found.paths {
            let target = source.resolve(module, path).and_then(|target| room(floor, &target));
            if let Some(to) = target.filter(|to| *to != from) {
                let told = format!("{} takes {}", found.file, path.join("::"));
                imports.entry((from.clone(), to)).or_default().insert(told);
            }
        }
    }
    imports
}

/// Where a module lies in a folder; the face of the folder (`lib.rs`, `mod.rs`) lies in no room of it.
fn room(floor: &Names, module: &[String]) -> Option<String> {
    module.strip_prefix(floor.as_slice())?.first().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loops of a made-up crate, as they are told.
    fn told(files: &[(&str, &str)]) -> String {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let source = Source::of_files(files);
        floors(&source).iter().filter_map(|floor| Plan::of(&source, floor).tell()).collect()
    }

    #[track_caller]
    fn is_loop(files: &[(&str, &str)], parts: &[&str]) {
        let told = told(files);
        assert!(parts.iter().all(|part| told.contains(part)) && !told.is_empty(), "{told:?}");
    }

    #[track_caller]
    fn is_none(files: &[(&str, &str)]) {
        assert_eq!(told(files), "");
    }

    #[test]
    fn a_loop_is_told_file_by_file() {
        is_loop(
            &[("a.rs", "mod x;"), ("a/x.rs", "use crate::b::Y;"), ("b.rs", "use crate::a::x;")],
            &["a → b\n    a/x.rs takes crate::b::Y", "b → a\n    b.rs takes crate::a::x"],
        );
    }

    #[test]
    fn a_loop_over_three_is_found() {
        is_loop(
            &[("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;")],
            &["a → b", "b → c", "c → a"],
        );
    }

    #[test]
    fn every_way_to_write_an_import_counts() {
        for import in [
            "use crate::b::Y;",
            "use crate::{b::Y};",
            "use super::b::Y as Z;",
            "use crate::b::*;",
            "use crate::b;",
            "use crate::{self, b::{self, Y}};",
            "pub(crate) use crate::b::Y;",
            "fn f() -> crate::b::Y { todo!() }",
            "fn f() { g(vec![super::b::Y]) }",
            "mod inner { use super::super::b::Y; }",
            "use crate::Y;",
            "use crate::Other;",
        ] {
            let lib = "mod a; mod b; pub use b::Y; pub use crate::b::Y as Other;";
            let files =
                [("lib.rs", lib), ("a.rs", import), ("b.rs", "use crate::a::f; pub struct Y;")];
            is_loop(&files, &["a → b", "b → a"]);
        }
    }

    #[test]
    fn what_is_handed_on_by_a_glob_is_followed() {
        let lib = "mod a; mod b; pub use b::*;";
        let b = "use crate::a::f; pub struct Y;";
        is_loop(&[("lib.rs", lib), ("a.rs", "use crate::Y;"), ("b.rs", b)], &["a → b", "b → a"]);
    }

    #[test]
    fn folders_in_a_folder_are_compared() {
        is_loop(
            &[
                ("s/mod.rs", "mod p; mod q;"),
                ("s/p/mod.rs", "mod x;"),
                ("s/p/x.rs", "use crate::s::q::y;"),
                ("s/q/mod.rs", "mod y;"),
                ("s/q/y.rs", "use super::super::p::x;"),
            ],
            &["p → q\n    s/p/x.rs takes", "q → p\n    s/q/y.rs takes super::super::p::x"],
        );
    }

    #[test]
    fn files_in_a_folder_may_need_each_other() {
        let files =
            [("s/mod.rs", ""), ("s/p.rs", "use super::q::y;"), ("s/q.rs", "use super::p::x;")];
        is_none(
            &[files.as_slice(), &[("s/r/mod.rs", "use super::q::y;"), ("s/r/x.rs", "")]].concat(),
        );
        let back = ("s/p.rs", "use super::r::z; use super::t::w;");
        let others = [("s/r/x.rs", ""), ("s/t/mod.rs", "use super::q::y;"), ("s/t/x.rs", "")];
        let r = ("s/r/mod.rs", "use super::q::y;");
        is_loop(&[&[files[0], back, files[2], r], others.as_slice()].concat(), &["p → r", "t → q"]);
    }

    #[test]
    fn one_direction_is_none() {
        is_none(&[
            ("a.rs", "use crate::b::Y;"),
            ("b/mod.rs", "use std::io; mod c;"),
            ("b/c.rs", "use super::Z;"),
        ]);
    }

    #[test]
    fn tests_comments_and_texts_do_not_count() {
        for nothing in [
            "// use crate::a;",
            "/// [`crate::a::X`]\nfn f() {}",
            "const A: &str = \"use crate::a::X;\";",
            "#[cfg(test)] use crate::a::{X, Z};",
            "#[cfg(test)] mod tests { use crate::a::X; }",
            "#[cfg(test)] mod c;",
            "#[test] fn f() { crate::a::x(); }",
            "#[cfg(any(test, feature = \"fake\"))] impl X { fn f() { crate::a::x(); } }",
            "enum E { #[cfg(test)] A(crate::a::X), B }",
        ] {
            let c = "use crate::a::X;";
            is_none(&[
                ("a.rs", "use crate::b::Y;"),
                ("b/mod.rs", nothing),
                ("b/c.rs", if nothing.contains("mod c") { c } else { "" }),
            ]);
            is_none(&[
                ("a.rs", "use crate::b::Y;"),
                ("b/mod.rs", ""),
                ("b/tests.rs", c),
                ("b/more_tests.rs", c),
            ]);
        }
    }

    #[test]
    fn what_follows_tests_counts() {
        for import in [
            "#[cfg(test)] mod tests {} use crate::a::X;",
            "#[cfg(test)] use std::io; use crate::a::X;",
            "#[cfg(test)] const A: [u8; 1] = { [1] }; use crate::a::X;",
            "#[cfg(test)] fn f(a: [u8; 1]) -> u8 { 1 } use crate::a::X;",
            "#[cfg(test)] const fn f() {} use crate::a::X;",
            "#[cfg(not(test))] use crate::a::X;",
            "#[cfg(unix)] use crate::a::X;",
        ] {
            is_loop(&[("a.rs", "use crate::b::Y;"), ("b.rs", import)], &["a → b", "b → a"]);
        }
    }
}
