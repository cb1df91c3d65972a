//! Maildirs: folders with `cur`, `new` and `tmp`, flags in file names, sub-folders with a dot.

use std::path::Path;

/// Whether the folder holds messages in `cur` and `new`.
pub(super) fn is_maildir(folder: &Path) -> bool {
    folder.join("cur").is_dir() && folder.join("new").is_dir()
}

/// Whether the file lies in the given part (`cur`, `new`, `tmp`) of a Maildir.
fn lies_in(file: &Path, part: &str) -> bool {
    let Some(parent) = file.parent() else { return false };
    parent.file_name().is_some_and(|name| name == part) && parent.parent().is_some_and(is_maildir)
}

/// A message that is still being delivered.
pub(super) fn is_unfinished(file: &Path) -> bool {
    lies_in(file, "tmp")
}

/// The folders of a file without `cur` and `new`; `.Sub.Deeper` is `Sub`, `Deeper`.
pub(super) fn folders(names: &[String], file: &Path) -> Vec<String> {
    if !lies_in(file, "cur") && !lies_in(file, "new") {
        return names.to_vec();
    }
    let above = names.split_last().map_or(names, |(_, above)| above);
    above
        .iter()
        .flat_map(|name| match name.strip_prefix('.') {
            Some(dotted) => dotted.split('.').map(str::to_owned).collect(),
            None => vec![name.clone()],
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether the message was read: the flag `S` behind `:2,`; nothing for a file outside of a Maildir.
pub(super) fn is_read(file: &Path) -> Option<bool> {
    if lies_in(file, "new") {
        return Some(false);
    }
    lies_in(file, "cur").then(|| has_flag(file, 'S'))
}

/// Whether the name of a message in `cur` has the flag behind `:2,`.
pub(super) fn has_flag(file: &Path, flag: char) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    lies_in(file, "cur") && name.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains(flag))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn flags_and_folders() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["cur", "new", "tmp", ".Lists.rust/cur", ".Lists.rust/new"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let file = |name: &str| root.path().join(name);
        assert_eq!(is_read(&file("cur/1:2,FS")), Some(true));
        assert_eq!(is_read(&file("cur/1:2,F")), Some(false));
        assert_eq!(is_read(&file("new/1")), Some(false));
        assert_eq!(is_read(&file("1")), None);
        assert!(has_flag(&file("cur/1:2,DFS"), 'D') && has_flag(&file("cur/1:2,DFS"), 'F'));
        assert!(!has_flag(&file("cur/1:2,S"), 'F') && !has_flag(&file("new/1:2,F"), 'F'));
        assert!(is_unfinished(&file("tmp/1")) && !is_unfinished(&file("cur/1")));
        let names = [".Lists.rust".to_owned(), "cur".to_owned()];
        assert_eq!(folders(&names, &file(".Lists.rust/cur/1")), ["Lists", "rust"]);
    }
}
