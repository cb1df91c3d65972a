//! Messages between two processes: a length in four bytes, the lowest first, then so many bytes.

use std::io::{self, Read, Write};

/// Writes one.
///
/// # Errors
///
/// When the other side is gone, or the bytes are too many for a length.
pub(super) fn write(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(bytes)?;
    output.flush()
}

/// Reads one of at most so many bytes.
///
/// # Errors
///
/// When the other side is gone, or what it says is not such a message.
pub(super) fn read(input: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
    if length > most {
        return Err(io::Error::other("a frame is longer than it may be"));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_back() {
        let mut line = Vec::new();
        for bytes in [&b"ab"[..], b"", b"c"] {
            write(&mut line, bytes).unwrap();
        }
        let mut input = line.as_slice();
        let mut next = |most| read(&mut input, most).map_err(|error| error.kind());
        assert_eq!(next(2), Ok(b"ab".to_vec()));
        assert_eq!(next(2), Ok(Vec::new()));
        assert_eq!(next(0), Err(io::ErrorKind::Other), "too long");
        assert_eq!(next(2), Err(io::ErrorKind::UnexpectedEof), "cut off");
    }
}
