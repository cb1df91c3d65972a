//! Modes of files and folders.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::{geteuid, umask};
use walkdir::WalkDir;

use super::Open;

/// What the group and all others may do.
const OTHERS: u32 = 0o077;
/// What those may do who are not even in the group.
const EVERYONE: u32 = 0o007;
/// A folder in which everyone makes files, such as `/tmp`.
const STICKY: u32 = 0o1000;
/// What Postern makes in a data folder.
const OWN: [&str; 11] = [
    "index",
    "upgrade",
    "sync",
    "veeam",
    "audit",
    "reports",
    "held",
    "actions.jsonl",
    "keys.toml",
    "keys.toml.new",
    "keys.lock",
];
/// Databases there. `SQLite` has files with a longer name beside each.
const DATABASES: [&str; 3] = ["saved.sqlite", "sets.sqlite", "cluster.sqlite"];
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// Files and folders that are looked at below each of them.
const MOST: usize = 10_000_000;

/// Whose a data folder is, where root is at work in that of somebody else.
pub(super) fn owner_beside_root(data: &Path) -> Option<u32> {
    let owner = fs::metadata(data).ok()?.uid();
    (geteuid().is_root() && owner != 0).then_some(owner)
}

pub(super) fn make_private() {
    umask(Mode::from_raw_mode(0o077));
}

pub(super) fn close(data: &Path, deep: bool) -> Vec<Open> {
    let mut open = Vec::new();
    if holds_nothing_else(data) {
        let closed = fs::metadata(data).and_then(|found| shut(data, &found));
        open.extend(closed.err().and_then(|why| still_open(data, &why)));
    }
    open.extend(own().filter_map(|name| close_below(&data.join(name), deep)));
    open
}

/// Closes a folder first, so that nobody can change names in it while what lies below is closed.
fn close_below(top: &Path, deep: bool) -> Option<Open> {
    let found = fs::symlink_metadata(top).ok()?;
    // Whoever made a link chose what it leads to: that is told, not changed.
    if found.is_symlink() {
        let is_open = fs::metadata(top).is_ok_and(|target| is_open(&target));
        return is_open.then(|| told(top, ", behind a link"));
    }
    match shut(top, &found) {
        Ok(false) if !deep => return None,
        Ok(_) => {}
        Err(why) => return still_open(top, &why),
    }
    let below = WalkDir::new(top).min_depth(1).into_iter().take(MOST).flatten();
    let below = below.filter(|entry| !entry.path_is_symlink());
    let mut refused = below.filter_map(|entry| shut(entry.path(), &entry.metadata().ok()?).err());
    // One that is left names the whole folder; the others are closed all the same.
    let first = refused.next();
    refused.for_each(drop);
    still_open(top, &first?)
}

/// Takes from others what they may do with a file of ours; whether they could.
fn shut(path: &Path, found: &Metadata) -> io::Result<bool> {
    if !is_open(found) {
        return Ok(false);
    }
    if found.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    fs::set_permissions(path, Permissions::from_mode(found.mode() & 0o7777 & !OTHERS))?;
    // Some file systems take every mode and keep none.
    if is_open(&fs::metadata(path)?) {
        return Err(io::Error::other("its file system keeps no modes"));
    }
    Ok(true)
}

fn is_open(found: &Metadata) -> bool {
    found.mode() & OTHERS != 0
}

/// Whether a folder is for Postern alone. `--data .` in a folder with other things must not close those.
fn holds_nothing_else(data: &Path) -> bool {
    let is_shared = fs::metadata(data).is_ok_and(|found| found.mode() & STICKY != 0);
    let Ok(entries) = fs::read_dir(data) else { return false };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    !is_shared && names.all(|name| own().any(|own| name.as_os_str() == own.as_str()))
}

/// The names of what Postern makes.
fn own() -> impl Iterator<Item = String> {
    let databases = DATABASES.iter().flat_map(|name| BESIDE.map(|end| format!("{name}{end}")));
    OWN.iter().map(|name| (*name).to_owned()).chain(databases)
}

/// What is gone meanwhile is open to nobody.
fn still_open(path: &Path, why: &io::Error) -> Option<Open> {
    (why.kind() != io::ErrorKind::NotFound).then(|| told(path, &format!(" ({why})")))
}

fn told(path: &Path, reason: &str) -> Open {
    // Of a link, what it leads to.
    let end = if path.is_dir() { "/" } else { "" };
    let command = format!("{}chmod -R go-rwx {}{end}", sudo(path), quoted(path));
    Open { path: path.to_owned(), reason: reason.to_owned(), command }
}

pub(super) fn open_secret(file: &Path) -> Option<Open> {
    let found = fs::metadata(file).ok().filter(Metadata::is_file)?;
    let command = format!("{}chmod o-rwx {}", sudo(file), quoted(file));
    let reason = ", which holds a key".to_owned();
    (found.mode() & EVERYONE != 0).then(|| Open { path: file.to_owned(), reason, command })
}

/// Only the owner and the administrator change modes.
fn sudo(path: &Path) -> &'static str {
    let is_ours = fs::metadata(path).is_ok_and(|found| found.uid() == geteuid().as_raw());
    if is_ours { "" } else { "sudo " }
}

