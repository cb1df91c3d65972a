//! Links between the pages of the repository.

use std::fs;
use std::path::PathBuf;

use walkdir::WalkDir;

use crate::support::root;

/// Every link from one page to another leads to a file and, with `#`, to a heading in it.
#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.contains([' ', '`'])) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let found = match fs::read_to_string(&target) {
                Ok(text) => has_heading(&text, heading),
                Err(_) => target.exists() && heading.is_empty(),
            };
            if !found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The pages of the repository.
fn pages() -> Vec<PathBuf> {
    let entries = WalkDir::new(root()).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_str().unwrap();
        entry.depth() == 0 || (name != "target" && !name.starts_with('.'))
    });
    let files = entries.map(|entry| entry.unwrap().into_path());
    files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

fn has_heading(text: &str, heading: &str) -> bool {
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let mut anchors = titles.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.chars().filter(|char| char.is_alphanumeric() || "-_".contains(*char)).collect()
    });
    heading.is_empty() || anchors.any(|anchor: String| anchor == heading)
}
