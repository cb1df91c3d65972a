//! Whether a second index fits on the disk.

use std::path::Path;
use std::{fs, io};

use crate::Error;

/// The new index, and once more while its parts are merged.
const TIMES: u64 = 2;

/// Refuses where the disk would get full: what writes besides, such as the audit log, would stop.
///
/// # Errors
///
/// When there is too little room, or nobody can say.
pub(super) fn check(engine: &Path) -> Result<(), Error> {
    let mut used = 0;
    for file in fs::read_dir(engine)? {
        used += file?.metadata()?.len();
    }
    Ok(enough(used, free(engine)?)?)
}

#[cfg(unix)]
fn free(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}

fn enough(used: u64, free: u64) -> io::Result<()> {
    let needed = used.saturating_mul(TIMES);
    let why = format!("an upgrade of the index needs {needed} free bytes, and there are {free}");
    if free > needed { Ok(()) } else { Err(io::Error::new(io::ErrorKind::StorageFull, why)) }
}

#[cfg(test)]
mod tests {
    use super::enough;

    #[test]
    fn an_upgrade_needs_twice_the_space_of_the_index() {
        for (used, free, fits) in
            [(100, 201, true), (100, 200, false), (100, 0, false), (u64::MAX, u64::MAX, false)]
        {
            assert_eq!(enough(used, free).is_ok(), fits, "{used} used, {free} free");
        }
        let why = enough(100, 20).map_err(|error| error.to_string());
        let said = "an upgrade of the index needs 200 free bytes, and there are 20";
        assert_eq!(why, Err(said.to_owned()));
    }
}
