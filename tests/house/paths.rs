//! From a path as it is written to the module that holds what it names.

use std::collections::BTreeSet;

use crate::source::{Names, Source};

impl Source {
    /// The module of this crate that defines what `path` names when it is written in `from`; nothing when
    /// it belongs to another crate. What is handed on by `use` is followed to where it is defined.
    pub(crate) fn resolve(&self, from: &Names, path: &[String]) -> Option<Names> {
        self.follow(from, path, &mut BTreeSet::new())
    }

    fn follow(&self, from: &Names, path: &[String], seen: &mut Seen) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(Names::new(), rest, seen),
            "self" => self.walk(from.clone(), rest, seen),
            "super" => {
                let mut parent = from.clone();
                parent.pop()?;
                self.follow(&parent, &with_self(rest), seen)
            }
            name => self.knows(from, name).then(|| self.walk(from.clone(), path, seen))?,
        }
    }

    /// Whether a module can start a path with this name.
    fn knows(&self, module: &Names, name: &str) -> bool {
        let uses = self.modules.get(module).is_some_and(|found| found.uses.contains_key(name));
        uses || self.modules.contains_key(&below(module, name))
    }

    fn walk(&self, module: Names, path: &[String], seen: &mut Seen) -> Option<Names> {
        let Some((name, rest)) = path.split_first() else { return Some(module) };
        let child = below(&module, name);
        if self.modules.contains_key(&child) {
            return self.walk(child, rest, seen);
        }
        let found = self.modules.get(&module)?;
        if let Some(target) = found.uses.get(name) {
            if !seen.insert((module.clone(), name.clone())) {
                return Some(module);
            }
            let whole: Names = target.iter().chain(rest).cloned().collect();
            return self.follow(&module, &whole, seen);
        }
        if found.items.contains(name) {
            return Some(module);
        }
        Some(self.in_globs(&module, name, seen).unwrap_or(module))
    }

    fn in_globs(&self, module: &Names, name: &str, seen: &mut Seen) -> Option<Names> {
        let globs = &self.modules.get(module)?.globs;
        globs.iter().find_map(|glob| {
            let place = self.follow(module, glob, seen)?;
            let defines = self.modules.get(&place)?.items.contains(name);
            (defines && seen.insert((place.clone(), "*".to_owned()))).then_some(place)
        })
    }
}

/// What was followed already, so that names that hand each other on end.
type Seen = BTreeSet<(Names, String)>;

fn below(module: &Names, name: &str) -> Names {
    let mut child = module.clone();
    child.push(name.to_owned());
    child
}

/// After `super`, more of `super` or names in the parent.
fn with_self(rest: &[String]) -> Names {
    match rest.first().map(String::as_str) {
        Some("super") => rest.to_vec(),
        Some(_) | None => std::iter::once("self".to_owned()).chain(rest.iter().cloned()).collect(),
    }
}
