//! The bytes of a message as they were read.

use std::fmt;
use std::io::{self, Cursor, Read};

/// The bytes of a message as they were read.
pub enum Original {
    /// All of them.
    Whole(Vec<u8>),
    /// From where they lie, a piece at a time.
    Streamed(Box<dyn Read + Send>),
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Streamed(_) => f.write_str("Streamed(..)"),
        }
    }
}

impl Original {
    /// All of its bytes, in memory.
    ///
    /// # Errors
    ///
    /// When they cannot be read to their end.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Streamed(mut reader) => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    pub(crate) fn reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::Whole(bytes) => Box::new(Cursor::new(bytes)),
            Self::Streamed(reader) => reader,
        }
    }
}
