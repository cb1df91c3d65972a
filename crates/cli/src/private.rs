//! What Postern writes is for its owner alone, and so are files with keys.

use std::path::{Path, PathBuf};

use crate::args::Common;
use crate::{output, terminal};

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;

/// Something that other users of this machine can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// The file or folder.
    pub(crate) path: PathBuf,
    /// Why it stays so, where that was tried to change.
    pub(crate) reason: String,
    /// The command that closes it.
    pub(crate) command: String,
}

/// From now on nobody else can read what this process makes.
pub(crate) fn make_private() {
    system::make_private();
}

/// Closes a data folder to others, and warns of what is not ours to close. Everything below is looked
/// at only where the top was open: behind a closed folder nobody gets at anything.
pub(crate) fn close(common: &Common, data: &Path) {
    if let Some(owner) = system::owner_beside_root(data).filter(|_| !common.quiet) {
        output::note(terminal::safe(&format!(
            "this is root, and `{}` belongs to user {owner}, who cannot read what root makes there; run it as \
             that user: `sudo -u '#{owner}' postern …`",
            data.display()
        )));
    }
    warn(common, &system::close(data, false));
}

/// Closes a data folder to others, down to the last file, and says what is still open.
pub(crate) fn close_all(data: &Path) -> Vec<Open> {
    system::close(data, true)
}

/// Closes a data folder to others as [`close`] does, and says what is still open.
pub(crate) fn still_open(data: &Path) -> Vec<Open> {
    system::close(data, false)
}

/// A file with keys that everyone can read.
pub(crate) fn open_secret(file: &Path) -> Option<Open> {
    system::open_secret(file)
}

/// Warns of a file with keys that everyone can read.
pub(crate) fn warn_of_secret(common: &Common, file: &Path) {
    warn(common, system::open_secret(file).as_slice());
}

fn warn(common: &Common, all: &[Open]) {
    for open in all.iter().filter(|_| !common.quiet) {
        output::note(terminal::safe(&open.to_string()));
    }
}

impl std::fmt::Display for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, reason, command } = self;
        write!(
            f,
            "other users of this machine can read `{}`{reason}; type: {command}",
            path.display()
        )
    }
}
