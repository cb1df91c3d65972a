//! Single compressed files: gzip, Zstandard, bzip2 and xz.

use std::io::BufRead;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use super::archive;
use super::read::{Entry, Fault, Reading, has_ending};
use crate::unpack::{Frames, Streams};

/// What a gzip file holds.
pub(super) fn gzip(
    reading: &mut Reading<'_>,
    entry: &Entry,
    reader: impl BufRead,
) -> Result<(), Fault> {
    reading.entry(&unpacked(entry), &mut MultiGzDecoder::new(reader), None);
    Ok(())
}

/// What a Zstandard file holds.
pub(super) fn zstandard(
    reading: &mut Reading<'_>,
    entry: &Entry,
    reader: impl BufRead,
) -> Result<(), Fault> {
    reading.entry(&unpacked(entry), &mut Frames::new(reader), None);
    Ok(())
}

/// What a bzip2 file holds.
pub(super) fn bzip2(
    reading: &mut Reading<'_>,
    entry: &Entry,
    reader: impl BufRead,
) -> Result<(), Fault> {
    reading.entry(&unpacked(entry), &mut MultiBzDecoder::new(reader), None);
    Ok(())
}

/// What an xz file holds.
pub(super) fn xz(
    reading: &mut Reading<'_>,
    entry: &Entry,
    reader: impl BufRead,
) -> Result<(), Fault> {
    reading.entry(&unpacked(entry), &mut Streams::new(reader), None);
    Ok(())
}

/// The same entry without the ending of what packed it: `a.mbox.gz` is `a.mbox`, `a.tgz` is `a.tar`.
fn unpacked(entry: &Entry) -> Entry {
    let path = &entry.path;
    let path = if has_ending(path, &["tgz", "tzst", "tbz", "tbz2", "txz"]) {
        path.with_extension("tar")
    } else if has_ending(path, &["gz", "zst", "zstd", "bz2", "xz"]) {
        path.with_extension("")
    } else {
        path.clone()
    };
    entry.inside(archive::root(entry, &path), path)
}
