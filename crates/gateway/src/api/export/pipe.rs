//! From a writer that blocks to a body that is sent.

use std::io;
use std::time::Duration;

use axum::body::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Bytes that are sent at once.
const CHUNK: usize = 64 << 10;
/// Chunks on the way.
const IN_FLIGHT: usize = 4;
/// How long a client may take none of them.
const PATIENCE: Duration = Duration::from_secs(60);

type Chunk = io::Result<Bytes>;

/// The end that is written to.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    sender: Sender<Chunk>,
    buffer: Vec<u8>,
}

impl Pipe {
    pub(super) fn new() -> (Self, Receiver<Chunk>) {
        let (sender, receiver) = channel(IN_FLIGHT);
        (Self { sender, buffer: Vec::new() }, receiver)
    }

    /// Cuts the body off, so that nobody takes it for whole.
    pub(super) fn fail(&self) {
        let cut = Err(io::Error::other("the export failed"));
        drop(self.send(cut));
    }

    fn send(&self, chunk: Chunk) -> io::Result<()> {
        let sending = self.sender.send_timeout(chunk, PATIENCE);
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        Handle::current().block_on(sending).map_err(gone)
    }
}

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.buffer);
        self.send(Ok(Bytes::from(chunk)))
    }
}