/// A path as a shell reads it back.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    fn modes(root: &Path) -> Vec<(String, u32)> {
        let found = WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
        let mode = |entry: walkdir::DirEntry| {
            let name = entry.path().strip_prefix(root).unwrap().display().to_string();
            (name, entry.metadata().unwrap().mode() & 0o7777)
        };
        found.map(mode).collect()
    }

    fn make(root: &Path, files: &[(&str, u32)]) {
        for (name, mode) in files {
            let path: PathBuf = root.join(name);
            match name.ends_with('/') {
                true => fs::create_dir_all(&path).unwrap(),
                false => fs::write(&path, "x").unwrap(),
            }
            fs::set_permissions(&path, Permissions::from_mode(*mode)).unwrap();
        }
    }

    /// What actions and restore sessions leave is ours too.
    #[test]
    fn the_record_of_actions_does_not_keep_a_folder_open() {
        let folder = tempfile::tempdir().unwrap();
        let ours = [("veeam/", 0o755), ("veeam/sessions-1.jsonl", 0o644), ("actions.jsonl", 0o644)];
        make(folder.path(), &ours);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(close(folder.path(), false).is_empty());
        let closed = [
            ("", 0o700),
            ("actions.jsonl", 0o600),
            ("veeam", 0o700),
            ("veeam/sessions-1.jsonl", 0o600),
        ];
        assert_eq!(modes(folder.path()), closed.map(|(name, mode)| (name.to_owned(), mode)));
    }

    /// Saved searches, sets with their held mail and reports tell what somebody looks for.
    #[test]
    fn what_is_kept_beside_the_index_does_not_stay_open() {
        let folder = tempfile::tempdir().unwrap();
        let ours = ["cluster.sqlite", "saved.sqlite", "sets.sqlite", "sets.sqlite-wal"];
        make(folder.path(), &ours.map(|name| (name, 0o644)));
        make(folder.path(), &[("held/", 0o755), ("reports/", 0o755)]);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(close(folder.path(), false).is_empty());
        let open = modes(folder.path()).into_iter().filter(|(_, mode)| mode & 0o077 != 0);
        assert_eq!(open.collect::<Vec<_>>(), []);
    }

    #[test]
    fn what_is_ours_is_closed_once_its_top_is_found_open() {
        for (deep, top, file_after) in
            [(false, 0o755, 0o600), (false, 0o700, 0o644), (true, 0o700, 0o600)]
        {
            let folder = tempfile::tempdir().unwrap();
            make(folder.path(), &[("index/", 0o700), ("index/a", 0o644), ("index/", top)]);
            assert_eq!(close(folder.path(), deep), []);
            let expected = [("", 0o700), ("index", 0o700), ("index/a", file_after)];
            assert_eq!(modes(folder.path()), expected.map(|(name, mode)| (name.to_owned(), mode)));
        }
    }

    #[test]
    fn what_others_put_into_the_folder_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        make(
            folder.path(),
            &[("sync/", 0o755), ("sync/b", 0o666), ("web/", 0o755), ("web/c", 0o644)],
        );
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(close(folder.path(), false), []);
        let expected =
            [("", 0o755), ("sync", 0o700), ("sync/b", 0o600), ("web", 0o755), ("web/c", 0o644)];
        assert_eq!(modes(folder.path()), expected.map(|(name, mode)| (name.to_owned(), mode)));
    }

    #[test]
    fn a_link_is_told_and_what_it_leads_to_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &[("else'where/", 0o755), ("data/", 0o700), ("data/sync/", 0o755)]);
        symlink(folder.path().join("else'where"), folder.path().join("data/index")).unwrap();
        symlink(folder.path().join("else'where"), folder.path().join("data/sync/x")).unwrap();
        let link = folder.path().join("link");
        symlink(folder.path().join("data"), &link).unwrap();
        let open = close(&link, false);
        let [one] = open.as_slice() else { panic!("{open:?}") };
        assert_eq!(one.path, link.join("index"));
        assert_eq!(one.command, format!("chmod -R go-rwx '{}/index'/", link.display()));
        assert_eq!(fs::metadata(folder.path().join("else'where")).unwrap().mode() & 0o777, 0o755);
        assert_eq!(fs::metadata(folder.path().join("data/sync")).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn nothing_there_is_nothing_open() {
        assert_eq!(close("/no/such/folder".as_ref(), true), []);
        assert_eq!(open_secret("/no/such/file".as_ref()), None);
        assert_eq!(open_secret("/dev/null".as_ref()), None);
    }

    #[test]
    fn a_file_with_a_key_is_told_with_the_command_to_type() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, is_told) in [(0o600, false), (0o640, false), (0o644, true)] {
            let file = folder.path().join("it's.key");
            make(folder.path(), &[("it's.key", mode)]);
            let command = format!(r"chmod o-rwx '{}/it'\''s.key'", folder.path().display());
            assert_eq!(open_secret(&file).map(|open| open.command), is_told.then_some(command));
        }
    }
}
