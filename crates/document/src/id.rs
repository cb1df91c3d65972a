//! The ids of messages and files.

use std::fmt::Write as _;
use std::io;

use sha2::{Digest as _, Sha256};

/// The id of a message: the first 32 hex digits of the SHA-256 of its raw bytes.
///
/// ```
/// use postern_document::id_of;
///
/// assert_eq!(id_of(b""), "e3b0c44298fc1c149afbf4c8996fb924");
/// ```
#[must_use]
pub fn id_of(raw: &[u8]) -> String {
    id_in(&Sha256::digest(raw))
}

/// The same of a stream, which is read to its end.
///
/// # Errors
///
/// When it cannot be read.
pub fn id_of_stream(mut raw: impl io::Read) -> io::Result<String> {
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match raw.read(&mut chunk)? {
            0 => return Ok(id_in(&hash.finalize())),
            read => hash.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}

fn id_in(digest: &[u8]) -> String {
    digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
