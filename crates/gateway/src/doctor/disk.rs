//! Space on a disk.

use std::path::Path;

use super::{About, Finding};

/// Below this a run that writes ends before it has begun.
const LEAST: u64 = 256 << 20;
/// Below this it is time to look for a larger disk, even where the index is small.
const LITTLE: u64 = 2 << 30;

/// What is wrong with the space for a folder whose index has so many bytes.
pub(super) fn look(data: &Path, index_bytes: u64) -> Option<Finding> {
    judge(free(data)?, index_bytes)
}

fn judge(free: u64, index_bytes: u64) -> Option<Finding> {
    let megabytes = free >> 20;
    let what = format!("the disk of the data folder has {megabytes} MB left");
    if free < LEAST {
        let remedy = "make space: `df --human-readable` and `du --max-depth=1` of the data folder show where it went";
        return Some(Finding::fault(About::Disk, what, remedy));
    }
    if free < LITTLE || free < index_bytes {
        let remedy =
            "make space soon: an index that is made anew needs as much again as the old one has";
        return Some(Finding::advice(About::Disk, what, remedy));
    }
    None
}

/// Bytes that a user without rights may still write there, or where the folder will be made.
#[cfg(unix)]
fn free(data: &Path) -> Option<u64> {
    let found = data.ancestors().find_map(|folder| rustix::fs::statvfs(folder).ok())?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
const fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn little_space_is_told_before_there_is_none() {
        const GB: u64 = 1 << 30;
        for (free, index, severity) in [
            (0, 0, Some(Severity::Fault)),
            (LEAST - 1, 0, Some(Severity::Fault)),
            (LEAST, 0, Some(Severity::Advice)),
            (2 * GB, GB, None),
            (2 * GB, 3 * GB, Some(Severity::Advice)),
            (50 * GB, 3 * GB, None),
        ] {
            let found = judge(free, index).map(|finding| finding.severity);
            assert_eq!(found, severity, "{free} bytes free, {index} bytes of index");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_not_there_yet_lies_on_a_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(&folder.path().join("not/yet")).is_some_and(|bytes| bytes > 0));
    }
}
