//! The signature of a small file that the engine replaces as a whole and gives no checksum.
//!
//! It lies beside the file and holds two digests: of what is about to be written and of what was written
//! before, so that a kill between the two writes leaves a file that is signed. The digest of all that
//! stands at its end, so that damage to the signature is told from damage to the file.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;

/// What a signature says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is what was written.
    Whole,
    /// It is not.
    Damaged,
    /// The signature itself is damaged.
    Unreadable,
    /// It was written by a version that signed nothing.
    Unsigned,
}

/// Signs what is about to be written; what was signed last stays so.
pub(crate) fn sign(signature: &Path, data: &[u8]) -> io::Result<()> {
    let new = digest(data);
    let known = fs::read_to_string(signature).ok();
    let former = known.as_deref().and_then(digests).map_or("", |[last, _]| last);
    let both = format!("{new} {former:0>DIGITS$}");
    let aside = signature.with_extension("new");
    let mut file = File::create(&aside)?;
    writeln!(file, "{both} {}", digest(both.as_bytes()))?;
    file.sync_all()?;
    fs::rename(aside, signature)
}

/// Whether a file holds what was written there.
///
/// # Errors
///
/// When the system refuses to read the signature.
pub(crate) fn verify(signature: &Path, data: &[u8]) -> io::Result<Verdict> {
    let known = match fs::read(signature) {
        Ok(known) => known,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Verdict::Unsigned),
        Err(error) => return Err(error),
    };
    let Some(both) = std::str::from_utf8(&known).ok().and_then(digests) else {
        return Ok(Verdict::Unreadable);
    };
    let is_whole = both.contains(&digest(data).as_str());
    Ok(if is_whole { Verdict::Whole } else { Verdict::Damaged })
}

/// The new and the former digest of a signature that is whole.
fn digests(known: &str) -> Option<[&str; 2]> {
    let (both, own) = known.strip_suffix('\n')?.rsplit_once(' ')?;
    let (new, former) = both.split_once(' ')?;
    (digest(both.as_bytes()) == own).then_some([new, former])
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(DIGITS), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_are_whole_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meta.sum");
        assert_eq!(verify(&path, b"one").unwrap(), Verdict::Unsigned);
        for data in [b"one", b"two", b"six"] {
            sign(&path, data).unwrap();
        }
        for (data, verdict) in
            [(b"six", Verdict::Whole), (b"two", Verdict::Whole), (b"one", Verdict::Damaged)]
        {
            assert_eq!(verify(&path, data).unwrap(), verdict);
        }
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(verify(&path, b"six").unwrap(), Verdict::Unreadable, "{at}");
        }
    }
}
