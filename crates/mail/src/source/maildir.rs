//! Maildirs: folders with `cur`, `new` and `tmp`, flags in file names, sub-folders with a dot.

use std::path::{Path, PathBuf};

/// The part of a Maildir that a file lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Messages that a mail program has seen.
    Cur,
    /// Messages that were delivered.
    New,
    /// Messages that are still being delivered.
    Tmp,
}

/// Whether the folder holds messages in `cur` and `new`.
pub(super) fn is_maildir(folder: &Path) -> bool {
    folder.join("cur").is_dir() && folder.join("new").is_dir()
}

/// Remembers of the last folder whether it is a Maildir: its files are met one after the other, and
/// asking for each would cost more than finding it.
#[derive(Debug, Default)]
pub(super) struct Maildirs(Option<(PathBuf, bool)>);

impl Maildirs {
    /// The part of a Maildir that a file on disk lies in.
    pub(super) fn part(&mut self, file: &Path) -> Option<Part> {
        let part = named_part(file)?;
        let folder = file.parent()?.parent()?;
        self.has(folder).then_some(part)
    }

    fn has(&mut self, folder: &Path) -> bool {
        if let Some((_, known)) = self.0.as_ref().filter(|(last, _)| last == folder) {
            return *known;
        }
        let is_one = is_maildir(folder);
        self.0 = Some((folder.to_path_buf(), is_one));
        is_one
    }
}

/// The part of a Maildir that an entry of an archive seems to lie in. Nobody knows which other
/// entries are still to come, so the names must do: those of delivered messages begin with the time.
pub(super) fn archived_part(entry: &Path) -> Option<Part> {
    let is_delivered = name(entry).starts_with(|first: char| first.is_ascii_digit());
    named_part(entry).filter(|part| is_delivered && *part != Part::Tmp)
}

fn named_part(file: &Path) -> Option<Part> {
    match file.parent()?.file_name()?.to_str()? {
        "cur" => Some(Part::Cur),
        "new" => Some(Part::New),
        "tmp" => Some(Part::Tmp),
        _ => None,
    }
}

/// The folders of a message without `cur` and `new`; `.Sub.Deeper` is `Sub`, `Deeper`.
pub(super) fn folders(names: &[String], part: Option<Part>) -> Vec<String> {
    if part.is_none() {
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

/// Whether the name of a message has the flag behind `:2,`.
pub(super) fn has_flag(file: &Path, flag: char) -> bool {
    flags(&name(file)).is_some_and(|flags| flags.contains(flag))
}

/// What programs write for the colon where a file system cannot have one; the last two are what Samba and
/// Cygwin make of it.
const COLONS: [char; 6] = [';', '!', '-', '_', '\u{f022}', '\u{f03a}'];

fn flags(name: &str) -> Option<&str> {
    if let Some((_, flags)) = name.rsplit_once(":2,") {
        return Some(flags);
    }
    let (before, flags) = name.rsplit_once("2,")?;
    let is_all = flags.chars().all(|flag| flag.is_ascii_alphabetic());
    (before.ends_with(COLONS) && is_all).then_some(flags)
}

fn name(file: &Path) -> std::borrow::Cow<'_, str> {
    file.file_name().unwrap_or_default().to_string_lossy()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn parts_flags_and_folders() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["cur", "new", "tmp", ".Lists.rust/cur", ".Lists.rust/new", "plain/new"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let mut maildirs = Maildirs::default();
        let mut part_of = |name: &str| maildirs.part(&root.path().join(name));
        assert_eq!(part_of("cur/1:2,FS"), Some(Part::Cur));
        assert_eq!(part_of("new/1"), Some(Part::New));
        assert_eq!(part_of("tmp/1"), Some(Part::Tmp));
        assert_eq!(part_of("1"), None);
        assert_eq!(part_of("plain/new/1"), None, "there is no cur beside it");
        assert!(has_flag(Path::new("cur/1:2,DFS"), 'D') && !has_flag(Path::new("cur/1:2,S"), 'F'));
        let names = [".Lists.rust".to_owned(), "cur".to_owned()];
        assert_eq!(folders(&names, Some(Part::Cur)), ["Lists", "rust"]);
        assert_eq!(folders(&names, None), names);
    }

    #[test]
    fn flags_behind_what_stands_for_the_colon() {
        for (name, expected) in [
            ("1.M1.host:2,FS", Some("FS")),
            ("1.M1.host;2,S", Some("S")),
            ("1.M1.host!2,", Some("")),
            ("1.M1.host-2,Sab", Some("Sab")),
            ("1.M1.host_2,R", Some("R")),
            ("1.M1.host\u{f022}2,D", Some("D")),
            ("1.M1.host", None),
            ("1.M1.host,2,S", None),
            ("notes-2, Sunday.eml", None),
        ] {
            assert_eq!(flags(name), expected, "{name}");
        }
    }

    #[test]
    fn names_in_archives() {
        for (entry, expected) in [
            ("box/cur/1278.M1.host:2,S", Some(Part::Cur)),
            ("box/new/1278.M1.host", Some(Part::New)),
            ("tmp/1278.M1.host", None),
            ("what/new/offer.eml", None),
        ] {
            assert_eq!(archived_part(Path::new(entry)), expected, "{entry}");
        }
    }
}
