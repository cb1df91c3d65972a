//! What the page for operators says to do was tried.

use std::fs;

use crate::support::root;

/// Every situation names a test that there is.
#[test]
fn each_situation_was_tried() {
    let page = fs::read_to_string(root().join("docs/operate.md")).unwrap();
    let (_, section) = page.split_once("\n## What to do when\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows: Vec<_> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "{} situations", rows.len());
    for row in rows {
        let tried = row.trim_end_matches(" |").rsplit("| ").next().unwrap().trim_matches('`');
        let (file, name) = tried.split_once("::").unwrap_or_else(|| panic!("{row}"));
        let file = if file.contains('/') { file.to_owned() } else { format!("tests/{file}") };
        let text = fs::read_to_string(root().join(&file)).unwrap_or_else(|_| panic!("{row}"));
        assert!(text.contains(&format!("fn {name}(")), "{row}");
    }
}
