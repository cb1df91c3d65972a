//! The modules of a crate, read from its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::scan::{Found, scan};

/// A path of modules or of names, such as `["search", "page"]`.
pub(crate) type Names = Vec<String>;

/// The modules of one crate by their path, without its tests; the root has the empty path.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) modules: BTreeMap<Names, Found>,
}

impl Source {
    /// Reads the files below the `src` folder of a crate.
    pub(crate) fn of_crate(src: &Path) -> Self {
        let mut files = Vec::new();
        collect(src, &mut files);
        assert!(!files.is_empty(), "no Rust files below {}", src.display());
        Self::of_files(files.iter().map(|file| {
            let name = file.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        }))
    }

    /// Reads files that are given as their name below `src` and their text.
    pub(crate) fn of_files(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut source = Self::default();
        for (name, text) in files.into_iter().filter(|(name, _)| !is_test_file(name)) {
            for (path, found) in scan(&name, &module_of(&name), &text) {
                source.modules.insert(path, found);
            }
        }
        source.drop_test_modules();
        source
    }

    /// Drops the files of modules that are declared under `#[cfg(test)]`.
    fn drop_test_modules(&mut self) {
        let tests: Vec<Names> =
            self.modules.values().flat_map(|found| found.tests.clone()).collect();
        self.modules.retain(|path, _| !tests.iter().any(|test| path.starts_with(test)));
    }
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where this crate lies");
    Path::new(&here).join("../..")
}

/// The crates below `crates`, by the names of their folders, with their `src` folders.
pub(crate) fn crates() -> Vec<(String, PathBuf)> {
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    let mut found: Vec<_> = folders
        .map(|folder| (folder.file_name().into_string().unwrap(), folder.path().join("src")))
        .filter(|(_, src)| src.is_dir())
        .collect();
    found.sort();
    assert!(found.len() > 5, "the crates are looked for in the wrong place: {found:?}");
    found
}

/// The same, and the wheel, which is a workspace of its own.
pub(crate) fn crates_and_wheel() -> Vec<(String, PathBuf)> {
    crates().into_iter().chain([("python".to_owned(), root().join("python/src"))]).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, files);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
}

fn is_test_file(name: &str) -> bool {
    name.split('/').any(|part| part == "tests" || part.ends_with("tests.rs"))
}

/// `search/page/top.rs` is the module `search::page::top`; `mod.rs`, `lib.rs` and `main.rs` are their folder.
fn module_of(name: &str) -> Names {
    let mut path: Names = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let file = path.last().unwrap();
    if file == "mod" || path.len() == 1 && (file == "lib" || file == "main") {
        path.pop();
    }
    path
}
