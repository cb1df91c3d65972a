//! Whose the files of a data folder are.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use postern_gateway::doctor::{About, Finding};
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::process::geteuid;
use walkdir::WalkDir;

/// Files and folders that are looked at.
const MOST: usize = 100_000;
/// How deep a foreign file is looked for: whoever makes one makes one near the top.
const DEEPEST: usize = 3;

/// What is wrong with who owns a data folder and what lies in it. A folder that is not there yet is no fault.
pub(super) fn look(data: &Path) -> Vec<Finding> {
    let Ok(found) = fs::metadata(data) else { return Vec::new() };
    let (owner, own) = (found.uid(), geteuid().as_raw());
    let mut all = Vec::from_iter(foreign(data, owner));
    if accessat(CWD, data, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() {
        let what = format!("`{}` is not writable for this user (uid {own})", data.display());
        all.push(Finding::fault(About::Permissions, what, run_as(owner)));
    } else if owner != own {
        let what = format!(
            "this is user {own}, and `{}` belongs to user {owner}: what one makes the other may be unable to read",
            data.display()
        );
        all.push(Finding::advice(About::Permissions, what, run_as(owner)));
    }
    all
}

fn run_as(owner: u32) -> String {
    format!("run Postern as the owner: `sudo -u '#{owner}' postern …`")
}

/// Files that somebody else made there, such as an administrator with `sudo postern`.
fn foreign(data: &Path, owner: u32) -> Option<Finding> {
    let below = WalkDir::new(data).min_depth(1).max_depth(DEEPEST).into_iter().take(MOST).flatten();
    let mut foreign = below.filter_map(|entry| {
        let uid = entry.metadata().ok()?.uid();
        (uid != owner).then(|| (entry.into_path(), uid))
    });
    let (first, uid) = foreign.next()?;
    let (count, folder) = (foreign.count() + 1, data.display());
    let what = format!(
        "{count} files in `{folder}` belong to another user than the folder, such as `{}` to user {uid}",
        first.display()
    );
    let quoted = format!("'{}'", folder.to_string().replace('\'', r"'\''"));
    let remedy = format!("`sudo chown --recursive --no-dereference --reference {quoted} {quoted}`");
    Some(Finding::fault(About::Permissions, what, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_another_user_are_told_with_the_command_that_gives_them_back() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("audit")).unwrap();
        fs::write(folder.path().join("audit/000001.jsonl"), "").unwrap();
        let own = fs::metadata(folder.path()).unwrap().uid();
        assert_eq!(foreign(folder.path(), own), None);
        let found = foreign(folder.path(), own + 1).unwrap();
        let data = folder.path().display();
        assert!(found.what.starts_with(&format!("2 files in `{data}`")), "{}", found.what);
        let command = format!("--reference '{data}' '{data}'`");
        assert!(found.remedy.ends_with(&command), "{}", found.remedy);
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_fault() {
        assert_eq!(look("/no/such/folder".as_ref()), []);
    }
}
