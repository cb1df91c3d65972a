//! A reader that looks ahead.

use std::io::{self, BufRead, Cursor};

/// A reader of which some can be read again.
pub(super) struct Rewound<R> {
    again: Cursor<Vec<u8>>,
    /// What ended the reading behind that.
    pub(super) late: Option<io::Error>,
    reader: R,
}

impl<R> Rewound<R> {
    pub(super) const fn new(reader: R) -> Self {
        Self { again: Cursor::new(Vec::new()), late: None, reader }
    }

    /// Puts back what was read last.
    pub(super) fn rewind(&mut self, mut bytes: Vec<u8>) {
        let (at, length) = (self.again.position(), bytes.len() as u64);
        let rest = self.rest();
        if at >= length && !rest.is_empty() {
            // It came from here, and is here still.
            self.again.set_position(at - length);
            return;
        }
        bytes.extend_from_slice(rest);
        self.again = Cursor::new(bytes);
    }

    fn rest(&self) -> &[u8] {
        let at = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
        self.again.get_ref().get(at..).unwrap_or_default()
    }
}

impl<R: BufRead> io::Read for Rewound<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (self.again.read(buffer)?, self.late.take_if(|_| !buffer.is_empty())) {
            (0, Some(late)) => Err(late),
            (0, None) => self.reader.read(buffer),
            (read, late) => {
                self.late = late;
                Ok(read)
            }
        }
    }
}

impl<R: BufRead> BufRead for Rewound<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.rest().is_empty() {
            return self.again.fill_buf();
        }
        match self.late.take() {
            Some(late) => Err(late),
            None => self.reader.fill_buf(),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match self.again.fill_buf() {
            Ok([_, ..]) => self.again.consume(bytes),
            Ok([]) | Err(_) => self.reader.consume(bytes),
        }
    }
}
