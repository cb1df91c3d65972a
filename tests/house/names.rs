//! No public type name stands twice in one crate: one word for one thing.

use std::collections::BTreeMap;

use crate::source::{Source, crates_and_wheel};

#[test]
fn no_public_type_name_stands_twice_in_a_crate() {
    let doubled = crates_and_wheel().into_iter().flat_map(|(name, src)| {
        doubled(&Source::of_crate(&src)).into_iter().map(move |told| format!("{name}: {told}"))
    });
    let doubled: Vec<_> = doubled.collect();
    assert!(
        doubled.is_empty(),
        "public types of one name; rename all but one\n{}",
        doubled.join("\n")
    );
}

fn doubled(source: &Source) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in source.modules.values() {
        for name in &found.public {
            places.entry(name).or_default().push(&found.file);
        }
    }
    let doubled = places.into_iter().filter(|(_, files)| files.len() > 1);
    doubled.map(|(name, files)| format!("{name} in {}", files.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        assert_eq!(doubled(&Source::of_files(files)), expected);
    }

    #[test]
    fn a_doubled_name_is_told_with_its_files() {
        check(&[("a.rs", "pub struct X;"), ("b.rs", "pub enum X {}")], &["X in a.rs, b.rs"]);
        check(
            &[("a.rs", "pub trait X {}"), ("b/c.rs", "pub type X = u8;")],
            &["X in a.rs, b/c.rs"],
        );
        check(&[("a.rs", "pub struct X; pub mod b { pub struct X; }")], &["X in a.rs, a.rs"]);
        check(&[("a.rs", "pub struct X;"), ("b.rs", "pub use c::{Y as X};")], &["X in a.rs, b.rs"]);
    }

    #[test]
    fn what_is_not_public_or_not_defined_twice_is_none() {
        check(&[("a.rs", "pub struct X;"), ("b.rs", "pub(crate) struct X;")], &[]);
        check(&[("a.rs", "pub struct X;"), ("b.rs", "struct X; pub fn x() {}")], &[]);
        check(&[("a.rs", "pub struct X;"), ("lib.rs", "pub use a::X;")], &[]);
        check(&[("a.rs", "pub struct X;"), ("b.rs", "#[cfg(test)] pub struct X;")], &[]);
        check(&[("a.rs", "impl T for A { type X = u8; }"), ("b.rs", "pub struct X;")], &[]);
    }
}
