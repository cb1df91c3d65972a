//! Single compressed files: gzip and Zstandard.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::archive;
use super::read::{Entry, Fault, Reading, has_ending};

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

/// The same entry without the ending of what packed it: `a.mbox.gz` is `a.mbox`, `a.tgz` is `a.tar`.
fn unpacked(entry: &Entry) -> Entry {
    let path = &entry.path;
    let path = if has_ending(path, &["tgz", "tzst"]) {
        path.with_extension("tar")
    } else if has_ending(path, &["gz", "zst", "zstd"]) {
        path.with_extension("")
    } else {
        path.clone()
    };
    entry.inside(archive::root(entry, &path), path)
}

/// Bytes of memory that a frame of a Zstandard file may ask for (RFC 8878, 3.1.1.1.2).
const MAX_WINDOW: u64 = 128 << 20;

/// The text of a Zstandard file, which may have many frames (RFC 8878, 3.1), some to be skipped.
struct Frames<R> {
    reader: R,
    decoder: FrameDecoder,
    is_open: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(reader: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { reader, decoder, is_open: false }
    }

    /// Opens the next frame that is not to be skipped; false at the end of the file.
    fn open(&mut self) -> io::Result<bool> {
        while !self.reader.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.reader) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.reader.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    fn read_frame(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let one = BlockDecodingStrategy::UptoBlocks(1);
            self.decoder.decode_blocks(&mut self.reader, one).map_err(io::Error::other)?;
        }
        self.decoder.read(buffer)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.is_open = self.is_open || self.open()?;
            if !self.is_open {
                return Ok(0);
            }
            match self.read_frame(buffer)? {
                0 if !buffer.is_empty() => self.is_open = false,
                read => return Ok(read),
            }
        }
    }
}
