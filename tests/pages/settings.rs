//! `docs/settings.md` lists every setting that the configuration takes, with its default.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{root, run, stderr, stdout};

/// Rows by section: the header of the table in the file, the key and its default as they are written.
type Settings = BTreeMap<String, BTreeMap<String, String>>;

/// Settings that `config show` leaves out or that have no default.
const WITHOUT_DEFAULT: [&str; 4] = ["none", "required", "all", "the platform's data folder"];

fn page() -> String {
    fs::read_to_string(root().join("docs/settings.md")).unwrap()
}

/// What the page says.
fn written() -> Settings {
    let mut settings = Settings::new();
    let mut section = None;
    for line in page().lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = match title {
                "At the top" => Some(String::new()),
                title => {
                    title.strip_prefix('`').map(|title| title.trim_end_matches('`').to_owned())
                }
            };
        }
        let mut cells =
            line.split(" | ").map(|cell| cell.trim_start_matches("| ").trim_matches('`'));
        if let (Some(section), Some(key), Some(default), true) =
            (&section, cells.next(), cells.next(), line.starts_with("| `"))
        {
            settings.entry(section.clone()).or_default().insert(key.to_owned(), default.to_owned());
        }
    }
    settings
}

/// What the program says to a configuration.
fn config(action: &str, text: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    fs::write(&file, text).unwrap();
    let output = run(folder.path(), &["--config", file.to_str().unwrap(), "config", action]);
    (stdout(&output), stderr(&output))
}

/// The keys that a table of the file takes: the error about an unknown one lists them.
fn taken(section: &str) -> Vec<String> {
    let above = if section.starts_with("[tenants.") { "[[tenants]]\n" } else { "" };
    let (_, error) = config("check", &format!("{above}{section}\nnonsense = 1\n"));
    let list = error.split("expected one of ").nth(1).or_else(|| error.split("expected ").nth(1));
    let list = list.unwrap_or_else(|| panic!("{section}: {error}")).split(" (line").next().unwrap();
    let names = list.split(['`', ',', ' ']).filter(|name| !name.is_empty() && *name != "or");
    names.map(str::to_owned).collect()
}

#[test]
fn every_setting_has_a_row() {
    let written = written();
    for (section, rows) in &written {
        let within = |other: &&String| {
            *other != section
                && other.trim_matches(['[', ']']).rsplit_once('.').map_or("", |(up, _)| up)
                    == section.trim_matches(['[', ']'])
        };
        let below = written.keys().filter(within);
        let tables =
            below.map(|name| name.trim_matches(['[', ']']).rsplit('.').next().unwrap().to_owned());
        let mut known: Vec<_> = rows.keys().cloned().chain(tables).collect();
        let mut taken = taken(section);
        known.sort();
        taken.sort();
        assert_eq!(known, taken, "{section}");
    }
}

#[test]
fn defaults_are_those_of_the_program() {
    let text = "[premium]\nurl = \"https://datatap.example\"\n\
                [cluster]\nurls = [\"https://search.example:9200\"]\n\
                [webhook]\nurl = \"https://hooks.example\"\n\
                [[tenants]]\nid = \"t\"\ndata = \"d\"\n\
                [tenants.veeam]\nurl = \"https://backup.example:4443\"\nuser = \"u\"\n";
    let (shown, error) = config("show", text);
    let mut section = String::new();
    let mut real = BTreeMap::new();
    for line in shown.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once(" = ") {
            real.insert((section.clone(), key.to_owned()), value.to_owned());
        }
    }
    assert!(real.len() > 20, "{error}");
    for (section, rows) in written() {
        for (key, default) in rows {
            if WITHOUT_DEFAULT.contains(&default.as_str()) {
                continue;
            }
            let real = real.get(&(section.clone(), key.clone())).map(|value| milliseconds(value));
            assert_eq!(real, Some(milliseconds(&default)), "{section} {key}");
        }
    }
}

/// `"5s"` and `"1m"` as `config show` writes them.
fn milliseconds(value: &str) -> String {
    let text = value.trim_matches('"');
    let unit = text.trim_start_matches(|char: char| char.is_ascii_digit());
    let factor = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return value.to_owned(),
    };
    let number: u64 = text[..text.len() - unit.len()].parse().unwrap();
    format!("\"{}ms\"", number * factor)
}

#[test]
fn the_example_is_valid() {
    let page = page();
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let (said, error) = config("check", example);
    assert!(said.contains("the configuration is valid"), "{error}");
}
