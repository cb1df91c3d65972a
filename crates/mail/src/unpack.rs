//! Zstandard and xz as readers, with limits of memory.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use xz4rust::{XzDecoder, XzNextBlockResult};

/// Bytes of memory that a frame of a Zstandard file (RFC 8878, 3.1.1.1.2) or the dictionary of an xz file may
/// ask for.
const MAX_WINDOW: u64 = 128 << 20;

/// The text of a Zstandard file, which may have many frames (RFC 8878, 3.1), some to be skipped.
pub(crate) struct Frames<R> {
    reader: R,
    decoder: FrameDecoder,
    is_open: bool,
}

impl<R: BufRead> Frames<R> {
    pub(crate) fn new(reader: R) -> Self {
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

/// Bytes that the dictionary of an xz file has at first.
const FIRST_WINDOW: usize = 1 << 20;

/// The text of an xz file, which may have many streams with zeros between them.
pub(crate) struct Streams<R> {
    reader: R,
    decoder: Box<XzDecoder<'static>>,
    is_open: bool,
}

impl<R: BufRead> Streams<R> {
    pub(crate) fn new(reader: R) -> Self {
        let most = usize::try_from(MAX_WINDOW).unwrap_or(usize::MAX);
        let decoder = XzDecoder::in_heap_with_alloc_dict_size(FIRST_WINDOW, most);
        Self { reader, decoder, is_open: false }
    }

    /// Whether another stream begins behind the zeros.
    fn opens(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.reader.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            let (is_end, has_more) = (bytes.is_empty(), zeros < bytes.len());
            self.reader.consume(zeros);
            if is_end || has_more {
                return Ok(has_more);
            }
        }
    }

    /// Bytes that were written, and whether the stream ended with them.
    fn step(&mut self, buffer: &mut [u8]) -> io::Result<(usize, bool)> {
        let bytes = self.reader.fill_buf()?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let step = self.decoder.decode(bytes, buffer).map_err(io::Error::other)?;
        let (read, written, is_end) = match step {
            XzNextBlockResult::NeedMoreData(read, written) => (read, written, false),
            XzNextBlockResult::EndOfStream(read, written) => (read, written, true),
        };
        self.reader.consume(read);
        Ok((written, is_end))
    }
}

impl<R: BufRead> Read for Streams<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            self.is_open = self.is_open || self.opens()?;
            if !self.is_open {
                break;
            }
            let (written, is_end) = self.step(buffer)?;
            if is_end {
                self.decoder.reset();
                self.is_open = false;
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}
